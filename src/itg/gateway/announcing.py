"""What the `system` channel tells of the game itself: rounds, and the organizer's messages."""

from itg.game.contract import (
    MessageSent,
    RoundEnded,
    RoundExtended,
    RoundPaused,
    RoundResumed,
    RoundStarted,
)
from itg.kernel.ids import AccountId
from itg.wire.v1.socket import MessageData, RoundData

Announced = RoundStarted | RoundPaused | RoundResumed | RoundEnded | RoundExtended | MessageSent


def announcement(event: Announced) -> tuple[str, RoundData | MessageData, AccountId | None]:
    """Return what an event is told as, and whom: None is everybody."""
    if isinstance(event, MessageSent):
        to_all = event.account_id is None
        data = MessageData(message_id=event.message_id, text=event.text, to_all=to_all)
        return "message", data, event.account_id
    kind = f"round.{type(event).__name__.removeprefix('Round').lower()}"
    following = event.next_round_id if isinstance(event, RoundEnded) else None
    return kind, RoundData(round_id=event.round_id, next_round_id=following), None
