import { beforeEach, describe, expect, test } from "vitest";
import type { InstrumentBody } from "../../wire";
import { Draft, endOf, onGrid } from "./draft.svelte";

const NOON_US = 1_796_126_400_000_000;
const CALL: InstrumentBody = {
  instrument_id: "SPX-20261203-C-4400",
  underlying_id: "SPX",
  kind: "option",
  multiplier: 100,
  tick_size: 0.05,
};
let draft: Draft;
beforeEach(() => {
  draft = new Draft();
});

describe("a price on the grid", () => {
  test("is a whole number of ticks, without the dust of binary fractions", () => {
    for (let ticks = 1; ticks < 2_000; ticks += 7) {
      const price = onGrid(ticks * 0.01, 0.01, 1);
      expect(String(price)).toBe(String(Number(((ticks + 1) / 100).toFixed(2))));
    }
  });
  test("never falls below one tick", () => {
    expect(onGrid(0.05, 0.05, -10)).toBe(0.05);
  });
  test("begins where the market is, and moves from there", () => {
    draft.stepPrice(3, 0.05, 12.37);
    expect(draft.price).toBe(12.35);
    draft.stepPrice(-3, 0.05, 99);
    expect(draft.price).toBe(12.2);
  });
});

describe("an aim", () => {
  test("leaves alone what it does not name", () => {
    draft.quantity = 7;
    draft.aim({ side: "sell", price: 3.5 });
    expect([draft.side, draft.price, draft.quantity]).toEqual(["sell", 3.5, 7]);
  });
  test("at a price turns an order without a price into a limit order", () => {
    draft.orderType = "market";
    draft.aim({ side: "buy" });
    expect(draft.orderType).toBe("market");
    draft.aim({ price: 2 });
    expect(draft.orderType).toBe("limit");
  });
});

describe("the request", () => {
  test("is there once every number is, and says which is missing", () => {
    expect(draft.request(CALL, NOON_US)).toBeNull();
    expect(draft.missing).toBe("a price");
    draft.orderType = "stop_limit";
    draft.price = 4;
    expect(draft.missing).toBe("a stop price");
    draft.stopPrice = 3.95;
    expect(draft.request(CALL, NOON_US)).toMatchObject({ price: "4", stop_price: "3.95" });
    draft.quantity = null;
    expect(draft.missing).toBe("a quantity");
  });
  test("carries only what its type knows", () => {
    Object.assign(draft, { price: 4, postOnly: true, displayQuantity: 2, orderType: "market" });
    const request = draft.request(CALL, NOON_US);
    for (const name of ["price", "stop_price", "post_only", "display_quantity", "expires_us"])
      expect(request).not.toHaveProperty(name);
  });
  test("of a gtt order ends at the next such time of day", () => {
    expect(endOf("12:00:01", NOON_US)).toBe(NOON_US + 1_000_000);
    expect(endOf("12:00", NOON_US)).toBe(NOON_US + 86_400_000_000);
  });
});
