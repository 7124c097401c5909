"""A team's log of a round, where roles go round."""

from collections.abc import Sequence

import pytest
from msgspec import json

from itg.compose.services import services_of
from itg.game.contract import RoundStarted, StartRound, TeamRegistered, TeamReseated
from itg.kernel.ids import AccountId, Role, Seq, Shard, TeamId
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import VolRegime
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.runtime.journal import Head, MemoryJournal, Sealer
from itg.signals.contract import VolatilitySignaled
from itg.translate.round_facts import Identities, facts_of
from itg.translate.round_log import RoundLogs

MAKER, FUND = Role("market_maker"), Role("hedge_fund")
T1, T2 = AccountId("t1"), AccountId("t2")
CODEC = Machine(services_of([Shard(0)])).codec


def registered(account_id: AccountId, role: Role) -> TeamRegistered:
    team_id = TeamId(account_id)
    return TeamRegistered(team_id=team_id, account_id=account_id, team_name=team_id, role=role)


def reseated(account_id: AccountId, role: Role, previous_role: Role) -> TeamReseated:
    return TeamReseated(
        team_id=TeamId(account_id), account_id=account_id, role=role, previous_role=previous_role
    )


def started(round_id: int) -> RoundStarted:
    day = f"2026-12-0{round_id}"
    return RoundStarted(round_id=round_id, trading_day=day, start_ns=Nanos(0), speed=1.0)


def signaled(signal_id: int) -> VolatilitySignaled:
    return VolatilitySignaled(
        signal_id=signal_id,
        role=FUND,
        signal_seq=signal_id,
        regime=VolRegime.LOW,
        is_shift=False,
        probabilities=(1_000_000, 0, 0),
        effective_ns=Nanos(0),
        accuracy_ppm=660_000,
    )


def journal_of(*outputs: Sequence[Message]) -> MemoryJournal:
    journal = MemoryJournal.opened()
    sealer, seq = Sealer(CODEC, journal.epoch, Head()), Seq(1)
    for events in outputs:
        body = StartRound()
        record = Record(seq, Nanos(0), Nanos(0), "", "", body, tuple(events))
        journal.append(sealer.seal([record]))
        seq = Seq(seq + 1 + len(events))
    return journal


@pytest.mark.parametrize(("round_id", "told"), [(1, {T1: [], T2: [1]}), (2, {T1: [2], T2: []})])
def test_a_log_has_the_signals_of_the_role_its_team_played_in_the_round(
    round_id: int, told: dict[AccountId, list[int]]
) -> None:
    journal = journal_of(
        [registered(T1, MAKER), registered(T2, FUND)],
        [started(1)],
        [signaled(1)],
        [started(2), reseated(T1, FUND, MAKER), reseated(T2, MAKER, FUND)],
        [signaled(2)],
        [started(3), reseated(T1, MAKER, FUND), reseated(T2, FUND, MAKER)],
        [signaled(3)],
    )
    identities = Identities.of(journal, CODEC, round_id)
    logs = RoundLogs(identities.teams).add(facts_of(journal, CODEC, round_id))
    lines = {name: [json.decode(line) for line in own] for name, own in logs.lines.items()}
    found = {
        name: [line["data"]["signal_id"] for line in own if line["channel"] == "signals"]
        for name, own in lines.items()
    }
    assert found == told
