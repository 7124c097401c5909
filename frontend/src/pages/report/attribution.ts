// P&L in its parts over time: minutes joined into bars, their sums exact.

import type { PnlIntervalBody, PnlPartsBody } from "../../wire";
import { sum, units } from "./money";

export type Part = Exclude<keyof PnlPartsBody, "pnl">;

export const PARTS: readonly { name: Part; label: string; says: string }[] = [
  { name: "spread_capture", label: "spread capture", says: "what trades were better than the mark" },
  { name: "delta", label: "delta", says: "the spot's move × delta held" },
  { name: "gamma", label: "gamma", says: "½ × the spot's move² × gamma held" },
  { name: "vega", label: "vega", says: "change of implied volatility × vega held" },
  { name: "theta", label: "theta", says: "time passed × theta held" },
  { name: "fees", label: "fees", says: "as they change cash: rebates positive" },
  {
    name: "residual",
    label: "residual",
    says: "what these leave over: higher orders, settlement, corrections",
  },
];
const NAMES = ["pnl", ...PARTS.map((each) => each.name)] as const;

export interface Bar {
  startUs: number;
  parts: PnlPartsBody;
}

const MINUTE_US = 60_000_000;
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60];

/** The exact sums of so many P&Ls, part by part. */
export function total(all: readonly PnlPartsBody[]): PnlPartsBody {
  const sums = NAMES.map((name) => [name, sum(all.map((each) => each[name]))]);
  return Object.fromEntries(sums) as PnlPartsBody;
}

/** Whether parts add up to their P&L, to the unit. */
export function addsUp(parts: PnlPartsBody): boolean {
  return sum(PARTS.map(({ name }) => parts[name])) === units(parts.pnl) / 10_000;
}

export interface Bars {
  stepMin: number;
  bars: Bar[];
}

/** At most `most` bars of equal length; minutes without any change are bars of zero. */
export function bars(intervals: readonly PnlIntervalBody[], most: number): Bars {
  const first = intervals[0];
  const last = intervals.at(-1);
  if (first === undefined || last === undefined) return { stepMin: 1, bars: [] };
  const minutes = (last.start_us - first.start_us) / MINUTE_US + 1;
  const stepMin = STEPS_MIN.find((each) => minutes <= each * most) ?? 60;
  const joined: PnlPartsBody[][] = Array.from({ length: Math.ceil(minutes / stepMin) }, () => []);
  for (const { start_us, parts } of intervals)
    joined[Math.floor((start_us - first.start_us) / MINUTE_US / stepMin)]?.push(parts);
  return {
    stepMin,
    bars: joined.map((parts, at) => ({
      startUs: first.start_us + at * stepMin * MINUTE_US,
      parts: total(parts),
    })),
  };
}

/** The P&L since the beginning at the end of each bar. */
export function running(all: readonly Bar[]): number[] {
  let whole = 0;
  return all.map((bar) => (whole += units(bar.parts.pnl)) / 10_000);
}

export interface Piece {
  part: number;
  from: number;
  to: number;
}

/** One bar's parts, gains stacked above zero and losses below. */
export function stacked(parts: PnlPartsBody): Piece[] {
  let up = 0;
  let down = 0;
  return PARTS.flatMap(({ name }, part) => {
    const value = parts[name];
    if (value === 0) return [];
    if (value > 0) return [{ part, from: up, to: (up += value) }];
    return [{ part, from: down, to: (down += value) }];
  });
}
