// One book, kept by absolute levels: best first on both sides.

import type { BookPush } from "../../wire";
import { type Level, merged } from "./levels";
import { type Frame, link } from "../net/link.svelte";
import type { Phase } from "./market.svelte";

export class Book {
  bids = $state.raw<Level[]>([]);
  asks = $state.raw<Level[]>([]);
  phase = $state<Phase | null>(null);
  indicativePrice = $state<number | null>(null);
  indicativeQuantity = $state(0);
  seq = $state(0);

  #end: () => void;

  constructor(instrumentId: string) {
    this.#end = link.hear(`ui.book.${instrumentId}`, (frame) => this.#take(frame));
  }

  close(): void {
    this.#end();
  }

  #take(frame: Frame): void {
    this.seq = frame.seq;
    const push = frame.data as BookPush;
    const isWhole = frame.type === "snapshot";
    this.bids = merged(isWhole ? [] : this.bids, push.bids ?? [], -1);
    this.asks = merged(isWhole ? [] : this.asks, push.asks ?? [], 1);
    if (push.phase != null) this.phase = push.phase;
    // A delta says nothing of the indication unless it changed: quantity 0 ends it.
    if (isWhole || push.indicative_quantity != null) {
      this.indicativePrice = push.indicative_price ?? null;
      this.indicativeQuantity = push.indicative_quantity ?? 0;
    }
  }
}
