// One side of a book by its absolute levels.

export type Level = readonly [price: number, quantity: number];

/** Levels with the changed ones in their places; quantity 0 removes one. `sense` 1: rising prices. */
export function merged(levels: readonly Level[], changed: readonly Level[], sense: 1 | -1): Level[] {
  const all = new Map(levels);
  for (const [price, quantity] of changed)
    if (quantity === 0) all.delete(price);
    else all.set(price, quantity);
  return [...all].sort(([a], [b]) => sense * (a - b));
}
