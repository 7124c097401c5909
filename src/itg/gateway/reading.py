"""Asking the pump for a caller, who takes a seat until the answer or its deadline."""

from collections.abc import Callable, Sequence
from typing import Protocol

from itg.gateway.calls import Answer, Call
from itg.gateway.problems import RefusedError, busy
from itg.gateway.settings import GatewaySettings
from itg.gateway.waiting import WaitingRoom
from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply
from itg.runtime.pump_port import PumpPort, PumpStoppedError

ComposeRead = Callable[[Sequence[Reply]], Answer]
Follow = Callable[[Sequence[Reply]], tuple[Query, ...]]


class Desk(Protocol):
    """What of a gateway is needed to ask."""

    pump: PumpPort
    settings: GatewaySettings
    waiting: WaitingRoom

    def take_seat(self, call: Call, deadline_s: float, *, headroom: bool = False) -> int:
        """Let a call wait; raises `RefusedError` where too many do."""

    def as_of(self, call: Call, answer: Answer) -> Answer:
        """Add to a read how far the caller's private stream had come."""


def look(
    desk: Desk,
    call: Call,
    queries: tuple[Query, ...],
    then: Callable[[Sequence[Reply]], None],
    follow: Follow | None = None,
) -> None:
    """Ask, and go on with the replies unless the deadline is first; `RefusedError` if nobody can.

    `follow` may ask for more, once the first is known; who does not answer that is done without.
    """
    deadline_s = desk.settings.order_deadline_s
    seat = desk.take_seat(call, deadline_s)

    def finish(replies: Sequence[Reply]) -> None:
        if desk.waiting.leave(seat):
            then(replies)

    def settle(replies: tuple[Reply, ...], _: Seq) -> None:
        more = () if follow is None else follow(replies)
        if not more:
            finish(replies)
            return
        try:
            desk.pump.ask(
                more, lambda others, _: finish((*replies, *others)), deadline_s=deadline_s
            )
        except PumpStoppedError:
            finish(replies)

    try:
        desk.pump.ask(queries, settle, deadline_s=deadline_s)
    except PumpStoppedError:
        desk.waiting.leave(seat)
        raise RefusedError(busy()) from None


def read(
    desk: Desk,
    call: Call,
    queries: tuple[Query, ...],
    compose: ComposeRead,
    follow: Follow | None = None,
) -> None:
    """Answer a read from one released state; see `look`."""
    look(
        desk,
        call,
        queries,
        lambda replies: call.reply(desk.as_of(call, compose(replies))),
        follow,
    )
