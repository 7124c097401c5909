"""An account's private events in one gap-free order."""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from itg.kernel.ids import OrderId, Seq
from itg.kernel.messages import Message
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFillBusted,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountReplaceRejected,
    AnyPrivateEvent,
    OrderChange,
    order_told_of,
)

MAILBOX_EVENTS_MAX = 10_000


class Mailbox:
    """Numbers events from 1 and keeps the last ones."""

    __slots__ = ("events", "seq")

    def __init__(self, seq: Seq = Seq(0), events: Iterable[AnyPrivateEvent] = ()) -> None:
        self.seq = seq  # of the last event
        self.events: deque[AnyPrivateEvent] = deque(events, MAILBOX_EVENTS_MAX)

    def next_seq(self) -> Seq:
        """Return the number the next event must carry."""
        return Seq(self.seq + 1)

    def post(self, event: AnyPrivateEvent, out: list[Message]) -> None:
        """Keep an event and send it out."""
        assert event.private_seq == self.seq + 1, "the mailbox has no gap"
        self.seq = event.private_seq
        self.events.append(event)
        out.append(event)

    def oldest_kept(self) -> Seq:
        """Return the number of the oldest event kept, the next one's when none is."""
        return Seq(self.seq - len(self.events) + 1)

    def after(self, seq: Seq | None) -> tuple[AnyPrivateEvent, ...]:
        """Return the kept events after a number, oldest first."""
        known = 0 if seq is None else max(0, seq - self.oldest_kept() + 1)
        return tuple(islice(self.events, known, None))


def concerns_order(event: AnyPrivateEvent, order_id: OrderId) -> bool:
    """Tell whether an event is part of an order's story: its changes, fills, busts, refusals."""
    if isinstance(event, AccountReplaceRejected | AccountCancelRejected | AccountFillBusted):
        return event.order_id == order_id
    return order_told_of(event) == order_id


def is_first_of_order(event: AnyPrivateEvent) -> bool:
    """Tell whether an order's story begins with this event: its acceptance or its refusal."""
    if isinstance(event, AccountOrderUpdated):
        return event.change is OrderChange.ACCEPTED
    return isinstance(event, AccountOrderRejected)
