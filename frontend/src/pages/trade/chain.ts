// The option chain of one expiry, and how the arrows walk it.

import type { InstrumentBody } from "../../wire";

export interface Strike {
  strike: number;
  call: string | null;
  put: string | null;
}

/** The strikes of an expiry, rising. */
export function strikesOf(
  instruments: readonly InstrumentBody[],
  underlyingId: string,
  expiresUs: number,
): Strike[] {
  const rows = new Map<number, Strike>();
  for (const each of instruments) {
    if (each.underlying_id !== underlyingId || each.expires_us !== expiresUs) continue;
    const strike = each.strike as number;
    const row = rows.get(strike) ?? { strike, call: null, put: null };
    if (each.right === "call") row.call = each.instrument_id;
    else row.put = each.instrument_id;
    rows.set(strike, row);
  }
  return [...rows.values()].sort((a, b) => a.strike - b.strike);
}

/** The strike nearest to the underlying's price, of two equally near the lower. */
export function atTheMoney(strikes: readonly Strike[], price: number | undefined): number | null {
  if (price === undefined) return null;
  let nearest: number | null = null;
  for (const { strike } of strikes)
    if (nearest === null || Math.abs(strike - price) < Math.abs(nearest - price)) nearest = strike;
  return nearest;
}

/** A place to stand on in the chain: a row, and of its columns call bid and ask, put bid and ask. */
export interface Place {
  row: number;
  column: number;
}

export const COLUMNS = ["call bid", "call ask", "put bid", "put ask"] as const;

const STEPS: Record<string, Place> = {
  ArrowUp: { row: -1, column: 0 },
  ArrowDown: { row: 1, column: 0 },
  ArrowLeft: { row: 0, column: -1 },
  ArrowRight: { row: 0, column: 1 },
  PageUp: { row: -5, column: 0 },
  PageDown: { row: 5, column: 0 },
  Home: { row: -Infinity, column: 0 },
  End: { row: Infinity, column: 0 },
};

/** Where a key leads from a place in a chain of so many rows; undefined for any other key. */
export function walked(from: Place, key: string, rows: number): Place | undefined {
  const step = STEPS[key];
  if (step === undefined) return undefined;
  return {
    row: Math.min(Math.max(from.row + step.row, 0), rows - 1),
    column: Math.min(Math.max(from.column + step.column, 0), COLUMNS.length - 1),
  };
}

/** The instrument at a place. */
export function instrumentAt(strikes: readonly Strike[], { row, column }: Place): string | null {
  const at = strikes[row];
  return at === undefined ? null : column < 2 ? at.call : at.put;
}

/** Where an instrument stands: at its bid. */
export function placeOf(strikes: readonly Strike[], instrumentId: string | null): Place | undefined {
  const row = strikes.findIndex(({ call, put }) => call === instrumentId || put === instrumentId);
  return row < 0 ? undefined : { row, column: strikes[row]?.call === instrumentId ? 0 : 2 };
}
