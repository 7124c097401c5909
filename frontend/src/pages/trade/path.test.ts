import { expect, test } from "vitest";
import { POINTS_MAX, Path } from "./path";

test("prints of an interval are one point, with its low, its high and its last", () => {
  const path = new Path(5);
  for (const [price, at] of [[10, 0], [12, 1], [9, 4.9], [11, 5]] as const) path.add(price, at * 1e6);
  expect([path.times, path.lows, path.highs, path.closes]).toEqual([
    [0, 5],
    [9, 11],
    [12, 11],
    [9, 11],
  ]);
});

test("what is heard goes on where the candles end, and nothing older changes them", () => {
  const candle = { start_us: 60e6, open_price: 1, high_price: 3, low_price: 1, close_price: 2 };
  const path = new Path(60, [candle]);
  path.add(9, 59e6);
  path.add(4, 61e6);
  expect([path.times, path.lows, path.highs, path.closes]).toEqual([[60], [1], [4], [4]]);
});

test("a path never holds more points than fit", () => {
  const path = new Path(1);
  for (let second = 0; second < 3 * POINTS_MAX; second++) path.add(second, second * 1e6);
  expect(path.times.length).toBe(POINTS_MAX);
  expect(path.closes.at(-1)).toBe(3 * POINTS_MAX - 1);
  expect(path.times[0]).toBe(2 * POINTS_MAX);
});

test("a new day begins a new path, in the candles and in what is heard", () => {
  const candle = { open_price: 1, high_price: 3, low_price: 1, close_price: 2 };
  const path = new Path(1, [
    { ...candle, start_us: 10e6 },
    { ...candle, start_us: 90_000e6 },
    { ...candle, start_us: 90_001e6 },
  ]);
  expect(path.times).toEqual([90_000, 90_001]);
  path.add(5, 200_000e6);
  expect([path.times, path.closes]).toEqual([[200_000], [5]]);
});
