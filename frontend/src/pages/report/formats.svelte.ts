// In which formats the server writes tables: CSV always, Parquet where its library is installed.

import type { FormatsBody } from "../../wire";
import { ask } from "../../lib/net/rest";

class Formats {
  /** False until the server has said so, and where it does not. */
  hasParquet = $state(false);
  #isAsked = false;

  /** Ask once for as long as the page is open. */
  learn(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    ask<FormatsBody>("GET", "/game/table-formats").then(
      ({ formats }) => (this.hasParquet = formats.includes("parquet")),
      () => (this.#isAsked = false), // asked again when the next list opens
    );
  }
}

export const formats = new Formats();
