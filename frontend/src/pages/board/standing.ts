// The standings of the board: of a round or of the season, from what the server tells everybody.

import type { ScoresBody } from "../../wire";

export interface Standing {
  teamId: string;
  role: string | null;
  rank: number;
  score: number | null;
}

/** All standings as they were told at once. */
export interface Told {
  roundId: number | null;
  isFinal: boolean;
  /** Game time at which the round was measured last. */
  scoredUs: number | null;
  round: Standing[];
  season: Standing[];
}

export const NOTHING: Told = {
  roundId: null,
  isFinal: false,
  scoredUs: null,
  round: [],
  season: [],
};

/** Total and rank alone: what an organizer's key is told beyond that is for nobody's eyes here. */
export function told(scores: ScoresBody): Told {
  const roles = new Map(scores.items.map((each) => [each.team_id, each.role]));
  return {
    roundId: scores.round_id,
    isFinal: scores.is_final,
    // 0 until something was measured.
    scoredUs: scores.scored_us || null,
    round: byRank(
      scores.items.map(({ team_id, role, rank, score }) => ({ teamId: team_id, role, rank, score })),
    ),
    season: byRank(
      scores.final.map(({ team_id, rank, total, measured }) => ({
        teamId: team_id,
        role: roles.get(team_id) ?? null,
        rank,
        score: total ?? measured,
      })),
    ),
  };
}

/** By rank; those of one rank stay in registration order. */
function byRank(standings: Standing[]): Standing[] {
  return standings.toSorted((a, b) => a.rank - b.rank);
}

/** How many ranks a team rose since an earlier standing; null where it had none. */
export function rise(now: Standing, before: readonly Standing[]): number | null {
  const then = before.find((each) => each.teamId === now.teamId);
  return then === undefined ? null : then.rank - now.rank;
}

/** A role in its initials: "market_maker" is "MM". */
export function initials(role: string | null): string {
  return role === null
    ? "–"
    : role
        .split("_")
        .map((word) => word.charAt(0).toUpperCase())
        .join("");
}

/** Time left until a game time: "4:05", "1:02:03"; "0:00" once it has passed. */
export function countdown(untilUs: number, gameUs: number): string {
  const s = Math.max(0, Math.ceil((untilUs - gameUs) / 1_000_000));
  const two = (part: number): string => String(part).padStart(2, "0");
  const hours = Math.floor(s / 3_600);
  const minutes = Math.floor((s % 3_600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
