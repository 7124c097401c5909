import { expect, test } from "vitest";
import type { InstrumentBody } from "../../wire";
import { type Place, atTheMoney, instrumentAt, placeOf, strikesOf, walked } from "./chain";

function option(strike: number, right: "call" | "put", expires_us = 9): InstrumentBody {
  const instrument_id = `SPX-${expires_us}-${right}-${strike}`;
  const common = { underlying_id: "SPX", kind: "option", multiplier: 100, tick_size: 0.01 } as const;
  return { ...common, instrument_id, right, strike, expires_us };
}

const LISTED = [4444, 4400, 4356].flatMap((strike) => [option(strike, "call"), option(strike, "put")]);
const strikes = strikesOf([...LISTED, option(4400, "call", 10)], "SPX", 9);

test("strikes rise, each with its call and its put of that expiry alone", () => {
  expect(strikes.map(({ strike }) => strike)).toEqual([4356, 4400, 4444]);
  expect(strikes[1]).toEqual({ strike: 4400, call: "SPX-9-call-4400", put: "SPX-9-put-4400" });
});

test("a right that is not listed leaves its half empty", () => {
  expect(strikesOf([option(4400, "put")], "SPX", 9)[0]?.call).toBeNull();
});

test("the strike nearest to the price is at the money, of two equally near the lower", () => {
  expect(atTheMoney(strikes, 4421)).toBe(4400);
  expect(atTheMoney(strikes, 4422)).toBe(4400);
  expect(atTheMoney(strikes, 4423)).toBe(4444);
  expect(atTheMoney(strikes, undefined)).toBeNull();
  expect(atTheMoney([], 4400)).toBeNull();
});

test("the arrows walk row by row and from the call's bid to the put's ask, and stop at the edges", () => {
  let place: Place = { row: 0, column: 0 };
  const seen: string[] = [];
  for (const key of ["ArrowUp", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"]) {
    place = walked(place, key, strikes.length) ?? place;
    seen.push(`${place.row} ${place.column}`);
  }
  expect(seen).toEqual(["0 0", "1 0", "1 1", "1 2", "1 3", "1 3"]);
  expect(walked(place, "End", 3)).toEqual({ row: 2, column: 3 });
  expect(walked(place, "Home", 3)).toEqual({ row: 0, column: 3 });
  expect(walked(place, "a", 3)).toBeUndefined();
});

test("every place of a chain is found again from its instrument", () => {
  for (const row of strikes.keys())
    for (const column of [0, 2]) {
      const instrumentId = instrumentAt(strikes, { row, column });
      expect(placeOf(strikes, instrumentId)).toEqual({ row, column });
    }
  expect(placeOf(strikes, "SPX")).toBeUndefined();
  expect(instrumentAt(strikes, { row: 9, column: 0 })).toBeNull();
});
