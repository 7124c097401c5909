// Signals as they are told and told again.

import type { AlphaPush, TrackingPush, VolatilityPush } from "../../wire";

export type Signal = VolatilityPush | TrackingPush | AlphaPush;

const KEPT = 50;

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
