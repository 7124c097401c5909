// The board's state: what was seen, moment by moment, and what of it is shown. Shown is always the
// past, by the delay; without one that is the present.

import type { CandlePage, RoundBody, ScoresBody, TeamPage, TimeBody } from "../../wire";
import { market, type Phase } from "../../lib/market/market.svelte";
import { link } from "../../lib/net/link.svelte";
import { ask } from "../../lib/net/rest";
import { session } from "../../lib/net/session.svelte";
import { Course, Past, type Point } from "./past";
import { DELAY_S_MAX, type Read, type Settings, read, written } from "./settings";
import { NOTHING, type Standing, type Told, rise, told } from "./standing";
import { keep, veilOfTab } from "./veil";

const TICK_MS = 500;
const SCORES_MS = 5_000;
export const CHANGE_S = 300;
const SPARK_POINTS = 120;
const CHART_POINTS = 600;

/** The market as it stood at one moment. */
interface Moment {
  gameUs: number;
  /** Game seconds a second; null: not known yet. */
  speed: number | null;
  phase: Phase | null;
  nextPhase: Phase | null;
  nextUs: number | null;
  price: number | null;
  newsSeq: number;
}

export interface Row extends Standing {
  name: string;
  rise: number | null;
  course: Point[];
  isOwn: boolean;
}

export class Board {
  settings = $state.raw<Settings>({ blind: "off", delayS: 0, turnS: 10, isSeason: false });
  faults = $state.raw<string[]>([]);
  /** Why the scores could not be read; empty: they were. */
  refused = $state("");
  wallMs = $state(Date.now());
  round = $state.raw<RoundBody | null>(null);
  readonly beganMs = Date.now();

  #names = $state.raw(new Map<string, string>());
  #moments = new Past<Moment>(DELAY_S_MAX * 1_000);
  #scores = new Past<Told>((DELAY_S_MAX + CHANGE_S) * 1_000);
  #courses = { round: new Map<string, Course>(), season: new Map<string, Course>() };
  #chart = new Course(CHART_POINTS);
  #charted: string | null = null;
  #coursesOf: number | null = null;
  #speed: number | null = null;
  #askedMs = -Infinity;
  #veil = veilOfTab();
  #timer = 0;

  readonly shownMs = $derived(this.wallMs - this.settings.delayS * 1_000);
  readonly moment = $derived(this.#moments.asOf(this.shownMs));
  readonly told = $derived(this.#scores.asOf(this.shownMs) ?? NOTHING);
  readonly isRead = $derived(this.told !== NOTHING);
  readonly leading = $derived(market.underlyings[0] ?? null);
  readonly rows = $derived.by(() => this.#rows());
  readonly news = $derived(
    market.news
      .filter(
        (each) =>
          each.seq <= (this.moment?.newsSeq ?? 0) && each.game_us >= (this.round?.start_us ?? 0),
      )
      .slice(0, 3),
  );
  readonly prices = $derived(this.moment === undefined ? [] : this.#chart.until(this.moment.gameUs));

  constructor(given: Read) {
    this.settings = given.settings;
    this.faults = given.faults;
  }

  begin(): void {
    this.#tick();
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
  }

  end(): void {
    window.clearInterval(this.#timer);
  }

  set(changed: Partial<Settings>): void {
    this.settings = { ...this.settings, ...changed };
    this.faults = [];
    history.replaceState(null, "", `${location.pathname}${written(this.settings)}`);
  }

  #tick(): void {
    const wallMs = Date.now();
    const phase = market.phases.get(`${this.leading}/*`);
    const price = this.leading === null ? undefined : market.prints.get(this.leading);
    if (link.gameUs > 0)
      this.#moments.note(wallMs, {
        gameUs: link.gameUs,
        speed: this.#speed,
        phase: phase?.phase ?? null,
        nextPhase: phase?.next_phase ?? null,
        nextUs: phase?.next_transition_us ?? null,
        price: price?.price ?? null,
        newsSeq: market.news[0]?.seq ?? 0,
      });
    if (price?.isMoving) this.#chart.add({ gameUs: price.gameUs, value: price.price });
    this.wallMs = wallMs;
    if (link.isLive && wallMs - this.#askedMs >= SCORES_MS) {
      this.#askedMs = wallMs;
      void this.#ask();
    }
  }

  async #ask(): Promise<void> {
    try {
      const [scores, time] = await Promise.all([
        link.request<ScoresBody>("scores.list"),
        link.request<TimeBody>("time.get"),
      ]);
      this.#speed = time.speed;
      await this.#take(told(scores));
      this.refused = "";
    } catch (error) {
      this.refused = error instanceof Error ? error.message : String(error);
    }
  }

  async #take(fresh: Told): Promise<void> {
    const unknown = fresh.season.concat(fresh.round).some((each) => !this.#names.has(each.teamId));
    if (unknown) {
      const teams = (await ask<TeamPage>("GET", "/game/teams")).items;
      this.#veil.meet(teams.map((each) => each.team_id));
      keep(this.#veil);
      this.#names = new Map(teams.map((each) => [each.team_id, each.team_name]));
    }
    if (fresh.roundId !== this.#coursesOf) await this.#begins(fresh.roundId);
    if (this.#charted !== this.leading) await this.#readChart();
    const gameUs = fresh.scoredUs ?? link.gameUs;
    this.#follow(this.#courses.round, fresh.round, gameUs);
    this.#follow(this.#courses.season, fresh.season, gameUs);
    this.#scores.note(Date.now(), fresh);
  }

  async #begins(roundId: number | null): Promise<void> {
    this.#coursesOf = roundId;
    this.#courses.round.clear();
    this.#charted = null;
    this.round =
      roundId === null ? null : await link.request<RoundBody>("rounds.get", { round_id: roundId });
  }

  /** The round's prices so far, finer in its last hour. */
  async #readChart(): Promise<void> {
    const underlying = this.leading;
    if (underlying === null) return;
    const since = this.round?.session_start_us ?? 0;
    const asked = ["60s", "15s"].map((interval) =>
      link.request<CandlePage>("price.history", {
        underlying_id: underlying,
        interval,
        limit: 400,
      }),
    );
    const [coarse, fine] = (await Promise.all(asked)).map((page) =>
      page.items
        .map((each) => ({
          gameUs: each.start_us + page.interval_s * 1_000_000,
          value: each.close_price,
        }))
        .filter((each) => each.gameUs > since),
    );
    const course = new Course(CHART_POINTS);
    const fineFrom = fine?.[0]?.gameUs ?? Infinity;
    for (const each of [...(coarse ?? []).filter((one) => one.gameUs < fineFrom), ...(fine ?? [])])
      if (each.gameUs <= link.gameUs) course.add(each);
    this.#chart = course;
    this.#charted = underlying;
  }

  #follow(courses: Map<string, Course>, standings: readonly Standing[], gameUs: number): void {
    for (const { teamId, score } of standings) {
      if (score === null) continue;
      let course = courses.get(teamId);
      if (course === undefined) courses.set(teamId, (course = new Course(SPARK_POINTS)));
      course.add({ gameUs, value: score });
    }
  }

  #rows(): Row[] {
    const { blind, isSeason } = this.settings;
    const kind = isSeason ? "season" : "round";
    const shown = this.told;
    const earlier =
      this.#scores.asOf(this.shownMs - CHANGE_S * 1_000) ?? this.#scores.first(() => true);
    // Ranks of another round say nothing of this one.
    const then = isSeason || earlier?.roundId === shown.roundId ? earlier : this.#firstOf(shown);
    const untilUs = this.moment?.gameUs ?? 0;
    return shown[kind].map((each) => ({
      ...each,
      score: blind === "scores" ? null : each.score,
      name: blind === "names" ? this.#veil.name(each.teamId) : this.#nameOf(each.teamId),
      isOwn: blind !== "names" && each.teamId === session.me?.team_id,
      rise: rise(each, then?.[kind] ?? []),
      course: blind === "scores" ? [] : (this.#courses[kind].get(each.teamId)?.until(untilUs) ?? []),
    }));
  }

  #firstOf(shown: Told): Told | undefined {
    return this.#scores.first((each) => each.roundId === shown.roundId);
  }

  #nameOf(teamId: string): string {
    return this.#names.get(teamId) ?? teamId;
  }
}

export function boardOfAddress(): Board {
  return new Board(read(location.search));
}
