"""Answering an act with a read of what it left behind."""

from collections.abc import Sequence

from itg.gateway.calls import Call, refused
from itg.gateway.gateway import Gateway
from itg.gateway.problems import problem_of
from itg.gateway.reading import ComposeRead
from itg.gateway.reasons import PROCESSING_TIMEOUT
from itg.kernel.messages import Query, Reply
from itg.runtime.pump_port import PumpStoppedError


def read_back(
    gateway: Gateway, call: Call, queries: tuple[Query, ...], compose: ComposeRead
) -> None:
    """Answer a released act from the state it left; never raises, since a release waits for it.

    It needs no room to wait in: the act has just given its own up, and others may have taken it.
    """

    def settle(replies: Sequence[Reply], _: int) -> None:
        call.reply(gateway.as_of(call, compose(replies)))

    try:
        gateway.pump.ask(queries, settle)
    except PumpStoppedError:
        # The act itself is done: to say that nothing happened would be wrong.
        call.reply(refused(problem_of(PROCESSING_TIMEOUT)))
