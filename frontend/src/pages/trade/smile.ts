// Volatility by strike: fair ones of the marks, and what the middles of the books imply.

import type { Row } from "../../lib/market/market.svelte";
import type { ChainRowBody } from "../../wire";
import type { Strike } from "./chain";

/** Strikes, fair volatility of each, that of the middle of its book; percent, null where none. */
export type Smile = [number[], (number | null)[], (number | null)[]];

/** The smile of an expiry. Out of the money says most: puts below the price, calls from it on. */
export function smileOf(
  strikes: readonly Strike[],
  spot: number | undefined,
  row: (instrumentId: string) => Row,
  middles: ReadonlyMap<string, number | null>,
): Smile {
  const smile: Smile = [[], [], []];
  for (const { strike, call, put } of strikes) {
    const isBelow = spot !== undefined && strike < spot;
    const of = (isBelow ? put : call) ?? call ?? put;
    smile[0].push(strike);
    smile[1].push(percent(of === null ? null : row(of).iv));
    smile[2].push(percent(of === null ? null : (middles.get(of) ?? null)));
  }
  return smile;
}

/** The volatilities of the books' middles, by instrument. */
export function middlesOf(rows: readonly ChainRowBody[]): Map<string, number | null> {
  return new Map(rows.map(({ instrument_id, mid_iv }) => [instrument_id, mid_iv]));
}

function percent(volatility: number | null): number | null {
  return volatility === null ? null : 100 * volatility;
}
