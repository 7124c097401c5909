// A recorded chunk as the frames of the channels that pages hear: from its keyframe on, step by step.

import type {
  BookPush,
  ChainPush,
  InstrumentBody,
  ListedPush,
  PhasePush,
  PricesPush,
  ReplayChunkBody,
  ReplayFrame,
  ReplayStep,
  TopPush,
  TradeBody,
  UiPush,
} from "../../wire";
import { type Level, merged } from "../market/levels";
import type { Frame } from "../net/link.svelte";

interface Sides {
  bids: Level[];
  asks: Level[];
}

export type Step = ReplayStep & { isOwn: boolean };

/** A chunk's public and own steps in one order; those of one input are one step. */
export function stepsOf(chunk: ReplayChunkBody): Step[] {
  const bySeq = new Map<number, Step>();
  for (const step of chunk.steps) bySeq.set(step.seq, { ...step, isOwn: false });
  for (const own of chunk.own?.steps ?? []) {
    const step = bySeq.get(own.seq);
    const frames = [...(step?.frames ?? []), ...own.frames];
    bySeq.set(own.seq, { ...own, frames, cause: own.cause ?? step?.cause ?? null, isOwn: true });
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Tells one chunk: what stood before it, then what each step changed. */
export class Telling {
  readonly instruments = new Map<string, InstrumentBody>();
  readonly #chunk: ReplayChunkBody;
  readonly #books = new Map<string, Sides>();

  constructor(chunk: ReplayChunkBody) {
    this.#chunk = chunk;
    for (const each of chunk.keyframe.instruments) this.instruments.set(each.instrument_id, each);
    for (const book of chunk.keyframe.books)
      this.#books.set(book.instrument_id, { bids: levels(book.bids), asks: levels(book.asks) });
  }

  /** The first frame of a channel: what stood before the chunk's first step. */
  snapshot(channel: string): Frame | null {
    const data = this.#standing(channel);
    const { from, us } = this.#start;
    return data === null ? null : frameOf(channel, "snapshot", data, from, us);
  }

  /** The frames of all channels for one step; it has to be told the steps in order. */
  of(step: Step): Frame[] {
    const pages = new Map<string, UiPush>();
    const frames: Frame[] = [];
    // What an input led to has the numbers after its own, so each frame of a stream has another.
    for (const [n, { channel, type, data }] of step.frames.entries()) {
      const kind = channel.split(".")[0] ?? "";
      if (kind === "book") frames.push(this.#book(channel, type, data as never, pages, step));
      else if (kind === "trades" || kind === "prices" || kind === "chain")
        this.#onPage(kind, type, data, pages);
      else frames.push(frameOf(channel, type, this.#listed(type, data), step.seq + n, step.game_us));
      if (type === "uncross") frames.push(...notIndicated(data as unknown as PhasePush, step));
    }
    for (const [underlying, push] of pages)
      frames.push(frameOf(`ui.${underlying}`, "frame", push, step.seq, step.game_us));
    return frames;
  }

  /** Just before the first step. */
  get #start(): { from: number; us: number } {
    const { steps, own } = this.#chunk;
    const first = [steps[0], own?.steps[0]].filter((step) => step !== undefined);
    const from = Math.min(...first.map((step) => step.seq)) - 1;
    const us = Math.min(...first.map((step) => step.game_us));
    return first.length === 0 ? { from: 1, us: 0 } : { from, us };
  }

  #standing(channel: string): unknown {
    const { keyframe, own } = this.#chunk;
    if (channel === "phase") return { phases: keyframe.phases };
    if (channel === "events") return { news: keyframe.news };
    if (channel === "signals") return { signals: [] };
    if (channel === "private") return own?.snapshot ?? null;
    if (channel.startsWith("ui.book.")) return this.#bookOf(channel.slice("ui.book.".length));
    return channel.startsWith("ui.") ? this.#page(channel.slice("ui.".length)) : null;
  }

  #bookOf(instrumentId: string): BookPush {
    const told = this.#chunk.keyframe.books.find((book) => book.instrument_id === instrumentId);
    return told ?? { instrument_id: instrumentId, bids: [], asks: [] };
  }

  #page(underlying: string): UiPush {
    const { keyframe } = this.#chunk;
    const isOf = ({ instrument_id }: { instrument_id: string }): boolean =>
      this.#underlying(instrument_id) === underlying;
    return {
      tops: [...this.#books.keys()]
        .filter((instrument_id) => isOf({ instrument_id }))
        .map((instrument_id) => this.#top(instrument_id)),
      marks: keyframe.marks.filter(isOf),
      prices: keyframe.prices.filter((print) => print.underlying_id === underlying),
      trades: keyframe.trades.filter(isOf),
    };
  }

  #book(
    channel: string,
    type: string,
    push: BookPush,
    pages: Map<string, UiPush>,
    step: Step,
  ): Frame {
    const { instrument_id } = push;
    const before = this.#books.get(instrument_id) ?? { bids: [], asks: [] };
    const after = {
      bids: merged(before.bids, levels(push.bids), -1),
      asks: merged(before.asks, levels(push.asks), 1),
    };
    this.#books.set(instrument_id, after);
    if (!sameBest(before, after)) this.#pageOf(instrument_id, pages).tops.push(this.#top(instrument_id));
    return frameOf(`ui.${channel}`, type, push, step.seq, step.game_us);
  }

  #onPage(kind: string, type: string, data: unknown, pages: Map<string, UiPush>): void {
    if (kind === "prices") {
      for (const print of (data as PricesPush).prices)
        pageFor(print.underlying_id, pages).prices.push(print);
    } else if (kind === "chain") {
      for (const mark of (data as ChainPush).marks)
        this.#pageOf(mark.instrument_id, pages).marks.push(mark);
    } else if (type === "trade") {
      const trade = data as TradeBody;
      this.#pageOf(trade.instrument_id, pages).trades.push(trade);
    }
  }

  #listed(type: string, data: ReplayFrame["data"]): unknown {
    if (type === "listed") {
      const { instrument } = data as unknown as ListedPush;
      this.instruments.set(instrument.instrument_id, instrument);
    } else if (type === "delisted") {
      this.instruments.delete((data as unknown as { instrument_id: string }).instrument_id);
    }
    return data;
  }

  #top(instrumentId: string): TopPush {
    const { bids, asks } = this.#books.get(instrumentId) ?? { bids: [], asks: [] };
    return {
      instrument_id: instrumentId,
      bid: bids[0]?.[0] ?? null,
      bid_quantity: bids[0]?.[1] ?? 0,
      ask: asks[0]?.[0] ?? null,
      ask_quantity: asks[0]?.[1] ?? 0,
    };
  }

  #underlying(instrumentId: string): string {
    return this.instruments.get(instrumentId)?.underlying_id ?? instrumentId;
  }

  #pageOf(instrumentId: string, pages: Map<string, UiPush>): UiPush {
    return pageFor(this.#underlying(instrumentId), pages);
  }
}

function pageFor(underlying: string, pages: Map<string, UiPush>): UiPush {
  let push = pages.get(underlying);
  if (push === undefined) {
    push = { tops: [], marks: [], prices: [], trades: [] };
    pages.set(underlying, push);
  }
  return push;
}

function levels(told: BookPush["bids"] | undefined): Level[] {
  return (told ?? []) as Level[];
}

function sameBest(a: Sides, b: Sides): boolean {
  return String(a.bids[0]) === String(b.bids[0]) && String(a.asks[0]) === String(b.asks[0]);
}

/** After an uncross nothing is indicated any more: 0 says so, silence would not. */
function notIndicated({ instrument_id }: PhasePush, { seq, game_us }: Step): Frame[] {
  if (instrument_id === null) return [];
  const push: BookPush = { instrument_id, bids: [], asks: [], indicative_quantity: 0 };
  return [frameOf(`ui.book.${instrument_id}`, "delta", push, seq, game_us)];
}

function frameOf(channel: string, type: string, data: unknown, seq: number, gameUs: number): Frame {
  return { channel, type, data, seq, epoch: 1, ts_us: gameUs, game_us: gameUs };
}
