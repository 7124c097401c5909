"""What an item of news does: its headline, shift and jump, each from a stream of its own.

Every item takes the same number of draws whatever comes of it, and the organizer's hand has dice of
its own: another chance in the table, or one item more, moves no other item.
"""

from collections.abc import Mapping, Sequence
from math import exp

from itg.kernel.rng import Rng, Streams
from itg.news.contract import Headline, JumpSign, NewsOrigin, NewsOutcome

OUTCOME_STREAMS = ("shift", "shift_draw", "jump", "sign", "size")
STREAMS = (
    "arrival.gap",
    "arrival.headline",
    *(f"{origin.value}.{name}" for origin in NewsOrigin for name in OUTCOME_STREAMS),
)
SHIFT_DRAW_UNIT = 1_000_000_000
PPM = 1_000_000
_SIZE_SIGMA = 0.3
_HALF = 0.5


class Dice(Streams):
    """The named streams of news; their counters are state."""

    def __init__(self, seed: int, counters: Mapping[str, int]) -> None:
        super().__init__(Rng(seed, "news"), STREAMS, counters)


def draw_headline(dice: Dice, headlines: Sequence[Headline]) -> Headline:
    """Choose the next arrival's headline by weight."""
    likely = [row for row in headlines if row.weight > 0]
    assert likely, "no headline of the table has a weight"
    return likely[dice["arrival.headline"].choose([row.weight for row in likely])]


def draw_outcome(
    dice: Dice,
    origin: NewsOrigin,
    headline: Headline,
    *,
    is_shift: bool | None = None,
    jump_ppm: int | None = None,
) -> NewsOutcome:
    """Draw what an item does by its headline's chances; what is not None stands as given."""
    shift, shift_draw, jump, sign, size = (
        dice[f"{origin.value}.{name}"] for name in OUTCOME_STREAMS
    )
    drawn_shift = shift.uniform() < headline.shift
    destination = shift_draw.below(SHIFT_DRAW_UNIT)
    drawn_jump = jump.uniform() < headline.jump
    signed_ppm = _sign(headline.sign, sign.uniform()) * round(_size(headline, size.normal()) * PPM)
    is_shift = drawn_shift if is_shift is None else is_shift
    return NewsOutcome(
        is_shift=is_shift,
        shift_draw=destination if is_shift else 0,
        jump_ppm=(signed_ppm if drawn_jump else 0) if jump_ppm is None else jump_ppm,
    )


def _sign(sign: JumpSign, draw: float) -> int:
    if sign is JumpSign.EITHER:
        return 1 if draw < _HALF else -1
    return 1 if sign is JumpSign.UP else -1


def _size(headline: Headline, normal: float) -> float:
    middle = _HALF * (headline.size_min + headline.size_max)
    return min(max(middle * exp(_SIZE_SIGMA * normal), headline.size_min), headline.size_max)
