"""A bot at the table: what it hears, and what it wants to send."""

from collections.abc import Callable

from msgspec import Struct

from itg.client.bot import Bot
from itg.client.commands import BotCommand
from itg.client.ears import Ears
from itg.client.pacing import Pacer
from itg.client.untold import Untold
from itg.kernel.ids import AccountId, Role, TeamId
from itg.wire.v1.account import RejectedPush


class Seat(Struct, frozen=True, kw_only=True):
    """A team and the bot that plays for it.

    Where roles go round the game says which role a team begins in, and with each other one it gets
    the bot that `bots` makes for it; without `bots` it keeps its one.
    """

    team_name: str
    role: Role
    bot: Bot
    bots: Callable[[Role], Bot] | None = None


class Player:
    """A seat in a running game."""

    def __init__(self, seat: Seat, team_id: TeamId, account_id: AccountId, role: Role) -> None:
        self.seat = seat
        self.team_id = team_id
        self.account_id = account_id
        self.role = role
        self.is_leaving = False  # its role is another: the bot for it comes with the next turn
        self._sit(seat.bot if role == seat.role or seat.bots is None else seat.bots(role))

    def _sit(self, bot: Bot) -> None:
        self.bot = bot
        self.ears = Ears(bot, self._rejected)
        self.pacer = Pacer()
        self.channels: frozenset[str] = frozenset()
        self._untold = Untold()

    def move(self, role: Role) -> None:
        """Have another role from now on."""
        self.is_leaving = role != self.role and self.seat.bots is not None
        self.role = role

    def change_bot(self) -> None:
        """Let the bot for the role of now take over; it has heard nothing yet."""
        assert self.seat.bots is not None
        self.is_leaving = False
        self._sit(self.seat.bots(self.role))

    def listen(self) -> None:
        """Listen to what the bot's hooks and the chain of now ask for."""
        self.channels = frozenset(self.ears.channels())

    def take_turn(self, game_us: int) -> list[BotCommand]:
        """Let the bot's moment end at a game time; return what it sends now."""
        if not self.ears.has_started:
            self.ears.start(game_us)
        self.ears.finish(game_us)
        return self.released()

    def released(self) -> list[BotCommand]:
        """Return the commands that may leave now."""
        bot = self.bot
        commands = bot.lanes.release(self.pacer, bot.now_us) if len(bot.lanes) else []
        for command in commands:
            self._untold.expect(command)
        return commands

    def hear_answer(self, command: BotCommand, rejected: RejectedPush | None) -> None:
        """Hear how a command ended; a refusal that was told before is not told again."""
        is_untold = self._untold.is_answer_news(command)
        if rejected is not None and is_untold:
            self.ears.note_refusal(rejected.code)
            self.bot.on_reject(rejected)

    def _rejected(self, refused_as: str, rejected: RejectedPush) -> None:
        self._untold.note_told(refused_as, rejected)
        self.bot.on_reject(rejected)
