// Instruments as people say them, and how they are searched.

import type { InstrumentBody } from "../../wire";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** "6 Dec" of an ISO date. */
export function day(isoDate: string | null | undefined): string {
  const [, month, of] = (isoDate ?? "").split("-");
  return month === undefined ? "" : `${Number(of)} ${MONTHS[Number(month) - 1]}`;
}

/** "SPX 6 Dec 4400 call", or "SPX" of an underlying. */
export function title(instrument: InstrumentBody): string {
  if (instrument.kind === "underlying") return instrument.instrument_id;
  const { underlying_id, expiry_date, strike, right } = instrument;
  return `${underlying_id} ${day(expiry_date)} ${strike} ${right}`;
}

/**
 * Instruments that have a word beginning with each word of a search, in listing order: "p" is a put.
 * Where none has, those that have each within their name or id.
 */
export function matching(
  instruments: readonly InstrumentBody[],
  search: string,
  most: number,
): InstrumentBody[] {
  const asked = search.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (each: InstrumentBody): string =>
    ` ${title(each)} ${each.instrument_id}`.toLowerCase();
  const having = (before: string): InstrumentBody[] =>
    instruments.filter((each) => asked.every((word) => named(each).includes(before + word)));
  const found = having(" ");
  return (found.length > 0 ? found : having("")).slice(0, most);
}
