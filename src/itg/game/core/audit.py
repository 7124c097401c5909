"""What organizers did, and what teams did to themselves: a list for those who ask later."""

from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    AnnounceNews,
    AuditEntry,
    CorrectTrade,
    EndRound,
    HaltMarket,
    IssueKey,
    MoveKillSwitch,
    MovePhase,
    PauseRound,
    RegisterTeam,
    RepeatNews,
    ResumeMarket,
    ResumeRound,
    RevealIdentities,
    SetJudgement,
    SetPar,
    StartRound,
    WithdrawNews,
)
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos

KEPT_MAX = 1_000
ORGANIZER = "organizer"

Act = (
    StartRound
    | PauseRound
    | ResumeRound
    | EndRound
    | MovePhase
    | HaltMarket
    | ResumeMarket
    | CorrectTrade
    | MoveKillSwitch
    | RegisterTeam
    | IssueKey
    | RevealIdentities
    | AnnounceNews
    | WithdrawNews
    | RepeatNews
    | SetPar
    | SetJudgement
)
_ROUND_ACTS = {
    StartRound: "round.start",
    PauseRound: "round.pause",
    ResumeRound: "round.resume",
    EndRound: "round.end",
    RevealIdentities: "round.reveal",
}


class Audit(Struct):
    """The last acts, oldest first."""

    entries: list[AuditEntry] = field(default_factory=list)
    last_seq: int = 0
    asked: int = 0  # shards that have not refused what the last act asked of them

    def note_act(
        self, now: Nanos, ask: Act, refusal_code: str | None = None, *, asked: int = 0
    ) -> None:
        """Keep an act: `refusal_code` if the game refused it, else of how many shards it asked."""
        act, subject = _described(ask)
        self.asked = asked
        self._keep(
            AuditEntry(
                audit_seq=self.last_seq + 1,
                at_ns=now,
                actor=ORGANIZER,
                act=act,
                subject=subject,
                reason=ask.reason,
                refusal_code=refusal_code,
            )
        )

    def note_refusal(self, refusal_code: str) -> None:
        """Keep that a shard refused the last act: refused it is once none of them took it."""
        if self.asked == 0:
            return
        self.asked -= 1
        if self.asked == 0:
            self.entries[-1] = replace(self.entries[-1], refusal_code=refusal_code)

    def note_switch(self, now: Nanos, account_id: AccountId, *, is_active: bool) -> None:
        """Keep a team's own kill switch."""
        self._keep(
            AuditEntry(
                audit_seq=self.last_seq + 1,
                at_ns=now,
                actor=account_id,
                act=_switched(is_active=is_active),
                subject=account_id,
            )
        )

    def page(self, after_seq: int, count: int) -> tuple[AuditEntry, ...]:
        """Return at most `count` entries after a number, oldest first."""
        return tuple([e for e in self.entries if e.audit_seq > after_seq][:count])

    def _keep(self, entry: AuditEntry) -> None:
        self.last_seq = entry.audit_seq
        self.entries.append(entry)
        if len(self.entries) > KEPT_MAX:
            del self.entries[0]


def _described(ask: Act) -> tuple[str, str]:
    match ask:
        case StartRound() | PauseRound() | ResumeRound() | EndRound() | RevealIdentities():
            return _ROUND_ACTS[type(ask)], "" if ask.round_id is None else str(ask.round_id)
        case MovePhase():
            place = "" if ask.instrument_id is None else f" {ask.instrument_id}"
            return "phase.move", f"{ask.phase.value}{place}"
        case HaltMarket():
            return "market.halt", ask.instrument_id or ask.underlying_id or ""
        case ResumeMarket():
            return "market.resume", ask.instrument_id or ask.underlying_id or ""
        case CorrectTrade():
            return "trade.bust" if ask.price is None else "trade.adjust", str(ask.trade_id)
        case MoveKillSwitch():
            return _switched(is_active=ask.is_active), ask.account_id or ""
        case RegisterTeam() | IssueKey() | SetPar() | SetJudgement():
            return _described_entry(ask)
        case AnnounceNews() | WithdrawNews() | RepeatNews():
            return _described_news(ask)
        case _:
            assert_never(ask)


def _described_news(ask: AnnounceNews | WithdrawNews | RepeatNews) -> tuple[str, str]:
    match ask:
        case AnnounceNews():
            return "news.announce", ask.headline_id
        case WithdrawNews():
            return "news.withdraw", str(ask.news_id)
        case RepeatNews():
            return "news.repeat", f"{len(ask.items)} items"
        case _:
            assert_never(ask)


def _described_entry(ask: RegisterTeam | IssueKey | SetPar | SetJudgement) -> tuple[str, str]:
    match ask:
        case RegisterTeam():
            return "team.register", ask.team_name
        case IssueKey():
            return "key.issue", ask.key_name
        case SetPar():
            return "scores.par", ask.origin
        case SetJudgement():
            return "scores.judgement", ask.account_id
        case _:
            assert_never(ask)


def _switched(*, is_active: bool) -> str:
    return "kill_switch.on" if is_active else "kill_switch.off"
