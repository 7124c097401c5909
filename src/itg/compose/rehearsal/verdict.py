"""What a rehearsal came to, held against criteria that are named and numbered in one place."""

from math import sqrt

from msgspec import Struct

from itg.compose.rehearsal.checks import JournalFindings
from itg.compose.rehearsal.figures import WorkerReport, quantile

ACK_P50_MS_MAX = 20.0
ACK_P99_MS_MAX = 250.0
RECONNECT_S_MAX = 10.0
BUSY_MAX = 0.85  # of one core: beyond it waiting times grow without bound
RATE_SHARE_MIN = 0.9  # of the planned orders, outages left out
LIVES = 2  # of the server: before it is killed, and after


class Criterion(Struct, frozen=True, kw_only=True):
    """One demand: what was found, and what would have been right."""

    name: str
    is_met: bool
    found: str
    wanted: str


class Carried(Struct, frozen=True, kw_only=True):
    """How many teams a machine carries, estimated beyond the teams that were tried."""

    at_least: int
    at_most: int


class Measured(Struct, frozen=True, kw_only=True):
    """What was counted and timed; ms unless the name says otherwise, None: cannot be told here."""

    teams: int
    seconds: float
    cores: int
    orders_planned: float
    orders_per_s: float
    orders_sent: int
    orders_acknowledged: int
    orders_late: int
    orders_unanswered: int
    quotes_sent: int
    cancels_sent: int
    frames: int
    refusals: dict[str, int]
    ack_p50_ms: float
    ack_p99_ms: float
    ack_max_ms: float
    ping_p50_ms: float
    ping_p99_ms: float
    load_lag_p99_ms: float
    reconnects: int
    reconnect_p50_ms: float
    reconnect_max_ms: float
    kill_ready_s: float
    kill_resumed_s: float
    clients_killed: int
    gaps: int
    missed: int
    too_old: int
    slow_sessions: int
    public_lost: int
    loop_busy: float | None
    loop_busy_idle: float | None
    carried: Carried | None
    commit_ms: float
    audit_missing: list[str]
    load_failures: list[str]
    journal: JournalFindings


class Verdict(Struct, frozen=True, kw_only=True):
    """OK or not, and why; `criteria` in the order of the documentation."""

    is_ok: bool
    sentence: str
    criteria: list[Criterion]
    measured: Measured


def verdict_on(measured: Measured) -> Verdict:
    """Hold what was measured against every criterion."""
    criteria = [*_of_truth(measured), *_of_speed(measured)]
    failed = [each for each in criteria if not each.is_met]
    capacity = _capacity(measured, is_ok=not failed)
    teams = f"{measured.teams} teams at full rate"
    if failed:
        reasons = "; ".join(f"{each.name}: {each.found}" for each in failed)
        sentence = f"{teams}: not OK because of {reasons}"
    else:
        sentence = f"{teams}: OK"
    return Verdict(
        is_ok=not failed,
        sentence=f"{sentence}. {capacity}",
        criteria=criteria,
        measured=measured,
    )


def teams_carried(teams: int, busy: float | None, idle: float | None) -> Carried | None:
    """Return how many teams would use the share of a core that is allowed; None: unknown.

    Two points are known, the world alone and the world with these teams. Between them cost grows
    with the teams, and with their square as far as everybody hears of everybody's orders.
    """
    if busy is None or idle is None or busy <= idle:
        return None
    times = max(0.0, (BUSY_MAX - idle) / (busy - idle))
    bounds = sorted((int(teams * times), int(teams * sqrt(times))))
    return Carried(at_least=bounds[0], at_most=bounds[1])


def ack_figures(report: WorkerReport) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the longest of all acknowledgements, in ms."""
    us = report.ack_us
    return quantile(us, 0.5) / 1e3, quantile(us, 0.99) / 1e3, max(us, default=0) / 1e3


def _capacity(measured: Measured, *, is_ok: bool) -> str:
    shared = f"The load shared the machine's {measured.cores} cores with the server"
    carried = measured.carried
    if carried is None:
        return f"{shared}; how many teams this machine carries cannot be told here."
    estimate = f"{carried.at_least} teams, at most {carried.at_most}"
    share = f"by the server's share of one core, {BUSY_MAX:.0%} allowed"
    if is_ok:
        return f"This machine carries {estimate}, {share}. {shared}."
    return f"As it is now this machine carries fewer; it would carry {estimate}, {share}. {shared}."


def _of_truth(measured: Measured) -> list[Criterion]:
    journal = measured.journal
    sums = (journal.contracts_sum, journal.cash_sum)
    return [
        _none("acknowledged orders lost", journal.lost, f"of {journal.acknowledged:,}"),
        _none("acknowledged orders doubled", journal.doubled),
        _none("orders never answered", measured.orders_unanswered),
        Criterion(
            name="replay and restart",
            is_met=not journal.difference,
            found=journal.difference or f"{journal.inputs:,} inputs, equal",
            wanted="the recorded outputs and one state",
        ),
        Criterion(
            name="sums of contracts and cash",
            is_met=sums == (0, 0),
            found=f"{sums[0]} and {sums[1]}",
            wanted="0 and 0",
        ),
        _none("restarts the server made by itself", journal.lives - LIVES),
        _none("gaps in private streams", measured.gaps),
        _none("private events missing at the end", measured.missed),
        Criterion(
            name="organizer's acts in the audit",
            is_met=not measured.audit_missing,
            found=", ".join(measured.audit_missing) or "every act",
            wanted="every act",
        ),
        Criterion(
            name="fake teams' failures",
            is_met=not measured.load_failures,
            found="; ".join(measured.load_failures[:3]) or "none",
            wanted="none",
        ),
    ]


def _of_speed(measured: Measured) -> list[Criterion]:
    share = measured.orders_sent / max(measured.orders_planned, 1)
    rows = [
        Criterion(
            name="orders sent",
            is_met=share >= RATE_SHARE_MIN,
            found=f"{share:.1%} of full rate",
            wanted=f"{RATE_SHARE_MIN:.0%} or more, outages left out",
        ),
        _below("acknowledgement p50", measured.ack_p50_ms, ACK_P50_MS_MAX),
        _below("acknowledgement p99", measured.ack_p99_ms, ACK_P99_MS_MAX),
        _below("longest reconnect", measured.reconnect_max_ms, RECONNECT_S_MAX * 1e3),
        _below("all back after kill -9", measured.kill_resumed_s * 1e3, RECONNECT_S_MAX * 1e3),
        _none("readers closed as too slow", measured.slow_sessions),
        _none("public facts not delivered", measured.public_lost),
        _none("resumes from too long ago", measured.too_old),
    ]
    if measured.loop_busy is not None:
        rows.append(
            Criterion(
                name="server's share of one core",
                is_met=measured.loop_busy <= BUSY_MAX,
                found=f"{measured.loop_busy:.0%}",
                wanted=f"{BUSY_MAX:.0%} or less",
            )
        )
    return rows


def _none(name: str, count: int, of: str = "") -> Criterion:
    return Criterion(name=name, is_met=count == 0, found=f"{count:,} {of}".strip(), wanted="none")


def _below(name: str, value_ms: float, bound_ms: float) -> Criterion:
    return Criterion(
        name=name,
        is_met=value_ms <= bound_ms,
        found=f"{value_ms:,.1f} ms",
        wanted=f"{bound_ms:,.0f} ms or less",
    )
