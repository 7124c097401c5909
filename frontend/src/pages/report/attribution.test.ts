import { expect, test } from "vitest";
import type { PnlPartsBody } from "../../wire";
import { addsUp, bars, PARTS, running, stacked, total } from "./attribution";
import { decimalsOf, sum, usdText } from "./money";

const MINUTE_US = 60_000_000;

/** Parts whose digits are no binary fractions, so that floats alone would not add up. */
function parts(seed: number): PnlPartsBody {
  const values = PARTS.map((_, at) => (((seed * 7919 + at * 104_729) % 2_000_003) - 1_000_001) / 10_000);
  const named = Object.fromEntries(PARTS.map(({ name }, at) => [name, values[at] ?? 0]));
  return { ...named, pnl: sum(values) } as unknown as PnlPartsBody;
}

const INTERVALS = Array.from({ length: 330 }, (_, at) => ({
  start_us: 5 * MINUTE_US + at * MINUTE_US,
  parts: parts(at + 1),
})).filter((_, at) => at % 5 !== 3);

test("sums are exact, part by part and over all", () => {
  const whole = total(INTERVALS.map((each) => each.parts));
  expect(addsUp(whole)).toBe(true);
  expect(sum(INTERVALS.map((each) => each.parts.delta))).toBe(whole.delta);
  expect(sum([0.1, 0.2])).toBe(0.3);
  expect(addsUp({ ...whole, residual: whole.residual + 0.0001 })).toBe(false);
});

test("bars are at most so many, of one length, and lose nothing", () => {
  const found = bars(INTERVALS, 60);
  expect(found.stepMin).toBe(10);
  expect(found.bars.length).toBeLessThanOrEqual(60);
  const whole = total(INTERVALS.map((each) => each.parts));
  expect(total(found.bars.map((each) => each.parts))).toEqual(whole);
  expect(running(found.bars).at(-1)).toBe(whole.pnl);
  expect(bars([], 60).bars).toEqual([]);
});

test("a bar's gains reach above zero and its losses below, by their sums", () => {
  for (const { parts: each } of INTERVALS) {
    const pieces = stacked(each);
    const values = PARTS.map(({ name }) => each[name]);
    const above = Math.max(0, ...pieces.map((piece) => piece.to));
    const below = Math.min(0, ...pieces.map((piece) => piece.to));
    expect(above).toBeCloseTo(values.filter((v) => v > 0).reduce((a, b) => a + b, 0), 6);
    expect(below).toBeCloseTo(values.filter((v) => v < 0).reduce((a, b) => a + b, 0), 6);
  }
});

test("a column has cents, or four decimals where one amount needs them", () => {
  expect([decimalsOf([1, 2.5, null]), decimalsOf([1, 2.5001])]).toEqual([2, 4]);
  expect(usdText(-1234.5)).toBe("−1,234.50");
  expect(usdText(0.0201, 4)).toBe("0.0201");
  expect(usdText(null)).toBe("–");
});
