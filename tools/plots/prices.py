"""Pictures of prices: a day, the law of returns, their memory, the tracking error."""

from collections.abc import Sequence
from itertools import groupby
from math import exp, pi, sqrt
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from tools.plots.style import BLUE, GREY, INK, ORANGE, PALE, canvas, save
from tools.stats.findings import Z, autocorrelations, log_returns
from tools.stats.paths import Run, classic, lagging, stepping, without_jumps
from tools.stats.prices import FIVE_MINUTES, stationary, year_s
from tools.stats.world import OPEN_NS, World, settings

from itg.kernel.times import NS_PER_S
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.regimes import expected_generator, generator, step_matrix
from itg.news.contract import Headline, JumpSign, NewsPublished

DAY_SEED = 20261120
LAW_SEED = 20261126
OPEN_HOUR = 9.5
REGIMES = ("low, 10 %", "medium, 20 %", "high, 50 %")
SHADES = (PALE, BLUE, ORANGE)
SQRT_2PI = sqrt(2 * pi)


def a_day() -> None:
    """Draw one session of the leader, its regimes and its headlines."""
    world = World(settings(DAY_SEED, 1.0)).play(1)
    moments = world.sessions[0]
    hours = [OPEN_HOUR + (m.at_ns - OPEN_NS) / NS_PER_S / 3_600 for m in moments]
    figure, (price, strip) = canvas(4.2, rows=2, sharex=True, height_ratios=(9, 1))
    thin = slice(None, None, 15)
    price.plot(hours[thin], [m.leader for m in moments[thin]], color=INK, linewidth=0.8)
    price.set_ylabel("SPX, USD")
    for number, (at, said) in enumerate(world.of(NewsPublished)):
        hour = OPEN_HOUR + (at - OPEN_NS) / NS_PER_S / 3_600
        for axes in (price, strip):
            axes.axvline(hour, color=GREY, linewidth=0.8, linestyle=":")
        price.annotate(
            said.headline,
            (hour, 1.0 - 0.07 * number),
            xycoords=("data", "axes fraction"),
            xytext=(4 if hour < 13 else -4, 0),
            textcoords="offset points",
            horizontalalignment="left" if hour < 13 else "right",
            verticalalignment="top",
            fontsize=8.5,
        )
    low, high = (bound(m.leader for m in moments) for bound in (min, max))
    price.set_ylim(low - 0.05 * (high - low), high + 0.4 * (high - low))
    _regimes(strip, hours, [m.regime for m in moments])
    ticks = range(10, 16)
    strip.set_xticks([*ticks], [f"{tick}:00" for tick in ticks])
    strip.set_xlim(OPEN_HOUR, 15)
    strip.set_xlabel("market time")
    save(figure, "a-day")


def _regimes(axes: Axes, hours: Sequence[float], regimes: Sequence[int]) -> None:
    start = 0
    for regime, stay in groupby(regimes):
        end = start + len([*stay])
        span = hours[min(end, len(hours) - 1)] - hours[start]
        axes.barh(0, span, left=hours[start], height=1, color=SHADES[regime])
        start = end
    for name, shade in zip(REGIMES, SHADES, strict=True):
        axes.barh(0, 0, color=shade, label=name)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -2.2), ncols=3, title="volatility regime")


def returns() -> None:
    """Draw five-minute returns and the mixture that the model's numbers make."""
    world = World(settings(LAW_SEED, 60.0)).play(300)
    found = [100 * r for s in world.sessions[2:] for r in log_returns([m.leader for m in s[::5]])]
    figure, (axes,) = canvas(3.6)
    edges = np.linspace(-3.5, 3.5, 141)
    counts, _ = np.histogram(found, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    heights = counts / len(found) / (edges[1] - edges[0])
    seen = counts > 0
    axes.plot(
        middles[seen],
        heights[seen],
        "o",
        color=BLUE,
        markersize=3.5,
        label=f"simulated, n = {len(found):,}",
    )
    grid = np.linspace(-3.5, 3.5, 701)
    law = [mixture(world, x / 100) / 100 for x in grid]
    axes.plot(grid, law, color=ORANGE, linewidth=1.4, label="regimes, jumps and news mixed")
    spread = NormalDist(0.0, sqrt(sum(r * r for r in found) / len(found)))
    axes.plot(
        grid,
        [spread.pdf(x) for x in grid],
        "--",
        color=GREY,
        linewidth=1.2,
        label="normal law of the same variance",
    )
    axes.set_yscale("log")
    axes.set_ylim(5e-4, 5)
    axes.set_xlabel("five-minute log return, %")
    axes.set_ylabel("density, 1 / %")
    axes.legend(loc="upper right")
    save(figure, "returns")


def mixture(world: World, x: float) -> float:
    """Return the density of a five-minute return: a regime throughout, at most one jump."""
    config, news = world.settings.market, world.settings.news
    assert config.news is not None
    rates = expected_generator(
        generator(config.regimes.transition, config.regimes.regime_step_s), config.news
    )
    ordinary = config.jumps.mean_per_session * FIVE_MINUTES / config.session_seconds
    item = FIVE_MINUTES / config.news.mean_gap_s / len(news.headlines)
    total = 0.0
    for share, vol in zip(stationary(rates), config.regimes.volatilities, strict=True):
        spread = vol * sqrt(FIVE_MINUTES / year_s(config))
        jumped = ordinary * sum(_normal(x - jump, spread) for jump in _ordinary(config)) / 64
        plain = 1.0 - ordinary
        for row in news.headlines:
            chance = item * row.jump if row.size_max else 0.0
            plain -= chance
            sizes = _sizes(row) if chance else ()
            jumped += chance * sum(_normal(x - jump, spread) for jump in sizes) / 32
        total += share * (plain * _normal(x, spread) + jumped)
    return total


def _normal(x: float, spread: float) -> float:
    return exp(-0.5 * (x / spread) ** 2) / spread / SQRT_2PI


def _ordinary(config: ConfigureMarketData) -> list[float]:
    low, high = config.jumps.size_min, config.jumps.size_max
    sizes = [low + (high - low) * (n + 0.5) / 32 for n in range(32)]
    return [*sizes, *(-size for size in sizes)]


def _sizes(row: Headline) -> list[float]:
    middle = (row.size_min + row.size_max) / 2
    law = NormalDist(0.0, 0.3)
    sizes = [
        min(max(middle * exp(law.inv_cdf((n + 0.5) / 16)), row.size_min), row.size_max)
        for n in range(16)
    ]
    if row.sign is JumpSign.EITHER:
        return [*sizes, *(-size for size in sizes)]
    sign = 1 if row.sign is JumpSign.UP else -1
    return [sign * size for size in sizes] * 2


def memory() -> None:
    """Draw the autocorrelation of returns and of their squares."""
    run = Run(without_jumps(lagging(stepping(classic(LAW_SEED), FIVE_MINUTES), 0.0)))
    found = [r for _ in range(600) for r in log_returns([pair[0] for pair in run.session()])]
    lags = range(1, 41)
    figure, axes = canvas(3.2, columns=2, sharey=True)
    bound = Z / sqrt(len(found))
    for place, (title, values) in enumerate(
        (("returns", found), ("squared returns", [r * r for r in found]))
    ):
        axes[place].bar(
            [5 * lag for lag in lags],
            autocorrelations(values, len(lags)),
            width=3.4,
            color=BLUE,
            label=f"simulated, n = {len(found):,}",
        )
        axes[place].set_title(title)
        axes[place].set_xlabel("lag, minutes")
        axes[place].axhline(0, color=INK, linewidth=0.8)
    axes[0].axhspan(-bound, bound, color=GREY, alpha=0.3, label="99.9 % of a series without memory")
    axes[1].plot(
        [5 * lag for lag in lags],
        [clustering(run.walk.config, lag) for lag in lags],
        color=ORANGE,
        linewidth=1.6,
        label="the chain of regimes",
    )
    axes[0].set_ylabel("autocorrelation")
    for each in axes:
        each.legend(loc="upper right")
    save(figure, "memory")


def clustering(config: ConfigureMarketData, lag: int) -> float:
    """Return corr of squared returns so many regime steps apart: that of the regimes' variance."""
    rates = generator(config.regimes.transition, config.regimes.regime_step_s)
    law, variances = stationary(rates), [v * v for v in config.regimes.volatilities]
    onward = step_matrix(rates, lag * FIVE_MINUTES)
    centre = sum(p * v for p, v in zip(law, variances, strict=True))
    fourth = sum(p * v * v for p, v in zip(law, variances, strict=True))
    product = sum(
        law[i] * variances[i] * onward[i][j] * variances[j] for i in range(3) for j in range(3)
    )
    return (product - centre * centre) / (3 * fourth - centre * centre)


def tracking() -> None:
    """Draw the tracking error of a day and its law."""
    run = Run(lagging(stepping(classic(LAW_SEED), 10.0), 0.0))
    for _ in range(60):
        run.session()
    errors = [100 * e for e in run.errors]
    day = errors[run.steps : 2 * run.steps]
    figure, (path, law) = canvas(3.4, columns=2, sharey=True, width_ratios=(3, 1))
    hours = [OPEN_HOUR + 10 * n / 3_600 for n in range(len(day))]
    path.plot(hours, day, color=BLUE, linewidth=0.7)
    for bound, style, name in ((0.15, "-", "a window opens"), (0.05, ":", "and closes")):
        for sign in (1, -1):
            path.axhline(
                sign * bound,
                color=ORANGE,
                linewidth=1,
                linestyle=style,
                label=name if sign > 0 else None,
            )
    path.set_xlim(OPEN_HOUR, 15)
    path.set_xticks([*range(10, 16)], [f"{hour}:00" for hour in range(10, 16)])
    path.set_xlabel("market time")
    path.set_ylabel("SPY against SPX / 10, %")
    path.legend(loc="upper right", ncols=2)
    path.set_title("one day")
    edges = np.linspace(-0.6, 0.6, 61)
    counts, _ = np.histogram(errors, edges)
    width = edges[1] - edges[0]
    law.barh((edges[:-1] + edges[1:]) / 2, counts / len(errors) / width, width * 0.8, color=PALE)
    grid = np.linspace(-0.6, 0.6, 241)
    law.plot([NormalDist(0, 0.15).pdf(e) for e in grid], grid, color=ORANGE, linewidth=1.4)
    law.set_title("60 days, and the law")
    law.set_xlabel("density, 1 / %")
    law.set_ylim(-0.62, 0.72)
    save(figure, "tracking-error")
