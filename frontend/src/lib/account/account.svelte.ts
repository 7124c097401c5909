// What is the team's own, from its private stream: in order, at once, never merged. After a lost
// connection the stream resumes where it stood, so no fill is missed and none is counted twice.

import { SvelteMap } from "svelte/reactivity";
import type {
  AccountBustPush,
  FillPush,
  OrderBody,
  OrderPush,
  PositionBody,
  PositionPush,
  PrivateSnapshot,
  QuoteBody,
  QuotePush,
  RejectedPush,
} from "../../wire";
import { type Frame, link } from "../net/link.svelte";

export interface OwnFill extends FillPush {
  seq: number;
  gameUs: number;
}

/** What became of a trade: undone, or it counts at another price. */
export interface Correction {
  adjustedPrice: number | null;
}

export interface Notice {
  seq: number;
  gameUs: number;
  type: string;
  data: Record<string, unknown>;
}

const KEPT = 500;
const OVER = ["filled", "canceled", "expired", "rejected"];

class Account {
  readonly orders = new SvelteMap<number, OrderBody>();
  readonly quotes = new SvelteMap<string, QuoteBody>();
  readonly positions = new SvelteMap<string, PositionBody>();
  cash = $state(0);
  /** Newest first. */
  fills = $state.raw<OwnFill[]>([]);
  /** Own trades undone or moved, by trade. */
  readonly corrections = new SvelteMap<number, Correction>();
  /** Refusals, limits, kill switch, suspension and the like, newest first. */
  notices = $state.raw<Notice[]>([]);
  isKilled = $state(false);
  seq = $state(0);
  /** How often the stream began anew: what was before is not in `fills`. */
  snapshots = $state(0);

  #end: (() => void) | null = null;

  begin(): void {
    this.#end ??= link.hear("private", (frame) => this.#take(frame));
  }

  /** Follow it no more, and forget it: the next one to sign in may be another team. */
  end(): void {
    this.#end?.();
    this.#end = null;
    this.orders.clear();
    this.quotes.clear();
    this.positions.clear();
    this.cash = 0;
    this.fills = [];
    this.corrections.clear();
    this.notices = [];
    this.isKilled = false;
    this.seq = 0;
  }

  /** Forget what was heard; what follows is another moment of a recorded round. */
  restart(): void {
    this.orders.clear();
    this.quotes.clear();
    this.positions.clear();
    this.fills = [];
    this.corrections.clear();
    this.notices = [];
    this.isKilled = false;
    this.cash = 0;
    this.seq = 0;
  }

  #take(frame: Frame): void {
    if (frame.type !== "snapshot" && frame.type !== "resume.too_old" && frame.seq <= this.seq) return;
    this.seq = frame.seq;
    switch (frame.type) {
      case "snapshot":
        return this.#restart(frame.data as PrivateSnapshot);
      case "order.accepted":
      case "order.replaced":
      case "order.canceled":
      case "order.expired":
      case "order.activated":
        return this.#order((frame.data as OrderPush).order);
      case "fill":
        return this.#fill(frame);
      case "quote":
        return this.#quote((frame.data as QuotePush).quote);
      case "position": {
        const push = frame.data as PositionPush;
        this.positions.set(push.position.instrument_id, push.position);
        this.cash = push.cash;
        return;
      }
      case "fill.busted": {
        const { trade_id, adjusted_price } = frame.data as AccountBustPush;
        this.corrections.set(trade_id, { adjustedPrice: adjusted_price });
        break;
      }
      case "kill_switch.changed":
        this.isKilled = (frame.data as { is_active: boolean }).is_active;
        break;
      case "position.settled":
        this.positions.delete((frame.data as { instrument_id: string }).instrument_id);
    }
    this.#notice(frame);
  }

  #restart(snapshot: PrivateSnapshot): void {
    this.orders.clear();
    this.quotes.clear();
    this.positions.clear();
    for (const order of snapshot.orders) this.#order(order);
    for (const quote of snapshot.quotes) this.#quote(quote);
    for (const position of snapshot.positions)
      this.positions.set(position.instrument_id, position);
    this.cash = snapshot.cash;
    this.snapshots += 1;
  }

  #order(order: OrderBody): void {
    if (OVER.includes(order.status)) this.orders.delete(order.order_id);
    else this.orders.set(order.order_id, order);
  }

  #quote(quote: QuoteBody): void {
    this.quotes.set(quote.instrument_id, quote);
  }

  #fill(frame: Frame): void {
    const fill = frame.data as FillPush;
    this.fills = [{ ...fill, seq: frame.seq, gameUs: frame.game_us }, ...this.fills].slice(0, KEPT);
    const order = this.orders.get(fill.order_id);
    if (order !== undefined)
      this.#order({
        ...order,
        status: fill.status,
        filled_quantity: fill.filled_quantity,
        leaves_quantity: fill.leaves_quantity,
        average_price: fill.average_price,
      } as OrderBody);
  }

  #notice(frame: Frame): void {
    const data = frame.data as Record<string, unknown>;
    const notice = { seq: frame.seq, gameUs: frame.game_us, type: frame.type, data };
    this.notices = [notice, ...this.notices].slice(0, KEPT);
  }
}

export const account = new Account();
export type { RejectedPush };
