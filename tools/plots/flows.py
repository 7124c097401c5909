"""Pictures of what arrives: headlines and small investors' orders."""

from collections import Counter
from math import exp

from msgspec.structs import replace
from tools.plots.style import BLUE, ORANGE, PALE, canvas, percent, save
from tools.stats.headlines import gaps_of, half_hour_weights, long_run
from tools.stats.investors import BUSY, configured, moneyness, ordered
from tools.stats.world import settings

from itg.kernel.words import OptionRight
from itg.news.core.gaps import GapLaw
from itg.retail.core.calibration import size_chances
from itg.retail.core.flow import Flow

SEED = 20261128
SESSIONS = 8_000
MINUTES = 660
OPEN_MINUTE = 9 * 60 + 30


def headlines() -> None:
    """Draw the gaps between headlines and when in the day they come."""
    config = settings(SEED, 1.0).news
    arrivals = config.arrivals
    assert arrivals is not None
    items = long_run(config, SESSIONS)
    figure, (gaps, hours) = canvas(3.3, columns=2)
    found = [gap / 3_600 for gap in gaps_of(items, arrivals, config.session_seconds)]
    low, high = arrivals.gap_min_s / 3_600, arrivals.gap_max_s / 3_600
    theta = GapLaw(arrivals).theta_s / 3_600
    edges = [low + (high - low) * n / 22 for n in range(23)]
    on_low = sum(gap < low + 1e-6 for gap in found)
    on_high = sum(gap > high - 1e-6 for gap in found)
    inner = [gap for gap in found if low + 1e-6 <= gap <= high - 1e-6]
    weights = [1 / len(found) / (edges[1] - edges[0])] * len(inner)
    gaps.hist(inner, edges, weights=weights, color=PALE, rwidth=0.85)
    gaps.plot(edges, [exp(-x / theta) / theta for x in edges], color=ORANGE, linewidth=1.5)
    for at, share, align in ((low, on_low, "left"), (high, on_high, "right")):
        text = f"{100 * share / len(found):.0f} % clipped\nto {at:g} h"
        gaps.text(at, 0.40 if align == "left" else 0.12, text, horizontalalignment=align)
    gaps.set_ylim(0, 0.46)
    gaps.set_title("gaps between headlines")
    gaps.set_xlabel(f"weighted hours of session time, n = {len(found):,}")
    gaps.set_ylabel("density, 1 / hour")
    counts: Counter[int] = Counter()
    rows = half_hour_weights(arrivals, config.session_seconds)
    for item in items:
        counts[int(item.second // 1_800)] += 1
    total = sum(weight for _, _, weight in rows)
    places = [OPEN_MINUTE + start / 60 + 15 for start, _, _ in rows]
    hours.bar(places, [counts[n] / len(items) for n in range(len(rows))], 24, color=PALE)
    expected = [weight / total for _, _, weight in rows]
    hours.step(
        [place - 15 for place in places] + [OPEN_MINUTE + 330],
        [*expected, expected[-1]],
        where="post",
        color=ORANGE,
        linewidth=1.5,
    )
    hours.plot([], [], color=ORANGE, label="by the configured law")
    hours.bar(0, 0, color=PALE, label="simulated")
    hours.set_ylim(0, 0.15)
    hours.legend(loc="upper right")
    hours.set_xlim(OPEN_MINUTE, 15 * 60)
    hours.set_xticks([60 * n for n in range(10, 16)], [f"{n}:00" for n in range(10, 16)])
    hours.yaxis.set_major_formatter(percent())
    hours.set_title("share of each half hour")
    hours.set_xlabel("market time")
    save(figure, "headlines")


def investors() -> None:
    """Draw sizes and strikes of small investors' orders."""
    flow = Flow.configured(replace(configured(), orders_per_minute=BUSY))
    wishes = ordered(flow, SEED, MINUTES)
    figure, (sizes, strikes) = canvas(3.3, columns=2)
    chances = size_chances(flow.config)
    drawn = Counter(flow.counts.sizes)
    total = sum(drawn.values())
    names = [*chances]
    sizes.bar(range(len(names)), [drawn[q] / total for q in names], color=PALE, label="simulated")
    sizes.plot(
        range(len(names)),
        [chances[q] for q in names],
        "o",
        color=ORANGE,
        markersize=4,
        label="by the configured law",
    )
    sizes.set_xticks(range(len(names)), [str(q) for q in names])
    sizes.yaxis.set_major_formatter(percent())
    sizes.set_title("sizes")
    sizes.set_xlabel(f"contracts an order, n = {total:,}")
    sizes.legend(loc="upper right")
    found = Counter((right, round(100 * away)) for right, away in moneyness(wishes))
    places = sorted({away for _, away in found})
    for offset, right, shade in ((-0.2, OptionRight.PUT, BLUE), (0.2, OptionRight.CALL, ORANGE)):
        shares = [found[right, away] / len(wishes) for away in places]
        at = [away + offset for away in places]
        strikes.bar(at, shares, 0.36, color=shade, label=f"{right.value}s")
    strikes.set_xticks(
        places, [f"{away:+d} %".replace("-", "−") if away else "spot" for away in places]
    )
    strikes.yaxis.set_major_formatter(percent())
    strikes.set_title("strikes")
    strikes.set_xlabel("listed strike against spot")
    strikes.legend(loc="upper left")
    save(figure, "investors")
