"""A small rehearsal with everything in it: full rate, cut lines, clients and a server killed."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from itg.compose.rehearsal.checks import findings_of
from itg.compose.rehearsal.plan import RehearsalSettings
from itg.compose.rehearsal.run import Rehearsal
from itg.compose.rehearsal.verdict import Carried, Measured, Verdict, teams_carried, verdict_on

TEAMS = 4
SECONDS = 8.0
# What the machine the test runs on is fast enough for is not the test's to say.
OF_THE_MACHINE = frozenset(
    {
        "acknowledgement p50",
        "acknowledgement p99",
        "longest reconnect",
        "all back after kill -9",
        "orders sent",
        "server's share of one core",
    }
)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    data = tmp_path_factory.mktemp("rehearsal")
    settings = RehearsalSettings(data=data / "run", teams=TEAMS, seconds=SECONDS, seed=3)
    told: list[str] = []
    return settings.data, Rehearsal(settings, told.append).run()


@pytest.mark.timeout(240)
def test_four_teams_lose_nothing_though_clients_and_server_are_killed(
    rehearsed: tuple[Path, Verdict],
) -> None:
    _, verdict = rehearsed
    failed = [each for each in verdict.criteria if not each.is_met]
    assert {each.name for each in failed} <= OF_THE_MACHINE, failed
    measured = verdict.measured
    assert measured.clients_killed == TEAMS // 2
    assert measured.kill_ready_s > 0
    # Two cuts of each team that stayed, and the kill of the server, which everybody felt.
    assert measured.reconnects >= TEAMS
    assert measured.journal.acknowledged > 2 * TEAMS * SECONDS
    assert measured.quotes_sent > 0
    assert f"{TEAMS} teams at full rate" in verdict.sentence
    assert "shared the machine" in verdict.sentence


def test_an_acknowledged_order_that_the_journal_does_not_hold_is_found(
    rehearsed: tuple[Path, Verdict],
) -> None:
    data, verdict = rehearsed
    names = [f"Rehearsal {number + 1:03}" for number in range(TEAMS)]
    ledgers = sorted(data.glob("acknowledged-*.txt"))
    first = ledgers[0].read_text().splitlines()[0].split()
    invented = data / "invented.txt"
    # One order nobody placed, and one that was told under two order ids.
    invented.write_text(f"0 never-placed 1\n{first[0]} {first[1]} {int(first[2]) + 1}\n")
    findings = findings_of(data / "game", [*ledgers, invented], names)
    assert (findings.lost, findings.doubled) == (2, 1)
    assert findings.acknowledged == verdict.measured.journal.acknowledged + 2


BREAKS: dict[str, dict[str, object]] = {
    "orders never answered": {"orders_unanswered": 1},
    "gaps in private streams": {"gaps": 1},
    "private events missing at the end": {"missed": 1},
    "organizer's acts in the audit": {"audit_missing": ["round.start"]},
    "fake teams' failures": {"load_failures": ["cannot subscribe"]},
    "orders sent": {"orders_sent": 0},
    "acknowledgement p50": {"ack_p50_ms": 20.1},
    "acknowledgement p99": {"ack_p99_ms": 250.1},
    "longest reconnect": {"reconnect_max_ms": 10_001.0},
    "all back after kill -9": {"kill_resumed_s": 10.1},
    "readers closed as too slow": {"slow_sessions": 1},
    "public facts not delivered": {"public_lost": 1},
    "resumes from too long ago": {"too_old": 1},
    "server's share of one core": {"loop_busy": 0.86},
}
BREAKS_OF_THE_JOURNAL: dict[str, dict[str, object]] = {
    "acknowledged orders lost": {"lost": 1},
    "acknowledged orders doubled": {"doubled": 1},
    "replay and restart": {"difference": "seq 7: another output"},
    "sums of contracts and cash": {"cash_sum": 1},
    "restarts the server made by itself": {"lives": 3},
}


def sound(measured: Measured) -> Measured:
    return replace(
        measured,
        ack_p50_ms=1.0,
        ack_p99_ms=2.0,
        reconnect_max_ms=3.0,
        kill_resumed_s=4.0,
        loop_busy=0.5,
        loop_busy_idle=0.1,
        orders_planned=float(measured.orders_sent),
    )


def test_every_criterion_can_fail_the_verdict_and_is_then_its_reason(
    rehearsed: tuple[Path, Verdict],
) -> None:
    good = sound(rehearsed[1].measured)
    assert verdict_on(good).is_ok
    assert ": OK" in verdict_on(good).sentence
    broken = {name: replace(good, **change) for name, change in BREAKS.items()}
    for name, change in BREAKS_OF_THE_JOURNAL.items():
        broken[name] = replace(good, journal=replace(good.journal, **change))
    assert set(broken) == {each.name for each in verdict_on(good).criteria}
    for name, measured in broken.items():
        verdict = verdict_on(measured)
        assert [each.name for each in verdict.criteria if not each.is_met] == [name]
        assert f"not OK because of {name}" in verdict.sentence


def test_how_many_teams_are_carried_lies_between_growth_by_teams_and_by_their_square() -> None:
    assert teams_carried(40, 0.30, 0.10) == Carried(at_least=77, at_most=150)
    assert teams_carried(40, 0.95, 0.05) == Carried(at_least=35, at_most=37)
    assert teams_carried(40, None, 0.05) is None
    assert teams_carried(40, 0.05, 0.05) is None
