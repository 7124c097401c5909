"""A competition's day from the roster to the proof: what was told is what the journal gives."""

import json
import shutil
import sqlite3
from contextlib import closing
from math import fsum
from pathlib import Path
from typing import Any

import pytest
from msgspec import json as wire
from msgspec import msgpack
from msgspec.structs import replace
from tests.system.competition import BOTS, FIRST, HAND, PRACTICE, SECOND, Played, play_day
from tests.system.desk import called
from tests.system.replayed import Replay, sum_of

from itg.adapters.sqlite_journal import DATABASE
from itg.cli import exits
from itg.exchange.contract import TradeBusted
from itg.game.contract import (
    AdjustTeam,
    GetScores,
    RoundEnded,
    RoundScore,
    RoundScored,
    RoundStarted,
    Scores,
    TeamRegistered,
)
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos
from itg.positions.contract import (
    AccountAdjusted,
    AccountReseated,
    AccountsMeasured,
    Balances,
    GetBalances,
    GetPnl,
    GetRoles,
    PnlHistory,
    Roles,
)
from itg.runtime.journal import SealedBatch, row_hash
from itg.signals.contract import VolatilitySignaled
from itg.translate.scores import scores_body

pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]
TEAMS = (*BOTS, HAND)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play_day(tmp_path_factory.mktemp("competition"))


@pytest.fixture(scope="module")
def books(played: Played) -> "Books":
    books = Books(Replay(played.data))
    books.follow()
    return books


def test_every_act_stands_in_the_audit_with_who_and_why(played: Played) -> None:
    told = [(str(row["act"]), str(row["actor"]), str(row["reason"])) for row in played.audit]
    assert told == played.acts
    assert all(row["code"] is None for row in played.audit)
    assert played.messages == ["a headline is a drill"]


def test_every_team_plays_the_roles_that_were_printed_another_each_round(played: Played) -> None:
    for row in played.printed:
        seats = row["seats"]
        assert isinstance(seats, list)
        number = row["round_id"]
        assert isinstance(number, int)
        assert {s["team_name"]: s["role"] for s in seats} == played.roles[number]
    assert played.roles[PRACTICE] == played.roles[FIRST]
    assert all(played.roles[FIRST][name] != played.roles[SECOND][name] for name in TEAMS)


def test_what_was_told_live_is_what_the_journal_gives_bit_for_bit(
    played: Played, books: "Books"
) -> None:
    replay = books.replay
    for number in (FIRST, SECOND):
        scores = replay.machine.query(GetScores(round_id=number))
        assert isinstance(scores, Scores)
        again = wire.encode(scores_body(scores, lambda _: True))
        assert again.decode() == played.live[number]
        told = json.loads(again)
        assert told["is_final"] is True
        assert len(told["items"]) == len(TEAMS)
        assert all(one["judgement"]["team"] == 80.5 for one in told["final"])
    practice = replay.machine.query(GetScores(round_id=PRACTICE))
    assert isinstance(practice, Scores)
    assert practice.round is None


def test_recomputing_from_the_directory_and_from_a_bundle_finds_every_score_equal(
    played: Played, tmp_path: Path
) -> None:
    bundle = tmp_path / "round.bundle.tar"
    made = ("game", "bundle", str(played.data), "--round", str(SECOND), "--to", str(bundle))
    assert called(*made).code == exits.DONE
    for place in (played.data, bundle):
        done = called("score", "recompute", str(place), "--json")
        result = json.loads(done.said)
        assert done.code == exits.DONE, result
        assert [(r["round_id"], r["team_name"]) for r in result["rows"]] == [
            (number, name) for number in (FIRST, SECOND) for name in TEAMS
        ]
        for row in result["rows"]:
            assert row["is_equal"] is True
            live = json.loads(played.live[row["round_id"]])["items"]
            item = next(i for i in live if i["team_id"] == row["account_id"])
            assert round(item["terms"]["measured"] * 1e6) == row["recorded_measured"]


def test_the_journal_replays_to_what_it_holds(played: Played) -> None:
    done = called("verify", str(played.data), "--json")
    assert done.code == exits.DONE, done.said
    assert json.loads(done.said)["is_equal"] is True


def test_parts_add_up_to_the_profit_and_loss_of_every_team_and_nothing_is_lost(
    books: "Books",
) -> None:
    assert books.measured > 1_000
    assert books.looks >= 8
    assert books.teams_that_traded == set(TEAMS)
    assert books.is_adjusted


class Books:
    """Every team's equity held against its parts, each second and after each correction."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.names: dict[AccountId, str] = {}
        self.given: dict[AccountId, int] = {}
        self.measured = self.looks = 0
        self.teams_that_traded: set[str] = set()
        self.is_adjusted = False
        self.signaled: list[tuple[int, int]] = []
        self.since_ns = Nanos(0)

    def follow(self) -> None:
        for body, outputs in self.replay:
            if isinstance(body, AdjustTeam):
                self.is_adjusted = True
            for output in outputs:
                self._note(output)
            if any(isinstance(o, RoundEnded | TradeBusted | AccountAdjusted) for o in outputs):
                self._look()

    def _note(self, output: object) -> None:
        match output:
            case TeamRegistered():
                self.names[output.account_id] = output.team_name
            case RoundStarted():
                # A new seat is taken before the clock moves on, in the last round's last minute.
                self.since_ns = output.start_ns
            case AccountReseated():
                self.given[output.account_id] = 0
            case AccountAdjusted():
                self.given[output.account_id] = self.given.get(output.account_id, 0) + output.cash
            case AccountsMeasured():
                self._measure(output)
            case VolatilitySignaled() if output.role == "hedge_fund":
                self.signaled.append((output.signal_seq, output.signal_id))
            case _:
                pass

    def _starts(self) -> dict[AccountId, int]:
        roles, balances = (self.replay.machine.query(q) for q in (GetRoles(), GetBalances()))
        assert isinstance(roles, Roles)
        assert isinstance(balances, Balances)
        cash = {role.role: role.starting_cash for role in roles.roles}
        return {account.account_id: cash[account.role] for account in balances.accounts}

    def _measure(self, told: AccountsMeasured) -> None:
        starts = self._starts()
        for one in told.measures:
            assert sum_of(one.pnl) == one.equity - starts[one.account_id], one
            self.measured += 1

    def _look(self) -> None:
        balances = self.replay.machine.query(GetBalances())
        assert isinstance(balances, Balances)
        assert (balances.contracts_sum, balances.cash_sum) == (0, 0)
        starts = self._starts()
        for account in balances.accounts:
            name = self.names.get(account.account_id)
            if name is None:
                continue
            if account.contracts_traded:
                self.teams_that_traded.add(name)
            asked = GetPnl(account_id=account.account_id, from_ns=self.since_ns)
            history = self.replay.machine.query(asked)
            assert isinstance(history, PnlHistory)
            assert all(row.pnl == sum_of(row.parts) for row in history.intervals)
            assert all(row.pnl == sum_of(row.parts) for row in history.instruments)
            made = account.equity - starts[account.account_id]
            given = self.given.get(account.account_id, 0)
            assert sum(row.pnl for row in history.intervals) == made, name
            assert sum(row.pnl for row in history.instruments) + given == made, name
        self.looks += 1


def test_a_hedge_fund_s_score_expands_to_the_signals_it_was_told(
    played: Played, books: "Books"
) -> None:
    counted = []
    for number in (FIRST, SECOND):
        told = json.loads(played.live[number])
        funds = [item for item in told["items"] if item["role"] == "hedge_fund"]
        assert funds
        for item in funds:
            (term,) = [t for t in item["terms"]["components"] if t["name"] == "signals"]
            ids = [int(source["source_id"]) for source in term["sources"]]
            assert {source["kind"] for source in term["sources"]} <= {"signal"}
            assert abs(fsum(s["value"] for s in term["sources"]) - (term["measured"] or 0)) < 1e-3
        counted += ids
    assert counted == [signal_id for _, signal_id in sorted(books.signaled)]
    assert counted


def test_a_trade_undone_after_the_close_moves_the_scores_that_counted_it(played: Played) -> None:
    before, after = json.loads(played.told_first), json.loads(played.live[FIRST])
    late = str(played.undone_late)
    assert [late in capture_sources(told) for told in (before, after)] == [True, False]
    old, new = (
        {i["team_id"]: i["terms"]["unscored"] for i in told["items"]} for told in (before, after)
    )
    moved = [team for team in old if old[team]["contracts"] != new[team]["contracts"]]
    assert moved
    assert all(old[team]["pnl"] != new[team]["pnl"] for team in moved)
    assert after["scored_us"] >= before["scored_us"]


def capture_sources(scores: dict[str, Any]) -> set[str]:
    return {
        str(source["source_id"])
        for item in scores["items"]
        for component in item["terms"]["components"]
        if component["name"] == "capture"
        for source in component["sources"]
        if source["kind"] == "trade"
    }


def test_one_altered_byte_of_a_score_is_found_and_its_team_is_named(
    played: Played, tmp_path: Path
) -> None:
    """The organizer forges a score and seals the journal anew, so that its chain is whole."""
    forged = tmp_path / "forged"
    shutil.copytree(played.data, forged)
    victim = forge(forged, round_id=FIRST)
    done = called("score", "recompute", str(forged))
    assert done.code == exits.FAILED
    (line,) = [line for line in done.said.splitlines() if "differs in" in line]
    assert line.split()[:2] == [str(FIRST), victim]
    assert line.endswith("differs in measured")


def forge(data: Path, *, round_id: int) -> str:
    """Alter one byte of a team's measured score where it was told last; return the team."""
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as journal:
        rows = [
            SealedBatch(*row)
            for row in journal.execute(
                "SELECT first_seq, last_seq, epoch, ts_ns, body, hash FROM batch ORDER BY first_seq"
            )
        ]
        place, score = last_score(rows, data, round_id)
        team = score.teams[0]
        told = msgpack.encode(team.measured)
        body = rows[place].body
        at = body.rindex(msgpack.encode("measured") + told) + len(msgpack.encode("measured"))
        changed = bytearray(body)
        changed[at + len(told) - 1] ^= 1
        rows[place] = replace(rows[place], body=bytes(changed))
        previous = rows[place - 1].hash
        for row in rows[place:]:
            previous = row_hash(previous, row)
            journal.execute(
                "UPDATE batch SET body = ?, hash = ? WHERE first_seq = ?",
                (row.body, previous, row.first_seq),
            )
    return TEAMS[int(team.team_id.removeprefix("t")) - 1]


def last_score(rows: list[SealedBatch], data: Path, round_id: int) -> tuple[int, RoundScore]:
    codec = Replay(data).machine.codec
    found = [
        (place, output.scores)
        for place, row in enumerate(rows)
        if RoundScored.__name__.encode() in row.body
        for record in codec.decode_records(row.body)
        for output in record.outputs
        if isinstance(output, RoundScored) and output.scores.round_id == round_id
    ]
    return found[-1]
