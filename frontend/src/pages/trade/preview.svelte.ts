// What the server says the order would do: asked a moment after the last change, and again while the
// book moves under it. Advisory: nothing is sent or reserved.

import { account } from "../../lib/account/account.svelte";
import { link } from "../../lib/net/link.svelte";
import { ProblemError } from "../../lib/net/session.svelte";
import type { PlaceOrderRequest, PreviewBody } from "../../wire";

const PAUSE_MS = 120;
const AGAIN_MS = 1_000;

class Preview {
  body = $state.raw<PreviewBody | null>(null);
  /** Why there is none. */
  fault = $state("");
  /** Which request `body` is about. */
  #shown = $state.raw<string | null>(null);
  #asked: string | null = null;
  #timer = 0;
  #waiting: { asked: string; act: () => void } | null = null;

  /** Whether what is shown is about exactly this order. */
  isOf(request: PlaceOrderRequest | null): boolean {
    return request !== null && this.body !== null && this.#shown === JSON.stringify(request);
  }

  /** Act once the server has said what this very order would do; not if another is asked first. */
  then(request: PlaceOrderRequest, act: () => void): void {
    this.#waiting = { asked: JSON.stringify(request), act };
  }

  /** Ask about this order from now on; about none with null. */
  follow(request: PlaceOrderRequest | null): void {
    window.clearTimeout(this.#timer);
    this.#asked = request === null ? null : JSON.stringify(request);
    if (request === null) this.body = null;
    else this.#timer = window.setTimeout(() => void this.#ask(request), PAUSE_MS);
  }

  async #ask(request: PlaceOrderRequest): Promise<void> {
    const asked = JSON.stringify(request);
    try {
      const body = await link.request<PreviewBody>("orders.preview", request);
      if (this.#asked !== asked) return;
      this.body = body;
      this.#shown = asked;
      this.fault = "";
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting?.asked === asked) waiting.act();
      if (body.code === "KILL_SWITCH_ACTIVE") account.isKilled = true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (this.#asked !== asked) return;
      this.body = null;
      this.fault = error.problem.errors?.map(({ detail }) => detail).join("; ") || error.message;
    }
    this.#timer = window.setTimeout(() => void this.#ask(request), AGAIN_MS);
  }
}

export const preview = new Preview();
