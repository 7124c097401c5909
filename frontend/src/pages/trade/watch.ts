// When a watched limit was first seen outside, in game time, and how long its grace still is.

import type { RiskLimitBody } from "../../wire";

/** Limits that are watched rather than refused, outside now. */
export function outside(limits: readonly RiskLimitBody[]): RiskLimitBody[] {
  return limits.filter(
    ({ kind, used, limit }) => (kind === "delta_limit" || kind === "leg_balance") && used > limit,
  );
}

/** Since when each kind is outside: kept for those that still are, begun for new ones. */
export function since(
  before: ReadonlyMap<string, number>,
  limits: readonly RiskLimitBody[],
  nowUs: number,
): Map<string, number> {
  return new Map(outside(limits).map(({ kind }) => [kind, before.get(kind) ?? nowUs]));
}

/** Whole seconds left of a grace, 0 once it is over. */
export function left(sinceUs: number, graceS: number, nowUs: number): number {
  return Math.max(0, Math.ceil(graceS - (nowUs - sinceUs) / 1_000_000));
}
