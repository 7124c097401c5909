// The order on its way. Its id is made here and kept until an answer, or a look at the server after
// a lost connection, says what became of it: sent again under its id it is the same order.

import { account } from "../../lib/account/account.svelte";
import { link } from "../../lib/net/link.svelte";
import { ProblemError, session } from "../../lib/net/session.svelte";
import type { OrderBody, PlaceOrderRequest, Problem } from "../../wire";

export interface Sent {
  teamId: string | null;
  clientOrderId: string;
  request: PlaceOrderRequest;
}

export type Outcome =
  | { kind: "none" }
  /** On its way. */
  | { kind: "sending"; sent: Sent }
  /** The connection went before the answer; it is looked up. */
  | { kind: "unknown"; sent: Sent }
  /** Looked up: the server has never had it. */
  | { kind: "absent"; sent: Sent }
  | { kind: "placed"; sent: Sent; order: OrderBody }
  | { kind: "refused"; sent: Sent; problem: Problem };

const STORED = "itg.sent";
const AGAIN_MS = 1_000;

class Sending {
  outcome = $state.raw<Outcome>({ kind: "none" });
  #again = 0;

  /** Nothing else is sent before it is known what became of this one. */
  get isOpen(): boolean {
    return this.outcome.kind === "sending" || this.outcome.kind === "unknown";
  }

  /** Send an order; one that the server never had is sent again under its own id. */
  async send(request: PlaceOrderRequest): Promise<void> {
    if (this.isOpen) return;
    const sent = this.#repeated(request) ?? {
      teamId: session.me?.team_id ?? null,
      clientOrderId: newId(),
      request,
    };
    sessionStorage.setItem(STORED, JSON.stringify(sent));
    this.outcome = { kind: "sending", sent };
    const body = { ...request, client_order_id: sent.clientOrderId };
    await this.#settle(sent, link.request<OrderBody>("order.place", body));
  }

  /** Look up what became of the order that has no answer; called whenever the link is live. */
  async resolve(): Promise<void> {
    if (this.outcome.kind === "none") this.#recall();
    if (this.outcome.kind !== "unknown" || !link.isLive) return;
    const { sent } = this.outcome;
    const params = { client_order_id: sent.clientOrderId };
    await this.#settle(sent, link.request<OrderBody>("orders.get", params));
  }

  /** Drop what is shown of the last order, unless it is open. */
  clear(): void {
    if (!this.isOpen) this.outcome = { kind: "none" };
  }

  #repeated(request: PlaceOrderRequest): Sent | null {
    if (this.outcome.kind !== "absent") return null;
    const { sent } = this.outcome;
    return JSON.stringify(sent.request) === JSON.stringify(request) ? sent : null;
  }

  async #settle(sent: Sent, answer: Promise<OrderBody>): Promise<void> {
    try {
      this.#end({ kind: "placed", sent, order: await answer });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { problem } = error;
      if (problem.code === "ORDER_NOT_FOUND") this.#end({ kind: "absent", sent });
      else if (isAnswer(problem, sent)) this.#end({ kind: "refused", sent, problem });
      else this.#wonder(sent);
    }
  }

  #wonder(sent: Sent): void {
    this.outcome = { kind: "unknown", sent };
    window.clearTimeout(this.#again);
    this.#again = window.setTimeout(() => void this.resolve(), AGAIN_MS);
  }

  #end(outcome: Outcome): void {
    sessionStorage.removeItem(STORED);
    this.outcome = outcome;
    if (outcome.kind === "refused" && outcome.problem.code === "KILL_SWITCH_ACTIVE")
      account.isKilled = true;
  }

  /** An order that was under way when the page was loaded anew. */
  #recall(): void {
    const stored = sessionStorage.getItem(STORED);
    if (stored === null) return;
    const sent = JSON.parse(stored) as Sent;
    if (sent.teamId === session.me?.team_id) this.outcome = { kind: "unknown", sent };
    else sessionStorage.removeItem(STORED);
  }
}

/** Whether a problem says what became of the order, rather than why nothing was heard of it. */
function isAnswer(problem: Problem, sent: Sent): boolean {
  if (problem.client_order_id === sent.clientOrderId) return true;
  return problem.status >= 400 && ![408, 429, 500, 502, 503, 504].includes(problem.status);
}

/** 96 random bits; also where a page without TLS has no `crypto.randomUUID`. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `web-${[...bytes].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
}

export const sending = new Sending();
