// Where a timeline's entries stand, and their glyphs: a direction is never told by colour alone.

import type { ReportBody } from "../../wire";

const GLYPHS: Record<string, string> = {
  "limit warned": "△",
  "limit breached": "▲",
  "limit cleared": "○",
  "loss stop": "■",
  suspension: "✕",
  "kill switch": "✕",
  protection: "◇",
  "trade corrected": "◆",
  seat: "◆",
  adjusted: "◆",
  connected: "●",
  phase: "│",
  halted: "■",
  resumed: "○",
};
const LANES: readonly [string, string[]][] = [
  ["market", ["phase", "halted", "resumed"]],
  ["limits", ["limit warned", "limit breached", "limit cleared", "loss stop"]],
  ["account", ["suspension", "kill switch", "protection", "trade corrected", "seat", "adjusted"]],
  ["sessions", ["connected"]],
];
const BAD = ["limit warned", "limit breached", "loss stop", "suspension", "kill switch", "halted"];

export function glyphOf(kind: string): string {
  return GLYPHS[kind] ?? "·";
}

export interface Mark {
  /** Its place, a share of the round. */
  at: number;
  glyph: string;
  isBad: boolean;
  says: string;
}

export interface Lane {
  name: string;
  marks: Mark[];
}

export interface Span {
  from: number;
  to: number;
}

export interface Lanes {
  fromUs: number;
  toUs: number;
  lanes: Lane[];
  /** When a socket was open; null: it is not known. */
  open: Span[] | null;
}

export function lanesOf(report: ReportBody): Lanes {
  const looks = report.service?.sockets ?? [];
  const times = [...report.timeline, ...looks].map((each) => each.game_us);
  const fromUs = times.length > 0 ? Math.min(...times) : report.start_us;
  const toUs = Math.max(report.scored_us, fromUs + 1);
  const share = (us: number): number => Math.min(1, (us - fromUs) / (toUs - fromUs));
  const lanes = LANES.map(([name, kinds]) => ({
    name,
    marks: report.timeline
      .filter((each) => kinds.includes(each.kind))
      .map((each) => ({
        at: share(each.game_us),
        glyph: glyphOf(each.kind),
        isBad: BAD.includes(each.kind),
        says: `${each.kind} ${each.subject}`.replaceAll("_", " "),
      })),
  }));
  const open = looks.flatMap((look, at) =>
    look.sockets > 0 ? [{ from: share(look.game_us), to: share(looks[at + 1]?.game_us ?? toUs) }] : [],
  );
  return { fromUs, toUs, lanes, open: report.service === null ? null : open };
}
