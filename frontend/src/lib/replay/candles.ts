// The candles of the prints that were told, as the server makes them of a live day's.

import type { CandlePage, PricesPush } from "../../wire";
import type { Step } from "./telling";

export interface CandlesAsked {
  underlying_id: string;
  /** So many seconds: `5s`. */
  interval: string;
  limit: number;
}

/** The last candles of an underlying, oldest first; intervals without a print are left out. */
export function candles(steps: Step[], asked: CandlesAsked): CandlePage {
  const intervalS = Number.parseInt(asked.interval, 10);
  const items: CandlePage["items"] = [];
  for (const { frames, game_us } of steps)
    for (const { channel, data } of frames) {
      if (channel !== "prices") continue;
      const prints = (data as unknown as PricesPush).prices;
      const print = prints.find((each) => each.underlying_id === asked.underlying_id);
      if (print === undefined || !print.is_moving) continue;
      const startUs = Math.floor(game_us / (intervalS * 1e6)) * intervalS * 1e6;
      const { price } = print;
      const last = items.at(-1);
      if (last?.start_us === startUs) {
        last.high_price = Math.max(last.high_price, price);
        last.low_price = Math.min(last.low_price, price);
        last.close_price = price;
      } else {
        items.push({
          start_us: startUs,
          open_price: price,
          high_price: price,
          low_price: price,
          close_price: price,
        });
      }
    }
  const { underlying_id } = asked;
  return { underlying_id, interval_s: intervalS, items: items.slice(-asked.limit), next_cursor: null };
}
