// A recorded round in the place of the socket: it goes to any step, forwards by steps or by seconds,
// and plays. What pages hear is what the sockets told then.

import type { InstrumentBody, ReplayBody, ReplayChunkBody } from "../../wire";
import { type Frame, type Hear, type Source, link } from "../net/link.svelte";
import { ask } from "../net/rest";
import { ProblemError } from "../net/session.svelte";
import { type CandlesAsked, candles } from "./candles";
import { type Step, Telling, stepsOf } from "./telling";

interface Loaded {
  number: number;
  body: ReplayChunkBody;
  steps: Step[];
}

const KEPT = 4;
const TICK_MS = 50;

export class Recorded implements Source {
  readonly contents: ReplayBody;
  /** The step that was told last: its number in the journal and its game time. */
  seq = $state(0);
  gameUs = $state(0);
  step = $state.raw<Step | null>(null);
  isPlaying = $state(false);
  isLoading = $state(false);
  fault = $state("");
  /** Game seconds a second. */
  speed = $state(1);

  readonly #restart: () => void;
  readonly #cache = new Map<number, Promise<Loaded>>();
  #loaded: Loaded | null = null;
  #telling: Telling | null = null;
  #index = -1; // of the step told last, in the chunk
  #timer = 0;
  #tickMs = 0;
  #wanted = 0; // seeks are overtaken by later ones

  constructor(contents: ReplayBody, restart: () => void) {
    this.contents = contents;
    this.#restart = restart;
  }

  /** Go to the last step at or before a number of the journal. */
  async toSeq(seq: number): Promise<void> {
    const chunks = this.contents.chunks;
    const found = chunks.findLastIndex((chunk) => chunk.from_seq <= seq);
    await this.#seek(Math.max(0, found), (step) => step.seq <= seq);
  }

  /** Go to the last step at or before a game time. */
  async toTime(us: number): Promise<void> {
    const found = this.contents.chunks.findLastIndex((chunk) => chunk.from_us <= us);
    await this.#seek(Math.max(0, found), (step) => step.game_us <= us);
    this.gameUs = Math.max(this.gameUs, Math.min(us, this.contents.end_us));
  }

  /** Tell the next step, or go back one. */
  async by(steps: 1 | -1): Promise<void> {
    const loaded = this.#loaded;
    if (loaded === null) return;
    const next = loaded.steps[this.#index + steps];
    if (steps === 1 && next !== undefined) return this.#tell(this.#index + 1);
    if (next !== undefined) return this.toSeq(next.seq);
    const other = this.contents.chunks[loaded.number + steps];
    if (other !== undefined) await this.toSeq(steps === 1 ? other.from_seq : other.to_seq);
  }

  play(): void {
    if (this.isPlaying) return;
    this.isPlaying = true;
    this.#tickMs = performance.now();
    this.#timer = window.setInterval(() => void this.#tick(), TICK_MS);
  }

  pause(): void {
    this.isPlaying = false;
    window.clearInterval(this.#timer);
  }

  answer<T>(method: string, params: object): Promise<T> {
    const items: InstrumentBody[] = [...(this.#telling?.instruments.values() ?? [])];
    if (method === "instruments.list") return Promise.resolve({ items, next_cursor: null } as T);
    if (method === "price.history")
      return Promise.resolve(candles(this.#told(), params as CandlesAsked) as T);
    const detail = `a recorded round answers no ${method}`;
    const problem = { type: "about:blank", title: "Recorded", status: 0, detail, code: "RECORDED" };
    return Promise.reject(new ProblemError(problem));
  }

  /** Bring a hearer to where the replay stands: the chunk's beginning, then every step since. */
  heard(channel: string, hear: Hear): void {
    const loaded = this.#loaded;
    if (loaded === null) return;
    const telling = new Telling(loaded.body);
    const first = telling.snapshot(channel);
    if (first !== null) hear(first);
    for (const step of this.#told())
      for (const frame of telling.of(step)) if (frame.channel === channel) hear(frame);
  }

  #told(): Step[] {
    return this.#loaded?.steps.slice(0, this.#index + 1) ?? [];
  }

  async #seek(number: number, isBefore: (step: Step) => boolean): Promise<void> {
    const wanted = ++this.#wanted;
    this.isLoading = true;
    this.fault = "";
    try {
      const loaded = await this.#load(number);
      if (wanted === this.#wanted) this.#show(loaded, loaded.steps.findLastIndex(isBefore));
    } catch (error) {
      this.pause();
      this.fault = error instanceof Error ? error.message : String(error);
    } finally {
      if (wanted === this.#wanted) this.isLoading = false;
    }
  }

  #show(loaded: Loaded, index: number): void {
    this.#loaded = loaded;
    this.#index = -1;
    this.#telling = new Telling(loaded.body);
    this.step = null;
    this.seq = this.contents.chunks[loaded.number]?.from_seq ?? 0;
    this.gameUs = this.contents.chunks[loaded.number]?.from_us ?? 0;
    this.#restart();
    link.deliver(hello(this.gameUs));
    for (const channel of link.channels) {
      const frame = this.#telling.snapshot(channel);
      if (frame !== null) link.deliver(frame);
    }
    for (let each = 0; each <= index; each++) this.#tell(each);
    link.rounds += 1; // what was read of another moment is read anew
    void this.#load(loaded.number + 1).catch(() => undefined);
  }

  #tell(index: number): void {
    const step = this.#loaded?.steps[index];
    if (step === undefined || this.#telling === null) return;
    this.#index = index;
    this.step = step;
    this.seq = step.seq;
    this.gameUs = step.game_us;
    for (const frame of this.#telling.of(step)) link.deliver(frame);
  }

  async #tick(): Promise<void> {
    const now = performance.now();
    const target = this.gameUs + (now - this.#tickMs) * 1_000 * this.speed;
    this.#tickMs = now;
    if (this.isLoading || this.#loaded === null) return;
    const { steps, number } = this.#loaded;
    while ((steps[this.#index + 1]?.game_us ?? Infinity) <= target) this.#tell(this.#index + 1);
    this.gameUs = Math.min(target, this.contents.end_us);
    const following = this.contents.chunks[number + 1];
    if (this.#index + 1 < steps.length) return;
    if (following === undefined) this.pause();
    else if (following.from_us <= target) await this.toSeq(following.from_seq);
  }

  #load(number: number): Promise<Loaded> {
    let loading = this.#cache.get(number);
    if (loading === undefined) {
      loading = this.#fetch(number);
      this.#cache.set(number, loading);
      loading.catch(() => this.#cache.delete(number));
      for (const old of [...this.#cache.keys()].slice(0, -KEPT)) this.#cache.delete(old);
    }
    return loading;
  }

  async #fetch(number: number): Promise<Loaded> {
    const { round_id, team_id } = this.contents;
    const path = `/game/rounds/${round_id}/replay/${number}`;
    const query = team_id === null ? {} : { team_id };
    const body = await ask<ReplayChunkBody>("GET", path, undefined, query);
    return { number, body, steps: stepsOf(body) };
  }
}

function hello(gameUs: number): Frame {
  return { channel: "system", type: "hello", seq: 0, epoch: 1, ts_us: gameUs, game_us: gameUs, data: {} };
}
