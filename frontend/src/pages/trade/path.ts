// The price of an underlying over time: candles of the server, continued by what is heard. A fixed
// number of points, whatever is heard; after a night a new day begins a new path.

import type { CandleBody } from "../../wire";

export const POINTS_MAX = 720;
/** Without a price for so long the market was closed. */
const NIGHT_S = 2 * 3_600;

export class Path {
  readonly intervalS: number;
  /** Starts of the intervals, in seconds, rising. */
  readonly times: number[] = [];
  readonly lows: number[] = [];
  readonly highs: number[] = [];
  readonly closes: number[] = [];

  constructor(intervalS: number, candles: readonly CandleBody[] = []) {
    this.intervalS = intervalS;
    for (const each of candles)
      this.#begin(each.start_us / 1e6, each.low_price, each.high_price, each.close_price);
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
    this.#begin(start, price, price, price);
  }

  #begin(start: number, low: number, high: number, close: number): void {
    const columns = [this.times, this.lows, this.highs, this.closes];
    const newest = this.times.at(-1);
    if (newest !== undefined && start - newest > NIGHT_S) for (const each of columns) each.length = 0;
    this.times.push(start);
    this.lows.push(low);
    this.highs.push(high);
    this.closes.push(close);
    if (this.times.length > POINTS_MAX) for (const each of columns) each.shift();
  }
}
