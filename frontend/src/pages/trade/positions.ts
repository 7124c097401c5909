// Positions as a table: what is held, what it is worth, what it risks.

import type { InstrumentBody, PositionBody } from "../../wire";
import { type Greeks, type Marks, ofPosition, sum, unrealized, zero } from "./greeks";

export interface Held {
  position: PositionBody;
  instrument: InstrumentBody | undefined;
  mark: number | null;
  unrealized: number | null;
  greeks: Greeks;
}

export interface Net {
  underlyingId: string;
  greeks: Greeks;
}

/** One row: its mark from the market as it is heard. */
export function held(
  position: PositionBody,
  instrument: InstrumentBody | undefined,
  marks: Marks,
  spot: number | null,
): Held {
  const net = position.net_quantity;
  const mark = instrument?.kind === "underlying" ? (spot ?? marks.mark) : marks.mark;
  return {
    position,
    instrument,
    mark,
    unrealized: unrealized(position, mark, instrument?.multiplier ?? 1),
    greeks: instrument === undefined ? zero() : ofPosition(instrument, net, marks, spot ?? 0),
  };
}

/** Greeks by underlying, in their listing order; only of what is held. */
export function netByUnderlying(rows: readonly Held[], underlyings: readonly string[]): Net[] {
  const found = new Map<string, Greeks>();
  for (const { instrument, position, greeks } of rows) {
    if (instrument === undefined || position.net_quantity === 0) continue;
    const id = instrument.underlying_id;
    found.set(id, sum(found.get(id) ?? zero(), greeks));
  }
  return underlyings.flatMap((underlyingId) => {
    const greeks = found.get(underlyingId);
    return greeks === undefined ? [] : [{ underlyingId, greeks }];
  });
}

/** All underlyings together: deltas and gammas by their weights, in the leading one's equivalents. */
export function total(nets: readonly Net[], weights: Record<string, number>): Greeks {
  return nets.reduce(
    (all, { underlyingId, greeks }) => sum(all, greeks, weights[underlyingId] ?? 1),
    zero(),
  );
}
