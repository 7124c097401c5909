import { expect, test } from "vitest";
import type { TrackingPush, VolatilityPush } from "../../wire";
import { type Signal, keyOf, told } from "./told";

function tracking(signal_id: number, seq: number, z_score = 0): Signal {
  return { type: "tracking", signal_id, seq, z_score } as TrackingPush;
}

function volatility(signal_id: number, seq: number): Signal {
  return { type: "volatility", signal_id, seq } as VolatilityPush;
}

test("the newest comes first", () => {
  expect(told([], [tracking(1, 1), tracking(2, 2)]).map((each) => each.seq)).toEqual([2, 1]);
});

test("a signal that is told again takes its own place, as it was told last", () => {
  const known = told([], [tracking(1, 1), volatility(1, 2), tracking(1, 3, 2.5)]);
  expect(known.map(keyOf)).toEqual(["tracking 1", "volatility 1"]);
  expect(known[0]).toMatchObject({ seq: 3, z_score: 2.5 });
});

test("no more than fifty are kept, the oldest go", () => {
  let known: Signal[] = [];
  for (let id = 1; id <= 200; id++) known = told(known, [tracking(id, id)]);
  expect(known.length).toBe(50);
  expect([known[0]?.signal_id, known[49]?.signal_id]).toEqual([200, 151]);
});
