// What a team has in the books: its orders and its quotes, by instrument, side and price.

import type { OrderBody, QuoteBody } from "../../wire";

export interface OwnSide {
  /** The best own price, null where there is none. */
  best: number | null;
  /** Contracts by price. */
  readonly byPrice: Map<number, number>;
}

export interface Own {
  buy: OwnSide;
  sell: OwnSide;
}

const LIVE = ["working", "partially_filled"];

/** Everything that works, by instrument; what waits outside the book is left out. */
export function working(
  orders: Iterable<OrderBody>,
  quotes: Iterable<QuoteBody>,
): Map<string, Own> {
  const found = new Map<string, Own>();
  for (const order of orders)
    if (LIVE.includes(order.status) && order.price !== null)
      add(found, order.instrument_id, order.side, order.price, order.leaves_quantity);
  for (const quote of quotes) {
    if (quote.is_pending) continue;
    add(found, quote.instrument_id, "buy", quote.bid, quote.bid_quantity);
    add(found, quote.instrument_id, "sell", quote.ask, quote.ask_quantity);
  }
  return found;
}

function add(
  found: Map<string, Own>,
  instrumentId: string,
  side: "buy" | "sell",
  price: number | null,
  quantity: number,
): void {
  if (price === null || quantity === 0) return;
  let own = found.get(instrumentId);
  if (own === undefined) {
    own = { buy: empty(), sell: empty() };
    found.set(instrumentId, own);
  }
  const { byPrice, best } = own[side];
  byPrice.set(price, (byPrice.get(price) ?? 0) + quantity);
  const isBetter = best === null || (side === "buy" ? price > best : price < best);
  if (isBetter) own[side].best = price;
}

function empty(): OwnSide {
  return { best: null, byPrice: new Map() };
}
