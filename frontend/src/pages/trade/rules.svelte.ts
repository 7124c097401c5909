// The rules of the team's own role: read once a connection, for they may be changed.

import { link } from "../../lib/net/link.svelte";
import { session } from "../../lib/net/session.svelte";
import type { RoleBody, RulesBody } from "../../wire";

type Constraint = RoleBody["constraints"][number];

class Rules {
  #rules = $state.raw<RulesBody | null>(null);

  readonly role = $derived(this.#rules?.roles.find((each) => each.role === session.me?.role));
  /** Contracts of the leading underlying that one of each is worth. */
  readonly weights = $derived((this.of("delta_limit")?.weights ?? {}) as Record<string, number>);

  of(kind: string): Constraint | undefined {
    return this.role?.constraints.find((each) => each.kind === kind);
  }

  async read(): Promise<void> {
    this.#rules = await link.request<RulesBody>("rules.get");
  }
}

export const rules = new Rules();
