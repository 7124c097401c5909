"""The base classes of everything that crosses a service's door.

A command asks and may be refused, an event is a fact, a query reads. All are frozen, tagged with
their class name, encoded as maps with defaults left out, and never part of a reference cycle.
"""

from msgspec import Struct


class Message(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    tag=True,
    omit_defaults=True,
    repr_omit_defaults=True,
):
    """Anything a pump routes."""


class Command(Message, frozen=True):
    """An ask, addressed to the one service that accepts it."""


class Event(Message, frozen=True):
    """A fact, published by its one owner."""


class Query(Struct, frozen=True, gc=False, kw_only=True):
    """A read; never journalled."""


class Reply(Struct, frozen=True, gc=False, kw_only=True):
    """The answer to a query: a value detached from the service's state."""
