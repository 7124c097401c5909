"""The balance of two legs: opposite signs, the larger at most twice the smaller, ten seconds."""

import pytest
from tests.positions.obliged import WEIGHTS
from tests.positions.scene import ALICE, BOB, MAKER, SPX, TRADER, Scene, instrument, of, only, role
from tests.positions.scene import order as order_of

from itg.exchange.contract import ListInstrument
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Phase
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import (
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    AnyConstraint,
    DeltaLimit,
    GetLimits,
    LegBalance,
    LegDelta,
    Limits,
    PrivateEvent,
)
from itg.positions.core.balance import BalanceRule
from itg.positions.service import PositionsService

SPY = InstrumentId("SPY")
BALANCE = LegBalance(weights=WEIGHTS)
MILLION = 1_000_000


class Legs(Scene):
    """Alice holds contracts of two underlyings, whose deltas are one each."""

    def __init__(self, *rules: AnyConstraint) -> None:
        super().__init__(role(TRADER, *(rules or (BALANCE,))), role(MAKER))
        self.send(ListInstrument(shard=Shard(1), instrument=instrument(SPY, 1)))

    def hold(self, spx: int, spy: int) -> None:
        """Trade until Alice holds this."""
        for name, wanted in ((SPX, spx), (SPY, spy)):
            missing = wanted - self.net(ALICE, name)
            if missing:
                side, other = ("buy", "sell") if missing > 0 else ("sell", "buy")
                self.rest(order_of(BOB, other, abs(missing), "10.00", name))
                self.rest(order_of(ALICE, side, abs(missing), "10.00", name))

    def seconds(self, count: int) -> list[PrivateEvent]:
        rows = tuple(Mark(name, Price(100_000), 0, MILLION, 0, 0, 0) for name in (SPX, SPY))
        told = [
            event
            for _ in range(count)
            for event in self.send(MarksPublished(step=1, marks=rows), NS_PER_S)
        ]
        return [event for event in of(PrivateEvent, told) if event.account_id == ALICE]


@pytest.mark.parametrize(
    ("spx", "spy", "is_inside"),
    [
        (1, -10, True),  # the natural hedge: ten SPY for an SPX
        (4, -20, True),  # twice is allowed
        (-4, 20, True),
        (4, -19, False),
        (2, 0, True),  # too small to be looked at
        (3, 0, False),
        (3, 30, False),  # both one way
        (50, -50, False),
    ],
)
def test_legs_are_balanced_when_opposite_and_at_most_two_to_one(
    spx: int, spy: int, is_inside: bool
) -> None:
    market = Legs()
    market.hold(spx, spy)
    assert bool(of(AccountLimitBreached, market.seconds(20))) is not is_inside


def test_a_breach_begins_after_the_ten_seconds_that_legging_takes_and_is_told_once() -> None:
    market = Legs()
    market.hold(10, 0)
    began_ns = market.now + NS_PER_S
    assert not of(AccountLimitBreached, market.seconds(10))
    breached = only(AccountLimitBreached, market.seconds(30))
    assert (breached.kind, breached.limit) == ("leg_balance", 2 * MILLION)
    assert breached.since_ns == began_ns
    market.hold(10, -50)
    cleared = only(AccountLimitCleared, market.seconds(5))
    assert (cleared.kind, cleared.used) == ("leg_balance", 2 * MILLION)


def test_the_second_leg_within_its_time_is_no_breach() -> None:
    market = Legs()
    market.hold(10, 0)
    market.seconds(10)
    market.hold(10, -80)
    assert not of(AccountLimitBreached, market.seconds(30))


def test_four_fifths_of_the_ratio_warn_once() -> None:
    market = Legs()
    market.hold(10, -63)
    assert market.seconds(3) == []
    market.hold(10, -62)
    warned = only(AccountLimitWarned, market.seconds(3))
    assert (warned.kind, warned.used) == ("leg_balance", 1_612_904)


def test_the_clock_of_legging_stands_still_while_nothing_trades() -> None:
    market = Legs()
    market.hold(10, 0)
    market.seconds(9)
    market.enter(Phase.CLOSING_AUCTION)
    assert market.seconds(30) == []
    market.enter(Phase.CONTINUOUS)
    assert not of(AccountLimitBreached, market.seconds(10))
    assert len(of(AccountLimitBreached, market.seconds(1))) == 1


def test_an_episode_of_each_limit_is_told_apart_and_survives_a_restart() -> None:
    market = Legs(BALANCE, DeltaLimit(max_delta=5 * MILLION, weights=WEIGHTS))
    market.hold(10, 0)
    market.seconds(8)
    data = market.positions.snapshot()
    market.positions = PositionsService()
    market.positions.restore(data)
    assert market.positions.snapshot() == data
    breaches = of(AccountLimitBreached, market.seconds(40))
    assert [breach.kind for breach in breaches] == ["leg_balance", "delta_limit"]


def test_contracts_of_two_underlyings_do_not_cancel_one_for_one() -> None:
    market = Legs(DeltaLimit(max_delta=50 * MILLION, weights=WEIGHTS))
    market.hold(50, -50)
    warned = only(AccountLimitWarned, market.seconds(40))
    assert warned.used == 45 * MILLION
    market.hold(60, -60)
    assert only(AccountLimitBreached, market.seconds(40)).used == 54 * MILLION


def test_legs_and_ratio_can_be_read() -> None:
    market = Legs()
    market.hold(10, -40)
    market.seconds(1)
    reply = market.ask(GetLimits(account_id=ALICE))
    assert isinstance(reply, Limits)
    assert reply.legs == (
        LegDelta(underlying_id=UnderlyingId("SPX"), delta=10 * MILLION),
        LegDelta(underlying_id=UnderlyingId("SPY"), delta=-4 * MILLION),
    )
    (use,) = reply.limits
    assert (use.used, use.limit, use.is_floor) == (2_500_000, 2 * MILLION, False)


@pytest.mark.parametrize("larger", range(2_000_001, 2_000_400, 37))
def test_the_ratio_is_inside_exactly_when_the_legs_are(larger: int) -> None:
    rule = BalanceRule(BALANCE)
    for smaller in range(larger // 2 - 3, larger // 2 + 4):
        assert (rule.ratio((larger, -smaller)) <= rule.limit) == (larger <= 2 * smaller)
