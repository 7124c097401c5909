"""Who did what, when and why: the organizer's acts and the teams' kill switches."""

import pytest
from tests.game.worlds import ADMIN, JOIN

from itg import scenario
from itg.exchange import contract as exchange
from itg.game.contract import (
    AuditEntry,
    AuditTrail,
    CorrectTrade,
    EndRound,
    GameActRejected,
    GetAudit,
    HaltMarket,
    MoveKillSwitch,
    MovePhase,
    NoteGame,
    PauseRound,
    RegisterTeam,
    ResumeMarket,
    RevealIdentities,
    RotateKey,
    StartRound,
)
from itg.game.core.audit import KEPT_OF_TEAM
from itg.game.service import GameService
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard, TeamId, TradeId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Phase
from itg.positions import contract as positions

SPX, SPY = UnderlyingId("SPX"), UnderlyingId("SPY")
AT = Nanos(5)


def created(name: str = "classic") -> GameService:
    service = GameService()
    create = scenario.load(name, admin_key_hash=ADMIN, join_code_hash=JOIN)
    for told in service.handle(AT, create):
        if isinstance(told, exchange.ListInstrument):
            listed = exchange.InstrumentListed(shard=told.shard, instrument=told.instrument)
            service.handle(AT, listed)
    return service


def trail(service: GameService, after_seq: int = 0, count: int = 1_000) -> tuple[AuditEntry, ...]:
    page = service.query(GetAudit(after_seq=after_seq, count=count))
    assert isinstance(page, AuditTrail)
    return page.entries


def refusal_code(told: object) -> str:
    assert isinstance(told, list)
    (rejected,) = told
    assert isinstance(rejected, GameActRejected)
    return rejected.refusal.code


@pytest.mark.parametrize(
    ("ask", "act", "subject"),
    [
        (StartRound(round_id=1, reason="on time"), "round.start", "1"),
        (StartRound(reason="on time"), "round.start", ""),
        (MovePhase(phase=Phase.CLOSED, reason="on time"), "phase.move", "closed"),
        (HaltMarket(reason="on time"), "market.halt", ""),
        (HaltMarket(underlying_id=SPY, reason="on time"), "market.halt", "SPY"),
        (ResumeMarket(instrument_id=InstrumentId("SPX"), reason="on time"), "market.resume", "SPX"),
        (CorrectTrade(trade_id=TradeId(7), reason="on time"), "trade.bust", "7"),
        (
            CorrectTrade(trade_id=TradeId(7), price=Price(1), reason="on time"),
            "trade.adjust",
            "7",
        ),
        (MoveKillSwitch(account_id=AccountId("t1"), reason="on time"), "kill_switch.on", "t1"),
        (MoveKillSwitch(is_active=False, reason="on time"), "kill_switch.off", ""),
        (RevealIdentities(round_id=1, reason="on time"), "round.reveal", "1"),
        (
            NoteGame(game_name="day-2", commitment="c0ffee", reason="on time"),
            "game.prepare",
            "day-2 commits to c0ffee",
        ),
    ],
)
def test_an_organizers_act_is_kept_with_its_time_subject_and_reason(
    ask: Message, act: str, subject: str
) -> None:
    service = created()
    service.handle(Nanos(77), ask)
    (entry,) = trail(service)
    assert (entry.audit_seq, entry.at_ns, entry.actor) == (1, 77, "organizer")
    assert (entry.act, entry.subject, entry.reason) == (act, subject, "on time")


def test_an_act_the_game_refuses_is_kept_with_the_code() -> None:
    service = created()
    service.handle(AT, PauseRound(round_id=1))
    service.handle(AT, EndRound(round_id=99))
    assert [entry.refusal_code for entry in trail(service)] == [
        "ROUND_WRONG_STATUS",
        "ROUND_NOT_FOUND",
    ]


@pytest.mark.parametrize(
    ("ask", "rejected"),
    [
        (
            MovePhase(phase=Phase.PRE_OPEN, instrument_id=InstrumentId("SPX")),
            exchange.PhaseRejected(shard=Shard(0), refusal=Refusal(code="NO", detail="")),
        ),
        (
            ResumeMarket(underlying_id=SPX),
            exchange.HaltRejected(shard=Shard(0), refusal=Refusal(code="NO", detail="")),
        ),
        (
            CorrectTrade(trade_id=TradeId(7)),
            exchange.BustRejected(
                shard=Shard(0), trade_id=TradeId(7), refusal=Refusal(code="NO", detail="")
            ),
        ),
    ],
)
def test_an_act_the_exchange_refuses_is_kept_with_the_code(ask: Message, rejected: Message) -> None:
    service = created()
    service.handle(AT, StartRound(round_id=1))
    service.handle(AT, ask)
    service.handle(AT, rejected)
    assert [entry.refusal_code for entry in trail(service)] == [None, "NO"]


def test_an_act_on_all_shards_is_refused_when_every_one_of_them_refused() -> None:
    service = created()
    service.handle(AT, ResumeMarket())
    codes = []
    for shard in (Shard(0), Shard(1)):
        refusal = Refusal(code="NOT_HALTED", detail="")
        service.handle(AT, exchange.HaltRejected(shard=shard, refusal=refusal))
        codes.append(trail(service)[0].refusal_code)
    assert codes == [None, "NOT_HALTED"]


def test_the_organizers_registrations_are_kept_and_the_teams_own_are_not() -> None:
    service = created()
    for name, by_organizer in (("mine", True), ("theirs", False), ("mine", True)):
        ask = RegisterTeam(
            team_name=name,
            role=Role("hedge_fund"),
            key_hash=name,
            join_code_hash=JOIN,
            by_organizer=by_organizer,
        )
        service.handle(AT, ask)
    assert [(e.act, e.subject, e.refusal_code) for e in trail(service)] == [
        ("team.register", "mine", None),
        ("team.register", "mine", "DUPLICATE_TEAM_NAME"),
    ]


def test_a_teams_own_kill_switch_is_kept_once_and_the_organizers_not_twice() -> None:
    service = created()
    mine = positions.KillSwitchChanged(
        account_id=AccountId("t1"), is_active=True, by_organizer=False
    )
    service.handle(AT, mine)
    service.handle(AT, MoveKillSwitch(account_id=AccountId("t1")))
    theirs = positions.KillSwitchChanged(
        account_id=AccountId("t1"), is_active=True, by_organizer=True
    )
    service.handle(AT, theirs)
    assert [(e.actor, e.act) for e in trail(service)] == [
        ("t1", "kill_switch.on"),
        ("organizer", "kill_switch.on"),
    ]


def test_the_audit_keeps_every_act_of_an_organizer_and_survives_a_snapshot() -> None:
    service = created()
    for _ in range(3_000):
        service.handle(AT, PauseRound(round_id=1))
    other = GameService()
    other.restore(service.snapshot())
    kept = trail(other, count=5_000)
    assert [e.audit_seq for e in kept] == list(range(1, 3_001))
    assert [e.audit_seq for e in trail(other, after_seq=10, count=2)] == [11, 12]
    assert trail(other, after_seq=3_000) == ()


def test_a_team_that_switches_for_ever_pushes_out_nobody_but_itself() -> None:
    service = created()
    service.handle(AT, PauseRound(round_id=1, reason="before", by="Ada"))
    # A sign-in of a team's own is an act of the same actor, and no kill switch.
    service.handle(AT, RotateKey(team_id=TeamId("t1"), key_hash="k", by="t1", reason="signed in"))
    for account_id in ("t1", "t2"):
        for n in range(KEPT_OF_TEAM + 5 if account_id == "t1" else 2):
            switched = positions.KillSwitchChanged(
                account_id=AccountId(account_id), is_active=n % 2 == 0, by_organizer=False
            )
            service.handle(AT, switched)
    kept = trail(service, count=5_000)
    assert (kept[0].reason, kept[0].actor) == ("before", "Ada")
    assert (kept[1].reason, kept[1].actor) == ("signed in", "t1")
    assert sum(e.actor == "t1" for e in kept) == KEPT_OF_TEAM + 1
    assert sum(e.actor == "t2" for e in kept) == 2
    assert [e.audit_seq for e in kept] == sorted(e.audit_seq for e in kept)
    assert [e.audit_seq for e in trail(service, after_seq=2, count=2)] == [8, 9]


def test_a_halt_reaches_what_it_names() -> None:
    service = created()
    every = service.handle(AT, HaltMarket(halt_ns=Nanos(9)))
    assert every == [exchange.HaltTrading(shard=Shard(s), halt_ns=Nanos(9)) for s in (0, 1)]
    (one,) = service.handle(AT, HaltMarket(underlying_id=SPY))
    assert one == exchange.HaltTrading(shard=Shard(1))
    (single,) = service.handle(AT, ResumeMarket(instrument_id=InstrumentId("SPY")))
    assert single == exchange.ResumeTrading(shard=Shard(1), instrument_id=InstrumentId("SPY"))


def test_a_halt_of_what_is_not_there_is_refused() -> None:
    service = created()
    unknown = HaltMarket(underlying_id=UnderlyingId("NOPE"))
    assert refusal_code(service.handle(AT, unknown)) == "UNDERLYING_NOT_FOUND"
    gone = exchange.InstrumentDelisted(shard=Shard(1), instrument_id=InstrumentId("SPY"))
    service.handle(AT, gone)
    delisted = HaltMarket(instrument_id=InstrumentId("SPY"))
    assert refusal_code(service.handle(AT, delisted)) == "INVALID_INSTRUMENT"


def test_a_bust_reaches_the_shard_that_traded_and_no_other() -> None:
    service = created()
    trade_id = TradeId((1 << 48) + 3)
    (bust,) = service.handle(AT, CorrectTrade(trade_id=trade_id, price=Price(100)))
    assert bust == exchange.BustTrade(shard=Shard(1), trade_id=trade_id, price=Price(100))
    for nowhere in (-1, 5 << 48):
        (told,) = service.handle(AT, CorrectTrade(trade_id=TradeId(nowhere)))
        assert isinstance(told, GameActRejected)
        assert (told.refusal.code, told.refusal.field) == ("TRADE_NOT_FOUND", "trade_id")
        assert told.refusal.detail.startswith(f"there is no trade {nowhere}. Name one of the last")


def test_an_organizers_kill_switch_is_passed_on_as_the_organizers() -> None:
    (told,) = created().handle(AT, MoveKillSwitch(account_id=AccountId("t1"), is_active=False))
    assert told == positions.SetKillSwitch(
        account_id=AccountId("t1"), is_active=False, by_organizer=True
    )
