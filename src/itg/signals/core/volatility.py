"""One forecast per news item: when it is given, what it says, what it makes likely.

Everything about a forecast is drawn when its news is scheduled, and whatever comes of the item, so
that no later event moves another item's draws.
"""

from msgspec import Struct, field

from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.signals.contract import VolatilityForecast, VolatilitySignaled
from itg.signals.core.dice import Dice
from itg.signals.core.record import NOBODY, Given

_REGIMES = tuple(VolRegime)
_PPM = 1_000_000
_STREAM = "volatility"


class Forecast(Struct):
    """One item's forecast; `given` None: not yet."""

    signal_id: int
    effective_ns: Nanos
    due_ns: Nanos
    is_shift: bool
    given: Given | None = None


class Forecasts(Struct):
    """Forecasts by the news they are about, until that is published or canceled."""

    items: dict[int, Forecast] = field(default_factory=dict)

    def add(self, news_id: int, draft: Forecast) -> None:
        self.items[news_id] = draft

    def take_due(self, now: Nanos, config: VolatilityForecast) -> list[Forecast]:
        """Return what is to be given now, earliest first; forget what can no longer be."""
        lead_ns = config.lead_s_min * NS_PER_S
        waiting = [(n, f) for n, f in self.items.items() if f.given is None and f.due_ns <= now]
        for news_id, forecast in waiting:
            if forecast.effective_ns - now < lead_ns:
                del self.items[news_id]
        due = [f for _, f in waiting if f.effective_ns - now >= lead_ns]
        return sorted(due, key=lambda f: (f.due_ns, f.signal_id))

    def next_due_ns(self) -> Nanos | None:
        """Return when the next one is to be given, None if none waits."""
        return min((f.due_ns for f in self.items.values() if f.given is None), default=None)


def drawn(
    config: VolatilityForecast, dice: Dice, effective_ns: Nanos, *, is_shift: bool
) -> Forecast:
    """Draw an item's forecast: its id, its lead, and whether it tells the truth."""
    span_s = config.lead_s_max - config.lead_s_min
    lead_s = config.lead_s_min + span_s * dice[f"{_STREAM}.lead"].uniform()
    is_true = dice[f"{_STREAM}.truth"].uniform() < config.accuracy
    return Forecast(
        signal_id=dice.draw_id(_STREAM),
        effective_ns=effective_ns,
        due_ns=Nanos(effective_ns - round(lead_s * NS_PER_S)),
        is_shift=is_shift == is_true,
    )


def signal_of(
    forecast: Forecast, config: VolatilityForecast, regime: VolRegime
) -> VolatilitySignaled:
    """Give the forecast in the regime of this moment."""
    word = outcome_word(is_shift=forecast.is_shift)
    forecast.given = Given(signal_id=forecast.signal_id, regime=regime, predicted=word)
    return VolatilitySignaled(
        signal_id=forecast.signal_id,
        role=NOBODY,
        signal_seq=0,
        regime=regime,
        is_shift=forecast.is_shift,
        probabilities=probabilities(config, regime, is_shift=forecast.is_shift),
        effective_ns=forecast.effective_ns,
        accuracy_ppm=round(config.accuracy * _PPM),
    )


def outcome_word(*, is_shift: bool) -> str:
    """Return how a prediction and its truth are spelled."""
    return "shift" if is_shift else "no_shift"


def probabilities(
    config: VolatilityForecast, regime: VolRegime, *, is_shift: bool
) -> tuple[int, int, int]:
    """Return the regime's distribution after the item given the prediction, 1e-6, sum exactly one.

    Bayes' rule with base rate `shift`; the present regime takes what rounding leaves.
    """
    likelihood = config.accuracy if is_shift else 1.0 - config.accuracy
    joint = config.shift * likelihood
    evidence = joint + (1.0 - config.shift) * (1.0 - likelihood)
    posterior = joint / evidence if evidence > 0 else config.shift
    place = _REGIMES.index(regime)
    row = [round(_PPM * posterior * chance) for chance in config.destinations[place]]
    row[place] = _PPM - sum(row) + row[place]
    low, medium, high = row
    return low, medium, high
