"""An input that waits, and a batch between its handling and its release."""

from msgspec import Struct

from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Reply
from itg.kernel.times import Nanos
from itg.runtime.commit import Work
from itg.runtime.envelope import Record
from itg.runtime.pump_port import OnRelease, OnReply


class Waiting(Struct, frozen=True, gc=False):
    """An input with its stamp."""

    game_ns: Nanos
    body: Message
    actor: str = ""
    trace_id: str = ""
    on_release: OnRelease | None = None


class Flight(Struct):
    """A batch, its work for the disk, and who waits for both."""

    records: list[Record]
    answers: list[tuple[OnRelease, Record]]
    work: Work
    replies: list[tuple[OnReply, tuple[Reply, ...], Seq]]
