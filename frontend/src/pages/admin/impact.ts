// What a headline may bring, as the table tells it: chances and sizes, never the outcome.

import type { HeadlineBody } from "../../wire";

export interface Fixed {
  /** Whether it shifts the regime; null is drawn from the table. */
  isShift: boolean | null;
  /** The leader's jump as a log return; null is drawn from the table. */
  jump: number | null;
}

export interface Impact {
  shiftChance: number;
  jumpChance: number;
  /** Lowest and highest price of the leader after a jump; null without a price. */
  from: number | null;
  to: number | null;
  size: string;
}

export function impactOf(row: HeadlineBody, fixed: Fixed, price: number | null): Impact {
  const shiftChance = fixed.isShift === null ? row.shift : Number(fixed.isShift);
  if (fixed.jump !== null) {
    const after = price === null ? null : price * Math.exp(fixed.jump);
    const size = fixed.jump === 0 ? "no jump" : `${fixed.jump > 0 ? "up" : "down"} by ${share(fixed.jump)}`;
    return { shiftChance, jumpChance: Number(fixed.jump !== 0), from: after, to: after, size };
  }
  if (row.jump === 0) return { shiftChance, jumpChance: 0, from: price, to: price, size: "no jump" };
  const way = row.sign === "either" ? "up or down" : row.sign;
  const size =
    row.size_min === row.size_max
      ? `${way} by ${share(row.size_min)}`
      : `${way} by ${share(row.size_min)} to ${share(row.size_max)}`;
  const low = row.sign === "up" ? row.size_min : -row.size_max;
  const high = row.sign === "down" ? -row.size_min : row.size_max;
  return {
    shiftChance,
    jumpChance: row.jump,
    from: price === null ? null : price * Math.exp(low),
    to: price === null ? null : price * Math.exp(high),
    size,
  };
}

function share(size: number): string {
  return `${(100 * Math.abs(size)).toFixed(1)} %`;
}

/** The instant of game time that has this time of day (UTC, HH:MM:SS) on the day of `nowUs`. */
export function instantOf(time: string, nowUs: number): number | null {
  const parts = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(time);
  if (parts === null || nowUs === 0) return null;
  const [, hours = "", minutes = "", seconds = "0"] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const day = new Date(nowUs / 1000).setUTCHours(0, 0, 0, 0);
  return 1_000 * (day + 1_000 * (3_600 * Number(hours) + 60 * Number(minutes) + Number(seconds)));
}
