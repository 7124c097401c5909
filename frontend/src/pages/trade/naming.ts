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

/** Instruments that have every word of a search in their name or id, in listing order. */
export function matching(
  instruments: readonly InstrumentBody[],
  search: string,
  most: number,
): InstrumentBody[] {
  const asked = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found: InstrumentBody[] = [];
  for (const each of instruments) {
    const text = `${title(each)} ${each.instrument_id}`.toLowerCase();
    if (asked.every((word) => text.includes(word))) found.push(each);
    if (found.length === most) break;
  }
  return found;
}
