// What the team's role is told and no other. A signal that is told again takes its own place.

import type { LastSignalsPush } from "../../wire";
import { type Frame, link } from "../net/link.svelte";
import { type Signal, told } from "./told";

class Signals {
  /** Newest first; each signal once, as it was told last. */
  list = $state.raw<Signal[]>([]);

  #end: (() => void) | null = null;

  begin(): void {
    this.#end ??= link.hear("signals", (frame) => this.#take(frame));
  }

  end(): void {
    this.#end?.();
    this.#end = null;
    this.list = [];
  }

  #take(frame: Frame): void {
    if (frame.type === "resume.too_old") return;
    if (frame.type !== "snapshot") this.list = told(this.list, [frame.data as Signal]);
    else this.list = told([], (frame.data as LastSignalsPush).signals);
  }
}

export const signals = new Signals();
