"""The life of a round: schedule, start, pause, end."""

from pathlib import Path

import pytest
from tests.game.worlds import World

from itg import scenario
from itg.exchange.contract import ExchangeStatus, GetExchangeStatus, PhaseChanged, SetSchedule
from itg.game.contract import (
    EndRound,
    GameActRejected,
    GameCreated,
    GameState,
    GetGame,
    GetRounds,
    MovePhase,
    PauseRound,
    ResumeRound,
    RoundEnded,
    RoundPaused,
    RoundResumed,
    Rounds,
    RoundStarted,
    StartRound,
)
from itg.game.service import GameService
from itg.kernel.ids import InstrumentId, Shard
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase
from itg.market_data.contract import PricesStepped, StartMarket, StopMarket
from itg.positions.contract import AccountsMeasured, MeasureAccounts
from itg.retail.contract import StartFlow, StopFlow
from itg.runtime.service import StartTimer


def phase_of(world: World, shard: int = 0) -> Phase:
    status = world.ask(GetExchangeStatus(shard=Shard(shard)))
    assert isinstance(status, ExchangeStatus)
    return status.phase


def statuses(world: World) -> list[str]:
    rounds = world.ask(GetRounds())
    assert isinstance(rounds, Rounds)
    return [r.status.value for r in rounds.rounds]


def kinds(messages: object) -> list[type[Message]]:
    assert isinstance(messages, list | tuple)
    return [type(m) for m in messages]


def code(outputs: object) -> str:
    assert isinstance(outputs, tuple)
    (rejected,) = outputs
    assert isinstance(rejected, GameActRejected)
    return rejected.refusal.code


def test_creating_a_game_configures_everybody_first() -> None:
    create = scenario.load("demo")
    outputs = GameService().handle(create.rules.rounds[0].start_ns, create)
    assert kinds(outputs).index(GameCreated) == len(outputs) - 1
    assert len(outputs) == len(create.setup) + 1


def test_each_phase_begins_at_its_instant_and_not_a_nanosecond_before(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    world.start()
    before = Phase.CLOSED
    for boundary in world.game.rules.rounds[0].boundaries:
        if boundary.at_ns > world.now:
            world.run_to(boundary.at_ns - 1)
            assert phase_of(world) is phase_of(world, 1) is before
        world.run_to(boundary.at_ns)
        assert phase_of(world) is phase_of(world, 1) is boundary.phase
        before = boundary.phase
    assert before is Phase.CLOSED


def test_a_round_ends_by_itself_after_its_market_closed(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    world.start()
    plan = world.game.rules.rounds[0]
    world.run_to(plan.session_end_ns)
    assert statuses(world) == ["running"]
    ended = world.run_to(plan.end_ns or 0)
    assert RoundEnded in kinds(ended)
    assert {StopMarket, StopFlow} <= set(kinds(ended))
    assert statuses(world) == ["ended"]
    assert world.run_to(plan.session_end_ns + 60 * 10**9) == []


def test_an_early_end_closes_the_market_before_it_is_told() -> None:
    world = World.of("demo")
    world.start()
    world.run_to(world.seconds(10))
    outputs = world.send(EndRound(round_id=1))
    order = kinds(outputs)
    closes = [n for n, o in enumerate(outputs) if isinstance(o, PhaseChanged)]
    assert len(closes) == 2
    assert max(closes) < order.index(RoundEnded)
    assert phase_of(world) is phase_of(world, 1) is Phase.CLOSED
    assert statuses(world) == ["ended"]
    assert PricesStepped not in kinds(world.run_to(world.seconds(3600)))


def test_an_end_before_anything_opened_ends_at_once() -> None:
    world = World.of("bare")
    world.start()
    assert RoundEnded in kinds(world.send(EndRound(round_id=1)))


def test_pause_and_resume_alternate() -> None:
    world = World.of("bare")
    assert code(world.send(PauseRound(round_id=1))) == "ROUND_WRONG_STATUS"
    world.start()
    assert kinds(world.send(PauseRound(round_id=1))) == [RoundPaused]
    assert statuses(world) == ["paused"]
    assert code(world.send(PauseRound(round_id=1))) == "ROUND_WRONG_STATUS"
    assert kinds(world.send(ResumeRound(round_id=1))) == [RoundResumed]
    assert code(world.send(ResumeRound(round_id=1))) == "ROUND_WRONG_STATUS"
    world.send(PauseRound(round_id=1))
    assert RoundEnded in kinds(world.send(EndRound(round_id=1)))


def test_one_round_at_a_time() -> None:
    world = World.of("classic")
    assert RoundStarted in kinds(world.start())
    assert code(world.start()) == "ROUND_WRONG_STATUS"
    assert code(world.start(2)) == "ROUND_WRONG_STATUS"
    world.send(EndRound(round_id=1))
    assert code(world.start(1)) == "ROUND_WRONG_STATUS"
    assert code(world.start(3)) == "ROUND_NOT_FOUND"
    assert code(world.start(0)) == "ROUND_NOT_FOUND"
    (started,) = [o for o in world.start() if isinstance(o, RoundStarted)]
    assert (started.round_id, started.trading_day) == (2, "2026-12-03")
    state = world.ask(GetGame())
    assert isinstance(state, GameState)
    assert state.current_round is not None
    assert state.current_round.round_id == 2
    world.send(EndRound(round_id=2))
    assert code(world.start()) == "ROUND_NOT_FOUND"


def test_a_round_of_another_day_opens_at_its_own_start() -> None:
    world = World.of("classic")
    started = kinds(world.start(2))
    assert RoundStarted in started
    assert SetSchedule not in started
    plan = world.game.rules.rounds[1]
    assert world.run_to(plan.start_ns - 1) == []
    opened = kinds(world.run_to(plan.start_ns))
    assert {SetSchedule, StartMarket, StartFlow, PhaseChanged} <= set(opened)
    assert phase_of(world) is Phase.PRE_OPEN


def test_a_round_can_end_before_its_day_begins() -> None:
    world = World.of("classic")
    world.start(2)
    assert RoundEnded in kinds(world.send(EndRound(round_id=2)))
    told = world.run_to(world.game.rules.rounds[1].end_ns or 0)
    assert kinds(told) == [MeasureAccounts, AccountsMeasured, StartTimer]  # and nothing opens


def test_a_round_whose_day_is_past_cannot_begin_and_holds_nothing_up(tmp_path: Path) -> None:
    file = tmp_path / "three.toml"
    file.write_text('extends = "demo"\n[session]\ndays = 3\n', encoding="utf-8")
    world = World(scenario.load(str(file)))
    world.start(2)
    world.send(EndRound(round_id=2))
    world.run_to(world.now + 1)
    refused = world.send(StartRound(round_id=1))
    (rejected,) = refused
    assert isinstance(rejected, GameActRejected)
    assert rejected.refusal.code == "ROUND_WRONG_STATUS"
    assert "round 2 was played, round 3 is next" in rejected.refusal.detail
    assert rejected.refusal.field == "round_id"
    (started, *_) = world.start()
    assert isinstance(started, RoundStarted)
    assert started.round_id == 3


def test_the_organizer_moves_phases_of_a_running_round_only() -> None:
    world = World.of("bare")
    assert code(world.send(MovePhase(phase=Phase.PRE_OPEN))) == "ROUND_WRONG_STATUS"
    world.start()
    assert phase_of(world) is Phase.CLOSED
    for phase in (Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSED):
        world.send(MovePhase(phase=phase))
        assert phase_of(world) is phase
    world.send(MovePhase(phase=Phase.PRE_OPEN))
    world.send(EndRound(round_id=1))
    assert phase_of(world) is Phase.CLOSED
    assert code(world.send(MovePhase(phase=Phase.PRE_OPEN))) == "ROUND_WRONG_STATUS"


def test_a_phase_move_of_one_instrument_finds_its_shard() -> None:
    world = World.of("bare")
    world.start()
    name = InstrumentId("SPX-20261203-C-4400")
    outputs = world.send(MovePhase(phase=Phase.PRE_OPEN, instrument_id=name))
    moved = [o for o in outputs if isinstance(o, PhaseChanged)]
    assert [(o.instrument_id, o.phase) for o in moved] == [(name, Phase.PRE_OPEN)]
    unknown = MovePhase(phase=Phase.PRE_OPEN, instrument_id=InstrumentId("SPX-X"))
    assert code(world.send(unknown)) == "INVALID_INSTRUMENT"


def test_the_end_closes_an_instrument_that_was_open_alone() -> None:
    world = World.of("bare")
    world.start()
    name = InstrumentId("SPX-20261203-C-4400")
    world.send(MovePhase(phase=Phase.PRE_OPEN, instrument_id=name))
    told = world.send(EndRound(round_id=1))
    closed, ended = (o for o in told if isinstance(o, (PhaseChanged, RoundEnded)))
    assert isinstance(closed, PhaseChanged)
    assert (closed.instrument_id, closed.phase) == (name, Phase.CLOSED)
    assert isinstance(ended, RoundEnded)


@pytest.mark.parametrize("seconds", [-30, -5, 30])
def test_a_snapshot_in_any_phase_goes_on_identically(seconds: float) -> None:
    world = World.of("demo")
    world.register("Some")
    world.start()
    world.run_to(world.seconds(seconds))
    state = world.machine.snapshot()
    again = World.of("demo")
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    later = world.seconds(seconds + 15)
    assert again.run_to(later) == world.run_to(later)
    assert again.machine.snapshot() == world.machine.snapshot()


# -- one round after another --------------------------------------------------


def three_days(folder: Path) -> World:
    file = folder / "days.toml"
    file.write_text('extends = "demo"\n[session]\ncontinuous_s = 30\n', encoding="utf-8")
    return World(scenario.load(str(file), days=3))


def test_the_next_round_starts_by_itself_at_its_own_start(tmp_path: Path) -> None:
    world = three_days(tmp_path)
    world.start()
    first, second, _ = world.game.rules.rounds
    told = world.run_to(first.end_ns or 0)
    (ended,) = [m for m in told if isinstance(m, RoundEnded)]
    (started,) = [m for m in told if isinstance(m, RoundStarted)]
    assert (ended.round_id, ended.next_round_id) == (1, 2)
    assert (started.round_id, started.start_ns) == (2, second.start_ns)
    assert statuses(world) == ["ended", "running", "scheduled"]
    assert world.run_to(second.start_ns - 1) == []
    assert {SetSchedule, StartMarket, StartFlow} <= set(kinds(world.run_to(second.start_ns)))
    assert phase_of(world) is Phase.PRE_OPEN


def test_each_round_s_market_hears_its_factor_and_those_of_what_follows(tmp_path: Path) -> None:
    file = tmp_path / "season.toml"
    text = 'extends = "demo"\n[session]\ncontinuous_s = 30\n[season]\nvol_factors = [0.5, 1.2, 1]\n'
    file.write_text(text, encoding="utf-8")
    world = World(scenario.load(str(file), days=5))  # two of a week
    told = [*world.start(), *world.run_to(world.game.rules.rounds[-1].start_ns)]
    asked = [m.vol_factors for m in told if isinstance(m, StartMarket)]
    assert asked == [(0.5, 0.5, 1.2, 1.2, 1.0)[n:] for n in range(4)] + [()]
    listed = world.machine.query(GetRounds())
    assert isinstance(listed, Rounds)
    assert [row.vol_factor for row in listed.rounds] == [0.5, 0.5, 1.2, 1.2, 1.0]


def test_the_last_round_names_none_after_it(tmp_path: Path) -> None:
    world = three_days(tmp_path)
    world.start()
    told = world.run_to(world.game.rules.rounds[-1].end_ns or 0)
    ended = [m for m in told if isinstance(m, RoundEnded)]
    assert [(m.round_id, m.next_round_id) for m in ended] == [(1, 2), (2, 3), (3, None)]
    assert statuses(world) == ["ended"] * 3
    assert world.machine.due(Nanos(world.now + 10 * 86_400 * NS_PER_S)) is None


def test_an_early_end_starts_the_next_round_too_and_it_can_be_paused(tmp_path: Path) -> None:
    world = three_days(tmp_path)
    world.start()
    world.run_to(world.seconds(10))
    outputs = [*world.send(EndRound(round_id=1)), *world.run_to(world.now)]
    order = kinds(outputs)
    assert order.index(RoundEnded) < order.index(RoundStarted)
    assert kinds(world.send(PauseRound(round_id=2))) == [RoundPaused]
    assert kinds(world.send(ResumeRound(round_id=2))) == [RoundResumed]
    told = world.run_to(world.game.rules.rounds[1].end_ns or 0)
    assert [m.round_id for m in told if isinstance(m, RoundEnded)] == [2]


def test_without_the_key_the_next_round_is_the_organizer_s() -> None:
    world = World.of("classic")
    world.start()
    (ended,) = [m for m in world.send(EndRound(round_id=1)) if isinstance(m, RoundEnded)]
    assert ended.next_round_id is None
    assert statuses(world) == ["ended", "scheduled"]
