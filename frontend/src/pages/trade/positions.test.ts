import { expect, test } from "vitest";
import type { InstrumentBody, PositionBody } from "../../wire";
import { held, netByUnderlying, total } from "./positions";

const SPX: InstrumentBody = {
  instrument_id: "SPX",
  underlying_id: "SPX",
  kind: "underlying",
  multiplier: 100,
  tick_size: 0.01,
};
const CALL: InstrumentBody = { ...SPX, instrument_id: "SPX-C", kind: "option", right: "call" };
const SPY: InstrumentBody = { ...SPX, instrument_id: "SPY", underlying_id: "SPY" };
const NONE = { mark: null, delta: null, gamma: null, vega: null, theta: null };
const GREEKS = { mark: 12, delta: 0.5, gamma: 0.002, vega: 1.5, theta: -10 };

function position(instrument_id: string, net_quantity: number, average_price: number): PositionBody {
  return {
    instrument_id,
    net_quantity,
    average_price,
    realized_pnl: 0,
    unrealized_pnl: -1,
    fees: 0,
  };
}

test("what is held is worth its mark less its cost, a contract at a time", () => {
  expect(held(position("SPX-C", -3, 10), CALL, GREEKS, 4_400).unrealized).toBe(-600);
  expect(held(position("SPX", 2, 4_390), SPX, NONE, 4_400).unrealized).toBe(2_000);
});

test("without a mark the server's own figure stands", () => {
  expect(held(position("SPX-C", 3, 10), CALL, NONE, 4_400).unrealized).toBe(-1);
});

test("greeks are those of all contracts: delta and gamma in contracts, vega and theta in USD", () => {
  const { greeks } = held(position("SPX-C", 10, 10), CALL, GREEKS, 4_400);
  expect(greeks.delta).toBeCloseTo(5);
  expect(greeks.gamma).toBeCloseTo(10 * 0.002 * 44);
  expect(greeks.vega).toBeCloseTo(1_500);
  expect(greeks.theta).toBeCloseTo(-10_000);
});

test("underlyings are added by what one of each is worth of the first", () => {
  const rows = [
    held(position("SPX-C", 10, 10), CALL, GREEKS, 4_400),
    held(position("SPX", -2, 4_400), SPX, NONE, 4_400),
    held(position("SPY", -30, 440), SPY, NONE, 440),
  ];
  const nets = netByUnderlying(rows, ["SPX", "SPY"]);
  expect(nets.map(({ underlyingId, greeks }) => [underlyingId, greeks.delta])).toEqual([
    ["SPX", 3],
    ["SPY", -30],
  ]);
  expect(total(nets, { SPX: 1, SPY: 0.1 }).delta).toBeCloseTo(0);
});

test("what is flat adds no underlying", () => {
  expect(netByUnderlying([held(position("SPY", 0, 440), SPY, NONE, 440)], ["SPY"])).toEqual([]);
});
