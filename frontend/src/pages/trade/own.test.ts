import { expect, test } from "vitest";
import type { OrderBody, QuoteBody } from "../../wire";
import { rungs, fullest } from "./ladder";
import { working } from "./own";

function order(more: Partial<OrderBody>): OrderBody {
  const common = { instrument_id: "A", side: "buy", status: "working", price: 5, leaves_quantity: 1 };
  return { ...common, ...more } as OrderBody;
}

const QUOTE = { instrument_id: "A", bid: 5, bid_quantity: 10, ask: 6, ask_quantity: 12 } as QuoteBody;

test("orders and quotes of a price add up, and the best price is the side's own", () => {
  const orders = [order({}), order({ price: 5.5 }), order({ side: "sell", price: 7 })];
  const own = working(orders, [QUOTE]).get("A");
  expect([...(own?.buy.byPrice ?? [])]).toEqual([[5, 11], [5.5, 1]]);
  expect([own?.buy.best, own?.sell.best]).toEqual([5.5, 6]);
});

test("what is not in a book is not shown as if it were", () => {
  const waiting = order({ status: "pending" });
  const market = order({ price: null });
  const held = { ...QUOTE, is_pending: true };
  const oneSided = { ...QUOTE, ask: null, ask_quantity: 0 };
  expect(working([waiting, market], [held]).size).toBe(0);
  expect(working([], [oneSided]).get("A")?.sell.best).toBeNull();
});

test("a ladder has as many rungs as asked, the own beside its level", () => {
  const own = working([order({ price: 4 })], [QUOTE]).get("A");
  const rows = rungs([[5, 30], [4.5, 20], [4, 10]], own?.buy, 4);
  expect(rows.map((each) => [each.price, each.quantity, each.own])).toEqual([
    [5, 30, 10],
    [4.5, 20, 0],
    [4, 10, 1],
    [null, 0, 0],
  ]);
  expect(new Set(rows.map((each) => each.key)).size).toBe(4);
  expect(rungs([[5, 30], [4.5, 20]], undefined, 1).length).toBe(1);
  expect(fullest(rows, [])).toBe(30);
  expect(fullest([])).toBe(1);
});
