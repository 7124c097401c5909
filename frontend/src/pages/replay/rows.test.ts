import { expect, test } from "vitest";
import { rows } from "./rows";

test("levels, times and what is nested are told in words", () => {
  const data = { bids: [[4399.5, 20]], asks: [], at_us: 1_796_137_239_750_000, order: { id: 7, tag: "" } };
  expect(rows(data)).toEqual([["bids", "20 @ 4399.5"], ["at_us", "15:00:39"], ["id", "7"]]);
});

test("items of a list stand a line each, and many are counted", () => {
  const prices = [
    { underlying_id: "SPX", price: 4399.94, is_moving: true },
    { underlying_id: "SPY", price: 439.83, is_moving: true },
  ];
  expect(rows({ prices })).toEqual([
    ["prices", "SPX, price 4399.94, is moving true\nSPY, price 439.83, is moving true"],
  ]);
  expect(rows({ marks: Array(7).fill({}) })).toEqual([["marks", "7 rows"]]);
});
