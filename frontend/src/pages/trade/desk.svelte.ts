// What the team does on this page: the ticket's buttons and the keys do the same.

import { account } from "../../lib/account/account.svelte";
import { market } from "../../lib/market/market.svelte";
import { link } from "../../lib/net/link.svelte";
import { ask } from "../../lib/net/rest";
import { ProblemError, session } from "../../lib/net/session.svelte";
import { announcer } from "../../lib/parts/announcer.svelte";
import type { KillSwitchBody, MassCancelBody, OrderBody } from "../../wire";
import { type OrderType, type Side, draft } from "./draft.svelte";
import { preview } from "./preview.svelte";
import { sending } from "./sending.svelte";

const TYPES: OrderType[] = ["limit", "market", "stop", "stop_limit"];

class Desk {
  readonly instrument = $derived(market.byId.get(market.selected ?? ""));
  readonly row = $derived(market.row(market.selected ?? ""));

  /** Why nothing can be sent now; "" while it can. */
  readonly lock = $derived.by((): string => {
    if (!session.mayTrade) return "This key reads: it places no orders.";
    if (link.status === "stale") return "STALE: nothing heard for 2 s. Nothing is sent until it is live.";
    if (!link.isLive) return "No connection. Nothing is sent until it is live again.";
    if (account.isKilled) return "The kill switch is on. Release it to trade.";
    if (this.instrument === undefined) return "Choose an instrument first.";
    return "";
  });

  /** What a panel says before the team's own has come; a key without a team has none. */
  waiting(what: string): string {
    if (session.me?.team_id == null) return `This key has no team, and so no ${what}.`;
    return `Waiting for your ${what}…`;
  }

  /** The working order that keys act on. */
  readonly selectedOrder = $derived.by((): OrderBody | undefined => {
    const chosen = this.#chosen === null ? undefined : account.orders.get(this.#chosen);
    return chosen ?? this.orders[0];
  });
  /** Newest first. */
  readonly orders = $derived([...account.orders.values()].sort((a, b) => b.order_id - a.order_id));

  /** The order whose row is being changed. */
  editing = $state<number | null>(null);
  /** The order that is being explained. */
  explained = $state<number | null>(null);
  isKillAsked = $state(false);
  isHelpShown = $state(false);
  /** What a cancel or a replace was refused for. */
  fault = $state("");
  #chosen = $state<number | null>(null);
  #isTypingQuantity = false;

  /** A side, at the best price of that side of the book: behind whoever stands there. */
  join(side: Side): void {
    const price = side === "buy" ? this.row.bid : this.row.ask;
    draft.aim({ side, price: draft.hasPrice ? (price ?? this.reference) : null });
  }

  /** The best price of the other side: what trades at once. */
  take(): void {
    const price = draft.side === "buy" ? this.row.ask : this.row.bid;
    if (price !== null) draft.aim({ price });
  }

  /** Where a price begins that nobody has typed yet. */
  get reference(): number | null {
    const own = draft.side === "buy" ? this.row.bid : this.row.ask;
    const print = market.prints.get(market.selected ?? "")?.price ?? null;
    return own ?? this.row.mark ?? this.row.last ?? print;
  }

  stepPrice(ticks: number): void {
    const tick = this.instrument?.tick_size ?? 0.01;
    if (draft.orderType === "stop") draft.stepStop(ticks, tick, this.reference);
    else if (draft.hasPrice) draft.stepPrice(ticks, tick, this.reference);
  }

  nextType(): void {
    draft.orderType = TYPES[(TYPES.indexOf(draft.orderType) + 1) % TYPES.length] ?? "limit";
  }

  /** A digit of the quantity: the first after any other key begins a new number. */
  digit(digit: string): void {
    const before = this.#isTypingQuantity ? String(draft.quantity ?? "") : "";
    draft.quantity = Number((before + digit).slice(0, 7)) || null;
    this.#isTypingQuantity = true;
  }

  eraseDigit(): void {
    draft.quantity = Math.floor((draft.quantity ?? 0) / 10) || null;
    this.#isTypingQuantity = true;
  }

  endDigits(): void {
    this.#isTypingQuantity = false;
  }

  /** Send what is written, once the server has said what it would do; `anyway`: refused or not. */
  send(anyway: boolean): void {
    if (this.lock !== "" || sending.isOpen || this.instrument === undefined) return;
    const request = draft.request(this.instrument, link.gameUs);
    if (request === null) announcer.say(`Missing: ${draft.missing}`);
    else if (!preview.isOf(request)) preview.then(request, () => this.send(anyway));
    else if (preview.body?.is_valid === true || anyway) void sending.send(request);
    else announcer.say(`Not sent: ${preview.body?.detail ?? "it would be refused"}`);
  }

  /** Select the order `by` places further down the list. */
  selectOrder(by: number): void {
    const at = this.orders.findIndex((each) => each.order_id === this.selectedOrder?.order_id);
    this.choose(this.orders[(at + by + this.orders.length) % this.orders.length]?.order_id ?? null);
  }

  choose(orderId: number | null): void {
    this.#chosen = orderId;
  }

  /** Open the row of an order for another price or quantity, or close it. */
  edit(order: OrderBody | undefined): void {
    this.editing = order === undefined || order.order_id === this.editing ? null : order.order_id;
  }

  explain(order: OrderBody | undefined): void {
    this.explained = order === undefined || order.order_id === this.explained ? null : order.order_id;
  }

  cancel(order: OrderBody | undefined): void {
    if (order !== undefined) void this.#ask<OrderBody>("order.cancel", { order_id: order.order_id });
  }

  async cancelAll(): Promise<void> {
    const done = await this.#ask<MassCancelBody>("order.cancel_all", {});
    if (done !== null) announcer.say(`${done.order_ids.length} orders canceled`);
  }

  pull(instrumentId: string | null): void {
    void this.#ask("quote.pull", { instrument_id: instrumentId });
  }

  /** Change an order; whether the server took it. */
  async replace(order: OrderBody, price: number | null, quantity: number | null): Promise<boolean> {
    const params = {
      order_id: order.order_id,
      expected_revision: order.revision,
      ...(price === null || price === order.price ? {} : { price: String(price) }),
      ...(quantity === null || quantity === order.quantity ? {} : { quantity }),
    };
    return (await this.#ask<OrderBody>("order.replace", params)) !== null;
  }

  /** Cancel everything and let nothing more pass, or end that; throws the server's refusal. */
  async kill(isActive: boolean, reason: string): Promise<void> {
    await ask<KillSwitchBody>("POST", "/exchange/kill-switch", { is_active: isActive, reason });
    account.isKilled = isActive;
  }

  async #ask<T>(method: string, params: object): Promise<T | null> {
    try {
      const answer = await link.request<T>(method, params);
      this.fault = "";
      return answer;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.fault = error.message;
      announcer.say(error.message);
      return null;
    }
  }
}

export const desk = new Desk();
