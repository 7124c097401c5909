"""What one node caused and another hears: an input with a sender."""

from itg.kernel.ids import Seq
from itg.kernel.messages import Message


class Arrival(Message, frozen=True, kw_only=True):
    """A message that came from elsewhere, for the service `to` alone.

    `seq` numbers what `source` sent here, upwards. `body` is the message as its codec encoded it.
    What the service causes goes no further here: the sender carries it on.
    """

    source: str
    seq: Seq
    to: str
    body: bytes
