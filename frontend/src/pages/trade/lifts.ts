// What each term of a score says, and what lifts it; by its name. The numbers come with the score.

import type { ScoreComponentBody } from "../../wire";

const LIFTS: Record<string, string> = {
  capture: "Trade at a better price than fair value, and keep it for a minute: quote wide enough, hedge soon.",
  coverage: "Keep two-sided quotes, wide and large enough, in every series that is asked for.",
  inventory: "Hold less: let quotes lean against the position, and hedge delta.",
  volume: "Be the resting side of more trades with other roles: quote tighter, in more series.",
  windows: "Be positioned before a headline and act on it: what you make until the next one counts.",
  signals: "Be long vega when a shift to a higher regime is signalled, short when to a lower one.",
  rehedge: "Hold options, and trade the underlying so that your P&L swings less than theirs alone.",
  delta: "Stay within the delta limit while you hold options.",
  convergence: "Trade the gap between the two underlyings in its windows, in the right direction.",
  balance: "Put on both legs with opposite signs, neither much larger than the other.",
  response: "Trade in the first minute of a tracking window.",
  beta: "Keep both legs hedged: the leader's move should not move your P&L.",
  compliance: "Stay inside the watched limits; each breach costs points, deep ones more.",
  risk: "Lose less at a time: cut what draws down, and trade smaller in the high regime.",
};

/** In words: what lifts a term; by its anchors where its name is not known here. */
export function lift({ name, zero, full }: ScoreComponentBody): string {
  return LIFTS[name] ?? (full > zero ? "More of it is better." : "Less of it is better.");
}

/** A measured value in as many digits as its anchors need. */
export function measured(value: number | null, { zero, full }: ScoreComponentBody): string {
  if (value === null) return "nothing yet";
  const span = Math.abs(full - zero);
  const decimals = span >= 1_000 ? 0 : span >= 10 ? 1 : 2;
  const text = value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return text.replace("-", "−");
}
