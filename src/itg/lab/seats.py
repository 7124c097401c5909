"""A bot at the table: what it hears, and what it wants to send."""

from msgspec import Struct

from itg.client.bot import Bot
from itg.client.commands import BotCommand
from itg.client.ears import Ears
from itg.client.pacing import Pacer
from itg.client.untold import Untold
from itg.kernel.ids import AccountId, Role, TeamId
from itg.wire.v1.account import RejectedPush


class Seat(Struct, frozen=True, kw_only=True):
    """A team and the bot that plays for it."""

    team_name: str
    role: Role
    bot: Bot


class Player:
    """A seat in a running game."""

    def __init__(self, seat: Seat, team_id: TeamId, account_id: AccountId) -> None:
        self.seat = seat
        self.bot = seat.bot
        self.team_id = team_id
        self.account_id = account_id
        self.ears = Ears(seat.bot, self._rejected)
        self.pacer = Pacer()
        self.channels: frozenset[str] = frozenset()
        self._untold = Untold()

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
