"""A lab run's scores are those that its recorded events give again, bit for bit."""

from pathlib import Path

import pytest
from msgspec import msgpack

from itg import scenario
from itg.compose.lab import seats_of
from itg.compose.services import services_of
from itg.game.contract import GetTeams, RoundEnded, RoundScore, RoundScored, Teams
from itg.game.core.scoring.keeper import Scoring
from itg.game.hearing import Heard, hear
from itg.kernel.times import Nanos
from itg.lab import LabRun
from itg.positions.contract import AccountsMeasured, OpenAccount, PnlParts
from itg.positions.service import PositionsService
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

SHORT = """
extends = "demo"
[session]
pre_open_s = 20
continuous_s = 390
[retail]
pre_open_s = 20
[series]
expiries = 1
"""
MEASURES = AccountsMeasured in PositionsService.emits
waits = pytest.mark.skipif(not MEASURES, reason="positions does not measure accounts yet")


class Played:
    """One short day: what was heard of it, in order, and what the game scored."""

    def __init__(self, folder: Path) -> None:
        file = folder / "short.toml"
        file.write_text(SHORT, encoding="utf-8")
        self.create = scenario.load(str(file), seed=3, lock_step=True)
        self.machine = Machine(services_of([shard for shard, _ in self.create.rules.shards]))
        self.heard: list[tuple[Nanos, Heard]] = []
        self.scored: list[RoundScore] = []
        self.heard_to_end = 0  # so many of them before the round was over
        LabRun(self.machine, self.create, seats_of(self.create, ()), self._see).run()

    def _see(self, record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, Heard):
                self.heard.append((record.game_ns, output))
            elif isinstance(output, RoundEnded):
                self.heard_to_end = len(self.heard)
            elif isinstance(output, RoundScored):
                self.scored.append(output.scores)

    def recomputed(self) -> RoundScore:
        """Return the scores from what was heard alone."""
        decode = msgpack.decode
        asked = [decode(raw) for raw in self.create.setup]
        others = {a["account_id"]: a["role"] for a in asked if a["type"] == OpenAccount.__name__}
        scoring = Scoring.planned(self.create.rules, others)
        teams = self.machine.query(GetTeams())
        assert scoring is not None
        assert isinstance(teams, Teams)
        scoring.begin(1, self.create.rules.rounds[0].start_ns, teams.teams)
        for place, (now, event) in enumerate(self.heard):
            if place == self.heard_to_end:
                scoring.end()
            hear("game", scoring, now, event)
        told = scoring.scored(self.scored[-1].scored_ns)
        assert told is not None
        return told.scores


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("short"))


def test_scores_are_told_once_for_every_team(played: Played) -> None:
    assert [scores.round_id for scores in played.scored] == [1]
    assert len(played.scored[0].teams) == len(played.create.rules.teams)


def test_the_recorded_events_give_the_same_scores_to_the_last_bit(played: Played) -> None:
    assert msgpack.encode(played.recomputed()) == msgpack.encode(played.scored[-1])


@waits
def test_what_was_traded_was_measured(played: Played) -> None:
    measured = [event for _, event in played.heard if isinstance(event, AccountsMeasured)]
    assert len(measured) > 390
    names = {
        component.name
        for team in played.scored[-1].teams
        for component in team.components
        if component.measured is not None
    }
    assert names >= {"capture", "inventory", "volume", "compliance", "risk"}


@waits
def test_profit_and_loss_are_those_that_were_measured_last(played: Played) -> None:
    last = [event for _, event in played.heard if isinstance(event, AccountsMeasured)][-1]
    made = {
        measure.account_id: sum(getattr(measure.pnl, part) for part in PnlParts.__struct_fields__)
        for measure in last.measures
    }
    assert {t.account_id: t.unscored.pnl for t in played.scored[-1].teams} == made
