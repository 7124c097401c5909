// Money in whole units of 1/10,000 USD, in which the game counts: sums are exact in any order.

const UNITS = 10_000;

export function units(usd: number): number {
  return Math.round(usd * UNITS);
}

/** The exact sum of amounts in USD. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + units(each), 0) / UNITS;
}

/** How many decimals amounts of a table need: cents, or four where one of them has parts of a cent. */
export function decimalsOf(values: readonly (number | null)[]): 2 | 4 {
  return values.every((each) => each === null || units(each) % 100 === 0) ? 2 : 4;
}

const FORMATS = {
  2: new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  4: new Intl.NumberFormat("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 }),
};

/** USD as text; `decimals` of one column are the same, so that digits stand below each other. */
export function usdText(value: number | null, decimals: 2 | 4 = 2): string {
  return value === null ? "–" : FORMATS[decimals].format(value).replace(/^-/, "−");
}

/** A number with up to six decimals, as many as it has. */
export function exact(value: number | null): string {
  if (value === null) return "–";
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace(/^-/, "−");
}
