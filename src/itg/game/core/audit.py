"""What organizers did, and what teams did to themselves: a list for those who ask later."""

from bisect import bisect_right
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    AdjustTeam,
    AnnounceNews,
    AuditEntry,
    ChangeRole,
    CorrectTrade,
    EndRound,
    ExtendRound,
    HaltMarket,
    ImportTeams,
    IssueKey,
    MoveKillSwitch,
    MovePhase,
    NoteGame,
    PauseRound,
    RegisterTeam,
    RepeatNews,
    ResumeMarket,
    ResumeRound,
    ResumeTeam,
    RetireKey,
    RevealIdentities,
    RevokeKey,
    RotateKey,
    SendMessage,
    SetJudgement,
    SetPar,
    StartRound,
    SuspendTeam,
    WithdrawNews,
)
from itg.kernel.ids import AccountId
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_S, Nanos

KEPT_OF_TEAM = 1_000  # kill switches of one team: it can switch as often as it likes
ORGANIZER = "organizer"

TeamAct = (
    ImportTeams
    | RotateKey
    | RetireKey
    | SuspendTeam
    | ResumeTeam
    | AdjustTeam
    | SendMessage
    | ChangeRole
)
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
    | RevokeKey
    | RevealIdentities
    | NoteGame
    | AnnounceNews
    | WithdrawNews
    | RepeatNews
    | SetPar
    | SetJudgement
    | ExtendRound
    | TeamAct
)
_ROUND_ACTS = {
    StartRound: "round.start",
    PauseRound: "round.pause",
    ResumeRound: "round.resume",
    EndRound: "round.end",
    RevealIdentities: "round.reveal",
}
_TEAM_ACTS: dict[type[TeamAct], str] = {
    RotateKey: "team.rotate_key",
    SuspendTeam: "team.suspend",
    ResumeTeam: "team.resume",
}


class Audit(Struct):
    """Every act of an organizer and each team's last ones, oldest first."""

    entries: list[AuditEntry] = field(default_factory=list)
    last_seq: int = 0
    of_teams: dict[AccountId, int] = field(default_factory=dict)  # entries kept of each
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
                actor=ask.by or ORGANIZER,
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
        kept = self.of_teams[account_id] = self.of_teams.get(account_id, 0) + 1
        if kept > KEPT_OF_TEAM:
            self.of_teams[account_id] = KEPT_OF_TEAM
            oldest = next(n for n, e in enumerate(self.entries) if _is_switch_of(e, account_id))
            del self.entries[oldest]

    def page(self, after_seq: int, count: int) -> tuple[AuditEntry, ...]:
        """Return at most `count` entries after a number, oldest first."""
        first = bisect_right(self.entries, after_seq, key=lambda entry: entry.audit_seq)
        return tuple(self.entries[first : first + count])

    def _keep(self, entry: AuditEntry) -> None:
        self.last_seq = entry.audit_seq
        self.entries.append(entry)


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
        case RegisterTeam() | IssueKey() | RevokeKey() | SetPar() | SetJudgement() | NoteGame():
            return _described_entry(ask)
        case AnnounceNews() | WithdrawNews() | RepeatNews():
            return _described_news(ask)
        case _:
            return _described_other(ask)


def _described_other(ask: ExtendRound | TeamAct) -> tuple[str, str]:
    match ask:
        case ExtendRound():
            return "round.extend", f"{ask.round_id} by {ask.extend_ns // NS_PER_S} s"
        case ImportTeams():
            return "team.import", f"{len(ask.rows)} teams"
        case RotateKey() | SuspendTeam() | ResumeTeam():
            return _TEAM_ACTS[type(ask)], ask.team_id
        case RetireKey():
            number = "" if ask.key_number is None else f" key {ask.key_number}"
            return "team.retire_key", f"{ask.team_id}{number}"
        case AdjustTeam():
            return "team.adjust", _described_correction(ask)
        case SendMessage():
            return "message.send", ask.team_id or ""
        case ChangeRole():
            return "role.change", ask.role
        case _:
            assert_never(ask)


def _described_correction(ask: AdjustTeam) -> str:
    cash = f" cash {_usd(ask.cash)}" if ask.cash else ""
    if ask.instrument_id is None:
        return f"{ask.team_id}{cash}"
    return f"{ask.team_id}{cash} {ask.quantity:+d} {ask.instrument_id} at {_usd(ask.price)}"


def _usd(units: int) -> str:
    whole, part = divmod(abs(units), PRICE_SCALE)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{part:04d}"


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


def _described_entry(
    ask: RegisterTeam | IssueKey | RevokeKey | SetPar | SetJudgement | NoteGame,
) -> tuple[str, str]:
    match ask:
        case RegisterTeam():
            return "team.register", ask.team_name
        case IssueKey():
            return "key.issue", ask.key_name
        case RevokeKey():
            return "key.revoke", ask.key_name
        case SetPar():
            return "scores.par", ask.origin
        case SetJudgement():
            return "scores.judgement", ask.account_id
        case NoteGame():
            return "game.prepare", f"{ask.game_name} commits to {ask.commitment}"
        case _:
            assert_never(ask)


def _switched(*, is_active: bool) -> str:
    return "kill_switch.on" if is_active else "kill_switch.off"


def _is_switch_of(entry: AuditEntry, account_id: AccountId) -> bool:
    # A team's sign-in has the same actor.
    is_switch = entry.act in {_switched(is_active=True), _switched(is_active=False)}
    return is_switch and entry.actor == account_id
