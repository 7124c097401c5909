import { describe, expect, test } from "vitest";
import type { HeadlineBody } from "../../wire";
import { moved } from "./bust";
import { countsWords } from "./counting";
import { impactOf, instantOf } from "./impact";
import { metricsOf, quantileOf, sumOf, valueOf } from "./metrics";
import { csv, roster } from "./roster";

const ROLES = ["market_maker", "hedge_fund"];

describe("a roster", () => {
  test("is taken with its heading, quotes, either end of line and a mark of the byte order", () => {
    const lines = roster('\uFEFFrole,team_name\r\nhedge_fund,"Say ""hi"", they"\r\n\r\n', ROLES);
    expect(lines).toEqual([{ line: 2, teamName: 'Say "hi", they', role: "hedge_fund", fault: "" }]);
  });

  test("is taken without a heading, and with semicolons", () => {
    expect(roster("Alpha;market_maker", ROLES)[0]).toMatchObject({ line: 1, teamName: "Alpha" });
  });

  test("names every fault by its line", () => {
    const faults = roster("team_name,role\nA,x\n,hedge_fund\nB\nC,hedge_fund\nC,hedge_fund", ROLES);
    expect(faults.map(({ line, fault }) => [line, fault])).toEqual([
      [2, "x is no role: one of market_maker, hedge_fund"],
      [3, "has no team_name"],
      [4, "has no role: one of market_maker, hedge_fund"],
      [5, ""],
      [6, "has the name of line 5"],
    ]);
  });

  test("of nothing has no lines", () => expect(roster("", ROLES)).toEqual([]));
});

test("what a table program would take for a formula is written as a text", () => {
  expect(csv([["=1+1", 'a"b', "x,y", "plain"]])).toBe("'=1+1,\"a\"\"b\",\"x,y\",plain\r\n");
});

describe("metrics", () => {
  const text = [
    "# HELP t_seconds Times",
    't_seconds_bucket{le="0.01",route="POST /o"} 90.0',
    't_seconds_bucket{le="0.1",route="POST /o"} 100.0',
    't_seconds_bucket{le="+Inf",route="POST /o"} 100.0',
    't_seconds_bucket{le="+Inf",route="GET /o"} 7.0',
    'n_total{status="200"} 5.0',
    'n_total{status="503"} 2.0',
    "depth 3.0",
  ].join("\n");
  const metrics = metricsOf(text);

  test("are read with their labels", () => {
    expect(valueOf(metrics, "depth")).toBe(3);
    expect(valueOf(metrics, "none")).toBeNull();
    expect(sumOf(metrics, "n_total", { status: "503" })).toBe(2);
    expect(sumOf(metrics, "n_total")).toBe(7);
  });

  test("have quantiles between the edges of a bucket", () => {
    const of = { route: "POST /o" };
    expect(quantileOf(metrics, "t_seconds", 0.45, of)).toBeCloseTo(0.005);
    expect(quantileOf(metrics, "t_seconds", 0.99, of)).toBeCloseTo(0.091);
    expect(quantileOf(metrics, "t_seconds", 0.99, { route: "none" })).toBeNull();
  });
});

describe("a correction", () => {
  const halves = [
    { name: "A", side: "buy", fee: 0.02 },
    { name: "B", side: "sell", fee: -0.01 },
  ] as const;
  const trade = { price: 10, quantity: 3, multiplier: 100 };

  test("that undoes a trade returns contracts, cash and fee, and what was gained since", () => {
    const [buyer, seller] = moved(halves, trade, null, 12);
    expect(buyer).toMatchObject({ quantity: -3, cash: 3_000.02 });
    expect(buyer?.pnl).toBeCloseTo(-599.98);
    expect(seller).toMatchObject({ quantity: 3, cash: -3_000.01 });
    expect(seller?.pnl).toBeCloseTo(599.99);
  });

  test("to another price moves the same money from one side to the other", () => {
    const [buyer, seller] = moved(halves, trade, 9.5, null);
    expect(buyer).toMatchObject({ quantity: 0, cash: 150, pnl: 150 });
    expect(seller).toMatchObject({ quantity: 0, cash: -150, pnl: -150 });
  });

  test("without a mark does not guess", () => {
    expect(moved(halves, trade, null, null)[0]?.pnl).toBeNull();
  });
});

describe("a headline's impact", () => {
  const row: HeadlineBody = {
    headline_id: "h",
    headline: "H",
    weight: 1,
    shift: 0.5,
    jump: 0.25,
    sign: "down",
    size_min: 0.01,
    size_max: 0.02,
  };
  const drawn = { isShift: null, jump: null };

  test("is told by the table's chances and sizes", () => {
    const impact = impactOf(row, drawn, 100);
    expect(impact).toMatchObject({ shiftChance: 0.5, jumpChance: 0.25, size: "down by 1.0 % to 2.0 %" });
    expect(impact.from).toBeCloseTo(98.02);
    expect(impact.to).toBeCloseTo(99.005);
  });

  test("follows what is fixed", () => {
    const impact = impactOf(row, { isShift: true, jump: 0 }, 100);
    expect(impact).toMatchObject({ shiftChance: 1, jumpChance: 0, size: "no jump" });
    expect(impactOf(row, { isShift: false, jump: 0.02 }, 100).size).toBe("up by 2.0 %");
  });

  test("goes both ways where the table says either", () => {
    const impact = impactOf({ ...row, sign: "either" }, drawn, 100);
    expect([impact.from, impact.to].map((each) => each?.toFixed(1))).toEqual(["98.0", "102.0"]);
  });
});

test("a time of day is an instant of the game's day", () => {
  const nowUs = Date.UTC(2026, 11, 1, 15, 0, 0) * 1_000;
  expect(instantOf("15:30:05", nowUs)).toBe(Date.UTC(2026, 11, 1, 15, 30, 5) * 1_000);
  expect(instantOf("9:05", nowUs)).toBe(Date.UTC(2026, 11, 1, 9, 5, 0) * 1_000);
  for (const wrong of ["25:00", "noon", "12:61", ""]) expect(instantOf(wrong, nowUs)).toBeNull();
});

test("a round says its volatility where that differs from the model's", () => {
  expect(countsWords({ is_scored: true, vol_factor: 1 })).toBe("scored");
  expect(countsWords({ is_scored: false, vol_factor: 0.5 })).toBe("practice, volatility × 0.5");
});
