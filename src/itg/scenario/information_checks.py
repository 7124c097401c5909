"""What news and signals contradict: gaps and leads, roles and underlyings that are not there."""

from collections.abc import Iterator, Sequence
from datetime import time
from itertools import pairwise
from math import isclose

from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest
from itg.scenario.tables.information import (
    HeadlineTable,
    News,
    Signals,
    TrackingSignal,
    VolatilitySignal,
)
from itg.scenario.tables.listing import UnderlyingTable

GAPS = ("mean_gap_s", "gap_min_s", "gap_max_s")


def news_complaints(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong with the table of headlines and its arrivals."""
    news = scenario.news
    if news is None:
        return
    if scenario.market is None:
        yield "news moves simulated prices: it needs the table [market]"
    yield from _gaps(news)
    yield from rising("news.hours", [hour.starts for hour in news.hours])
    for number, row in enumerate(news.destinations):
        if not isclose(sum(row), 1.0, abs_tol=1e-9):
            yield f"news.destinations[{number}]: probabilities sum to {sum(row):.6g}, not 1"
        if row[number]:
            yield f"news.destinations[{number}]: a shift leaves its regime; its own chance is 0"
    yield from _headlines(news.headlines)


def signal_complaints(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong with the signals."""
    signals = scenario.signals
    if signals is None:
        return
    if scenario.market is None:
        yield "signals tell of simulated prices: they need the table [market]"
    yield from _receivers(signals, [table.role for table in scenario.roles])
    if signals.volatility is not None:
        yield from _volatility(signals.volatility, scenario.news)
    for number, table in enumerate(signals.tracking):
        yield from _tracking(table, f"signals.tracking[{number}]", scenario.underlyings)
    for number, alpha in enumerate(signals.alphas):
        place = f"signals.alphas[{number}].underlying"
        yield from _known(place, alpha.underlying, [each.id for each in scenario.underlyings])


def rising(place: str, times: Sequence[time]) -> Iterator[str]:
    """Yield a complaint where times of day do not rise from midnight on."""
    for one, two in pairwise(times):
        if one >= two:
            yield f"{place}: {two} does not come after {one}; list the hours from midnight on"


def _gaps(news: News) -> Iterator[str]:
    mean, least, most = news.mean_gap_s, news.gap_min_s, news.gap_max_s
    missing = [key for key in GAPS if getattr(news, key) is None]
    if mean is None or least is None or most is None:
        if len(missing) < len(GAPS):
            yield (
                f"news: arrivals also need {', '.join(missing)}; leave out "
                f"{', '.join(GAPS)} to have headlines by the organizer's hand alone"
            )
        return
    if not least < mean < most:
        yield f"news.mean_gap_s: {mean:g} is not between gap_min_s {least:g} and gap_max_s {most:g}"
    if least < news.lead_s:
        yield f"news.gap_min_s: {least:g} is below lead_s {news.lead_s}: drawn too late to be told"


def _headlines(headlines: Sequence[HeadlineTable]) -> Iterator[str]:
    ids = [row.id for row in headlines]
    for number, row in enumerate(headlines):
        place = f"news.headlines.{row.id}"
        if row.id in ids[:number]:
            yield f"{place}: listed twice"
        if row.size_min > row.size_max:
            yield f"{place}: size_min is above size_max"
        if row.size_max and not row.jump:
            yield f"{place}: sizes of a jump that never comes; give jump, or leave them out"


def _receivers(signals: Signals, roles: Sequence[str]) -> Iterator[str]:
    receivers = [("signals.volatility", signals.volatility)] if signals.volatility else []
    places = [(place, table.roles) for place, table in receivers]
    places += [(f"signals.tracking[{n}]", table.roles) for n, table in enumerate(signals.tracking)]
    places += [(f"signals.alphas[{n}]", table.roles) for n, table in enumerate(signals.alphas)]
    for place, names in places:
        for name in names:
            yield from _known(f"{place}.roles", name, roles)
            if names.count(name) > 1:
                yield f"{place}.roles: {name!r} twice"


def _volatility(table: VolatilitySignal, news: News | None) -> Iterator[str]:
    place = "signals.volatility"
    if news is None:
        yield f"{place} tells of news to come: it needs the table [news]"
        return
    if table.lead_s_min > table.lead_s_max:
        yield f"{place}.lead_s_min is above lead_s_max"
    if table.lead_s_max > news.lead_s:
        yield (
            f"{place}.lead_s_max: {table.lead_s_max} is above news.lead_s {news.lead_s}, "
            "before the outcome is drawn"
        )


def _tracking(
    table: TrackingSignal, place: str, underlyings: Sequence[UnderlyingTable]
) -> Iterator[str]:
    followers = {each.id: each.tracking for each in underlyings if each.tracking is not None}
    yield from _known(f"{place}.underlying", table.underlying, [*followers])
    follower = followers.get(table.underlying)
    if follower is not None and follower.ahead_s < table.horizon_s:
        yield (
            f"{place}.horizon_s: {table.horizon_s} is above the {follower.ahead_s} of "
            f"underlyings.{table.underlying}.tracking.ahead_s: the error must be drawn so far ahead"
        )
    if table.closes_below >= table.opens_above:
        yield f"{place}.closes_below is not below opens_above"
    bounds = [band.error_min for band in table.bands]
    if bounds != sorted(set(bounds)):
        yield f"{place}.bands: error_min must rise"
    if bounds[0] > table.opens_above:
        yield f"{place}.bands: the first begins above opens_above {table.opens_above:g}"


def _known(place: str, name: str, known: Sequence[str]) -> Iterator[str]:
    if name not in known:
        yield f"{place}: no {name!r}{nearest(name, known)}"
