// What was seen, with the wall time at which it was: read as of an earlier moment, and bounded.

interface Noted<T> {
  wallMs: number;
  value: T;
}

/** Values as they stood, for so long; the newest one older than that stays, for it stood then. */
export class Past<T> {
  #noted: Noted<T>[] = [];
  readonly #keptMs: number;

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  get length(): number {
    return this.#noted.length;
  }

  note(wallMs: number, value: T): void {
    this.#noted.push({ wallMs, value });
    const tooOld = wallMs - this.#keptMs;
    let out = 0;
    while ((this.#noted[out + 1]?.wallMs ?? Infinity) <= tooOld) out++;
    // Taken out in lots: a list of thousands is not moved each second.
    if (out > this.#noted.length / 4) this.#noted.splice(0, out);
  }

  /** The value that stood at a moment; undefined before the first one. */
  asOf(wallMs: number): T | undefined {
    let low = 0;
    let high = this.#noted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#noted[middle]?.wallMs ?? Infinity) <= wallMs) low = middle + 1;
      else high = middle;
    }
    return this.#noted[low - 1]?.value;
  }

  /** The oldest value of which `is` holds. */
  first(is: (value: T) => boolean): T | undefined {
    return this.#noted.find(({ value }) => is(value))?.value;
  }
}

export interface Point {
  /** Game time, microseconds. */
  gameUs: number;
  value: number;
}

/** A value over game time in at most `most` points: when full, every other one is left out. */
export class Course {
  points: Point[] = [];
  #apartUs = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(point: Point): void {
    const last = this.points.at(-1);
    const before = this.points.at(-2);
    if (last !== undefined && point.gameUs < last.gameUs) return;
    // The newest point always stands; it is replaced while it is too near to the one before.
    const isNear = before !== undefined && (last?.gameUs ?? 0) - before.gameUs < this.#apartUs;
    if (last?.gameUs === point.gameUs || isNear)
      this.points = [...this.points.slice(0, -1), point];
    else this.points = [...this.points, point];
    if (this.points.length <= this.#most) return;
    const first = this.points[0]?.gameUs ?? 0;
    this.#apartUs = (2 * (point.gameUs - first)) / this.#most;
    this.points = this.points.filter((_, at) => at % 2 === 0 || at === this.points.length - 1);
  }

  /** What of it was known at a game time. */
  until(gameUs: number): Point[] {
    if ((this.points.at(-1)?.gameUs ?? 0) <= gameUs) return this.points;
    return this.points.filter((each) => each.gameUs <= gameUs);
  }
}
