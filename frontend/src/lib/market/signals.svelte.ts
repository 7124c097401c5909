// What the team's role is told and no other. A signal that is told again takes its own place.

import type { AlphaPush, LastSignalsPush, TrackingPush, VolatilityPush } from "../../wire";
import { type Frame, link } from "../net/link.svelte";

export type Signal = VolatilityPush | TrackingPush | AlphaPush;

const KEPT = 50;

class Signals {
  /** Newest first; each signal once, as it was told last. */
  list = $state.raw<Signal[]>([]);

  #end: (() => void) | null = null;

  begin(): void {
    this.#end ??= link.hear("signals", (frame) => this.#take(frame));
  }

  end(): void {
    this.#end?.();
    this.#end = null;
    this.list = [];
  }

  #take(frame: Frame): void {
    if (frame.type === "resume.too_old") return;
    if (frame.type !== "snapshot") this.list = told(this.list, [frame.data as Signal]);
    else this.list = told([], (frame.data as LastSignalsPush).signals);
  }
}

/** `known`, newest first, after hearing `heard`, oldest first. */
export function told(known: readonly Signal[], heard: readonly Signal[]): Signal[] {
  const all = new Map([...known].reverse().map((each) => [keyOf(each), each]));
  for (const signal of heard) {
    all.delete(keyOf(signal));
    all.set(keyOf(signal), signal);
  }
  return [...all.values()].reverse().slice(0, KEPT);
}

/** What tells a signal from others, through all that is said of it. */
export function keyOf(signal: Signal): string {
  return `${signal.type} ${signal.signal_id}`;
}

export const signals = new Signals();
