import { expect, test } from "vitest";
import type { Row } from "../../lib/market/market.svelte";
import type { ChainRowBody } from "../../wire";
import { day, matching, title } from "./naming";
import { middlesOf, smileOf } from "./smile";
import type { InstrumentBody } from "../../wire";

test("a smile takes puts below the price and calls from it on", () => {
  const strikes = [90, 100, 110].map((strike) => ({ strike, call: `C${strike}`, put: `P${strike}` }));
  const ivs: Record<string, number> = { P90: 0.3, C90: 0.9, C100: 0.2, P100: 0.9, C110: 0.25 };
  const row = (id: string): Row => ({ iv: ivs[id] ?? null }) as Row;
  const middles = middlesOf([
    { instrument_id: "P90", mid_iv: 0.31 },
    { instrument_id: "C100", mid_iv: null },
  ] as ChainRowBody[]);
  expect(smileOf(strikes, 100, row, middles)).toEqual([
    [90, 100, 110],
    [30, 20, 25],
    [31, null, null],
  ]);
});

test("instruments are named and searched as people say them", () => {
  const option = {
    instrument_id: "SPX-20261203-C-4400",
    underlying_id: "SPX",
    kind: "option",
    right: "call",
    strike: 4400,
    expiry_date: "2026-12-03",
  } as InstrumentBody;
  const underlying = { instrument_id: "SPX", underlying_id: "SPX", kind: "underlying" } as InstrumentBody;
  expect(title(option)).toBe("SPX 3 Dec 4400 call");
  expect(day(null)).toBe("");
  const all = [underlying, option];
  expect(matching(all, "", 9)).toEqual(all);
  expect(matching(all, "CALL spx", 9)).toEqual([option]);
  expect(matching(all, "put", 9)).toEqual([]);
  expect(matching(all, "", 1)).toEqual([underlying]);
  const put = { ...option, instrument_id: "SPX-20261203-P-4400", right: "put" } as InstrumentBody;
  expect(matching([option, put], "4400 p", 9)).toEqual([put]);
  expect(matching([option, put], "400", 9)).toEqual([option, put]);
});
