// Net greeks of what is held. Deltas of several underlyings are added in equivalents of the first.

import type { InstrumentBody, PositionBody } from "../../wire";

export interface Greeks {
  /** Contracts of the underlying (in the total: of the leading one). */
  delta: number;
  /** What delta changes by when the underlying moves by one percent. */
  gamma: number;
  /** USD per volatility point. */
  vega: number;
  /** USD per session. */
  theta: number;
}

export interface Marks {
  mark: number | null;
  delta: number | null;
  gamma: number | null;
  vega: number | null;
  theta: number | null;
}

export function zero(): Greeks {
  return { delta: 0, gamma: 0, vega: 0, theta: 0 };
}

/** Greeks of what is held in one instrument; `spot` is its underlying's price. */
export function ofPosition(
  instrument: InstrumentBody,
  net: number,
  marks: Marks,
  spot: number,
): Greeks {
  if (instrument.kind === "underlying") return { ...zero(), delta: net };
  return {
    delta: net * (marks.delta ?? 0),
    gamma: net * (marks.gamma ?? 0) * spot * 0.01,
    vega: net * (marks.vega ?? 0) * instrument.multiplier,
    theta: net * (marks.theta ?? 0) * instrument.multiplier,
  };
}

export function sum(one: Greeks, other: Greeks, weight = 1): Greeks {
  return {
    delta: one.delta + weight * other.delta,
    gamma: one.gamma + weight * other.gamma,
    vega: one.vega + other.vega,
    theta: one.theta + other.theta,
  };
}

/** What it would bring to sell at the mark, less what was paid; null without a mark. */
export function unrealized(
  position: PositionBody,
  mark: number | null,
  multiplier: number,
): number | null {
  const { net_quantity: net, average_price: average } = position;
  if (net === 0) return 0;
  if (mark === null || average === null) return position.unrealized_pnl;
  return net * (mark - average) * multiplier;
}
