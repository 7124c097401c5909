"""What one node caused and another hears: an input with a sender."""

from msgspec import Struct

from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos


class Arrival(Message, frozen=True, kw_only=True):
    """A message that came from elsewhere to the node `at`.

    `seq` numbers what `source` sent here, upwards, and the row it stood in there begins after
    `after`; `game_ns` is its time there: it is not heard before that. `body` is the message as its
    codec encoded it. With `to`, a node name, that service alone hears it, and what it causes goes
    no further here: the sender carries that on.
    """

    source: str
    seq: Seq
    body: bytes
    at: str = ""
    after: Seq = Seq(0)
    game_ns: Nanos = Nanos(0)
    to: str = ""


class Heard(Struct, frozen=True, gc=False, array_like=True):
    """The last arrival of a source: its number, and where to read on from in the source's journal.

    What follows `after` and is not above `seq` was heard.
    """

    after: Seq
    seq: Seq


NOTHING_HEARD = Heard(Seq(0), Seq(0))


def stamp_of(message: Message, now: Nanos) -> Nanos:
    """Return when an input happens here: now, and what arrives not before it happened there."""
    return max(now, message.game_ns) if isinstance(message, Arrival) else now
