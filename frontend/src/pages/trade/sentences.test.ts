import { expect, test } from "vitest";
import type { OwnFill } from "../../lib/account/account.svelte";
import type { OrderBody } from "../../wire";
import { fillsWords, marketWords, noticeWords, placedWords } from "./sentences";

function fill(side: "buy" | "sell", quantity: number): OwnFill {
  return {
    side,
    last_quantity: quantity,
    last_price: 2.5,
    instrument_id: "SPX",
  } as OwnFill;
}
const named = (instrumentId: string): string => instrumentId;

test("one fill is told whole, several of one moment by their sums", () => {
  expect(fillsWords([fill("buy", 3)], named)).toBe("Bought 3 SPX at 2.50");
  const several = fillsWords([fill("buy", 3), fill("sell", 1), fill("buy", 4)], named);
  expect(several).toBe("3 fills: bought 7, sold 1 contracts");
});

test("an order is told by what it did and what is left of it", () => {
  const order = { quantity: 5, filled_quantity: 2, leaves_quantity: 3, average_price: 1.5 };
  const told = (status: string): string => placedWords({ ...order, status } as OrderBody);
  expect(told("partially_filled")).toBe("2 filled at 1.50, 3 working");
  expect(told("canceled")).toBe("2 filled at 1.50, the rest canceled");
});

test("a refusal is told with the server's reason, as something bad", () => {
  const data = { detail: "position_limit is 150" };
  const told = noticeWords({ seq: 1, gameUs: 1, type: "order.rejected", data });
  expect(told).toEqual({ head: "Order refused", rest: "position_limit is 150", isBad: true });
});

test("what no sentence is known of is not told", () => {
  expect(noticeWords({ seq: 1, gameUs: 1, type: "of.another.day", data: {} })).toBeNull();
});

test("a halt is told with its place, a new listing is not", () => {
  expect(marketWords("halt", { underlying_id: "SPX", instrument_id: null })).toBe("SPX is halted");
  expect(marketWords("listed", {})).toBe("");
});
