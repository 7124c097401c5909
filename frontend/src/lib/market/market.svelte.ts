// The market as everybody sees it: instruments, best prices, marks, prints, the tape, phases, news.
// One row an instrument, replaced when it changes: only what shows that row is drawn anew.

import { SvelteMap } from "svelte/reactivity";
import type {
  InstrumentBody,
  InstrumentPage,
  LastNewsPush,
  NewsPush,
  PhasePush,
  PhasesPush,
  TradeBody,
  UiPush,
} from "../../wire";
import { type Frame, link } from "../net/link.svelte";

export type Phase = PhasePush["phase"];

export interface Row {
  bid: number | null;
  bidQuantity: number;
  ask: number | null;
  askQuantity: number;
  last: number | null;
  lastSide: "buy" | "sell" | null;
  mark: number | null;
  iv: number | null;
  delta: number | null;
  gamma: number | null;
  vega: number | null;
  theta: number | null;
}

export interface Print {
  price: number;
  previous: number;
  isMoving: boolean;
  gameUs: number;
}

const EMPTY: Row = {
  bid: null,
  bidQuantity: 0,
  ask: null,
  askQuantity: 0,
  last: null,
  lastSide: null,
  mark: null,
  iv: null,
  delta: null,
  gamma: null,
  vega: null,
  theta: null,
};
const TAPE_MAX = 200;
/** What is shown changes at most so often, whatever is heard: ten times a second. */
const PACE_MS = 100;
const NEWS_MAX = 50;

class Market {
  instruments = $state.raw<InstrumentBody[]>([]);
  /** The instrument every panel shows. */
  selected = $state<string | null>(null);
  readonly rows = new SvelteMap<string, Row>();
  readonly prints = new SvelteMap<string, Print>();
  readonly phases = new SvelteMap<string, PhasePush>();
  /** Newest first. */
  tape = $state.raw<TradeBody[]>([]);
  /** Trades of the tape undone (null) or moved to another price, by trade. */
  readonly corrections = new SvelteMap<number, number | null>();
  /** Newest first. */
  news = $state.raw<NewsPush[]>([]);
  /** What befell the market last: a halt, a resumption, an open guard. */
  notice = $state.raw<{ type: string; data: Record<string, unknown>; gameUs: number } | null>(null);

  readonly byId = $derived(new Map(this.instruments.map((each) => [each.instrument_id, each])));
  /** Underlyings in listing order. */
  readonly underlyings = $derived(
    this.instruments.filter((each) => each.kind === "underlying").map((each) => each.instrument_id),
  );

  #ends: (() => void)[] = [];
  #following = new Set<string>();
  #heardRows = new Map<string, Partial<Row>>();
  #heardTrades: TradeBody[] = [];
  #shownMs = 0;
  #isDue = false;

  /** Follow the market until `end`; instruments are read anew after each reconnection. */
  begin(): void {
    this.#ends = [
      link.hear("system", (frame) => {
        if (frame.type === "hello" || frame.type.startsWith("round.")) void this.#list();
      }),
      link.hear("phase", (frame) => this.#phase(frame)),
      link.hear("events", (frame) => this.#event(frame)),
    ];
  }

  end(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#following.clear();
    this.#heardRows.clear();
    this.#heardTrades = [];
  }

  /** Forget what was heard; what follows is another moment of a recorded round. */
  restart(): void {
    this.#heardRows.clear();
    this.#heardTrades = [];
    this.rows.clear();
    this.prints.clear();
    this.tape = [];
    this.corrections.clear();
    this.news = [];
    this.notice = null;
  }

  row(instrumentId: string): Row {
    return this.rows.get(instrumentId) ?? EMPTY;
  }

  /** The phase an instrument is in: its own where it differs from its underlying's. */
  phaseOf(instrumentId: string): Phase | null {
    const own = this.phases.get(instrumentId);
    const underlying = this.byId.get(instrumentId)?.underlying_id;
    return (own ?? this.phases.get(`${underlying ?? instrumentId}/*`))?.phase ?? null;
  }

  /** Expiry times of an underlying's series, soonest first. */
  expiries(underlyingId: string): number[] {
    const times = this.instruments
      .filter((each) => each.underlying_id === underlyingId && each.expires_us != null)
      .map((each) => each.expires_us as number);
    return [...new Set(times)].sort((a, b) => a - b);
  }

  async #list(): Promise<void> {
    const found: InstrumentBody[] = [];
    let cursor: string | null = null;
    do {
      const page: InstrumentPage = await link.request("instruments.list", { limit: 1000, cursor });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    this.instruments = found;
    if (this.selected === null || !this.byId.has(this.selected))
      this.selected = found[0]?.instrument_id ?? null;
    for (const underlying of this.underlyings) this.#follow(underlying);
  }

  #follow(underlying: string): void {
    if (this.#following.has(underlying)) return;
    this.#following.add(underlying);
    this.#ends.push(link.hear(`ui.${underlying}`, (frame) => this.#page(frame, underlying)));
  }

  /** What changed of an underlying and its series, or all of it. */
  #page(frame: Frame, underlying: string): void {
    const { tops, marks, prices, trades, busts } = frame.data as UiPush;
    this.#tops(tops);
    this.#marks(marks);
    this.#prices(prices);
    this.#trades(trades, underlying, frame.type === "snapshot");
    for (const { trade_id, adjusted_price } of busts ?? [])
      this.corrections.set(trade_id, adjusted_price);
    this.#showSoon();
  }

  #tops(tops: UiPush["tops"]): void {
    for (const top of tops)
      this.#heard(top.instrument_id, {
        bid: top.bid,
        bidQuantity: top.bid_quantity,
        ask: top.ask,
        askQuantity: top.ask_quantity,
      });
  }

  #marks(marks: UiPush["marks"]): void {
    for (const { instrument_id, mark_price, ...greeks } of marks)
      this.#heard(instrument_id, { mark: mark_price, ...greeks });
  }

  #prices(prices: UiPush["prices"]): void {
    for (const each of prices) {
      const before = this.prints.get(each.underlying_id);
      this.prints.set(each.underlying_id, {
        price: each.price,
        previous: before?.price ?? each.price,
        isMoving: each.is_moving,
        gameUs: each.game_us,
      });
    }
  }

  #trades(trades: UiPush["trades"], underlying: string, isSnapshot: boolean): void {
    // The tape of a page is that of its underlying's exchange, which may trade others' series too.
    const ofOwn = trades.filter(
      ({ instrument_id }) => this.byId.get(instrument_id)?.underlying_id === underlying,
    );
    this.#heardTrades.push(...ofOwn);
    if (isSnapshot) {
      const known = new Set(ofOwn.map((trade) => trade.trade_id));
      this.tape = this.tape.filter((trade) => !known.has(trade.trade_id));
    }
    if (this.#heardTrades.length > 2 * TAPE_MAX) this.#heardTrades.splice(0, TAPE_MAX);
    for (const { instrument_id, price, aggressor_side } of ofOwn)
      this.#heard(instrument_id, { last: price, lastSide: aggressor_side });
  }

  #heard(instrumentId: string, part: Partial<Row>): void {
    const waiting = this.#heardRows.get(instrumentId);
    if (waiting === undefined) this.#heardRows.set(instrumentId, part);
    else Object.assign(waiting, part);
  }

  #showSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const since = performance.now() - this.#shownMs;
    // With the next picture, so that frames of several channels that come together show together;
    // a frame that comes a little early is not made to wait for another tenth of a second.
    const show = (): number => requestAnimationFrame(() => this.#show());
    if (since > 0.7 * PACE_MS) show();
    else setTimeout(show, PACE_MS - since);
  }

  #show(): void {
    this.#isDue = false;
    this.#shownMs = performance.now();
    for (const [id, part] of this.#heardRows) this.rows.set(id, { ...this.row(id), ...part });
    this.#heardRows.clear();
    if (this.#heardTrades.length === 0) return;
    const tape = [...this.#heardTrades, ...this.tape];
    tape.sort((a, b) => b.game_us - a.game_us || b.trade_id - a.trade_id);
    this.tape = tape.slice(0, TAPE_MAX);
    this.#heardTrades = [];
  }

  #phase(frame: Frame): void {
    if (frame.type === "snapshot") {
      this.phases.clear();
      for (const each of (frame.data as PhasesPush).phases) this.#enter(each);
    } else if (frame.type === "phase" || frame.type === "uncross") {
      this.#enter(frame.data as PhasePush);
    } else {
      const data = frame.data as Record<string, unknown>;
      this.notice = { type: frame.type, data, gameUs: frame.game_us };
      if (frame.type === "listed" || frame.type === "delisted") void this.#list();
    }
  }

  #enter(phase: PhasePush): void {
    if (phase.instrument_id !== null) {
      this.phases.set(phase.instrument_id, phase);
      return;
    }
    this.phases.set(`${phase.underlying_id}/*`, phase);
    // What all enter, every instrument of it enters; those that differ say so again.
    for (const [name, each] of [...this.phases])
      if (each.instrument_id !== null && each.underlying_id === phase.underlying_id)
        this.phases.delete(name);
  }

  #event(frame: Frame): void {
    const isSnapshot = frame.type === "snapshot";
    const news = isSnapshot ? (frame.data as LastNewsPush).news : [frame.data as NewsPush];
    this.news = [...news.toReversed(), ...(isSnapshot ? [] : this.news)].slice(0, NEWS_MAX);
  }
}

export const market = new Market();
