import { expect, test } from "vitest";
import { decimalsOf, edges, frameOf } from "./path";

const START_US = Date.UTC(2026, 11, 1, 15) * 1000;
const framed = (seconds: number) =>
  frameOf([START_US, START_US + seconds * 1e6].map((gameUs) => ({ gameUs, value: 1 })), 10, 10);

test("the edges of a short time are told apart by their seconds", () => {
  expect(edges(framed(39))).toEqual(["15:00:00", "15:00:39"]);
  expect(edges(framed(3_600))).toEqual(["15:00", "16:00"]);
});

test("levels have the decimals that tell them apart", () => {
  expect(decimalsOf([4_620, 4_640])).toBe(0);
  expect(decimalsOf([4_399.8, 4_399.9])).toBe(1);
  expect(decimalsOf([4_399.95, 4_400])).toBe(2);
  expect(decimalsOf([10])).toBe(0);
});
