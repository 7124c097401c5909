"""Pictures of signals: how often they were right, and which bands windows open in."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from tools.plots.style import BLUE, INK, ORANGE, PALE, canvas, percent, save
from tools.stats.findings import binomial_bounds
from tools.stats.forecasts import Forecast, Window, busy_world, forecasts, openings, windows
from tools.stats.world import settings

from itg.kernel.words import VolRegime
from itg.signals.contract import AccuracyBand

SEED = 20261127


class Group(NamedTuple):
    """Signals of one accuracy."""

    name: str
    right: list[bool]
    accuracy: float


def calibration() -> None:
    """Draw how often signals were right, by kind, regime and band, with 99.9 % bars."""
    world = busy_world(SEED)
    groups = [*_volatility([*forecasts(world)]), *_tracking([*windows(world)])]
    figure, (axes,) = canvas(3.6)
    places = range(len(groups))[::-1]
    for place, group in zip(places, groups, strict=True):
        count = len(group.right)
        low, high = (k / count for k in binomial_bounds(count, group.accuracy))
        axes.barh(place, high - low, left=low, height=0.5, color=PALE)
        axes.plot([group.accuracy] * 2, [place - 0.25, place + 0.25], color=INK, linewidth=1.2)
        axes.plot(sum(group.right) / count, place, "o", color=ORANGE, markersize=6)
    axes.barh(0, 0, color=PALE, label="99.9 % of a signal that is as good as it says")
    axes.plot([], [], color=INK, linewidth=1.2, label="what it says")
    axes.plot([], [], "o", color=ORANGE, label="how often it was right")
    axes.set_yticks([*places], [f"{g.name}, n = {len(g.right):,}" for g in groups])
    axes.set_xlim(0.5, 1.0)
    axes.xaxis.set_major_formatter(percent())
    axes.set_xlabel("announcements that came true")
    figure.legend(loc="outside upper right", ncols=3)
    save(figure, "signals")


def _volatility(known: list[Forecast]) -> Iterable[Group]:
    for regime in VolRegime:
        right = [f.said_shift == f.changed for f in known if f.regime is regime]
        yield Group(f"volatility, {regime.value} regime", right, known[0].accuracy)


def _tracking(known: list[Window]) -> Iterable[Group]:
    for accuracy in sorted({w.accuracy for w in known}):
        for place, regime in enumerate(VolRegime):
            own = [w for w in known if w.accuracy == accuracy and w.regime == place]
            right = [w.said == w.truth for w in own]
            yield Group(f"tracking {100 * accuracy:.0f} %, {regime.value} regime", right, accuracy)


def bands() -> None:
    """Draw which band a window opens in, by the mean that opens it and by the error itself."""
    (known,) = settings(SEED, 1.0).signals.tracking
    by_mean, by_error = openings(SEED, sessions=60)
    count = sum(by_mean.values())
    figure, (axes,) = canvas(2.6)
    names = [f"{_percent(a)}–{_percent(b)} %" for a, b in pairwise(known.bands)]
    names.append(f"above {_percent(known.bands[-1])} %")
    for offset, shade, counts, name in (
        (0.2, BLUE, by_mean, f"by the mean of {known.average_s} s, as the rules say"),
        (-0.2, ORANGE, by_error, "by the error at the opening"),
    ):
        shares = [counts[place] / count for place in range(len(names))]
        places = [len(names) - 1 - place + offset for place in range(len(names))]
        axes.barh(places, shares, height=0.36, color=shade, label=name)
        for place, share in zip(places, shares, strict=True):
            axes.text(share + 0.01, place, f"{100 * share:.1f} %", verticalalignment="center")
    axes.set_yticks([*range(len(names))][::-1], names)
    axes.set_xlim(0, 1.1)
    axes.xaxis.set_major_formatter(percent())
    axes.set_xlabel(f"windows, n = {count:,}, at steps of 1 s")
    axes.set_ylabel("error")
    axes.legend(loc="lower right")
    save(figure, "bands")


def _percent(band: AccuracyBand) -> str:
    return f"{100 * band.error_min:.2f}"
