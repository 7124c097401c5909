// Points to the `d` of an SVG path.

import { clock } from "../../lib/parts/format";
import type { Point } from "./past";

const SHORT_US = 10 * 60e6;

export interface Frame {
  width: number;
  height: number;
  /** Game times at the left and the right edge. */
  fromUs: number;
  toUs: number;
  low: number;
  high: number;
}

/** The frame that points fill, with a little room above and below. */
export function frameOf(points: readonly Point[], width: number, height: number): Frame {
  const values = points.map((each) => each.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.001, 0.5);
  return {
    width,
    height,
    fromUs: points[0]?.gameUs ?? 0,
    toUs: points.at(-1)?.gameUs ?? 1,
    low: low - room,
    high: high + room,
  };
}

/** The times at a frame's edges: to the minute, or the second where it is short. */
export function edges({ fromUs, toUs }: Frame): [string, string] {
  const letters = toUs - fromUs < SHORT_US ? 8 : 5;
  return [clock(fromUs).slice(0, letters), clock(toUs).slice(0, letters)];
}

/** How many decimals tell the levels beside the axis apart. */
export function decimalsOf([first = 0, second = first + 1]: readonly number[]): number {
  return Math.max(0, Math.ceil(-Math.log10(Math.abs(second - first)) - 1e-9));
}

export function xOf(frame: Frame, gameUs: number): number {
  const span = frame.toUs - frame.fromUs;
  return span > 0 ? ((gameUs - frame.fromUs) / span) * frame.width : frame.width;
}

export function yOf(frame: Frame, value: number): number {
  return ((frame.high - value) / (frame.high - frame.low)) * frame.height;
}

/** A line through the points; a single one is a short dash at the right edge. */
export function line(points: readonly Point[], frame: Frame): string {
  const marks = points.map(
    ({ gameUs, value }) => `${xOf(frame, gameUs).toFixed(1)},${yOf(frame, value).toFixed(1)}`,
  );
  if (marks.length === 0) return "";
  return marks.length === 1 ? `M${marks[0]}h-8` : `M${marks.join("L")}`;
}
