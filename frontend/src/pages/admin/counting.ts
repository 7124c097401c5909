// Whether a round counts, and how much its prices move where that differs.

export function countsWords(round: { is_scored: boolean; vol_factor: number }): string {
  const kind = round.is_scored ? "scored" : "practice";
  return round.vol_factor === 1 ? kind : `${kind}, volatility × ${round.vol_factor}`;
}
