"""A competition's day in lock step: the organizer's acts at fixed steps give equal days."""

from pathlib import Path

import pytest
from msgspec import msgpack

from itg import scenario
from itg.compose.lab import seats_of
from itg.compose.services import services_of
from itg.exchange.contract import TradeBusted, TradeExecuted
from itg.game.contract import (
    AdjustTeam,
    AnnounceNews,
    AuditTrail,
    CorrectTrade,
    ExtendRound,
    GetAudit,
    GetScores,
    GetTeams,
    HaltMarket,
    ResumeMarket,
    RotateKey,
    RoundScore,
    RoundScored,
    Scores,
    SendMessage,
    SetJudgement,
    Teams,
)
from itg.kernel.ids import AccountId, TeamId, TradeId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_S, Nanos
from itg.lab import LabRun
from itg.positions.contract import Balances, GetBalances
from itg.runtime.cascade import Machine
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record

pytestmark = [pytest.mark.gate, pytest.mark.timeout(300)]
DAY = """
extends = "demo"
title = "Competition day"
first_day = 2026-12-08
[clock]
next_round = "auto"
[registration]
rotation = "latin_square"
[session]
days = 2
pre_open_s = 10
freeze_s = 2
continuous_s = 120
[retail]
pre_open_s = 10
[series]
expiries = 1
"""
STEPS_PER_S = 4
TEAM = TeamId("t1")


class Day:
    """Two rounds with the organizer's acts; `restarts` takes every service apart in the middle."""

    def __init__(self, file: Path, *, restarts: bool) -> None:
        create = scenario.load(str(file), seed=5, lock_step=True)
        self.machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
        self.digest = EventDigest(self.machine.codec)
        self.trade_id: TradeId | None = None
        self.busts = 0
        self.roles: list[list[str]] = []
        self.told: list[RoundScore] = []
        self.run = LabRun(self.machine, create, seats_of(create, ()), self._see)
        self.run.begin()
        self._note_roles()
        while not self.run.is_over:
            self.run.advance()
            self.run.tell(*self._acts(self.run.step // STEPS_PER_S, self.run.step % STEPS_PER_S))
            if restarts and self.run.step == 70 * STEPS_PER_S:
                for node in self.machine.nodes.values():
                    node.restore(node.snapshot())
        self._note_roles()
        self.run.tell(SetJudgement(account_id=AccountId("t1"), code=70_000_000, reason="the jury"))

    def _see(self, record: Record) -> None:
        self.digest.add(record)
        for output in record.outputs:
            match output:
                case TradeExecuted():
                    self.trade_id = output.trade_id
                case TradeBusted():
                    self.busts += 1
                case RoundScored():
                    self.told.append(output.scores)
                case _:
                    pass

    def _note_roles(self) -> None:
        teams = self.machine.query(GetTeams())
        assert isinstance(teams, Teams)
        self.roles.append([team.role for team in teams.teams])

    def _acts(self, second: int, step: int) -> list[Message]:
        spx, why = UnderlyingId("SPX"), "as the script says"
        acts: dict[int, Message] = {
            30: AnnounceNews(headline_id="gdp-beat", jump_ppm=4_000, reason=why),
            40: HaltMarket(underlying_id=spx, halt_ns=Nanos(60 * NS_PER_S), reason=why),
            45: ResumeMarket(underlying_id=spx, reason=why),
            55: SendMessage(text="a headline was a drill", reason=why),
            56: AdjustTeam(team_id=TEAM, cash=Cash(12_500), reason=why),
            57: RotateKey(team_id=TEAM, key_hash="another", reason=why),
            58: ExtendRound(round_id=1, extend_ns=Nanos(20 * NS_PER_S), reason=why),
        }
        if step == 0 and second == 60 and self.trade_id is not None:
            return [CorrectTrade(trade_id=self.trade_id, reason=why)]
        return [acts[second]] if step == 0 and second in acts else []

    def scores(self) -> bytes:
        """Return both rounds' scores and the season's, in one encoding."""
        answers = [self.machine.query(GetScores(round_id=number)) for number in (1, 2)]
        assert all(isinstance(answer, Scores) for answer in answers)
        return msgpack.encode(answers)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Day, Day]:
    file = tmp_path_factory.mktemp("lock step") / "day.toml"
    file.write_text(DAY, encoding="utf-8")
    return Day(file, restarts=False), Day(file, restarts=True)


def test_two_days_are_equal_though_every_service_of_one_was_restarted(
    days: tuple[Day, Day],
) -> None:
    one, two = days
    assert one.busts == two.busts == 1
    assert one.digest.hexdigest() == two.digest.hexdigest()
    assert one.scores() == two.scores()
    assert one.machine.state_hash() == two.machine.state_hash()


def test_each_round_is_scored_once_in_its_own_roles(days: tuple[Day, Day]) -> None:
    for day in days:
        first, last = day.roles
        assert all(a != b for a, b in zip(first, last, strict=True))
        assert [scores.round_id for scores in day.told] == [1, 2]
        for scores, roles in zip(day.told, day.roles, strict=True):
            assert [team.role for team in scores.teams] == roles


def test_nothing_is_lost_and_every_act_is_kept(days: tuple[Day, Day]) -> None:
    for day in days:
        balances, audit = day.machine.query(GetBalances()), day.machine.query(GetAudit())
        assert isinstance(balances, Balances)
        assert isinstance(audit, AuditTrail)
        assert (balances.contracts_sum, balances.cash_sum) == (0, 0)
        kept = [(entry.act, entry.reason) for entry in audit.entries if entry.reason]
        assert [act for act, _ in kept] == [
            *("news.announce", "market.halt", "market.resume", "message.send", "team.adjust"),
            *("team.rotate_key", "round.extend", "trade.bust", "scores.judgement"),
        ]
        assert all(entry.refusal_code is None for entry in audit.entries)
