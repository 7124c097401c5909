import { expect, test } from "vitest";
import { nextDelay, read, type Settings, written } from "./settings";

const PLAIN: Settings = { blind: "off", delayS: 0, turnS: 10, isSeason: false };

test("an address says how the board is shown", () => {
  expect(read("")).toEqual({ settings: PLAIN, faults: [] });
  expect(read("?blind&delay=300").settings).toEqual({ ...PLAIN, blind: "names", delayS: 300 });
  expect(read("?blind=scores&turn=15&season").settings).toEqual({
    blind: "scores",
    delayS: 0,
    turnS: 15,
    isSeason: true,
  });
});

test("what an address asks for wrongly is named with what would be right", () => {
  expect(read("?delay=5m").faults).toEqual(["delay=5m: whole seconds from 0 to 3600"]);
  expect(read("?delay=9000&blind=all").faults).toHaveLength(2);
});

test("settings that are written are read again as they were", () => {
  for (const blind of ["off", "names", "scores"] as const)
    for (const delayS of [0, 60, 3_600])
      for (const isSeason of [false, true]) {
        const settings = { blind, delayS, turnS: delayS === 0 ? 10 : 30, isSeason };
        expect(read(written(settings))).toEqual({ settings, faults: [] });
      }
});

test("the key goes through the usual delays and back to none", () => {
  expect([0, 60, 100, 300, 900, 3_600].map(nextDelay)).toEqual([60, 300, 300, 900, 0, 0]);
});
