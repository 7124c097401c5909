// The team's own in the books, kept as its private stream tells.

import { account } from "../../lib/account/account.svelte";
import { type Own, working } from "./own";

class OwnBooks {
  readonly #byInstrument = $derived(working(account.orders.values(), account.quotes.values()));

  of(instrumentId: string): Own | undefined {
    return this.#byInstrument.get(instrumentId);
  }
}

export const own = new OwnBooks();
