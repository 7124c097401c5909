"""The channel `scores`: one for each who sees something of their own in it."""

from collections.abc import Callable

from itg.game.contract import RoundScored, Scope
from itg.gateway.calls import Caller
from itg.gateway.channels import Channel, Delivery
from itg.gateway.framing import SCORES
from itg.kernel.ids import AccountId
from itg.translate.scores import MaySee, scores_push
from itg.wire.v1.orders import Body

ORGANIZER = "*"  # no account is called so
Put = Callable[[Channel, str, Body], None]


class ScoreChannels:
    """Every team's channel, the organizer's, and that of those who see totals alone."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def of(self, caller: Caller) -> Channel:
        """Return a caller's channel; it begins when it is first asked for."""
        name = ORGANIZER if Scope.ADMIN in caller.scopes else caller.account_id or ""
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(SCORES, Delivery.PRIVATE)
        return channel

    def publish(self, event: RoundScored, put: Put) -> None:
        """Count a publication on every channel, and put it where somebody hears it."""
        for name, channel in self._channels.items():
            channel.seq += 1
            if channel.subscribers:
                put(channel, "scores", scores_push(event.scores, _seen_by(name)))


def may_see(caller: Caller) -> MaySee:
    """Return whose terms a caller may see: its own, the organizer all."""
    return _seen_by(ORGANIZER if Scope.ADMIN in caller.scopes else caller.account_id or "")


def _seen_by(name: str) -> MaySee:
    def sees(account_id: AccountId) -> bool:
        return name in {ORGANIZER, account_id}

    return sees
