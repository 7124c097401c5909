"""The house's quotes: always there, wide, and moved with theory before anybody can use the old."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, Side
from itg.retail.contract import HouseQuotes
from itg.retail.core.listings import Listings

_PPM = 1e-6


class QuoteWish(Struct, frozen=True):
    """What an instrument's quote is to be; a side without a price has no interest."""

    instrument_id: InstrumentId
    bid: Price | None
    bid_quantity: int
    ask: Price | None
    ask_quantity: int
    post_only: bool = False


class Offer(Struct):
    """One side: what is left of its quantity, and when it is full again."""

    left: int
    refill_ns: Nanos | None = None

    def fill(self, quantity: int, refill_ns: Nanos) -> None:
        self.left = max(self.left - quantity, 0)
        if self.refill_ns is None:
            self.refill_ns = refill_ns

    def refill(self, quantity: int, now: Nanos) -> bool:
        """Become full if it is time; tell whether it was."""
        if self.refill_ns is None or self.refill_ns > now:
            return False
        self.left, self.refill_ns = quantity, None
        return True


class Standing(Struct):
    """A quote as it was last set, less its fills."""

    bids: Offer
    asks: Offer
    theory: int  # the value it was set around
    shown: QuoteWish | None = None
    is_partial: bool = False  # a side would have taken and was left out

    def fill(self, side: Side, quantity: int, refill_ns: Nanos) -> None:
        """Take a fill off a side, and off what the book shows of it."""
        offer = self.bids if side is Side.BUY else self.asks
        offer.fill(quantity, refill_ns)
        if self.shown is not None and side is Side.BUY:
            left = max(self.shown.bid_quantity - quantity, 0)
            price = self.shown.bid if left else None
            self.shown = replace(self.shown, bid=price, bid_quantity=left)
        elif self.shown is not None:
            left = max(self.shown.ask_quantity - quantity, 0)
            price = self.shown.ask if left else None
            self.shown = replace(self.shown, ask=price, ask_quantity=left)


class House(Struct):
    """The house and its standing quotes; all prices in price units."""

    config: HouseQuotes
    standing: dict[InstrumentId, Standing] = field(default_factory=dict)
    leader_spot: Price | None = None
    tracker_pulled_until_ns: Nanos = Nanos(0)
    requotes: int = 0
    contracts_filled: int = 0

    def underlying_wishes(
        self,
        now: Nanos,
        listings: Listings,
        spots: Sequence[tuple[UnderlyingId, Price]],
        second_vol_ppm: int,
    ) -> list[QuoteWish]:
        """Return the underlyings' quotes that change with a step; `spots` leader first."""
        self._watch_leader(now, spots[0][1])
        wishes = []
        for place, (underlying_id, spot) in enumerate(spots):
            instrument = listings.instruments.get(InstrumentId(underlying_id))
            if instrument is None or not listings.is_open(instrument, now):
                continue
            if place and now < self.tracker_pulled_until_ns:
                wishes.append(self._pulled(instrument))
                continue
            half = self._underlying_half(spot, second_vol_ppm, is_leader=place == 0)
            wishes.append(self._around(now, instrument, spot, half))
        return self._changed(wishes)

    def option_wishes(
        self,
        now: Nanos,
        listings: Listings,
        theories: Mapping[InstrumentId, Price],
        *,
        is_jump: bool = False,
    ) -> list[QuoteWish]:
        """Return the series' quotes that a check of theory changes; after a jump, any change."""
        wishes = []
        for instrument in listings.open_options(now):
            theory = theories.get(instrument.instrument_id)
            if theory is not None and (is_jump or self._is_stale(now, instrument, theory)):
                half = self.option_half(theory, instrument.tick_size)
                wishes.append(self._around(now, instrument, theory, half))
        return self._changed(wishes)

    def option_half(self, theory: int, tick_size: Price) -> float:
        """Return half the width of a series' quote."""
        width = max(self.config.option_width * theory, self.config.option_width_ticks * tick_size)
        return width / 2

    def note_fill(self, now: Nanos, instrument_id: InstrumentId, side: Side, quantity: int) -> None:
        """Remember what a fill took off a quote."""
        self.contracts_filled += quantity
        standing = self.standing.get(instrument_id)
        if standing is not None:
            standing.fill(side, quantity, Nanos(now + self.config.refill_s * NS_PER_S))

    def note_standing(self, instrument_id: InstrumentId, *, has_bid: bool, has_ask: bool) -> None:
        """Hear how a quote stands; a side that was left out is shown again at the next look."""
        standing = self.standing.get(instrument_id)
        shown = None if standing is None else standing.shown
        if standing is None or shown is None:
            return
        is_bid_missing = shown.bid is not None and not has_bid and standing.bids.left > 0
        is_ask_missing = shown.ask is not None and not has_ask and standing.asks.left > 0
        if is_bid_missing or is_ask_missing:
            standing.shown, standing.is_partial = None, True

    def forget(self, instrument_ids: Iterable[InstrumentId]) -> None:
        """Drop quotes that are gone: the market closed, or refused them."""
        for instrument_id in instrument_ids:
            self.standing.pop(instrument_id, None)

    def _watch_leader(self, now: Nanos, spot: Price) -> None:
        before, self.leader_spot = self.leader_spot, spot
        if before is not None and abs(spot - before) > self.config.pull_tracker_above * before:
            self.tracker_pulled_until_ns = Nanos(now + int(self.config.lag_s * NS_PER_S))

    def _underlying_half(self, spot: Price, second_vol_ppm: int, *, is_leader: bool) -> float:
        config = self.config
        deviation = second_vol_ppm * _PPM * spot
        if is_leader:
            return max(config.leader_half_spread_min, config.leader_sigma_factor * deviation)
        lagged = config.tracker_sigma_factor * deviation * float(config.lag_s**0.5)
        return max(config.tracker_half_spread_min, lagged)

    def _is_stale(self, now: Nanos, instrument: Instrument, theory: Price) -> bool:
        standing = self.standing.get(instrument.instrument_id)
        if standing is None or standing.is_partial:
            return True
        if any(
            offer.refill_ns is not None and offer.refill_ns <= now
            for offer in (standing.bids, standing.asks)
        ):
            return True
        half = self.option_half(standing.theory, instrument.tick_size)
        return abs(theory - standing.theory) > self.config.requote_move * half

    def _around(self, now: Nanos, instrument: Instrument, theory: Price, half: float) -> QuoteWish:
        config, tick_size = self.config, instrument.tick_size
        full = config.option_quantity if instrument.option else config.underlying_quantity
        standing = self.standing.setdefault(
            instrument.instrument_id, Standing(Offer(full), Offer(full), theory)
        )
        standing.theory, standing.is_partial = theory, False
        standing.bids.refill(full, now)
        standing.asks.refill(full, now)
        bid = int((theory - half) // tick_size) * tick_size
        ask = -int((-theory - half) // tick_size) * tick_size
        # Below one tick nothing can be bid; the ask is at least that tick and above any bid.
        bid_quantity = standing.bids.left if bid >= tick_size else 0
        ask_quantity = standing.asks.left
        return QuoteWish(
            instrument.instrument_id,
            Price(bid) if bid_quantity else None,
            bid_quantity,
            Price(max(ask, tick_size)) if ask_quantity else None,
            ask_quantity,
            # An underlying's price is no secret: who stands through it is served.
            post_only=config.post_only and bool(instrument.option),
        )

    def _pulled(self, instrument: Instrument) -> QuoteWish:
        return QuoteWish(instrument.instrument_id, None, 0, None, 0)

    def _changed(self, wishes: Iterable[QuoteWish]) -> list[QuoteWish]:
        changed = [wish for wish in wishes if self._is_change(wish)]
        self.requotes += len(changed)
        return changed

    def _is_change(self, wish: QuoteWish) -> bool:
        standing = self.standing.get(wish.instrument_id)
        if standing is None or standing.shown == wish:
            return False
        if standing.shown is None and wish.bid is None and wish.ask is None:
            return False
        standing.shown = wish
        return True
