// What several sections show: teams, rounds, who is connected. Read again after each act.

import { SvelteMap } from "svelte/reactivity";
import type { ConnectionsBody, RoundBody, RoundPage, TeamBody, TeamPage } from "../../wire";
import { ask } from "../../lib/net/rest";
import { said } from "./said";

const EVERY_MS = 3_000;

class Desk {
  teams = $state.raw<TeamBody[]>([]);
  rounds = $state.raw<RoundBody[]>([]);
  connections = $state.raw<ConnectionsBody | null>(null);
  fault = $state("");
  /** Keys that were issued while this page was open, by team: the server shows each once. */
  readonly keys = new SvelteMap<string, string>();
  /** Counts the acts sent from here: what shows their outcome reads again when it moves. */
  acts = $state(0);

  readonly names = $derived(new Map(this.teams.map((each) => [each.team_id, each.team_name])));
  /** The round under way, else the next to come, else the last. */
  readonly round = $derived(
    this.rounds.find((each) => each.status === "running" || each.status === "paused") ??
      this.rounds.find((each) => each.status === "scheduled") ??
      this.rounds.at(-1) ??
      null,
  );

  /** Read until the function it returns is called. */
  begin(): () => void {
    void this.refresh();
    const timer = window.setInterval(() => void this.refresh(), EVERY_MS);
    return () => {
      window.clearInterval(timer);
      this.keys.clear(); // whoever signs in next in this tab sees none of them
    };
  }

  async refresh(): Promise<void> {
    try {
      const [teams, rounds, connections] = await Promise.all([
        ask<TeamPage>("GET", "/game/teams"),
        ask<RoundPage>("GET", "/game/rounds"),
        ask<ConnectionsBody>("GET", "/admin/connections"),
      ]);
      this.teams = teams.items;
      this.rounds = rounds.items;
      this.connections = connections;
      this.fault = "";
    } catch (error) {
      this.fault = said(error);
    }
  }

  nameOf(teamId: string | null): string {
    return teamId === null ? "everybody" : (this.names.get(teamId) ?? teamId);
  }
}

export const desk = new Desk();
