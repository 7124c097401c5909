// Numbers and times as the page shows them; "–" where there is none.

const NONE = "–";
const money = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A price in USD with as many decimals as its tick has (two at least). */
export function price(value: number | null | undefined, tick = 0.01): string {
  if (value == null) return NONE;
  const decimals = Math.max(2, (String(tick).split(".")[1] ?? "").length);
  return value.toFixed(decimals);
}

/** USD with a real minus sign, cents shown. */
export function usd(value: number | null | undefined): string {
  return value == null ? NONE : money.format(value).replace("-", "−");
}

/** USD with its sign, also when it is a gain. */
export function signed(value: number | null | undefined): string {
  if (value == null) return NONE;
  return value > 0 ? `+${usd(value)}` : usd(value);
}

/** A whole number with groups of three. */
export function count(value: number | null | undefined): string {
  return value == null ? NONE : whole.format(value).replace("-", "−");
}

/** A share of one in percent. */
export function percent(value: number | null | undefined, decimals = 1): string {
  return value == null ? NONE : `${(100 * value).toFixed(decimals)} %`;
}

/** A number with so many decimals and a real minus sign. */
export function fixed(value: number | null | undefined, decimals: number): string {
  return value == null ? NONE : value.toFixed(decimals).replace("-", "−");
}

/** The time of day in UTC of microseconds, as the game's clock shows it. */
export function clock(us: number | null | undefined): string {
  return us == null || us === 0 ? NONE : new Date(us / 1000).toISOString().slice(11, 19);
}

/** The date in UTC. */
export function date(us: number | null | undefined): string {
  return us == null ? NONE : new Date(us / 1000).toISOString().slice(0, 10);
}

/** How long ago, in the shortest words. */
export function age(us: number, nowUs: number): string {
  const s = Math.max(0, Math.round((nowUs - us) / 1_000_000));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

/** A word of the wire for people: "opening_auction" is "opening auction". */
export function words(word: string | null | undefined): string {
  return word == null ? NONE : word.replaceAll("_", " ").replaceAll(".", " ");
}
