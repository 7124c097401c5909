"""What an obligation to quote keeps: the series a role is asked for, and how an account met it."""

from collections import deque

from itg.kernel.ids import InstrumentId
from itg.kernel.times import Nanos


class Obligation:
    """The series one role is asked to quote; each has its bit in the day's looks."""

    __slots__ = ("chosen_ns", "due", "places")

    def __init__(self, chosen_ns: Nanos) -> None:
        self.chosen_ns = chosen_ns
        self.due: dict[InstrumentId, Nanos] = {}  # from when each that is chosen now is asked for
        self.places: dict[InstrumentId, int] = {}  # of every series chosen today

    def bit_of(self, instrument_id: InstrumentId) -> int:
        """Return a series' bit, a new one when it was not chosen today."""
        return 1 << self.places.setdefault(instrument_id, len(self.places))


class Coverage:
    """How one account met its obligation: the looks of the rolling window, and the day's sums.

    A look is two sets of series as bits: asked for, and counted as quoted.
    """

    __slots__ = (
        "asked_in_window",
        "covered",
        "covered_in_window",
        "is_halved",
        "looks",
        "obliged",
        "relieved",
    )

    def __init__(self) -> None:
        self.looks: deque[tuple[int, int]] = deque()
        self.asked_in_window = 0
        self.covered_in_window = 0
        self.obliged = 0  # series-seconds of the day
        self.covered = 0  # relief included
        self.relieved = 0
        self.is_halved = False  # the maker rebate

    def add(self, asked: int, covered: int, looks_max: int) -> None:
        """Take a look into the window and forget what is older than its last `looks_max`."""
        self._count(asked, covered, 1)
        self.looks.append((asked, covered))
        while len(self.looks) > looks_max:
            self._count(*self.looks.popleft(), -1)

    def share_ppm(self, whole: int) -> int:
        """Return the window's share of what was asked for; `whole` of an empty window."""
        if not self.asked_in_window:
            return whole
        return self.covered_in_window * whole // self.asked_in_window

    def begin_day(self) -> None:
        """Forget the day before; the rebate is whole again."""
        self.looks.clear()
        self.asked_in_window = self.covered_in_window = 0
        self.obliged = self.covered = self.relieved = 0
        self.is_halved = False

    def _count(self, asked: int, covered: int, sign: int) -> None:
        self.asked_in_window += sign * asked.bit_count()
        self.covered_in_window += sign * covered.bit_count()
