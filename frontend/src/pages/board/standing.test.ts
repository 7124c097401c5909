import { expect, test } from "vitest";
import type { ScoresBody } from "../../wire";
import { countdown, initials, rise, told } from "./standing";
import { letters, Veil } from "./veil";

const SCORES = {
  round_id: 2,
  formula_version: 1,
  is_final: false,
  scored_us: 7,
  items: [
    { team_id: "t1", role: "hedge_fund", rank: 2, score: 40, is_zeroed: false, terms: { kpi: 1 } },
    { team_id: "t2", role: "market_maker", rank: 1, score: null, is_zeroed: false, terms: null },
  ],
  final: [{ team_id: "t1", rank: 1, total: null, measured: 44, judgement: { research: 80 } }],
  pars: [],
} as unknown as ScoresBody;

test("of what a key is told the board keeps rank, role and total, and nothing else", () => {
  expect(told(SCORES)).toEqual({
    roundId: 2,
    isFinal: false,
    scoredUs: 7,
    round: [
      { teamId: "t2", role: "market_maker", rank: 1, score: null },
      { teamId: "t1", role: "hedge_fund", rank: 2, score: 40 },
    ],
    season: [{ teamId: "t1", role: "hedge_fund", rank: 1, score: 44 }],
  });
});

test("a team rises by the ranks between then and now; a newcomer has not risen", () => {
  const now = { teamId: "t1", role: null, rank: 2, score: 1 };
  expect(rise(now, [{ ...now, rank: 5 }])).toBe(3);
  expect(rise(now, [])).toBeNull();
});

test("letters of blind mode are dealt once, to everybody another one", () => {
  const veil = new Veil(null, () => 0);
  veil.meet(["t1", "t2", "t3"]);
  const names = ["t1", "t2", "t3"].map((each) => veil.name(each));
  expect(names.toSorted()).toEqual(["Team A", "Team B", "Team C"]);
  expect(names).not.toEqual(["Team A", "Team B", "Team C"]);
  const later = new Veil(veil.stored, () => 0);
  later.meet(["t4", "t3", "t1", "t2"]);
  expect(["t1", "t2", "t3"].map((each) => later.name(each))).toEqual(names);
  expect(later.name("t4")).toBe("Team D");
  expect([0, 25, 26, 27, 52].map(letters)).toEqual(["A", "Z", "AA", "AB", "BA"]);
});

test("roles are told in their initials, time left in the shortest form", () => {
  expect([initials("market_maker"), initials(null)]).toEqual(["MM", "–"]);
  const left = [0, 1, 65, 3_723].map((s) => countdown(s * 1_000_000, 0));
  expect(left).toEqual(["0:00", "0:01", "1:05", "1:02:03"]);
  expect(countdown(0, 5)).toBe("0:00");
});
