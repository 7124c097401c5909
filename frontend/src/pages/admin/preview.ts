// What a tried correction moves, as rows of tables: the server's answers before and after, compared.

import type { CorrectedTeamBody } from "../../wire";

export interface TermMove {
  team: string;
  term: string;
  group: string;
  before: number | null;
  after: number | null;
}

const TOTALS = [
  ["KPI", "kpi"],
  ["compliance", "compliance"],
  ["risk", "risk"],
  ["J, measured", "measured"],
] as const;

/** Points of every term that would move, then of the groups and J; in the order of the teams. */
export function movedTerms(teams: readonly CorrectedTeamBody[]): TermMove[] {
  return teams.flatMap(({ team_name: team, before, after }) => {
    const [was, is] = [before.score?.terms, after.score?.terms];
    if (!was || !is) return [];
    const points = new Map(was.components.map((each) => [`${each.group} ${each.name}`, each.points]));
    const rows: TermMove[] = is.components.map(({ name, group, points: now }) => ({
      team,
      term: name,
      group,
      before: points.get(`${group} ${name}`) ?? null,
      after: now,
    }));
    for (const [term, key] of TOTALS)
      rows.push({ team, term, group: "total", before: was[key], after: is[key] });
    rows.push({
      team,
      term: "activity",
      group: "factor",
      before: 100 * was.activity,
      after: 100 * is.activity,
    });
    return rows.filter((each) => each.before !== each.after);
  });
}

/** Fees that a team gets back, less what it pays back. */
export function feesBack({ fills }: CorrectedTeamBody): number {
  return fills.reduce((sum, each) => sum + each.fee_returned, 0);
}

/** Its side of the trade; a team that traded with itself was on both. */
export function sidesOf({ fills }: CorrectedTeamBody): string {
  return fills.map((each) => each.side).join(" and ");
}
