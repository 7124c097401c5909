// The price of an underlying over time: candles of the server, continued by what is heard. A fixed
// number of points, whatever is heard.

import type { CandleBody } from "../../wire";

export const POINTS_MAX = 720;

export class Path {
  readonly intervalS: number;
  /** Starts of the intervals, in seconds, rising. */
  readonly times: number[] = [];
  readonly lows: number[] = [];
  readonly highs: number[] = [];
  readonly closes: number[] = [];

  constructor(intervalS: number, candles: readonly CandleBody[] = []) {
    this.intervalS = intervalS;
    for (const each of candles.slice(-POINTS_MAX)) {
      this.times.push(each.start_us / 1e6);
      this.lows.push(each.low_price);
      this.highs.push(each.high_price);
      this.closes.push(each.close_price);
    }
  }

  /** A print at a game time; one that is older than the newest interval changes nothing. */
  add(price: number, gameUs: number): void {
    const start = Math.floor(gameUs / 1e6 / this.intervalS) * this.intervalS;
    const last = this.times.length - 1;
    const newest = this.times[last];
    if (newest !== undefined && start < newest) return;
    if (start === newest) {
      this.lows[last] = Math.min(this.lows[last] ?? price, price);
      this.highs[last] = Math.max(this.highs[last] ?? price, price);
      this.closes[last] = price;
      return;
    }
    this.times.push(start);
    this.lows.push(price);
    this.highs.push(price);
    this.closes.push(price);
    if (this.times.length > POINTS_MAX)
      for (const column of [this.times, this.lows, this.highs, this.closes]) column.shift();
  }
}
