// A read that stays fresh: at once, every few seconds, and soon after something happened. What was
// read last stays shown while the server is not there.

import { link } from "../../lib/net/link.svelte";
import { ProblemError } from "../../lib/net/session.svelte";

const SOON_MS = 250;

export class Reading<T> {
  data = $state.raw<T | null>(null);
  /** Why there is no newer answer; "" while there is one. */
  fault = $state("");

  readonly #method: string;
  readonly #params: object;
  readonly #everyMs: number;
  #timer = 0;
  #dueMs = Infinity;
  #isAsking = false;
  #isFollowed = false;

  constructor(method: string, params: object, everyMs: number) {
    this.#method = method;
    this.#params = params;
    this.#everyMs = everyMs;
  }

  /** Read until the returned function is called. */
  follow(): () => void {
    this.#isFollowed = true;
    this.soon();
    return () => {
      this.#isFollowed = false;
      window.clearTimeout(this.#timer);
      this.#dueMs = Infinity;
    };
  }

  /** Something happened: read again, at most four times a second. */
  soon(): void {
    this.#at(performance.now() + SOON_MS);
  }

  #at(ms: number): void {
    if (!this.#isFollowed || ms >= this.#dueMs) return;
    window.clearTimeout(this.#timer);
    this.#dueMs = ms;
    this.#timer = window.setTimeout(() => void this.#read(), ms - performance.now());
  }

  async #read(): Promise<void> {
    this.#dueMs = Infinity;
    if (this.#isAsking) return this.soon();
    this.#isAsking = true;
    try {
      this.data = await link.request<T>(this.#method, this.#params);
      this.fault = "";
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.status !== 0) this.fault = error.message;
    } finally {
      this.#isAsking = false;
      this.#at(performance.now() + this.#everyMs);
    }
  }
}
