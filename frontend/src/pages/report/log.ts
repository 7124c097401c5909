// A team's own orders and fills of a round, out of its log: what the private channel told, in order.

import type { AccountBustPush, FillPush, OrderPush, RejectedPush } from "../../wire";

export interface OwnOrder {
  orderId: number;
  atUs: number;
  instrumentId: string;
  side: string;
  orderType: string;
  quantity: number;
  price: number | null;
  timeInForce: string | null;
  filled: number;
  averagePrice: number | null;
  status: string;
  /** Why it was canceled or refused. */
  because: string;
}

export interface OwnFill {
  fillId: number;
  tradeId: number;
  orderId: number;
  atUs: number;
  instrumentId: string;
  side: string;
  quantity: number;
  price: number;
  liquidity: string;
  fee: number;
  isQuote: boolean;
  /** "busted", or the price that counts instead. */
  correction: string;
}

interface Entry {
  type: string;
  channel: string;
  game_us: number;
  data: unknown;
}

/** Orders and fills as a log's lines tell of them, oldest first. */
export class Ledger {
  readonly orders = new Map<number, OwnOrder>();
  readonly fills: OwnFill[] = [];
  readonly refused: OwnOrder[] = [];

  take(text: string): void {
    // A maker's log is quotes for the most part: those are told apart before they are taken apart.
    if (text === "" || !text.includes('"private"') || text.includes('"type":"quote"')) return;
    const entry = JSON.parse(text) as Entry;
    if (entry.channel !== "private") return;
    if (entry.type === "fill") this.#fill(entry.data as FillPush, entry.game_us);
    else if (entry.type === "fill.busted") this.#bust(entry.data as AccountBustPush);
    else if (entry.type === "order.rejected") this.#refuse(entry.data as RejectedPush, entry.game_us);
    else if (entry.type.startsWith("order.")) this.#order(entry.data as Partial<OrderPush>);
  }

  #order({ order, cancel_reason }: Partial<OrderPush>): void {
    if (order === undefined) return;
    this.orders.set(order.order_id, {
      orderId: order.order_id,
      atUs: order.accepted_us,
      instrumentId: order.instrument_id,
      side: order.side,
      orderType: order.order_type,
      quantity: order.quantity,
      price: order.price,
      timeInForce: order.time_in_force,
      filled: order.filled_quantity,
      averagePrice: order.average_price,
      status: order.status,
      because: cancel_reason ?? "",
    });
  }

  #fill(fill: FillPush, atUs: number): void {
    this.fills.push({
      fillId: fill.fill_id,
      tradeId: fill.trade_id,
      orderId: fill.order_id,
      atUs,
      instrumentId: fill.instrument_id,
      side: fill.side,
      quantity: fill.last_quantity,
      price: fill.last_price,
      liquidity: fill.liquidity,
      fee: fill.fee,
      isQuote: fill.is_quote,
      correction: "",
    });
    const order = this.orders.get(fill.order_id);
    if (order === undefined) return;
    order.filled = fill.filled_quantity;
    order.averagePrice = fill.average_price;
    order.status = fill.status;
  }

  #bust(bust: AccountBustPush): void {
    const said = bust.adjusted_price === null ? "busted" : `counts at ${bust.adjusted_price}`;
    for (const fill of this.fills)
      if (fill.tradeId === bust.trade_id && fill.orderId === bust.order_id) fill.correction = said;
  }

  #refuse(rejected: RejectedPush, atUs: number): void {
    this.refused.push({
      orderId: rejected.order_id ?? 0,
      atUs,
      instrumentId: rejected.instrument_id ?? "–",
      side: rejected.side ?? "–",
      orderType: "–",
      quantity: rejected.quantity ?? 0,
      price: null,
      timeInForce: null,
      filled: 0,
      averagePrice: null,
      status: "rejected",
      because: rejected.code,
    });
  }
}

/** Give each whole line of a stream of text to `take`, the last one too. */
export async function eachLine(
  chunks: AsyncIterable<string>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines) take(each);
  }
  if (rest !== "") take(rest);
}
