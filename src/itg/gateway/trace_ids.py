"""Request ids: the client's own, its trace's, or a UUIDv7 (RFC 9562).

They are for people and logs; no rule reads one.
"""

import re
import secrets
from collections.abc import Callable

from itg.kernel.times import NS_PER_MS, Nanos
from itg.runtime.trails import Parent

_GIVEN = re.compile(rb"[\x21-\x7e]{1,64}")
_RANDOM_BITS = 62
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1


class TraceIds:
    """Make ids that rise within a millisecond: random once, then counted up."""

    def __init__(self, wall_ns: Callable[[], Nanos]) -> None:
        self._wall_ns = wall_ns
        self._counter = secrets.randbits(_RANDOM_BITS)
        self._epoch = secrets.randbits(12)

    def of(self, given: bytes | None, parent: Parent | None = None) -> str:
        """Return the id a request came with, if it is printable and short; else a fresh one.

        A request without an id of its own has that of the trace it is part of.
        """
        if given is not None and _GIVEN.fullmatch(given) is not None:
            return given.decode("ascii")
        return self.fresh() if parent is None else parent.trace_id

    def fresh(self) -> str:
        self._counter = (self._counter + 1) & _RANDOM_MASK
        ms = self._wall_ns() // NS_PER_MS
        high = (ms & 0xFFFFFFFFFFFF) << 16 | 0x7000 | self._epoch
        low = 0x8000000000000000 | self._counter
        text = f"{high:016x}{low:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
