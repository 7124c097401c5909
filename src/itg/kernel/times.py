"""Time as integer nanoseconds since the Unix epoch, UTC. Text forms live at the edges."""

from typing import NewType

Nanos = NewType("Nanos", int)

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
NS_PER_MINUTE = 60 * NS_PER_S


def to_micros(at_ns: int) -> int:
    """Return microseconds, the wire's unit, rounded down."""
    return at_ns // NS_PER_US
