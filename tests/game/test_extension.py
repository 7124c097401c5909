"""A round that is extended: it trades on, closes later, and what hangs on the close follows."""

from pathlib import Path

from msgspec.structs import replace
from tests.game.worlds import World, audit, code, of

from itg import scenario
from itg.exchange.contract import (
    GetInstruments,
    Instruments,
    InstrumentSettled,
    PhaseChanged,
)
from itg.game.contract import (
    ExtendRound,
    GameState,
    GetGame,
    RoundEnded,
    RoundExtended,
)
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, Phase, Side
from itg.market_data.contract import GetMarks, Marks, OfficialClosePublished
from itg.news.contract import NewsCanceled, NewsScheduled
from itg.positions.contract import (
    AccountOrderRejected,
    ReserveOrder,
)

SPX = InstrumentId("SPX")


def _options(world: World) -> list[Instrument]:
    found = [world.ask(GetInstruments(shard=shard)) for shard, _ in world.game.rules.shards]
    return [
        listed
        for reply in found
        if isinstance(reply, Instruments)
        for listed in reply.instruments
        if listed.option
    ]


def _expiry(listed: Instrument) -> Nanos:
    assert listed.option
    return listed.option.expires_ns


def _marks(world: World) -> dict[InstrumentId, int]:
    reply = world.ask(GetMarks())
    assert isinstance(reply, Marks)
    return {mark.instrument_id: mark.mark_price for mark in reply.marks}


def _current(world: World) -> int:
    state = world.ask(GetGame())
    assert isinstance(state, GameState)
    assert state.current_round is not None
    return state.current_round.round_id


def buy(world: World) -> tuple[Message, ...]:
    order = ReserveOrder(
        account_id=AccountId("t1"),
        instrument_id=SPX,
        side=Side.BUY,
        quantity=1,
        price=Price(4_350 * 10_000),
    )
    return tuple(world.send(order))


def short(folder: Path, days: int = 2) -> World:
    file = folder / "short.toml"
    file.write_text('extends = "demo"\n[session]\ncontinuous_s = 90\n', encoding="utf-8")
    return World(scenario.load(str(file), days=days))


def test_an_extended_round_trades_on_and_closes_later(
    tmp_path: Path,
) -> None:
    world = short(tmp_path)
    world.register("Blue")
    world.start()
    plan = world.game.rules.rounds[0]
    world.run_to(world.seconds(60))
    told = world.send(
        ExtendRound(round_id=1, extend_ns=Nanos(40 * NS_PER_S), reason="a late start")
    )
    (extended,) = of(RoundExtended, told)
    assert isinstance(extended, RoundExtended)
    assert extended.session_end_ns == plan.session_end_ns + 40 * NS_PER_S
    until_old_end = world.run_to(plan.session_end_ns + NS_PER_S)
    assert not of(PhaseChanged, until_old_end)
    assert not of(OfficialClosePublished, until_old_end)
    assert not of(AccountOrderRejected, buy(world))
    rest = world.run_to(plan.session_end_ns + 42 * NS_PER_S)
    (close,) = of(OfficialClosePublished, rest)
    assert isinstance(close, OfficialClosePublished)
    assert close.session_end_ns == extended.session_end_ns
    closed = [m for m in rest if isinstance(m, PhaseChanged)]
    assert [m.phase for m in closed][:2] == [Phase.CLOSED, Phase.CLOSED]
    assert of(RoundEnded, rest)
    assert ("round.extend", "1 by 40 s", "a late start", None) in audit(world)


def test_series_that_expire_with_an_extended_round_settle_at_its_later_close(
    tmp_path: Path,
) -> None:
    world = short(tmp_path, days=6)
    world.start()
    settled: list[InstrumentId] = []
    for plan in world.game.rules.rounds:
        world.run_to(plan.session_start_ns + 60 * NS_PER_S)
        expiring = [i for i in _options(world) if _expiry(i) == plan.session_end_ns]
        if expiring:
            world.send(ExtendRound(round_id=_current(world), extend_ns=Nanos(20 * NS_PER_S)))
            assert not of(InstrumentSettled, world.run_to(plan.session_end_ns + NS_PER_S))
            marks = _marks(world)
            assert any(marks[i.instrument_id] > 0 for i in expiring)
            rest = world.run_to(plan.session_end_ns + 22 * NS_PER_S)
            settled = [m.instrument_id for m in rest if isinstance(m, InstrumentSettled)]
            assert set(settled) == {i.instrument_id for i in expiring}
            break
        world.run_to((plan.end_ns or 0) + 1)
    assert settled, "a week has an expiry"


def test_news_that_is_scheduled_outlives_an_extension() -> None:
    world = World.of("news-day")
    world.start()
    world.run_to(world.seconds(5))
    scheduled = of(NewsScheduled, [message for _, message in world.told])
    told = world.send(ExtendRound(round_id=1, extend_ns=Nanos(60 * NS_PER_S)))
    assert scheduled
    assert not of(NewsCanceled, told)


def test_only_a_round_under_way_is_extended_and_not_into_the_next(tmp_path: Path) -> None:
    world = short(tmp_path)
    late = ExtendRound(round_id=1, extend_ns=Nanos(NS_PER_S))
    assert code(world.send(late)) == "ROUND_WRONG_STATUS"
    world.start()
    first, second = world.game.rules.rounds
    assert first.end_ns is not None
    left = second.start_ns - first.end_ns
    assert code(world.send(replace(late, extend_ns=Nanos(left)))) == "EXTENSION_TOO_LONG"
    assert code(world.send(replace(late, round_id=3))) == "ROUND_NOT_FOUND"
    state = world.machine.snapshot()
    world.send(replace(late, extend_ns=Nanos(left - 1)))
    assert world.machine.snapshot() != state
