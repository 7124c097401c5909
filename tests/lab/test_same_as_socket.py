"""The same bots, seed and scenario in the lab and, in lock step, over sockets: the same events."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from itg.compose.demo import run_demo
from itg.compose.lab import LabSettings, play
from itg.compose.result import GameResult
from itg.compose.solo import SoloSettings
from itg.kernel.messages import Message
from itg.signals.contract import TrackingSignaled, VolatilitySignaled

SHORT = """
extends = "demo"
[session]
days = {days}
continuous_s = {seconds}
[clock]
next_round = "auto"
[news]
mean_gap_s = 330
gap_min_s = 300
gap_max_s = 600
quiet_end_s = 30
"""


def scenario_file(folder: Path, *, seconds: int, days: int = 1) -> str:
    file = folder / "short.toml"
    file.write_text(SHORT.format(seconds=seconds, days=days), encoding="utf-8")
    return str(file)


def over_sockets(scenario: str, seed: int, folder: Path) -> GameResult:
    settings = SoloSettings(
        scenario=scenario, seed=seed, lock_step=True, data=folder / "game", unsafe=True
    )
    return asyncio.run(run_demo(settings, lambda _: None))


@pytest.mark.system
@pytest.mark.parametrize("seed", [7, 8])
def test_every_reference_bot_causes_the_same_events(tmp_path: Path, seed: int) -> None:
    scenario = scenario_file(tmp_path, seconds=40)
    lab = play(LabSettings(scenario=scenario, seed=seed))
    socket = over_sockets(scenario, seed, tmp_path)
    assert {team.role for team in lab.teams if team.contracts} >= {"market_maker"}
    assert lab.trades > 0
    assert lab.teams == socket.teams
    assert lab.house == socket.house
    assert lab.event_digest == socket.event_digest


@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_two_days_of_trading_on_signals_are_the_same(tmp_path: Path) -> None:
    scenario = scenario_file(tmp_path, seconds=900, days=2)
    signals: Counter[type[Message]] = Counter()
    lab = play(
        LabSettings(scenario=scenario, seed=11),
        lambda record: signals.update(map(type, record.outputs)),
    )
    assert signals[VolatilitySignaled] > 0
    assert signals[TrackingSignaled] > 0
    socket = over_sockets(scenario, 11, tmp_path)
    trading = {team.role for team in lab.teams if team.contracts}
    assert trading == {"market_maker", "hedge_fund", "arbitrage_desk"}
    assert len(lab.days) == 2
    assert lab.event_digest == socket.event_digest
