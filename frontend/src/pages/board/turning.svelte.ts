// Pages that turn by themselves; with reduced motion none does, and twice as many rows stand.

const ROWS = 12;
const STILL_ROWS_MAX = 40;

export class Turning {
  isHeld = $state(false);
  page = $state(0);
  /** How many teams there are, and how long a page stands; set by whoever shows them. */
  teams = $state(0);
  readonly isStill: boolean;

  constructor() {
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Rows of one column. */
  get most(): number {
    return ROWS;
  }

  readonly perPage = $derived.by(() => (this.isStill ? STILL_ROWS_MAX : ROWS));
  readonly pages = $derived(Math.max(1, Math.ceil(this.teams / this.perPage)));

  /** The rows of this page, in one column or, where nothing turns, in two. */
  columns<T>(rows: readonly T[]): T[][] {
    const from = Math.min(this.page, this.pages - 1) * this.perPage;
    const shown = rows.slice(from, from + this.perPage);
    if (shown.length <= ROWS) return [shown];
    const half = Math.ceil(shown.length / 2);
    return [shown.slice(0, half), shown.slice(half)];
  }

  turn(by: 1 | -1): void {
    this.page = (this.page + by + this.pages) % this.pages;
  }

  /** Turn each so many seconds until the returned function is called. */
  run(everyS: number): () => void {
    if (this.isStill || this.isHeld || this.pages < 2) return () => undefined;
    const timer = window.setInterval(() => this.turn(1), everyS * 1_000);
    return () => window.clearInterval(timer);
  }
}
