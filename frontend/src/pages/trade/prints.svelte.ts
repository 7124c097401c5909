// The trades of one instrument, newest first.

import { type Frame, link } from "../../lib/net/link.svelte";
import type { TradeBody, TradesPush } from "../../wire";

const KEPT = 100;

export class Prints {
  trades = $state.raw<TradeBody[]>([]);

  #end: () => void;

  constructor(instrumentId: string) {
    this.#end = link.hear(`trades.${instrumentId}`, (frame) => this.#take(frame));
  }

  close(): void {
    this.#end();
  }

  #take(frame: Frame): void {
    if (frame.type === "bust") return;
    const isSnapshot = frame.type === "snapshot";
    const heard = isSnapshot ? (frame.data as TradesPush).trades : [frame.data as TradeBody];
    this.trades = [...heard.toReversed(), ...(isSnapshot ? [] : this.trades)].slice(0, KEPT);
  }
}
