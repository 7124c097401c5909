"""A market maker: quotes every series two-sided around its own theory.

Theory is the published mark; where none is told it is Black–Scholes at each series' implied
deviation, learned from what others show. Quotes lean against inventory, stay inside the role's
widest spread, thin out near the limits and vanish where only reducing trades are wanted. After a
headline they are as wide as the role allows until the marks have moved. A jump holds takers back
for a moment, and in that moment all is quoted again. Delta is hedged in the leading underlying.
"""

from collections.abc import Iterable, Mapping

from itg.bots.chain import Series, keep_up, round_to
from itg.bots.hedging import Hedger, take
from itg.client.bot import Bot
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import GuardPush, MarketPush, MarketWord, WireLevel
from itg.wire.v1.news import NewsPush
from itg.wire.v1.orders import QuoteBody

QUOTING_PHASES = frozenset({"pre_open", "continuous", "halted"})
PENNY_THEORY = 0.05  # below, an ask alone is asked for
SPREAD_MAX_FRACTION = 0.10
SPREAD_MAX_FLOOR = 0.05
WIDTH_ALERT = 0.095  # of theory: inside the widest, whatever rounding does
PAUSE_US = 10_000_000  # after a refusal, in that instrument
LEARNING = 0.3
ROOM_QUOTES = 2  # quotes of room below which only reducing sides are shown
REDUCING_LOT = 5


class MarketMaker(Bot):
    """Two-sided quotes in every series, one request a second."""

    timer_s = 1.0
    follows_marks = True
    quotes_post_only = True  # another maker's quote is no reason to take

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.width = self.dice.uniform(0.060, 0.085)  # of theory
        self.quantity = 10 + self.dice.below(4)
        self.lean = self.dice.uniform(0.6, 1.0)  # half-widths, at twice the quoted quantity
        self.requote = self.dice.uniform(0.2, 0.3)  # of the half-width
        self.series: dict[str, Series] = {}
        self.hedger = Hedger(self, self.series, self.dice.uniform(12.0, 25.0))
        self.room = 0  # contracts to the portfolio limit
        self._paused_until_us: dict[str, int] = {}
        self._headline_us: int | None = None  # of one whose effect the marks do not show yet
        self._unquoted: set[str] = set()  # since a jump or a headline

    def on_start(self) -> None:
        """Take the chain and the role's limits."""
        self.on_chain()
        self.position_max = self.limit_of("position_limit") or 50
        self.portfolio_max = self.limit_of("portfolio_limit") or 200
        self.quantity_min = self.limit_of("quote_size", "min_quantity") or 10

    def on_chain(self) -> None:
        """Follow what is listed."""
        keep_up(self.series, self.instruments.values())

    def on_reject(self, rejected: RejectedPush) -> None:
        """Leave an instrument alone for a while."""
        if rejected.instrument_id is not None:
            self._paused_until_us[rejected.instrument_id] = self.now_us + PAUSE_US

    def on_news(self, news: NewsPush) -> None:
        """Quote wide until the marks tell what a headline did."""
        self._headline_us = news.game_us
        self._look()

    def on_market(self, kind: MarketWord, push: MarketPush) -> None:
        """At a jump quote all again with the marks of this very step."""
        if kind == "guard" and isinstance(push, GuardPush) and push.ends_us is not None:
            self._unquoted = set(self.series)

    def on_marks(self, marks: Mapping[str, MarkPush]) -> None:
        """Quote again what a jump or a headline has left behind."""
        if self._headline_us is not None and self.now_us > self._headline_us:
            self._headline_us = None
            self._unquoted = set(self.series)
        if self._unquoted:
            self._look(name for name in marks if name in self._unquoted)
            self._unquoted.difference_update(marks)

    def on_timer(self) -> None:
        """Requote what moved, hedge."""
        self._unquoted.clear()
        self._look()
        if self.phases and set(self.phases.values()) == {"continuous"}:
            self.hedger.rebalance()
            if self.room < self.quantity_min:
                self._reduce()

    def _look(self, names: Iterable[str] | None = None) -> None:
        held = sum(abs(self.account.net(name)) for name in self.series)
        self.room = max(self.portfolio_max - held, 0)
        for name in self.series if names is None else names:
            series = self.series.get(name)
            spot = None if series is None else self.prices.get(series.underlying_id)
            if series is not None and spot is not None and self.phase_of(name) in QUOTING_PHASES:
                self._consider(series, spot)

    def _reduce(self) -> None:
        # At the limit only a quote no larger than the position may stand, and small positions
        # are below the least size of a quote: buy room by crossing the spread.
        nets = {name: self.account.net(name) for name in self.series}
        largest = max(nets, key=lambda name: abs(nets[name]))
        take(self, largest, -nets[largest], REDUCING_LOT)

    def _consider(self, series: Series, spot: float) -> None:
        standing = self.account.quotes.get(series.instrument_id)
        theory = self._theory(series, spot, standing)
        if theory is None or self.now_us < self._paused_until_us.get(series.instrument_id, 0):
            return
        bid, ask = self._sides(series, theory)
        if bid is None and ask is None:
            if standing is not None:
                self.pull(series.instrument_id)
        elif self._is_stale(standing, bid, ask):
            self.quote(series.instrument_id, bid=bid, ask=ask)

    def _theory(self, series: Series, spot: float, standing: QuoteBody | None) -> float | None:
        mark = self.marks.get(series.instrument_id)
        if mark is not None:
            return mark.mark_price
        value = series.value(spot)
        observed = self._observed(series, None if value is None else value.price, standing)
        if observed is not None:
            series.learn(spot, observed, LEARNING)
            value = series.value(spot)
        return None if value is None else value.price

    def _observed(
        self, series: Series, theory: float | None, standing: QuoteBody | None
    ) -> float | None:
        # What others show. Where our own price is the best, they only tell that they are not
        # better; where theirs beats the price we would show without inventory, theory is off.
        book = self.books[series.instrument_id]
        bid, ask = book.bid, book.ask
        if bid is None or ask is None:
            return None
        if theory is None or standing is None:
            return (bid[0] + ask[0]) / 2
        half = self._half_width(series, theory)
        is_bid_ours = standing.bid is not None and bid[0] <= standing.bid
        is_ask_ours = standing.ask is not None and ask[0] >= standing.ask
        above = 0.0 if is_bid_ours else max(bid[0] - (theory - half), 0.0)
        below = 0.0 if is_ask_ours else max(theory + half - ask[0], 0.0)
        return theory + (above - below) / 2 if above or below else None

    def _sides(self, series: Series, theory: float) -> tuple[WireLevel | None, WireLevel | None]:
        net = self.account.net(series.instrument_id)
        half = self._half_width(series, theory)
        full = min(max(net / (2 * self.quantity), -1.0), 1.0)
        middle = theory - self.lean * half * full
        bid = round_to(middle - half, series.tick)
        widest = max(SPREAD_MAX_FRACTION * (bid + half), SPREAD_MAX_FLOOR) - series.tick
        ask = round_to(min(max(middle + half, bid + series.tick), bid + widest), series.tick)
        bid_quantity = self._quantity(-net) if theory >= PENNY_THEORY else 0
        ask_quantity = self._quantity(net)
        return (
            (bid, bid_quantity) if bid_quantity >= self.quantity_min else None,
            (ask, ask_quantity) if ask_quantity >= self.quantity_min else None,
        )

    def _quantity(self, reducible: int) -> int:
        # What may trade on a side that takes off `reducible` (negative: that adds to a position).
        if self.room >= ROOM_QUOTES * self.quantity:
            return min(self.quantity, self.position_max + reducible)
        return min(self.quantity, reducible + self.room) if reducible > 0 else 0

    def _half_width(self, series: Series, theory: float) -> float:
        width = self.width if self._headline_us is None else WIDTH_ALERT
        return max(width * theory / 2, series.tick)

    def _is_stale(
        self, standing: QuoteBody | None, bid: WireLevel | None, ask: WireLevel | None
    ) -> bool:
        if standing is None:
            return True
        return self._has_moved(standing.bid, standing.bid_quantity, bid) or self._has_moved(
            standing.ask, standing.ask_quantity, ask
        )

    def _has_moved(self, price: float | None, quantity: int, level: WireLevel | None) -> bool:
        if price is None or level is None:
            return (price is None) != (level is None)
        slack = max(self.requote * self.width / 2 * level[0], 0.005)
        return abs(level[0] - price) > slack or quantity < self.quantity_min
