// A book as rungs of a ladder: best prices in the middle, the team's own beside each level.

import type { Level } from "../../lib/market/levels";
import type { OwnSide } from "./own";

export interface Rung {
  /** Also tells the empty rungs apart, which keep the middle where it is. */
  key: string;
  price: number | null;
  quantity: number;
  own: number;
}

/** `depth` rungs, best first, from one side's levels, best first. */
export function rungs(levels: readonly Level[], own: OwnSide | undefined, depth: number): Rung[] {
  const rows: Rung[] = levels.slice(0, depth).map(([price, quantity]) => ({
    key: String(price),
    price,
    quantity,
    own: own?.byPrice.get(price) ?? 0,
  }));
  while (rows.length < depth)
    rows.push({ key: `empty ${rows.length}`, price: null, quantity: 0, own: 0 });
  return rows;
}

/** The largest quantity of a few rungs, at least 1: what a full bar stands for. */
export function fullest(...sides: readonly (readonly Rung[])[]): number {
  let most = 1;
  for (const side of sides) for (const { quantity } of side) most = Math.max(most, quantity);
  return most;
}

/** The row below (or above) the one with focus, and in it the same column. */
export function step(key: string, row: number, column: number): [number, number] | undefined {
  switch (key) {
    case "ArrowUp":
      return [row - 1, column];
    case "ArrowDown":
      return [row + 1, column];
    case "ArrowLeft":
      return [row, column - 1];
    case "ArrowRight":
      return [row, column + 1];
  }
  return undefined;
}
