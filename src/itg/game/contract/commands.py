"""What can be asked of the game; every act of an organizer carries its reason."""

from msgspec import Raw

from itg.game.contract.acts import KeyIssuer, OrganizerAct
from itg.game.contract.rules import GameRules, SeedReveal
from itg.kernel.ids import AccountId, InstrumentId, Role, TradeId, UnderlyingId
from itg.kernel.messages import Command
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Phase, ReplayItem


class CreateGame(Command, frozen=True, kw_only=True):
    """Create the game from a compiled scenario; first input of a journal, once."""

    scenario_hash: str
    rules: GameRules
    # Commands to the other services in order, each in MessagePack: the game passes them on and
    # knows their meaning no further, so that no contract imports another.
    setup: tuple[Raw, ...]
    join_code_hash: str  # "" where registration is open
    admin_key_hash: str
    commitment: str = ""  # to the seed, opened by `RevealSeed`; "": none was made


class RegisterTeam(OrganizerAct, frozen=True, kw_only=True):
    """Register a team; `by_organizer` needs no join code."""

    team_name: str
    role: Role
    key_hash: str
    join_code_hash: str = ""
    by_organizer: bool = False


class StartRound(OrganizerAct, frozen=True, kw_only=True):
    """Start the next scheduled round, or `round_id`."""

    round_id: int | None = None


class PauseRound(OrganizerAct, frozen=True, kw_only=True):
    """Freeze the game clock."""

    round_id: int


class ResumeRound(OrganizerAct, frozen=True, kw_only=True):
    """Let the game clock run again."""

    round_id: int


class EndRound(OrganizerAct, frozen=True, kw_only=True):
    """Close the market and end the round."""

    round_id: int


class MovePhase(OrganizerAct, frozen=True, kw_only=True):
    """An organizer's phase move, for all shards or one instrument."""

    phase: Phase
    instrument_id: InstrumentId | None = None


class HaltMarket(OrganizerAct, frozen=True, kw_only=True):
    """Halt an instrument, an underlying with its series, or (neither named) everything.

    Trading reopens by auction after `halt_ns`, or on `ResumeMarket` where that is None.
    """

    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None
    halt_ns: Nanos | None = None


class ResumeMarket(OrganizerAct, frozen=True, kw_only=True):
    """End such a halt now, by auction."""

    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None


class CorrectTrade(OrganizerAct, frozen=True, kw_only=True):
    """Bust a trade, or move it to another price."""

    trade_id: TradeId
    price: Price | None = None  # None: as if it had never been


class MoveKillSwitch(OrganizerAct, frozen=True, kw_only=True):
    """An organizer's kill switch, of one account or of all (None)."""

    account_id: AccountId | None = None
    is_active: bool = True


class AnnounceNews(OrganizerAct, frozen=True, kw_only=True):
    """An organizer's news at an instant, or now, which no forecast can warn of.

    `is_shift` and `jump_ppm` fix its outcome, None draws it from the table.
    """

    headline_id: str
    effective_ns: Nanos | None = None
    has_signal: bool = True
    is_shift: bool | None = None
    jump_ppm: int | None = None


class WithdrawNews(OrganizerAct, frozen=True, kw_only=True):
    """Cancel news that is not out yet, an arrival too."""

    news_id: int


class RepeatNews(OrganizerAct, frozen=True, kw_only=True):
    """Publish a recorded history of news from now on, all of it or nothing."""

    items: tuple[ReplayItem, ...]


class IssueKey(OrganizerAct, frozen=True, kw_only=True):
    """Give somebody without a team a key: it reads and researches, or is another organizer's.

    Refused if the `issuer` it is asked for with works no more.
    """

    key_name: str
    key_hash: str
    is_organizer: bool = False
    issuer: KeyIssuer | None = None


class RevealSeed(Command, frozen=True, kw_only=True):
    """Open the commitment to the seed; refused while a round is still to end.

    All rounds share the seed: whoever knew it would know the later ones.
    """

    reveal: SeedReveal


class RevealIdentities(OrganizerAct, frozen=True, kw_only=True):
    """Let the exports of an ended round name who did what; once, it is never taken back."""

    round_id: int


class NoteGame(OrganizerAct, frozen=True, kw_only=True):
    """Keep that another game was prepared beside this one, and what it commits to."""

    game_name: str
    commitment: str


class DropBot(Command, frozen=True, kw_only=True):
    """Go on without a bot that keeps a lock-step game waiting."""

    account_id: AccountId
