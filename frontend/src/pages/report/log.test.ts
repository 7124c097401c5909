import { expect, test } from "vitest";
import { eachLine, Ledger } from "./log";

const said = (type: string, data: object, channel = "private"): string =>
  JSON.stringify({ seq: 1, ts_us: 1, game_us: 60, channel, type, data });

const ORDER = {
  order_id: 7,
  instrument_id: "SPX",
  side: "buy",
  order_type: "limit",
  quantity: 5,
  price: 10,
  time_in_force: null,
  accepted_us: 50,
  filled_quantity: 0,
  average_price: null,
  status: "working",
};
const FILL = {
  fill_id: 1,
  trade_id: 3,
  order_id: 7,
  instrument_id: "SPX",
  side: "buy",
  last_price: 9.5,
  last_quantity: 2,
  liquidity: "taker",
  fee: 0.04,
  status: "partially_filled",
  filled_quantity: 2,
  leaves_quantity: 3,
  average_price: 9.5,
  is_quote: false,
};

test("an order is shown as it ended, with what filled it", () => {
  const ledger = new Ledger();
  ledger.take(said("order.accepted", { order: ORDER }));
  ledger.take(said("fill", FILL));
  expect(ledger.orders.get(7)).toMatchObject({ filled: 2, averagePrice: 9.5, status: "partially_filled" });
  const canceled = { ...ORDER, status: "canceled", filled_quantity: 2, average_price: 9.5 };
  ledger.take(said("order.canceled", { order: canceled, cancel_reason: "requested" }));
  expect(ledger.orders.get(7)).toMatchObject({ status: "canceled", filled: 2, because: "requested" });
  expect(ledger.fills).toHaveLength(1);
});

test("a busted fill says so, a moved one at what it counts", () => {
  const ledger = new Ledger();
  ledger.take(said("fill", FILL));
  ledger.take(said("fill.busted", { trade_id: 3, order_id: 7, adjusted_price: 9.75 }));
  expect(ledger.fills[0]?.correction).toBe("counts at 9.75");
  ledger.take(said("fill.busted", { trade_id: 3, order_id: 7, adjusted_price: null }));
  expect(ledger.fills[0]?.correction).toBe("busted");
});

test("what was refused is listed with its code; other channels and quotes are not", () => {
  const ledger = new Ledger();
  ledger.take(said("order.rejected", { code: "ORDER_SIZE_EXCEEDED", detail: "", instrument_id: "SPX" }));
  ledger.take(said("order.cancel_rejected", { code: "NOT_FOUND", detail: "" }));
  ledger.take(said("quote", { quote: {} }));
  ledger.take(said("score", { score: 1 }, "scores"));
  ledger.take("");
  expect(ledger.refused.map((each) => each.because)).toEqual(["ORDER_SIZE_EXCEEDED"]);
  expect([ledger.orders.size, ledger.fills.length]).toEqual([0, 0]);
});

test("lines are whole wherever a stream is cut", async () => {
  const text = "one\ntwo\n\nthree";
  for (let size = 1; size < text.length; size++) {
    const lines: string[] = [];
    async function* chunks(): AsyncGenerator<string> {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
    }
    await eachLine(chunks(), (line) => lines.push(line));
    expect(lines).toEqual(["one", "two", "", "three"]);
  }
});
