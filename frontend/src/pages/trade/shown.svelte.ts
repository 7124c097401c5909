// Which chain is shown: that of the selected instrument, or another expiry chosen since.

import { market } from "../../lib/market/market.svelte";
import { type Strike, atTheMoney, strikesOf } from "./chain";

class Shown {
  #chosen = $state.raw<{ since: string | null; expiresUs: number } | null>(null);

  readonly underlyingId = $derived.by(() => {
    const selected = market.byId.get(market.selected ?? "");
    return selected?.underlying_id ?? market.underlyings[0] ?? null;
  });
  readonly expiries = $derived(
    this.underlyingId === null ? [] : market.expiries(this.underlyingId),
  );
  readonly expiresUs = $derived.by((): number | null => {
    const selected = market.byId.get(market.selected ?? "");
    const chosen = this.#chosen;
    const isChosenSince = chosen !== null && chosen.since === market.selected;
    if (!isChosenSince && selected?.expires_us != null) return selected.expires_us;
    if (chosen !== null && this.expiries.includes(chosen.expiresUs)) return chosen.expiresUs;
    return this.expiries[0] ?? null;
  });
  readonly strikes = $derived.by((): Strike[] => {
    if (this.underlyingId === null || this.expiresUs === null) return [];
    return strikesOf(market.instruments, this.underlyingId, this.expiresUs);
  });
  /** The strike nearest to the underlying's price. */
  readonly atTheMoney = $derived(
    atTheMoney(this.strikes, market.prints.get(this.underlyingId ?? "")?.price),
  );

  /** Show another expiry without selecting another instrument. */
  choose(expiresUs: number): void {
    this.#chosen = { since: market.selected, expiresUs };
  }
}

export const shown = new Shown();
