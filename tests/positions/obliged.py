"""A maker with an obligation, six series around a spot, and the seconds that are looked at."""

from msgspec.structs import replace
from tests.positions.scene import (
    ALICE,
    CAROL,
    MAKER,
    TRADER,
    Scene,
    instrument,
    of,
    role,
)

from itg.exchange.contract import ListInstrument
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OptionTerms, OrderType, Side, TimeInForce
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import (
    Coverage,
    DeltaWeight,
    GetCoverage,
    PortfolioLimit,
    PositionLimit,
    PrivateEvent,
    QuoteCoverage,
    QuoteSizeLimit,
    QuoteSpreadLimit,
    QuoteTerms,
    ReserveOrder,
    ReserveQuotes,
    RoleRules,
)
from itg.positions.service import PositionsService

CENT = 100
STRIKES = (4_300, 4_400, 4_500)
SERIES = tuple(
    InstrumentId(f"SPX-20261217-{right}-{strike}") for strike in STRIKES for right in "CP"
)
WEIGHTS = (
    DeltaWeight(UnderlyingId("SPX"), 1_000_000),
    DeltaWeight(UnderlyingId("SPY"), 100_000),
)
OBLIGED = QuoteCoverage(
    strikes=2,
    rechosen_ns=Nanos(20 * NS_PER_S),
    grace_ns=Nanos(3 * NS_PER_S),
    window_ns=Nanos(20 * NS_PER_S),
    judged_after_ns=Nanos(5 * NS_PER_S),
)
QUOTING = (
    PositionLimit(max_quantity=20),
    PortfolioLimit(max_quantity=30, filled_only=True),
    QuoteSizeLimit(min_quantity=5),
    QuoteSpreadLimit(
        max_fraction_ppm=100_000,
        min_width=Price(5 * CENT),
        doubled_after_jump_ns=Nanos(3 * NS_PER_S),
        ask_alone_below=Price(5 * CENT),
    ),
)


def makers(obliged: QuoteCoverage = OBLIGED) -> RoleRules:
    return role(MAKER, *QUOTING, obliged, quotes=True, fees=(-200, 100))


class Obliged(Scene):
    """Carol must quote the two strikes nearest to spot, calls and puts; Alice trades with her."""

    def __init__(self, obliged: QuoteCoverage = OBLIGED, *, spot: int = 4_390) -> None:
        super().__init__(role(TRADER), makers(obliged))
        for name in SERIES:
            listed = instrument(name, 0)
            option = listed.option
            assert isinstance(option, OptionTerms)
            strike = Price(int(name.rsplit("-", 1)[1]) * 10_000)
            listed = replace(listed, option=replace(option, strike=strike))
            self.send(ListInstrument(shard=Shard(0), instrument=listed))
        self.spot = spot
        self.theories: dict[InstrumentId, int] = dict.fromkeys(SERIES, 1_000 * CENT)

    def mark(self, after_ns: int = NS_PER_S) -> list[PrivateEvent]:
        """Let time pass and mark everything; return what Carol was told."""
        rows = [Mark(InstrumentId("SPX"), Price(self.spot * 10_000), 0, 1_000_000, 0, 0, 0)]
        rows += [Mark(name, Price(t), 0, 500_000, 0, 0, 0) for name, t in self.theories.items()]
        told = self.send(MarksPublished(step=1, marks=tuple(rows)), after_ns)
        return [event for event in of(PrivateEvent, told) if event.account_id == CAROL]

    def seconds(self, count: int) -> list[PrivateEvent]:
        return [event for _ in range(count) for event in self.mark()]

    def quote(self, *names: InstrumentId, sides: tuple[int, int] = (990, 1_010)) -> None:
        """Quote ten a side at prices in cents."""
        for name in names:
            bid, ask = sides
            self.show(name, (bid, 10), (ask, 10))

    def show(self, name: InstrumentId, bid: tuple[int, int], ask: tuple[int, int]) -> None:
        """Quote price in cents and quantity of each side; quantity 0: none."""
        terms = QuoteTerms(
            instrument_id=name,
            bid=Price(bid[0] * CENT) if bid[1] else None,
            bid_quantity=bid[1],
            ask=Price(ask[0] * CENT) if ask[1] else None,
            ask_quantity=ask[1],
        )
        self.send(ReserveQuotes(account_id=CAROL, quotes=(terms,)))

    def take(self, name: InstrumentId, side: Side, quantity: int) -> list[PrivateEvent]:
        """Let Alice trade with whom she finds; return what Carol was told."""
        told = self.send(
            ReserveOrder(
                account_id=ALICE,
                instrument_id=name,
                side=side,
                quantity=quantity,
                order_type=OrderType.MARKET,
                time_in_force=TimeInForce.IOC,
            )
        )
        return [event for event in of(PrivateEvent, told) if event.account_id == CAROL]

    def coverage(self) -> Coverage:
        reply = self.ask(GetCoverage(account_id=CAROL))
        assert isinstance(reply, Coverage)
        return reply

    def covered(self) -> list[InstrumentId]:
        """Return the series that counted at the last look, in strike order."""
        series = self.coverage().series
        return sorted((s.instrument_id for s in series if s.is_covered), key=SERIES.index)

    def asked(self) -> list[InstrumentId]:
        series = self.coverage().series
        return sorted((s.instrument_id for s in series if s.is_asked), key=SERIES.index)

    def restart(self) -> None:
        data = self.positions.snapshot()
        self.positions = PositionsService()
        self.positions.restore(data)
        assert self.positions.snapshot() == data
