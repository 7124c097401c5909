"""Everything the house and the investors know, and what they want when it changes."""

from collections.abc import Sequence

from msgspec import Struct, field

from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase
from itg.retail.contract import Calibration, ConfigureRetail, RetailReport
from itg.retail.core.calibration import compare
from itg.retail.core.flow import Flow
from itg.retail.core.house import House, QuoteWish
from itg.retail.core.listings import Listings
from itg.retail.core.report import report

# A close takes all quotes out, a halt those that the jump guard held.
LOSING_QUOTES = (Phase.CLOSED, Phase.HALTED)


class RetailState(Struct):
    """What a snapshot holds; prices as last heard."""

    config: ConfigureRetail
    house: House | None
    flow: Flow | None
    listings: Listings = field(default_factory=Listings)
    spots: dict[UnderlyingId, Price] = field(default_factory=dict)
    theories: dict[InstrumentId, Price] = field(default_factory=dict)
    second_vol_ppm: int = 0
    quoted_s: int = 0  # game second of the last check of the series
    closed_s: int = 0  # game second of the last closings
    is_active: bool = False
    counters: dict[str, int] = field(default_factory=dict)

    @classmethod
    def configured(cls, config: ConfigureRetail) -> "RetailState":
        return cls(
            config=config,
            house=None if config.house is None else House(config.house),
            flow=None if config.flow is None else Flow.configured(config.flow),
        )

    def step(
        self, now: Nanos, spots: dict[UnderlyingId, Price], second_vol_ppm: int
    ) -> Sequence[QuoteWish]:
        """Hear a step's prices, leader first; return the underlyings' quotes that change."""
        self.spots, self.second_vol_ppm = spots, second_vol_ppm
        return self._quote_underlyings(now)

    def mark(self, now: Nanos, theories: dict[InstrumentId, Price]) -> Sequence[QuoteWish]:
        """Hear theory; return the series' quotes that change, once a second."""
        self.theories = theories
        if self.quoted_s == now // NS_PER_S:
            return ()
        self.quoted_s = now // NS_PER_S
        return self._quote_series(now)

    def move(
        self, now: Nanos, shard: Shard, phase: Phase, instrument_id: InstrumentId | None
    ) -> Sequence[QuoteWish]:
        """Enter a phase; return the quotes that can be set again."""
        moved = self.listings.move(shard, phase, instrument_id)
        if self.house is not None and phase in LOSING_QUOTES:
            self.house.forget(moved)
        if phase is Phase.CLOSED:
            return ()
        return [*self._quote_underlyings(now), *self._quote_series(now)]

    def guard(self, now: Nanos) -> Sequence[QuoteWish]:
        """Hear that takers wait; return every quote that theory left, however little."""
        return self._quote_series(now, is_jump=True)

    def delist(self, instrument_id: InstrumentId) -> None:
        """Forget an instrument that is no more."""
        self.listings.remove(instrument_id)
        self.theories.pop(instrument_id, None)
        if self.house is not None:
            self.house.forget([instrument_id])
        if self.flow is not None:
            self.flow.holdings.forget(instrument_id)

    def begins_second(self, now: Nanos) -> bool:
        """Tell whether the investors have not looked around in this second yet."""
        if not self.is_active or self.closed_s == now // NS_PER_S:
            return False
        self.closed_s = now // NS_PER_S
        return True

    def report(self) -> RetailReport:
        return report(self.flow, self.house)

    def calibration(self) -> Calibration:
        rows = () if self.flow is None else compare(self.flow.config, self.report())
        return Calibration(rows=rows)

    def _quote_underlyings(self, now: Nanos) -> Sequence[QuoteWish]:
        if self.house is None or not self.is_active or not self.spots:
            return ()
        spots = list(self.spots.items())
        return self.house.underlying_wishes(now, self.listings, spots, self.second_vol_ppm)

    def _quote_series(self, now: Nanos, *, is_jump: bool = False) -> Sequence[QuoteWish]:
        if self.house is None or not self.is_active:
            return ()
        return self.house.option_wishes(now, self.listings, self.theories, is_jump=is_jump)
