// What each measured term is, and the unit of its number; the page on scores says it in full.

export interface Formula {
  says: string;
  unit: string;
}

const FORMULAS: Record<string, Formula> = {
  capture: {
    says: "Σ side × (fair − price) × quantity ÷ Σ allowed half-spread × quantity, fair now and later",
    unit: "share of the allowed half-spread",
  },
  coverage: { says: "series-seconds quoted ÷ series-seconds obliged", unit: "share" },
  inventory: {
    says: "mean over seconds of ½ (contracts held ÷ portfolio limit)² + ½ (delta ÷ delta limit)²",
    unit: "0 is empty, 1 is at both limits",
  },
  volume: {
    says: "own share of the contracts made by the role's teams × their number",
    unit: "1 is a fair share",
  },
  windows: { says: "mean P&L from a headline to the next", unit: "USD" },
  signals: {
    says: "mean vega P&L from a volatility signal to a while after its effective time",
    unit: "USD",
  },
  rehedge: {
    says: "1 − Var(P&L) ÷ Var(P&L without underlyings) over intervals with options held",
    unit: "share of variance taken away",
  },
  delta: { says: "share of seconds within the delta limit, of those with options held", unit: "share" },
  convergence: { says: "mean P&L from a tracking window's opening to its close", unit: "USD" },
  balance: { says: "share of seconds in balance, of those with a leg", unit: "share" },
  response: { says: "share of windows in whose first minute enough was traded", unit: "share" },
  beta: {
    says: "absolute slope of interval P&L on the leading underlying's move",
    unit: "equivalents of the leader",
  },
  holding: { says: "share of seconds with options held", unit: "share" },
  engagement: { says: "share of windows in which something was traded", unit: "share" },
  compliance: {
    says: "100 × share of seconds inside the watched limits, less points for each breach",
    unit: "points",
  },
  risk: {
    says: "½ largest fall of P&L ÷ its reference + ½ downside deviation ÷ its reference",
    unit: "1 is the reference bots' median",
  },
};

export function formulaOf(term: string): Formula {
  return FORMULAS[term] ?? { says: "see the reference page on scores", unit: "" };
}

export const GROUPS = { kpi: "role", compliance: "compliance", risk: "risk" };

interface Rules {
  ranking: string;
  points_per_spread: number;
  spreads_max: number;
}

/** How a measured score counts, by the scenario's ranking. */
export function ranking(rules: Rules): string {
  const words: Record<string, string> = {
    par: `S = 50 + ${rules.points_per_spread} × clip((J − par) ÷ spread, ±${rules.spreads_max})`,
    rank: "S = 100 × share of same-role teams beaten",
    rank_squared: "S = 100 × (share of same-role teams beaten)²",
    pnl: "S = 50 + thousandths of the starting cash made, within 0 and 100",
  };
  return words[rules.ranking] ?? rules.ranking;
}
