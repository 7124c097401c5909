"""A shard that keeps its own chain, in tests: spots in USD, days in steps of DAY_NS."""

from collections.abc import Sequence
from typing import Any

from itg.exchange.contract import (
    ConfigureExchange,
    ConfigureLadder,
    GetInstruments,
    Instruments,
    ListedExpiry,
    ListInstrument,
    ReportOpenInterest,
    SetPhase,
    SetSchedule,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OptionTerms, Phase, PhaseBoundary
from itg.market_data.contract import (
    ClosePrice,
    OfficialClosePublished,
    PricesStepped,
    SpotPrice,
)

SHARD, UNDERLYING = Shard(0), UnderlyingId("U")
DAY_NS = 1_000
STEP = Price(44 * PRICE_SCALE)
TICK = Price(100)
UNDERLYING_ITSELF = Instrument(
    instrument_id=InstrumentId("U"),
    underlying_id=UNDERLYING,
    shard=SHARD,
    multiplier=100,
    tick_size=TICK,
)


def usd(price: float) -> Price:
    return Price(round(price * PRICE_SCALE))


def week(number: int) -> ListedExpiry:
    """Return the number-th expiry: the close of day `number`."""
    return ListedExpiry(f"2026-12-{number:02}", Nanos(number * DAY_NS))


def ladder_of(expiries: int = 8, *, step: Price = STEP, **counts: Any) -> ConfigureLadder:
    return ConfigureLadder(
        shard=SHARD,
        underlying=UNDERLYING_ITSELF,
        strike_step=step,
        expiries=tuple(week(number) for number in range(1, expiries + 1)),
        **{"review_ns": Nanos(100), **counts},
    )


class Chain:
    """One shard; `now` moves only when a test moves it."""

    def __init__(self, ladder: ConfigureLadder | None = None) -> None:
        self.service = ExchangeService(SHARD)
        self.now = 1
        self.send(ConfigureExchange(shard=SHARD, underlying_id=UNDERLYING))
        self.send(ladder_of() if ladder is None else ladder)
        self.send(ListInstrument(shard=SHARD, instrument=UNDERLYING_ITSELF))

    def send(self, message: Message) -> list[Message]:
        return list(self.service.handle(Nanos(self.now), message))

    def price(self, spot: float) -> list[Message]:
        prices = (SpotPrice(UNDERLYING, usd(spot), usd(spot)),)
        return self.send(PricesStepped(step=1, prices=prices))

    def enter(self, *phases: Phase) -> list[Message]:
        return [m for phase in phases for m in self.send(SetPhase(shard=SHARD, phase=phase))]

    def schedule(self, *boundaries: tuple[int, Phase]) -> list[Message]:
        rows = tuple(PhaseBoundary(at_ns=Nanos(at), phase=phase) for at, phase in boundaries)
        return self.send(SetSchedule(shard=SHARD, boundaries=rows))

    def close(self, price: float, day: int = 1, *, is_early: bool = False) -> list[Message]:
        self.now = self.now if is_early else day * DAY_NS
        closes = (ClosePrice(UNDERLYING, usd(price)),)
        told = OfficialClosePublished(session_end_ns=Nanos(day * DAY_NS), closes=closes)
        return self.send(told)

    def report(self, *held: str) -> list[Message]:
        rows = tuple((InstrumentId(name), 1) for name in held)
        return self.send(ReportOpenInterest(shard=SHARD, open_interest=rows))

    def listed(self) -> list[Instrument]:
        reply = self.service.query(GetInstruments(shard=SHARD))
        assert isinstance(reply, Instruments)
        return list(reply.instruments)

    def options(self) -> list[OptionTerms]:
        return [i.option for i in self.listed() if i.option]

    def strikes(self, number: int = 1) -> list[float]:
        """Return the strikes of an expiry in USD, ascending."""
        found = {o.strike for o in self.options() if o.expires_ns == number * DAY_NS}
        return [strike / PRICE_SCALE for strike in sorted(found)]


def names(instruments: Sequence[Instrument]) -> list[str]:
    return [instrument.instrument_id for instrument in instruments]
