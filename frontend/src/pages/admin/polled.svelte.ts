// A read that is repeated while its component lives; what it reads of the page's state, such as the
// team that is chosen, has it asked anew at once. An older answer never replaces a newer one.

import { said } from "./said";

export class Polled<T> {
  value = $state.raw<T | null>(null);
  fault = $state("");

  #read: () => Promise<T>;
  #turn = 0;
  #isAsking = false;

  /** To be made while a component is: the read ends with it. */
  constructor(read: () => Promise<T>, everyMs: number) {
    this.#read = read;
    $effect(() => {
      void this.refresh();
      const timer = window.setInterval(() => {
        if (!this.#isAsking) void this.refresh();
      }, everyMs);
      return () => {
        window.clearInterval(timer);
        this.#turn += 1;
      };
    });
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    this.#isAsking = true;
    try {
      const value = await this.#read();
      if (turn !== this.#turn) return;
      this.value = value;
      this.fault = "";
    } catch (error) {
      if (turn === this.#turn) this.fault = said(error);
    } finally {
      if (turn === this.#turn) this.#isAsking = false;
    }
  }
}
