"""Random commands to the engine and to the judge, with every fact, level and invariant compared."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import zip_longest

from tests.dice import Dice
from tests.exchange import reference_market as judged
from tests.exchange.campaign_commands import PHASES, SHARD, Command, Drawing
from tests.exchange.campaign_facts import compared, count_name, fact_of, matches, row, same
from tests.exchange.reference import ReferenceExchange
from tests.exchange.reference_market import COLLECTING, TICK, Fact, Listing, levels
from tests.exchange.reference_protection import timed

from itg.exchange.contract import (
    AuctionDrawn,
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    ConfigureExchange,
    ExchangeStatus,
    GetBook,
    GetExchangeStatus,
    IndicativePriceChanged,
    JumpGuard,
    ListInstrument,
    MarketBreaker,
    PhaseChanged,
    PriceBandModel,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OptionRight, OptionTerms, Phase, Side

SPOTS = UnderlyingId("U")
# How often what the engine answers is compared too, beside what it tells.
THOROUGH_EVERY = 8
COLLAR = judged.Collar(option_ppm=200_000, vol_points=15, option_width=300, underlying_ppm=250_000)
MOVE_HALT = (20_000, 30, 25)
GUARD = (3_000, 12)
DAY = ((3, "pre_open"), (12, "opening_auction"), (18, "continuous"), (250, "closed"))
DAY_WITH_CLOSING_AUCTION = (*DAY[:3], (230, "closing_auction"), (250, "closed"))


class Campaign:
    """One seed's stream against both exchanges; `counts` says what it met."""

    def __init__(self, seed: int) -> None:
        dice = self.dice = Dice(seed)
        self.counts: Counter[str] = Counter()
        self.rules = judged.Rules(
            auction_rule=dice.choice(("maximum_volume", "maximum_volume", "midpoint")),
            is_drawn=dice.random() < 0.25,
            collar=COLLAR if dice.random() < 0.5 else None,
            move_halt=MOVE_HALT if dice.random() < 0.4 else None,
            guard=GUARD if dice.random() < 0.5 else None,
            opening_delay=30,
        )
        close = dice.choice((None, 2_000, 2_430, 2_450, 2_470))
        previous = None if close is None else Fraction(close, TICK)
        listings = [Listing("U", "U", previous_close=previous)]
        if dice.random() < 0.5:
            listings.append(Listing("U-C", "U", is_option=True, previous_close=previous))
        self.judge = ReferenceExchange(self.rules, listings)
        self.drawing = Drawing(dice, self.judge)
        self.is_scheduled = dice.random() < 0.5
        self.engine = ExchangeService(SHARD)
        self.book: dict[str, dict[str, dict[int, tuple[int, int]]]] = {}
        self.commands = 0
        self.book_seq: Counter[str] = Counter()
        self.told: dict[str, Fact | None] = {}
        self._configure(seed)
        for listing in listings:
            self.book[listing.name] = {"buy": {}, "sell": {}}
            self._list(listing, None if close is None else Price(close))

    def _configure(self, seed: int) -> None:
        rules, halt, guard = self.rules, self.rules.move_halt, self.rules.guard
        collar = PriceBandModel(
            option_ppm=COLLAR.option_ppm,
            option_vol_points=COLLAR.vol_points,
            option_width=Price(COLLAR.option_width),
            underlying_ppm=COLLAR.underlying_ppm,
        )
        self._engine_facts(
            0,
            ConfigureExchange(
                shard=SHARD,
                underlying_id=SPOTS,
                auction_rule=rules.auction_rule,
                auction_order="draw" if rules.is_drawn else "time",
                seed=seed,
                price_band=collar if rules.collar else None,
                market_breaker=halt
                and MarketBreaker(
                    move_ppm=halt[0], window_ns=Nanos(halt[1]), halt_ns=Nanos(halt[2])
                ),
                jump_guard=guard and JumpGuard(step_ppm=guard[0], guard_ns=Nanos(guard[1])),
                opening_delay_ns=Nanos(rules.opening_delay),
            ),
        )

    def _list(self, listing: Listing, close: Price | None) -> None:
        option = OptionTerms(
            right=OptionRight.CALL,
            strike=Price(2_200),
            expiry_date="2026-12-17",
            expires_ns=Nanos(10**15),
        )
        instrument = Instrument(
            instrument_id=InstrumentId(listing.name),
            underlying_id=SPOTS,
            shard=SHARD,
            multiplier=100,
            tick_size=Price(TICK),
            **({"option": option} if listing.is_option else {}),
        )
        self._engine_facts(
            0, ListInstrument(shard=SHARD, instrument=instrument, previous_close=close)
        )

    def run(self, commands: int) -> None:
        self._do(self.drawing.set_phase("pre_open"), 1)
        for number in range(commands):
            self._do(*self._next())
            if number % 97 == 96:
                self._swap_for_its_snapshot()
        self.counts += self.judge.shard.counts
        self.counts["cascade of two or more"] += self.judge.shard.deepest >= 2

    # what comes next ----------------------------------------------------------------------------

    def _next(self) -> tuple[Command, int]:
        self.drawing.now = self._later()
        return self._command(), self.drawing.now

    def _later(self) -> int:
        """Return the next message's instant: often exactly a boundary, sometimes far beyond."""
        now, draw = self.judge.shard.now, self.dice.random()
        due = [act[0] for act in timed(self.judge.shard)]
        if due and draw < 0.06:
            return max(now, min(due))
        if draw < 0.3:
            return now
        return now + (self.dice.randint(20, 150) if draw > 0.995 else self.dice.choice((1, 1, 2)))

    def _command(self) -> Command:
        drawing, shard = self.drawing, self.judge.shard
        if shard.phase in ("closed", "opening_auction") and self.dice.random() < 0.2:
            return self._onward()  # little can happen here: move on soon
        rows: list[tuple[float, Callable[[], Command]]] = [
            (0.49, drawing.place),
            (0.60, drawing.quote),
            (0.70, drawing.cancel),
            (0.82, drawing.replace),
            (0.845, drawing.mass_cancel),
            (0.91, drawing.step),
            (0.94, drawing.marks),
            (0.945, drawing.bust),
            (0.95, drawing.halt),
            (0.965, drawing.resume),
            (1.0, self._onward),
        ]
        draw = self.dice.random()
        return next(make for until, make in rows if draw < until)()

    def _onward(self) -> Command:
        shard, draw = self.judge.shard, self.dice.random()
        if draw < 0.1:
            phase = self.dice.choice(PHASES)
            closing = any(each.phase == "closing_auction" for each in shard.listings)
            if closing and phase == "continuous":
                phase = "pre_open"  # what a delay would go on as there, no rule says
            self.counts[f"jump {shard.phase} to {phase}"] += 1
            return self.drawing.schedule([(self.drawing.now, phase)])
        if self.is_scheduled and not shard.boundaries:
            day = self.dice.choice((DAY, DAY_WITH_CLOSING_AUCTION))
            ahead = [(at, phase) for at, phase in day if shard.phase == "closed" or at > 18]
            return self.drawing.schedule([(self.drawing.now + at, phase) for at, phase in ahead])
        if draw < 0.2:
            name = self.dice.choice(self.drawing.names)
            return self.drawing.set_phase(self.dice.choice((*PHASES, "halted")), name)
        if self.is_scheduled and draw < 0.9:
            return self.drawing.place()
        return self.drawing.set_phase(self._likely_phase())

    def _likely_phase(self) -> str:
        onward = {
            "closed": ("pre_open",),
            "pre_open": ("opening_auction", "opening_auction", "continuous"),
            "continuous": ("closing_auction", "closed", "halted"),
            "closing_auction": ("closed",),
        }
        if self.dice.random() < 0.8:
            return self.dice.choice(onward.get(self.judge.shard.phase, ("continuous",)))
        return self.dice.choice(PHASES)

    # the two sides, side by side ----------------------------------------------------------------

    def _do(self, command: Command, now: int) -> None:
        message, act = command
        facts = self._engine_facts(now, message)
        self.judge.at(now)
        act()
        expected = self.judge.finish()
        assert same(facts, expected), told_apart(now, message, facts, expected)
        assert not self.judge.shard.draws, "a draw without an uncross"
        for fact in expected:
            self.counts[count_name(fact)] += 1
        self.commands += 1
        is_thorough = self.commands % THOROUGH_EVERY == 0
        if facts or is_thorough:
            self._compare_status()
        for listing in self.judge.shard.listings:
            self._compare_book(listing)
            if is_thorough:
                self._compare_snapshot(listing)

    def _engine_facts(self, now: int, message: Message) -> list[Fact]:
        facts = []
        for output in self.engine.handle(Nanos(now), message):
            if isinstance(output, BookDelta):
                self._fold(output)
            elif isinstance(output, IndicativePriceChanged):
                assert self.told.get(output.instrument_id) != row(output), "told twice"
                self.told[output.instrument_id] = row(output)
            elif (fact := fact_of(output)) is not None:
                facts.append(fact)
                self._note(output)
        return facts

    def _note(self, output: Message) -> None:
        if isinstance(output, AuctionUncrossed):
            self.told[output.instrument_id] = None
        elif isinstance(output, PhaseChanged) and output.phase is Phase.CLOSED:
            for name in [output.instrument_id] if output.instrument_id else list(self.told):
                self.told[name] = None
        elif isinstance(output, AuctionDrawn):
            ids = (output.buy_order_ids, output.sell_order_ids)
            self.judge.shard.draws.append((output.instrument_id, output.auction_number, *ids))

    def _fold(self, delta: BookDelta) -> None:
        self.book_seq[delta.instrument_id] += 1
        assert delta.book_seq == self.book_seq[delta.instrument_id]
        for side, rows in (("buy", delta.bids), ("sell", delta.asks)):
            book = self.book[delta.instrument_id][side]
            for price, quantity, count in in_ticks(rows):
                if quantity:
                    book[price] = (quantity, count)
                else:
                    del book[price]

    def _compare_status(self) -> None:
        shard = self.judge.shard
        status = self.engine.query(GetExchangeStatus(shard=SHARD))
        assert isinstance(status, ExchangeStatus)
        apart = [(a.name, a.phase) for a in shard.listings if a.phase != shard.phase]
        assert status.phase.value == shard.phase
        beside = [(name, phase.value) for name, phase in status.instrument_phases]
        assert beside == apart, (beside, apart)
        assert status.guard_ends_ns == shard.guard_ends_at

    def _compare_book(self, listing: Listing) -> None:
        """Compare the judge's levels with the book that the engine's deltas tell."""
        for side, book in self.book[listing.name].items():
            rows = levels(listing, side)
            assert {row[0]: row[1:] for row in rows} == book, (listing.name, side, rows, book)
        if listing.phase == "continuous":
            bids, asks = self.book[listing.name].values()
            assert not bids or not asks or max(bids) < min(asks), "never locked or crossed"
        if listing.phase in COLLECTING:
            told = self.told.get(listing.name)
            assert told == listing.indicative, ("indicative", listing.name, told, listing)

    def _compare_snapshot(self, listing: Listing) -> None:
        """Compare what the engine answers to a question with the judge's book."""
        snapshot = self.engine.query(GetBook(shard=SHARD, instrument_id=InstrumentId(listing.name)))
        assert isinstance(snapshot, BookSnapshot)
        assert snapshot.phase.value == listing.phase
        for side, rows in (("buy", snapshot.bids), ("sell", snapshot.asks)):
            assert in_ticks(rows) == levels(listing, side), (listing.name, side, rows)
        assert snapshot.book_seq == self.book_seq[listing.name]
        if listing.phase in COLLECTING:
            assert snapshot_row(snapshot) == listing.indicative

    def _swap_for_its_snapshot(self) -> None:
        data = self.engine.snapshot()
        self.engine = ExchangeService(SHARD)
        self.engine.restore(data)
        assert self.engine.snapshot() == data


def snapshot_row(snapshot: BookSnapshot) -> Fact | None:
    if snapshot.indicative_price is None:
        return None
    surplus = snapshot.imbalance_quantity
    if snapshot.imbalance_side is Side.SELL:
        surplus = -surplus
    return (snapshot.indicative_price // TICK, snapshot.indicative_quantity, surplus)


def in_ticks(rows: tuple[tuple[int, int, int], ...]) -> list[tuple[int, int, int]]:
    return [(price // TICK, quantity, count) for price, quantity, count in rows]


def told_apart(now: int, message: Message, facts: list[Fact], expected: list[Fact]) -> str:
    """Say where the two first differ."""
    told, judged_facts = compared(facts), compared(expected, by_judge=True)
    pairs = enumerate(zip_longest(told, judged_facts, fillvalue=()))
    at = next(n for n, (a, b) in pairs if not a or not b or not matches(a, b))
    head = f"at {now}: {message}\n  both   {told[:at]}"
    return f"{head}\n  engine {told[at:]}\n  judge  {judged_facts[at:]}"
