// The order being written, for the instrument that every panel shows. The ticket shows and sends it;
// the ladder, the chain and a position's close-out only aim it.

import type { InstrumentBody, PlaceOrderRequest } from "../../wire";

export type Side = PlaceOrderRequest["side"];
export type OrderType = NonNullable<PlaceOrderRequest["order_type"]>;
export type TimeInForce = NonNullable<PlaceOrderRequest["time_in_force"]>;
export type SelfTrade = NonNullable<PlaceOrderRequest["stp"]>;

export interface Aim {
  side?: Side;
  price?: number | null;
  quantity?: number;
  orderType?: OrderType;
}

const DAY_US = 86_400_000_000;

export class Draft {
  side = $state<Side>("buy");
  orderType = $state<OrderType>("limit");
  price = $state<number | null>(null);
  stopPrice = $state<number | null>(null);
  quantity = $state<number | null>(1);
  timeInForce = $state<TimeInForce>("day");
  /** When a `gtt` order ends: a time of day in UTC, "15:30:00". */
  endsAt = $state("");
  postOnly = $state(false);
  /** Contracts an iceberg shows; none shows all. */
  displayQuantity = $state<number | null>(null);
  /** None: the game's own choice. */
  stp = $state<SelfTrade | null>(null);
  tag = $state("");

  readonly hasPrice = $derived(this.orderType === "limit" || this.orderType === "stop_limit");
  readonly hasStop = $derived(this.orderType === "stop" || this.orderType === "stop_limit");

  /** Take over what was pointed at; what is left out stays. */
  aim(aim: Aim): void {
    if (aim.side !== undefined) this.side = aim.side;
    if (aim.quantity !== undefined) this.quantity = aim.quantity;
    if (aim.orderType !== undefined) this.orderType = aim.orderType;
    if (aim.price == null) return;
    if (!this.hasPrice) this.orderType = "limit";
    this.price = aim.price;
  }

  /** Another instrument: its prices are others. */
  retarget(): void {
    this.price = null;
    this.stopPrice = null;
  }

  /** Move the price by ticks; from `from` where there is none yet. */
  stepPrice(ticks: number, tick: number, from: number | null): void {
    const start = this.price ?? from;
    if (start !== null) this.price = onGrid(start, tick, this.price === null ? 0 : ticks);
  }

  stepStop(ticks: number, tick: number, from: number | null): void {
    const start = this.stopPrice ?? from;
    if (start !== null) this.stopPrice = onGrid(start, tick, this.stopPrice === null ? 0 : ticks);
  }

  stepQuantity(by: number): void {
    this.quantity = Math.max(1, (this.quantity ?? 0) + by);
  }

  /** The request without its id; `nowUs` is the game's clock. Null while a number is missing. */
  request(instrument: InstrumentBody, nowUs: number): PlaceOrderRequest | null {
    if (this.missing !== null) return null;
    const order: PlaceOrderRequest = {
      instrument_id: instrument.instrument_id,
      side: this.side,
      quantity: this.quantity as number,
      order_type: this.orderType,
      time_in_force: this.timeInForce,
    };
    if (this.hasPrice) order.price = decimal(this.price as number);
    if (this.hasStop) order.stop_price = decimal(this.stopPrice as number);
    if (this.timeInForce === "gtt") order.expires_us = endOf(this.endsAt, nowUs);
    if (this.postOnly && this.orderType === "limit") order.post_only = true;
    if (this.displayQuantity !== null && this.orderType === "limit")
      order.display_quantity = this.displayQuantity;
    if (this.stp !== null) order.stp = this.stp;
    if (this.tag !== "") order.tag = this.tag;
    return order;
  }

  /** What has to be filled in before the order says anything. */
  get missing(): string | null {
    if (this.quantity === null) return "a quantity";
    if (this.hasPrice && this.price === null) return "a price";
    if (this.hasStop && this.stopPrice === null) return "a stop price";
    if (this.timeInForce === "gtt" && this.endsAt === "") return "the time until which it is good";
    return null;
  }
}

/** The price so many ticks away, exactly on the grid and never below one tick. */
export function onGrid(price: number, tick: number, ticks: number): number {
  return Number((Math.max(1, Math.round(price / tick) + ticks) * tick).toFixed(4));
}

/** A price as text with at most four decimals, as the server takes it exactly. */
function decimal(price: number): string {
  return String(Number(price.toFixed(4)));
}

/** The next instant of the game at which it is this time of day in UTC. */
export function endOf(timeOfDay: string, nowUs: number): number {
  const [hours = 0, minutes = 0, seconds = 0] = timeOfDay.split(":").map(Number);
  const midnight = nowUs - (nowUs % DAY_US);
  const end = midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000;
  return end > nowUs ? end : end + DAY_US;
}

export const draft = new Draft();
