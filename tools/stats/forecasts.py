"""Signals by what happened later, news, market and signals together: right as often as they say.

Nothing here reads what the signals service knows of the future or of its own verdicts but to hold
it against the record: a shift is a regime that changed in the step after a headline, the truth of
a window is the error that the market had when its horizon came.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tools.stats.findings import Finding, average, fitting, none, share
from tools.stats.paths import Run, classic, stepping, without_jumps
from tools.stats.prices import busy_drift
from tools.stats.world import REGIMES, Moment, Settings, World, busy, settings

from itg.kernel.ids import Role
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.market_data.contract import JumpOccurred, RegimeChanged
from itg.news.contract import NewsPublished, NewsScheduled
from itg.signals.contract import (
    AccuracyBand,
    AlphaSignaled,
    GetSignalAccuracy,
    SignalAccuracy,
    SignalJudged,
    SignalKind,
    TrackingSignaled,
    VolatilitySignaled,
)

STEP_S = 30.0
SESSIONS = 160
SHORT_STEP_S = 60.0
SEEDS = 40


class Forecast(NamedTuple):
    """A forecast of a headline, and what came of it."""

    role: Role
    regime: VolRegime
    said_shift: bool
    chance_of_shift: float
    accuracy: float
    changed: bool  # the regime, in the step after the headline
    verdict: str  # the service's own truth


class Window(NamedTuple):
    """A tracking window's announcement, and the errors it was about."""

    role: Role
    regime: int
    said: str
    accuracy: float
    error: float
    later: float
    verdict: str

    @property
    def truth(self) -> str:
        return "converges" if abs(self.later) < abs(self.error) else "diverges"


def study(seed: int, size: int = 1) -> list[Finding]:
    """Hold signals to their accuracy in a busy world, and to their time in many short ones."""
    world = busy_world(seed, size)
    return [
        *volatility(world),
        *tracking(world),
        *busy_drift(world),
        *destinations(world),
        *never_early(short_worlds(seed, size)),
    ]


def busy_world(seed: int, size: int = 1) -> World:
    """Return sessions with a headline every ten minutes at a coarse step."""
    return World(busy(settings(seed, STEP_S))).play(SESSIONS * size)


def short_worlds(seed: int, size: int = 1) -> list[World]:
    """Return a busy session of each of many seeds; all jumps are those of the news."""
    known = [busy(settings(seed + n, SHORT_STEP_S)) for n in range(SEEDS * size)]
    return [World(k._replace(market=without_jumps(k.market))).play(1) for k in known]


def volatility(world: World) -> Iterator[Finding]:
    """Hold forecasts of headlines to their accuracy, by role and by regime."""
    known = [*forecasts(world)]
    for role in sorted({f.role for f in known}):
        mine = [f for f in known if f.role == role]
        (accuracy,) = {f.accuracy for f in mine}
        for regime in VolRegime:
            own = [f.said_shift == f.changed for f in mine if f.regime is regime]
            yield share(f"volatility: {role}, right in {regime.value}", own, accuracy)
        yield share(
            f"volatility: {role}, right", (f.said_shift == f.changed for f in mine), accuracy
        )
    for word, said_shift in (("shift", True), ("no shift", False)):
        # As often as its own distribution says: the differences have mean zero.
        apart = [f.changed - f.chance_of_shift for f in known if f.said_shift is said_shift]
        yield average(f"volatility: shifts beyond what “{word}” lets expect", apart, 0.0)
    unjudged = sum(f.verdict == "" for f in known)
    yield none("volatility: headlines whose forecast was never judged", len(known), unjudged)
    yield _as_recorded(known, world.settings)
    yield _as_counted(world, SignalKind.VOLATILITY)


def _as_recorded(known: list[Forecast], made: Settings) -> Finding:
    # A regime also changes by chance: in the one step after a headline hardly ever.
    apart = sum((f.verdict == "shift") != f.changed for f in known)
    leaving = max(1.0 - row[place] for place, row in enumerate(made.market.regimes.transition))
    often = len(known) * leaving * made.step_s / made.market.regimes.regime_step_s
    bound = often + 3.2905 * often**0.5 + 1.0
    return Finding("volatility: verdicts unlike the regime's record", len(known), apart, 0, bound)


def _as_counted(world: World, kind: SignalKind) -> Finding:
    report = world.ask(GetSignalAccuracy())
    assert isinstance(report, SignalAccuracy)
    rows = [row for row in report.rows if row.kind is kind]
    judged = [m for _, m in world.of(SignalJudged) if m.kind is kind]
    apart = abs(sum(r.judged for r in rows) - len(judged))
    apart += abs(sum(r.correct for r in rows) - sum(m.predicted == m.truth for m in judged))
    return none(f"{kind.value}: verdicts the accuracy report miscounts", len(judged), apart)


def forecasts(world: World) -> Iterator[Forecast]:
    """Join each forecast with its headline by the time it speaks of."""
    changed = dict(shifts_after(world))
    verdicts = {m.signal_id: m for _, m in world.of(SignalJudged)}
    for _, said in world.of(VolatilitySignaled):
        verdict = verdicts.get(said.signal_id)
        if said.effective_ns in changed:
            place = tuple(VolRegime).index(said.regime)
            yield Forecast(
                role=said.role,
                regime=said.regime,
                said_shift=said.is_shift,
                chance_of_shift=1.0 - said.probabilities[place] * 1e-6,
                accuracy=said.accuracy_ppm * 1e-6,
                changed=changed[said.effective_ns],
                verdict=verdict.truth if verdict else "",
            )


def shifts_after(world: World) -> Iterator[tuple[Nanos, bool]]:
    """Yield when each headline came and whether the regime changed in the next step."""
    step_ns, out_ns, is_changed = world.settings.market.step_ns, None, False
    for at, said in world.told:
        if isinstance(said, NewsPublished):
            if out_ns is not None:
                yield out_ns, is_changed
            out_ns, is_changed = at, False
        elif isinstance(said, RegimeChanged) and out_ns is not None:
            is_changed = is_changed or at <= out_ns + step_ns
    if out_ns is not None:
        yield out_ns, is_changed


def destinations(world: World) -> Iterator[Finding]:
    """Hold the regimes that news leads to, from each regime, to their row of the model."""
    known = world.settings.market.news
    assert known is not None
    led = [*_led(world)]
    for place, regime in enumerate(REGIMES):
        own = [after for before, after in led if before == place]
        row = known.destinations[place]
        expected = [len(own) * chance for chance in row if chance]
        counts = [own.count(after) for after, chance in enumerate(row) if chance]
        yield fitting(f"news: where shifts lead from {regime.value}", counts, expected)
        strays = sum(not row[after] for after in own)
        yield none(f"news: shifts from {regime.value} to where none leads", len(own), strays)


def _led(world: World) -> Iterator[tuple[int, int]]:
    shifted_ns, step_ns = None, world.settings.market.step_ns
    for at, said in world.told:
        if isinstance(said, NewsPublished):
            shifted_ns = at if said.outcome.is_shift else None
        elif isinstance(said, RegimeChanged) and shifted_ns is not None:
            # News before chance: the first change of the step is the news' own.
            assert at <= shifted_ns + step_ns
            yield REGIMES.index(said.previous), REGIMES.index(said.regime)
            shifted_ns = None


def tracking(world: World) -> Iterator[Finding]:
    """Hold windows to the accuracy of their band, by the error at their horizon."""
    known = [*windows(world)]
    by_band: dict[tuple[Role, float], list[Window]] = defaultdict(list)
    for window in known:
        by_band[window.role, window.accuracy].append(window)
    for (role, accuracy), mine in sorted(by_band.items()):
        right = [w.said == w.truth for w in mine]
        yield share(f"tracking: {role}, right where {accuracy:.0%} is said", right, accuracy)
    for place, regime in enumerate(VolRegime):
        own = [w for w in known if w.regime == place and w.accuracy == known[0].accuracy]
        right = [w.said == w.truth for w in own]
        yield share(
            f"tracking: right in {regime.value} where {known[0].accuracy:.0%}",
            right,
            own[0].accuracy,
        )
    unlike = sum(w.verdict != w.truth for w in known)
    yield none("tracking: verdicts unlike the later error", len(known), unlike)
    yield none("tracking: errors that came unlike as drawn ahead", *_drawn_otherwise(world))
    yield _as_counted(world, SignalKind.TRACKING)


def windows(world: World) -> Iterator[Window]:
    """Join each window that opened with the market's errors then and at its horizon."""
    moments = {m.at_ns: m for session in world.sessions for m in session}
    verdicts = {m.signal_id: m.truth for _, m in world.of(SignalJudged)}
    for at, said in world.of(TrackingSignaled):
        if said.stage == "open":
            yield Window(
                role=said.role,
                regime=moments[at].regime,
                said=said.announcement.value,
                accuracy=said.accuracy_ppm * 1e-6,
                error=moments[at].error,
                later=moments[said.horizon_ns].error,
                verdict=verdicts.get(said.signal_id, ""),
            )


def _drawn_otherwise(world: World) -> tuple[int, int]:
    (horizon_s,) = {t.horizon_s for t in world.settings.signals.tracking}
    ahead = round(horizon_s / world.settings.step_s)
    pairs = [
        (now.error_ahead, later.error)
        for session in world.sessions
        for now, later in zip(moving(session), moving(session)[ahead:], strict=False)
    ]
    return len(pairs), sum(drawn != came for drawn, came in pairs)


def moving(session: list[Moment]) -> list[Moment]:
    """Return the moments in which prices moved: all but the opening's."""
    return session[1:]


def never_early(worlds: list[World]) -> Iterator[Finding]:
    """Hold every seed to tell nothing before its time, and nobody who may not know."""
    broken: dict[str, int] = {}
    seen: dict[str, int] = {}
    for world in worlds:
        for what, count, wrong in (*_news_in_time(world), *_signals_in_time(world)):
            seen[what] = seen.get(what, 0) + count
            broken[what] = broken.get(what, 0) + wrong
    for what, count in seen.items():
        yield none(f"{what} ({len(worlds)} seeds)", count, broken[what])


def _news_in_time(world: World) -> Iterator[tuple[str, int, int]]:
    lead_ns = world.settings.news.lead_s * NS_PER_S
    planned = world.of(NewsScheduled)
    due = {m.news_id: m for _, m in planned}
    out = world.of(NewsPublished)
    late = sum(m.effective_ns - at < lead_ns for at, m in planned)
    yield "early: outcomes drawn less than the lead ahead", len(planned), late
    untimely = sum(at != due[m.news_id].effective_ns for at, m in out)
    yield "early: headlines out at another time than theirs", len(out), untimely
    # Each of the news' jumps acts once, in the step after its headline.
    brought = [(at, m.outcome.jump_ppm) for at, m in out if m.outcome.jump_ppm]
    came = [(at, m.size_ppm) for at, m in world.of(JumpOccurred)]
    step_ns = world.settings.market.step_ns
    acted = [
        size == expected and published <= at <= published + step_ns
        for (at, size), (published, expected) in zip(came, brought, strict=False)
    ]
    missed = len(brought) - sum(acted) + max(len(came) - len(brought), 0)
    yield "early: jumps of news at another time than the step after", len(brought), missed


def _signals_in_time(world: World) -> Iterator[tuple[str, int, int]]:
    config = world.settings.signals
    assert config.volatility is not None
    least, most = (
        lead_s * NS_PER_S for lead_s in (config.volatility.lead_s_min, config.volatility.lead_s_max)
    )
    said = world.of(VolatilitySignaled)
    outside = sum(not least <= m.effective_ns - at <= most for at, m in said)
    yield "early: forecasts outside 60–300 s before", len(said), outside
    yield "early: verdicts before their time", *_verdicts(world)
    (tracking_of,) = config.tracking
    opened = [(at, m) for at, m in world.of(TrackingSignaled) if m.stage == "open"]
    ends = {session[-1].at_ns for session in world.sessions}
    wrong = sum(
        m.horizon_ns != at + tracking_of.horizon_s * NS_PER_S or m.horizon_ns > max(ends)
        for at, m in opened
    )
    yield "early: windows with another horizon, or past the close", len(opened), wrong
    yield "private: signals to roles that are not entitled", *_strangers(world)


def _verdicts(world: World) -> tuple[int, int]:
    due = {m.signal_id: m.effective_ns for _, m in world.of(VolatilitySignaled)}
    due |= {m.signal_id: m.horizon_ns for _, m in world.of(TrackingSignaled)}
    judged = world.of(SignalJudged)
    return len(judged), sum(at < due[m.signal_id] for at, m in judged)


def _strangers(world: World) -> tuple[int, int]:
    config = world.settings.signals
    assert config.volatility is not None
    followers = {role for t in config.tracking for role in t.roles}
    forecast = [m.role in config.volatility.roles for _, m in world.of(VolatilitySignaled)]
    followed = [m.role in followers for _, m in world.of(TrackingSignaled)]
    told = [*forecast, *followed]
    return len(told), len(world.of(AlphaSignaled)) + told.count(False)


# -- bands ---------------------------------------------------------------------


def openings(seed: int, sessions: int) -> tuple[Counter[int], Counter[int]]:
    """Count windows by the band of the mean that opened them, and by that of the error then."""
    (known,) = settings(seed, 1.0).signals.tracking
    run = Run(stepping(classic(seed), 1.0))
    by_mean: Counter[int] = Counter()
    by_error: Counter[int] = Counter()
    for _ in range(sessions):
        start, is_open = len(run.errors), False
        run.session()
        errors = run.errors[start:]
        for at in range(known.average_s, len(errors) - known.horizon_s):
            mean = abs(sum(errors[at - known.average_s + 1 : at + 1])) / known.average_s
            if is_open:
                is_open = mean > known.closes_below
            elif mean > known.opens_above:
                is_open = True
                by_mean[band_of(known.bands, mean)] += 1
                by_error[band_of(known.bands, abs(errors[at]))] += 1
    return by_mean, by_error


def band_of(bands: tuple[AccuracyBand, ...], error: float) -> int:
    """Return the place of the highest band that an error reaches, the lowest below all."""
    return max((n for n, band in enumerate(bands) if error > band.error_min), default=0)
