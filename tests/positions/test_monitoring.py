"""The delta limit: watched each second, one breach per episode, never a refusal."""

from tests.positions.scene import (
    ALICE,
    BOB,
    MAKER,
    SPX,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    role,
)

from itg.exchange.contract import JumpGuardOpened, TradingHalted, TradingResumed
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import HaltCause, Phase
from itg.positions.contract import (
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    DeltaLimit,
    DeltaWeight,
    GetLimits,
    Limits,
    LimitUse,
    PrivateEvent,
)
from itg.positions.service import PositionsService

FIVE = DeltaLimit(
    max_delta=5_000_000,
    weights=(
        DeltaWeight(UnderlyingId("SPX"), 1_000_000),
        DeltaWeight(UnderlyingId("SPY"), 100_000),
    ),
)
SPX_ID = UnderlyingId("SPX")
GUARD = JumpGuardOpened(shard=Shard(0), underlying_id=SPX_ID, ends_ns=Nanos(0))
HALT = TradingHalted(shard=Shard(0), underlying_id=SPX_ID, halt_cause=HaltCause.PRICE_MOVE)
RESUMED = TradingResumed(shard=Shard(0), underlying_id=SPX_ID)


def scene() -> Scene:
    """Alice holds ten calls and may have a delta of 5."""
    market = Scene(role(TRADER, FIVE), role(MAKER))
    market.rest(order(BOB, "sell", 10, "10.00"))
    market.send(order(ALICE, "buy", 10, "10.00"))
    market.send(marks(0, call="10.00"))
    return market


def second(market: Scene, delta: int, after_ns: int = NS_PER_S) -> list[PrivateEvent]:
    """Let time pass and mark the call with a delta of hundredths; return what Alice was told."""
    told: tuple[Message, ...] = market.send(marks(delta * 10_000, call="10.00"), after_ns)
    return [event for event in of(PrivateEvent, told) if event.account_id == ALICE]


def seconds(market: Scene, delta: int, count: int) -> list[PrivateEvent]:
    return [event for _ in range(count) for event in second(market, delta)]


def test_four_fifths_of_it_warn_once() -> None:
    market = scene()
    assert seconds(market, 39, 3) == []
    warned = only(AccountLimitWarned, seconds(market, 40, 3))
    assert (warned.kind, warned.used, warned.limit) == ("delta_limit", 4_000_000, 5_000_000)
    seconds(market, 39, 1)
    assert len(of(AccountLimitWarned, seconds(market, -45, 2))) == 1


def test_a_breach_begins_when_it_has_lasted_for_its_grace_and_is_told_once() -> None:
    market = scene()
    began_ns = market.now + NS_PER_S
    assert not of(AccountLimitBreached, seconds(market, 51, 30))
    breached = only(AccountLimitBreached, seconds(market, 60, 40))
    assert (breached.used, breached.limit) == (6_000_000, 5_000_000)
    assert breached.since_ns == began_ns


def test_the_limit_itself_is_inside() -> None:
    assert not of(AccountLimitBreached, seconds(scene(), -50, 60))


def test_back_inside_clears_it_and_the_next_episode_is_another_breach() -> None:
    market = scene()
    seconds(market, 60, 31)
    cleared = only(AccountLimitCleared, seconds(market, 10, 2))
    assert (cleared.used, cleared.limit) == (1_000_000, 5_000_000)
    assert len(of(AccountLimitBreached, seconds(market, 60, 31))) == 1


def test_a_moment_inside_begins_the_grace_anew() -> None:
    market = scene()
    seconds(market, 60, 30)
    seconds(market, 10, 1)
    assert not of(AccountLimitBreached, seconds(market, 60, 30))


def test_after_a_jump_the_grace_is_longer() -> None:
    market = scene()
    market.positions.handle(market.now, GUARD)
    assert not of(AccountLimitBreached, seconds(market, 60, 60))
    assert len(of(AccountLimitBreached, seconds(market, 60, 1))) == 1


def test_a_jump_long_ago_is_no_excuse() -> None:
    market = scene()
    market.positions.handle(market.now, GUARD)
    seconds(market, 0, 60)
    assert len(of(AccountLimitBreached, seconds(market, 60, 31))) == 1


def test_the_grace_stands_still_while_nothing_trades() -> None:
    market = scene()
    seconds(market, 60, 20)
    market.positions.handle(market.now, HALT)
    market.enter(Phase.CLOSING_AUCTION)
    assert seconds(market, 60, 120) == []
    market.positions.handle(market.now, RESUMED)
    market.enter(Phase.CONTINUOUS)
    assert not of(AccountLimitBreached, seconds(market, 60, 60))
    assert len(of(AccountLimitBreached, seconds(market, 60, 1))) == 1


def test_it_is_looked_at_once_a_second() -> None:
    market = scene()
    assert second(market, 45, NS_PER_S - 1) == []
    assert len(second(market, 45, 1)) == 1


def test_it_refuses_nothing() -> None:
    market = scene()
    seconds(market, 90, 40)
    assert market.refused(order(ALICE, "buy", 10, "9.00", SPX)) is None


def test_its_use_can_be_read() -> None:
    market = scene()
    second(market, -30)
    reply = market.ask(GetLimits(account_id=ALICE))
    assert isinstance(reply, Limits)
    assert reply.limits == (
        LimitUse(
            kind="delta_limit",
            instrument_id=None,
            limit=5_000_000,
            used=3_000_000,
            worst_case=3_000_000,
            headroom=2_000_000,
        ),
    )


def test_an_episode_survives_a_restart() -> None:
    market = scene()
    seconds(market, 60, 30)
    data = market.positions.snapshot()
    market.positions = PositionsService()
    market.positions.restore(data)
    assert len(of(AccountLimitBreached, seconds(market, 60, 1))) == 1
