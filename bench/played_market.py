"""A busy market made up for pages: instruments of a wide chain, and what changes of them."""

from itertools import count, product
from typing import Literal

from bench.matching.dice import SEED, Dice
from msgspec import Struct

from itg.wire.v1.chain import CandleBody, CandlePage, ChainBody, ChainRowBody, MarkPush
from itg.wire.v1.market import BookPush, InstrumentBody, PriceBody, TopPush, TradeBody
from itg.wire.v1.ui import UiPush

Right = Literal["call", "put"]
SPOTS = {"SPX": 4400.0, "SPY": 440.0}
EXPIRIES = ("2026-12-03", "2026-12-10", "2026-12-17")
STRIKES = range(-7, 8)
DAY_US = 86_400_000_000
OPENS_US = 1_796_139_000_000_000
DEPTH = 15
TICK = 0.01


class Pace(Struct, frozen=True, kw_only=True):
    """What changes of one underlying in a tenth of a second; of a book in one, levels a side."""

    tops: int = 30
    marks: int = 15
    trades: int = 3
    levels: int = 4

    @property
    def updates(self) -> int:
        """All of a tenth of a second: two underlyings with a print each, and one book."""
        return 2 * (self.tops + self.marks + self.trades + 1) + 2 * self.levels


class Market:
    """Prices that wander; every number is drawn from one seed."""

    def __init__(self, seed: int = SEED) -> None:
        self.pace = Pace()
        self.instruments = [each for underlying in SPOTS for each in _listed(underlying)]
        self._dice = Dice(seed)
        self._trade_ids = count(1)
        self._spots = dict(SPOTS)

    def of(self, underlying: str) -> list[InstrumentBody]:
        """Return an underlying and its series."""
        return [each for each in self.instruments if each.underlying_id == underlying]

    def changed(self, underlying: str, game_us: int) -> UiPush:
        """Return what a tenth of a second changed."""
        dice, pace, listed = self._dice, self.pace, self.of(underlying)
        self._spots[underlying] *= 1 + dice.gauss(0, 2e-5)
        trades = [self._trade(each, game_us) for each in dice.sample(listed, pace.trades)]
        return UiPush(
            tops=[self.top(each) for each in dice.sample(listed, pace.tops)],
            marks=[self.mark(each) for each in dice.sample(listed[1:], pace.marks)],
            prices=[self._print(underlying, game_us)],
            trades=trades,
        )

    def whole(self, underlying: str, game_us: int) -> UiPush:
        """Return everything of an underlying."""
        listed = self.of(underlying)
        return UiPush(
            tops=[self.top(each) for each in listed],
            marks=[self.mark(each) for each in listed[1:]],
            prices=[self._print(underlying, game_us)],
            trades=[self._trade(listed[1], game_us) for _ in range(50)],
        )

    def top(self, instrument: InstrumentBody) -> TopPush:
        """Return an instrument's best prices, drawn anew."""
        fair, half = self._fair(instrument), self._dice.randint(1, 9) * TICK
        return TopPush(
            instrument_id=instrument.instrument_id,
            bid=round(fair - half, 2),
            bid_quantity=self._dice.randint(1, 40),
            ask=round(fair + half, 2),
            ask_quantity=self._dice.randint(1, 40),
        )

    def mark(self, instrument: InstrumentBody) -> MarkPush:
        """Return a series' mark, drawn anew."""
        uniform = self._dice.uniform
        return MarkPush(
            instrument_id=instrument.instrument_id,
            mark_price=round(self._fair(instrument), 4),
            iv=uniform(0.18, 0.22),
            delta=uniform(0, 1) if instrument.right == "call" else uniform(-1, 0),
            gamma=uniform(0.001, 0.002),
            vega=uniform(1, 2),
            theta=uniform(-2, -1),
        )

    def book(self, instrument_id: str, levels: int = DEPTH, first: int = 0) -> BookPush:
        """Return so many levels a side, with new quantities; `first` shifts them outward."""
        randint = self._dice.randint
        middle = 100.0
        steps = [(1 + first + step) * TICK for step in range(levels)]
        return BookPush(
            instrument_id=instrument_id,
            bids=[(round(middle - step, 2), randint(1, 60)) for step in steps],
            asks=[(round(middle + step, 2), randint(1, 60)) for step in steps],
            phase="continuous",
        )

    def book_change(self, instrument_id: str) -> BookPush:
        """Return a few levels of the book with other quantities."""
        levels = self.pace.levels
        return self.book(instrument_id, levels, self._dice.randrange(DEPTH - levels))

    def candles(self, underlying: str, interval_s: int, number: int) -> CandlePage:
        """Return a full history that ends at the beginning."""
        items = []
        for back in range(number, 0, -1):
            price = round(SPOTS[underlying] * (1 + self._dice.gauss(0, 1e-3)), 2)
            items.append(
                CandleBody(
                    start_us=OPENS_US - back * interval_s * 1_000_000,
                    open_price=price,
                    high_price=price + 0.5,
                    low_price=price - 0.5,
                    close_price=price,
                )
            )
        return CandlePage(
            underlying_id=underlying, interval_s=interval_s, items=items, next_cursor=None
        )

    def chain(self, underlying: str, game_us: int) -> ChainBody:
        """Return an underlying's series with books and marks."""
        items = [self._row(each) for each in self.of(underlying)[1:]]
        price = round(self._spots[underlying], 2)
        return ChainBody(underlying_id=underlying, price=price, game_us=game_us, items=items)

    def _row(self, instrument: InstrumentBody) -> ChainRowBody:
        top, mark = self.top(instrument), self.mark(instrument)
        assert instrument.right is not None
        assert instrument.strike is not None
        assert instrument.expires_us is not None
        return ChainRowBody(
            instrument_id=instrument.instrument_id,
            right=instrument.right,
            strike=instrument.strike,
            expires_us=instrument.expires_us,
            bid=top.bid,
            bid_quantity=top.bid_quantity,
            ask=top.ask,
            ask_quantity=top.ask_quantity,
            last=None,
            mark_price=mark.mark_price,
            iv=mark.iv,
            mid_iv=mark.iv + self._dice.gauss(0, 0.004),
            delta=mark.delta,
            gamma=mark.gamma,
            vega=mark.vega,
            theta=mark.theta,
        )

    def _fair(self, instrument: InstrumentBody) -> float:
        spot = self._spots[instrument.underlying_id]
        if instrument.strike is None:
            return spot
        sense = 1 if instrument.right == "call" else -1
        return max(0.02 * spot + 0.5 * sense * (spot - instrument.strike), 0.5)

    def _print(self, underlying: str, game_us: int) -> PriceBody:
        price = round(self._spots[underlying], 2)
        return PriceBody(underlying_id=underlying, price=price, is_moving=True, game_us=game_us)

    def _trade(self, instrument: InstrumentBody, game_us: int) -> TradeBody:
        number = next(self._trade_ids)
        return TradeBody(
            trade_id=number,
            instrument_id=instrument.instrument_id,
            price=round(self._fair(instrument), 2),
            quantity=self._dice.randint(1, 20),
            aggressor_side="buy" if number % 2 else "sell",
            is_auction=False,
            game_us=game_us,
            seq=number,
        )


def _listed(underlying: str) -> list[InstrumentBody]:
    strikes = [round(SPOTS[underlying] * (1 + step / 100), 2) for step in STRIKES]
    rights: tuple[Right, ...] = ("call", "put")
    terms = product(range(len(EXPIRIES)), strikes, rights)
    return [_underlying(underlying), *(_series(underlying, *each) for each in terms)]


def _series(underlying: str, week: int, strike: float, right: Right) -> InstrumentBody:
    expiry = EXPIRIES[week]
    return InstrumentBody(
        instrument_id=f"{underlying}-{expiry.replace('-', '')}-{right[0].upper()}-{strike:g}",
        underlying_id=underlying,
        kind="option",
        multiplier=100,
        tick_size=TICK,
        right=right,
        strike=strike,
        expiry_date=expiry,
        expires_us=OPENS_US + (2 + 7 * week) * DAY_US,
    )


def _underlying(underlying: str) -> InstrumentBody:
    return InstrumentBody(
        instrument_id=underlying,
        underlying_id=underlying,
        kind="underlying",
        multiplier=100,
        tick_size=TICK,
    )
