// How the server does, in figures with a verdict: what the pages of the metrics say to a person.

import { count, fixed } from "../../lib/parts/format";
import { type Metrics, quantileOf, sumOf, valueOf } from "./metrics";

/** What `/health/ready` answers; it is not among the interface's types. */
export interface Health {
  status: string;
  scenario: string | null;
  phase: string | null;
  speed: number;
  sessions: number;
  pump: { depth: number; lag_events: number; inputs: number; commit_ms: number; batch_size: number };
  bus: { address: string; is_up: boolean; behind: number; fault: string } | null;
  backup: { made_us: number | null; is_verified: boolean; faults: number; fault: string } | null;
}

export interface Figure {
  name: string;
  value: string;
  /** Whether a person should look; null: it is neither good nor bad. */
  isGood: boolean | null;
  why?: string;
}

export interface Group {
  title: string;
  rows: Figure[];
}

const ORDERS = { route: "POST /exchange/orders" };
const LAG_MS_MAX = 100;
const P99_MS_MAX = 50;
const COMMIT_MS_MAX = 20;

export function figuresOf(health: Health, metrics: Metrics, roundTripMs: number | null): Group[] {
  return [services(health), latencies(metrics, roundTripMs), sockets(metrics), work(metrics)];
}

function services(health: Health): Group {
  const rows: Figure[] = [
    figure("Server", health.status, health.status === "ready"),
    figure("Scenario", health.scenario ?? "–", null),
    figure("Speed", health.speed ? `${health.speed} × real time` : "the clock stands", null),
  ];
  const { bus, backup } = health;
  rows.push(
    bus === null
      ? figure("Message bus", "none is used", null)
      : figure("Message bus", bus.is_up ? `up, ${count(bus.behind)} behind` : bus.fault || "down", bus.is_up),
    backup === null
      ? figure("Backups", "none by this process", null)
      : figure(
          "Backups",
          backup.fault || (backup.made_us === null ? "none yet" : `made${backup.is_verified ? ", replayed" : ""}`),
          backup.fault === "",
        ),
  );
  return { title: "Services", rows };
}

function latencies(metrics: Metrics, roundTripMs: number | null): Group {
  const lag = 1_000 * (valueOf(metrics, "itg_loop_lag_seconds") ?? 0);
  const p50 = quantileOf(metrics, "itg_http_request_seconds", 0.5, ORDERS);
  const p99 = quantileOf(metrics, "itg_http_request_seconds", 0.99, ORDERS);
  const commit = quantileOf(metrics, "itg_journal_commit_seconds", 0.99);
  return {
    title: "Latency",
    rows: [
      figure("Loop lag, last 10 s", ms(lag), lag <= LAG_MS_MAX, "the process was busy for so long"),
      figure("Orders over REST, p50", ms(times1000(p50)), null),
      figure("Orders over REST, p99", ms(times1000(p99)), p99 === null ? null : 1_000 * p99 <= P99_MS_MAX),
      figure("Journal commit, p99", ms(times1000(commit)), commit === null ? null : 1_000 * commit <= COMMIT_MS_MAX),
      figure("From this page and back", ms(roundTripMs), null),
    ],
  };
}

function sockets(metrics: Metrics): Group {
  const blocked = valueOf(metrics, "itg_sessions_blocked") ?? 0;
  const waiting = valueOf(metrics, "itg_outbox_bytes") ?? 0;
  const slow = valueOf(metrics, "itg_slow_sessions_total") ?? 0;
  return {
    title: "Sockets",
    rows: [
      figure("Open", count(valueOf(metrics, "itg_sessions")), null),
      figure("Take nothing now", count(blocked), blocked === 0),
      figure("Bytes that wait", count(waiting), waiting < 1_048_576),
      figure("Closed as too slow", count(slow), slow === 0),
      figure("Frames sent", count(valueOf(metrics, "itg_frames_total")), null),
    ],
  };
}

function work(metrics: Metrics): Group {
  const timeouts = valueOf(metrics, "itg_request_timeouts_total") ?? 0;
  const overloads = valueOf(metrics, "itg_pump_overloads_total") ?? 0;
  const failed = [500, 502, 503].reduce(
    (sum, status) => sum + sumOf(metrics, "itg_http_requests_total", { status: String(status) }),
    0,
  );
  const depth = valueOf(metrics, "itg_pump_depth") ?? 0;
  return {
    title: "Work",
    rows: [
      figure("Inputs handled", count(valueOf(metrics, "itg_pump_inputs_total")), null),
      figure("Inputs that wait", count(depth), depth < 500),
      figure("Refused by overload", count(overloads), overloads === 0),
      figure("Answered 504, too late", count(timeouts), timeouts === 0),
      figure("Answered 5xx", count(failed), failed === 0),
    ],
  };
}

function figure(name: string, value: string, isGood: boolean | null, why?: string): Figure {
  return why === undefined ? { name, value, isGood } : { name, value, isGood, why };
}

function times1000(seconds: number | null): number | null {
  return seconds === null ? null : 1_000 * seconds;
}

function ms(value: number | null): string {
  return value === null ? "–" : `${fixed(value, value < 10 ? 1 : 0)} ms`;
}
