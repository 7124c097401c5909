// One socket to the server: requests with answers, channels with numbered frames. It reconnects by
// itself, resumes `private` where it stood, and says when what is shown may be old.

import type { HelloData, Problem } from "../../wire";
import { ask } from "./rest";
import { ProblemError, session } from "./session.svelte";

export interface Frame<T = unknown> {
  channel: string;
  type: string;
  seq: number;
  epoch: number;
  ts_us: number;
  game_us: number;
  data: T;
  conflated?: boolean;
}

export type Hear = (frame: Frame) => void;

/** A recorded round in the socket's place. */
export interface Source {
  answer<T>(method: string, params: object): Promise<T>;
  /** Somebody hears a channel from now on: bring it to the present. */
  heard(channel: string, hear: Hear): void;
}

interface Waiting {
  settle: (result: unknown) => void;
  fail: (problem: Error) => void;
}

type Status = "idle" | "connecting" | "live" | "stale" | "lost" | "refused" | "recorded";

const STALE_MS = 2_000;
const PAUSES_MS = [250, 500, 1_000, 2_000, 5_000];

export class Link {
  status = $state<Status>("idle");
  hello = $state.raw<HelloData | null>(null);
  /** Game time of the newest frame, microseconds UTC. */
  gameUs = $state(0);
  /** How many times the connection was made: whoever shows a list may read it anew. */
  rounds = $state(0);

  #source: Source | null = null;
  #socket: WebSocket | null = null;
  #heard = new Map<string, Set<Hear>>();
  #waiting = new Map<number, Waiting>();
  #places = new Map<string, { epoch: number; seq: number }>();
  #id = 0;
  #tries = 0;
  #lastMs = 0;
  #watch = 0;
  #retry = 0;

  /** What may be ordered only on fresh prices is locked otherwise. */
  get isLive(): boolean {
    return this.status === "live";
  }

  /** The channels that somebody hears. */
  get channels(): string[] {
    return [...this.#heard.keys()];
  }

  /** Hear a recorded round from now on, in the place of the server. */
  replay(source: Source): void {
    this.#source = source;
    this.status = "recorded";
  }

  /** Tell whoever hears a channel; a recorded round does, and the socket. */
  deliver(frame: Frame): void {
    if (frame.game_us > this.gameUs || this.#source !== null) this.gameUs = frame.game_us;
    for (const hear of this.#heard.get(frame.channel) ?? []) hear(frame);
  }

  open(): void {
    if (this.#watch === 0) this.#watch = window.setInterval(() => this.#look(), 250);
    void this.#connect();
  }

  close(): void {
    window.clearInterval(this.#watch);
    window.clearTimeout(this.#retry);
    this.#watch = 0;
    this.status = "idle";
    this.#drop();
    this.#heard.clear();
    this.#places.clear();
  }

  /** Ask the server; `ProblemError` for a refusal, and for a connection that ended meanwhile. */
  request<T>(method: string, params: object = {}): Promise<T> {
    if (this.#source !== null) return this.#source.answer<T>(method, params);
    return new Promise((settle, fail) => {
      const socket = this.#socket;
      if (socket?.readyState !== WebSocket.OPEN) {
        fail(new ProblemError(unknown("there is no connection to the server; nothing was sent")));
        return;
      }
      const id = ++this.#id;
      this.#waiting.set(id, { settle: settle as (result: unknown) => void, fail });
      socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Hear a channel from its snapshot on; returns what ends it. */
  hear(channel: string, hear: Hear): () => void {
    let hearers = this.#heard.get(channel);
    if (hearers === undefined) {
      hearers = new Set();
      this.#heard.set(channel, hearers);
    }
    hearers.add(hear);
    if (this.#source !== null) this.#source.heard(channel, hear);
    // Asked for again even where it is heard already: the snapshot is the newcomer's start.
    if (channel !== "system") this.#subscribe([channel]);
    return () => this.#unhear(channel, hear);
  }

  #unhear(channel: string, hear: Hear): void {
    const hearers = this.#heard.get(channel);
    hearers?.delete(hear);
    if (hearers?.size !== 0) return;
    this.#heard.delete(channel);
    this.#places.delete(channel);
    if (channel !== "system" && this.#socket?.readyState === WebSocket.OPEN)
      void this.request("unsubscribe", { channels: [channel] }).catch(() => undefined);
  }

  #subscribe(channels: string[], resume?: Record<string, { epoch: number; seq: number }>): void {
    if (this.#socket?.readyState !== WebSocket.OPEN || channels.length === 0) return;
    void this.request("subscribe", resume ? { channels, resume } : { channels }).catch((error) => {
      console.error(`subscribe ${channels.join(", ")}:`, error.message);
    });
  }

  async #connect(): Promise<void> {
    if (session.key === null) return;
    if (this.status !== "lost") this.status = "connecting";
    let ticket: string;
    try {
      ticket = (await ask<{ ticket: string }>("POST", "/game/ws-tickets")).ticket;
    } catch (error) {
      if (error instanceof ProblemError && [401, 403].includes(error.problem.status)) {
        this.status = "refused";
        session.leave();
        return;
      }
      this.#again();
      return;
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const address = `${scheme}://${location.host}/ws?cancel_on_disconnect=none&ticket=${ticket}`;
    const socket = new WebSocket(address, "itg.v1.json");
    this.#socket = socket;
    socket.onmessage = (event) => this.#take(socket, event.data as string);
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      if (this.#watch !== 0) this.#again();
    };
  }

  #again(): void {
    this.status = "lost";
    const pause = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)] ?? 5_000;
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => void this.#connect(), pause);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onclose = null;
      socket.close();
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting)
      each.fail(new ProblemError(unknown("the connection ended before the answer; look it up")));
  }

  #look(): void {
    const isOld = performance.now() - this.#lastMs > STALE_MS;
    if (this.status === "live" && isOld) this.status = "stale";
  }

  #take(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    this.#lastMs = performance.now();
    if (this.status === "stale") this.status = "live";
    const message = JSON.parse(text);
    if (message.channel === undefined) this.#answered(message);
    else this.#push(message as Frame);
  }

  #answered(message: { id: number; result?: unknown; error?: Problem }): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error !== undefined) waiting?.fail(new ProblemError(message.error));
    else waiting?.settle(message.result);
  }

  #push(frame: Frame): void {
    if (frame.channel === "system" && frame.type === "hello") this.#greeted(frame.data as HelloData);
    if (frame.channel !== "system")
      this.#places.set(frame.channel, { epoch: frame.epoch, seq: frame.seq });
    this.deliver(frame);
  }

  #greeted(hello: HelloData): void {
    this.hello = hello;
    this.status = "live";
    this.#tries = 0;
    this.rounds += 1;
    const channels = [...this.#heard.keys()].filter((name) => name !== "system");
    const place = this.#places.get("private");
    this.#subscribe(channels, place === undefined ? undefined : { private: place });
  }
}

function unknown(detail: string): Problem {
  return { type: "about:blank", title: "No answer", status: 0, detail, code: "NO_ANSWER" };
}

export const link = new Link();
