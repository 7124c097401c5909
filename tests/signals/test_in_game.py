"""Signals in a whole game: rounds start and stop them, prices of the market feed them."""

from pathlib import Path

import pytest
from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.game.worlds import World
from tests.signals.desk import HEDGE_FUND

from itg import scenario
from itg.game.contract import CreateGame
from itg.kernel.ids import UnderlyingId
from itg.kernel.times import NS_PER_S
from itg.signals.contract import (
    AlphaForecast,
    AlphaSignaled,
    ConfigureSignals,
    GetSignals,
    SignalHistory,
    SignalJudged,
    StartSignals,
    StopSignals,
)


def with_signals(game: CreateGame) -> CreateGame:
    momentum = AlphaForecast(
        roles=(HEDGE_FUND,),
        model="momentum",
        parameters={"lookback": 8.0, "threshold": 0.0},
        underlying_id=UnderlyingId("SPY"),
        horizon_s=5,
    )
    setup = ConfigureSignals(seed=1, alphas=(momentum,))
    return replace(
        game,
        rules=replace(game.rules, has_signals=True),
        setup=(*game.setup, Raw(msgpack.encode(setup))),
    )


def short_day(folder: Path) -> CreateGame:
    """Return the demo with half a minute of trading, without news and signals of its own."""
    file = folder / "short.toml"
    text = 'extends = "demo"\nwithout = ["news", "signals"]\n[session]\ncontinuous_s = 30\n'
    file.write_text(text, encoding="utf-8")
    return scenario.load(str(file))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    played = World(with_signals(short_day(tmp_path_factory.mktemp("scenario"))))
    played.start()
    end_ns = played.game.rules.rounds[0].end_ns
    assert end_ns is not None
    played.run_to(end_ns + NS_PER_S)
    return played


def test_a_round_starts_signals_with_its_session_and_its_end_stops_them(world: World) -> None:
    plan = world.game.rules.rounds[0]
    ((started_ns, started),) = world.events(StartSignals)
    assert started_ns == plan.start_ns
    assert started == StartSignals(
        session_start_ns=plan.session_start_ns, session_end_ns=plan.session_end_ns
    )
    ((stopped_ns, _),) = world.events(StopSignals)
    assert stopped_ns == plan.end_ns


def test_a_model_forecasts_from_the_market_s_prints_and_is_judged(world: World) -> None:
    told = [m for _, m in world.events(AlphaSignaled)]
    # Every 8 steps of 250 ms, from the ninth on, as long as five seconds are left.
    assert len(told) == 12
    assert len([*world.events(SignalJudged)]) == 12
    history = world.ask(GetSignals(role=HEDGE_FUND))
    assert isinstance(history, SignalHistory)
    assert [item.signal for item in history.items] == told


def test_a_game_without_signals_starts_none(tmp_path: Path) -> None:
    world = World(short_day(tmp_path))
    world.start()
    world.run_to(world.game.rules.rounds[0].session_end_ns)
    assert [*world.events(StartSignals)] == []
    assert [*world.events(AlphaSignaled)] == []
