"""A log's entry as the AMQP 1.0 message that RabbitMQ keeps in a stream.

Any client of RabbitMQ reads it: the event id is its `message-id`, the subject its `subject`, the
life an application property, the payload its body. Written and read here by hand, in the one shape
that is written: the client's own codec costs ten times the fact (OASIS AMQP 1.0, sections 1.6 and
3.2).
"""

from struct import Struct

from itg.adapters.log import LIFE, Entry
from itg.kernel.errors import ItgError

_PROPERTIES, _APPLICATION, _DATA = b"\x00\x53\x73", b"\x00\x53\x74", b"\x00\x53\x75"
_LIST, _MAP, _TEXT, _NULL, _BYTES = b"\xd0", b"\xc1", b"\xa1", b"\x40", b"\xb0"
_NAME = _TEXT + bytes([len(LIFE)]) + LIFE.encode()
_TWO, _ONE = Struct(">II"), Struct(">I")


class ForeignMessageError(ItgError):
    """A message of the stream that no bus of a game has written."""


def encoded(entry: Entry) -> bytes:
    """Return an entry as a message, without its offset."""
    named = (_text(entry.event_id) if entry.event_id else _NULL) + _NULL * 2 + _text(entry.subject)
    life = _NAME + _text(entry.life)
    return b"".join(
        (
            _PROPERTIES + _LIST + _TWO.pack(len(named) + 4, 4),
            named,
            _APPLICATION + _MAP + bytes((len(life) + 1, 2)),
            life,
            _DATA + _BYTES + _ONE.pack(len(entry.data)),
            entry.data,
        )
    )


def decoded(message: bytes, offset: int) -> Entry:
    """Return the entry that a message is. Raises `ForeignMessageError`."""
    try:
        place = _after(message, 0, _PROPERTIES + _LIST) + _TWO.size
        event_id, place = _read(message, place)
        place = _after(message, place, _NULL * 2)
        subject, place = _read(message, place)
        place = _after(message, place, _APPLICATION + _MAP) + 2
        place = _after(message, place, _NAME)
        life, place = _read(message, place)
        place = _after(message, place, _DATA + _BYTES) + _ONE.size
    except (IndexError, UnicodeDecodeError, ForeignMessageError) as error:
        raise ForeignMessageError(
            f"message {offset} of the stream was not written by a bus of a game"
        ) from error
    return Entry(subject, event_id, life, bytes(message[place:]), offset)


def _text(text: str) -> bytes:
    raw = text.encode()
    return _TEXT + bytes((len(raw),)) + raw


def _after(message: bytes, place: int, expected: bytes) -> int:
    end = place + len(expected)
    if message[place:end] != expected:
        raise ForeignMessageError
    return end


def _read(message: bytes, place: int) -> tuple[str, int]:
    if message[place : place + 1] == _NULL:
        return "", place + 1
    start = _after(message, place, _TEXT) + 1
    end = start + message[start - 1]
    return message[start:end].decode(), end
