// Who uses the page. The key lives in this tab alone: never in an address, never on disk.

import type { Problem } from "../../wire";

export interface Me {
  scopes: string[];
  team_id: string | null;
  team_name: string | null;
  role: string | null;
}

const STORED = "itg.key";

class Session {
  key = $state<string | null>(sessionStorage.getItem(STORED));
  me = $state<Me | null>(null);

  get isOrganizer(): boolean {
    return this.me?.scopes.includes("admin") ?? false;
  }

  get mayTrade(): boolean {
    return this.me?.scopes.includes("trade") ?? false;
  }

  enter(key: string): void {
    sessionStorage.setItem(STORED, key);
    this.key = key;
  }

  leave(): void {
    sessionStorage.removeItem(STORED);
    this.key = null;
    this.me = null;
  }
}

export const session = new Session();

/** A refusal of the server, with everything it said. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}
