// What happened, in a sentence: for the list of fills and for who hears the page.

import type { FillPush, OrderBody } from "../../wire";
import type { Notice, OwnFill } from "../../lib/account/account.svelte";
import { count, fixed, price, signed, usd, words } from "../../lib/parts/format";

const PAST = { buy: "Bought", sell: "Sold" } as const;

/** "Bought 3 SPX 3 Dec 4400 call at 63.20". */
export function fillWords(fill: Pick<FillPush, "side" | "last_quantity" | "last_price">, name: string): string {
  return `${PAST[fill.side]} ${count(fill.last_quantity)} ${name} at ${price(fill.last_price)}`;
}

/** Several fills of one moment in one sentence. */
export function fillsWords(fills: OwnFill[], name: (instrumentId: string) => string): string {
  const [first] = fills;
  if (first === undefined) return "";
  if (fills.length === 1) return fillWords(first, name(first.instrument_id));
  const of = (side: "buy" | "sell"): number =>
    fills.filter((fill) => fill.side === side).reduce((all, fill) => all + fill.last_quantity, 0);
  const parts = (["buy", "sell"] as const)
    .filter((side) => of(side) > 0)
    .map((side) => `${PAST[side].toLowerCase()} ${count(of(side))}`);
  return `${fills.length} fills: ${parts.join(", ")} contracts`;
}

/** What became of an order by its own placement. */
export function placedWords(order: OrderBody): string {
  const { filled_quantity: filled, leaves_quantity: leaves, status } = order;
  const done = filled > 0 ? `${count(filled)} filled at ${fixed(order.average_price, 2)}` : "";
  const rest: Record<string, string> = {
    working: `${count(leaves)} working`,
    partially_filled: `${count(leaves)} working`,
    pending: `${count(leaves)} waiting outside the book`,
    canceled: leaves > 0 || filled < order.quantity ? "the rest canceled" : "",
    expired: "the rest expired",
  };
  return [done, rest[status] ?? ""].filter(Boolean).join(", ") || words(status);
}

export interface Told {
  head: string;
  rest: string;
  /** Something was refused or goes wrong, as against news of it. */
  isBad: boolean;
}

type Data = Record<string, unknown>;
type Teller = (data: Data) => [head: string, rest: string, isBad?: boolean];

const text = (value: unknown): string => (value == null ? "" : String(value));
const number = (value: unknown): string => fixed(value as number, Number.isInteger(value) ? 0 : 2);
const refused =
  (what: string): Teller =>
  (data) => [`${what} refused`, text(data.detail), true];
const limits = (data: Data): string =>
  `${words(text(data.kind))} ${number(data.used)} of ${number(data.limit)}`;

const TELLERS: Record<string, Teller> = {
  "order.rejected": refused("Order"),
  "order.replace_rejected": refused("Replace"),
  "order.cancel_rejected": refused("Cancel"),
  "quote.rejected": refused("Quote"),
  "limit": (data) =>
    data.kind === "quote_coverage" || data.kind === "maker_rebate"
      ? ["Obligation", `${words(text(data.kind))}: coverage has fallen to ${number(data.used)}`, true]
      : ["Limit is near", limits(data), true],
  "limit.breached": (data) => ["Limit breached", limits(data), true],
  "limit.cleared": (data) => ["Limit kept again", limits(data)],
  "loss.stopped": (data) => [
    "Loss stop",
    `session P&L ${usd(data.session_pnl as number)}: only what reduces passes`,
    true,
  ],
  "protection.changed": (data) =>
    data.is_tripped === true
      ? ["Quote protection tripped", "your quotes were pulled; reset it to quote again", true]
      : ["Quote protection", data.window_ms == null ? "off" : "set"],
  "kill_switch.changed": (data) =>
    data.is_active === true
      ? ["Kill switch on", data.by_organizer === true ? "by the organizer" : "by your team", true]
      : ["Kill switch off", "orders pass again"],
  "suspension.changed": (data) =>
    data.is_suspended === true
      ? ["Suspended by the organizer", "nothing that adds passes", true]
      : ["Suspension lifted", "orders pass again"],
  "account.reseated": (data) => ["New seat", words(text(data.role))],
  "account.adjusted": (data) => [
    "Corrected by the organizer",
    data.instrument_id == null
      ? `cash ${signed(data.cash as number)}`
      : `${number(data.quantity)} ${text(data.instrument_id)} at ${number(data.price)}`,
  ],
  "position.settled": (data) => [
    "Settled",
    `${text(data.instrument_id)} at ${number(data.settlement_price)}: ` +
      `${number(data.settled_quantity)} contracts, ${signed(data.cash_settled as number)} USD`,
  ],
  "fill.busted": (data) => [
    data.adjusted_price == null ? "Trade undone" : "Trade moved",
    `${text(data.instrument_id)} ${number(data.last_quantity)} at ${number(data.last_price)}` +
      (data.adjusted_price == null ? "" : ` counts at ${number(data.adjusted_price)}`),
    true,
  ],
};

/** A private event that is no fill and no change of an order; null for one that tells nothing. */
export function noticeWords({ type, data }: Notice): Told | null {
  const teller = TELLERS[type];
  if (teller === undefined) return null;
  const [head, rest, isBad = false] = teller(data);
  return { head, rest, isBad };
}

/** What befell the market, for who hears the page; "" for what is no halt. */
export function marketWords(type: string, data: Data): string {
  const where = text(data.instrument_id ?? data.underlying_id);
  if (type === "halt") return `${where} is halted`;
  if (type === "resume") return `The halt of ${where} is over`;
  return "";
}
