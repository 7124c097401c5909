import { expect, test } from "vitest";
import type { RiskLimitBody } from "../../wire";
import { left, outside, since } from "./watch";

function limit(kind: string, used: number): RiskLimitBody {
  return { kind, instrument_id: null, limit: 50, used, worst_case: used, headroom: 0 };
}

test("only what is watched has a clock, and only outside", () => {
  const limits = [limit("delta_limit", 51), limit("leg_balance", 50), limit("portfolio_limit", 60)];
  expect(outside(limits).map(({ kind }) => kind)).toEqual(["delta_limit"]);
});

test("the clock goes on while it is outside and begins anew after it was inside", () => {
  const out = [limit("delta_limit", 60)];
  const first = since(new Map(), out, 1_000_000);
  expect(since(first, out, 9_000_000).get("delta_limit")).toBe(1_000_000);
  const inside = since(first, [limit("delta_limit", 10)], 9_000_000);
  expect(inside.size).toBe(0);
  expect(since(inside, out, 12_000_000).get("delta_limit")).toBe(12_000_000);
});

test("a grace runs out to 0 and no further", () => {
  expect(left(0, 30, 500_000)).toBe(30);
  expect(left(0, 30, 29_000_001)).toBe(1);
  expect(left(0, 30, 90_000_000)).toBe(0);
});
