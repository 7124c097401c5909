// What undoing a trade, or moving it to another price, moves on both sides.

export interface Half {
  name: string;
  side: "buy" | "sell";
  fee: number;
}

export interface Trade {
  price: number;
  quantity: number;
  multiplier: number;
}

export interface Moved {
  name: string;
  side: "buy" | "sell";
  /** Contracts after the act less before it. */
  quantity: number;
  /** USD in or out, a fee that is returned included. */
  cash: number;
  /** USD of P&L at the mark; null without a mark. */
  pnl: number | null;
}

/** Each half's change; `adjusted` null undoes the trade, and its fees are returned. */
export function moved(
  halves: readonly Half[],
  trade: Trade,
  adjusted: number | null,
  mark: number | null,
): Moved[] {
  const units = trade.quantity * trade.multiplier;
  return halves.map(({ name, side, fee }) => {
    const sign = side === "buy" ? 1 : -1;
    if (adjusted !== null) {
      const cash = sign * (trade.price - adjusted) * units;
      return { name, side, quantity: 0, cash, pnl: cash };
    }
    const cash = sign * trade.price * units + fee;
    const pnl = mark === null ? null : cash - sign * mark * units;
    return { name, side, quantity: -sign * trade.quantity, cash, pnl };
  });
}
