"""The seconds an account stood outside its watched limits, each counted once."""

from collections.abc import Sequence

from itg.kernel.times import NS_PER_S, Nanos

Times = tuple[Nanos, Nanos]


def united(known: Sequence[Times], start_ns: Nanos, end_ns: Nanos) -> tuple[list[Times], int]:
    """Return the times with one more, apart and rising, and how many seconds it adds to them."""
    apart = [one for one in known if one[1] < start_ns or one[0] > end_ns]
    touched = [one for one in known if one not in apart]
    first = min([start_ns, *(start for start, _ in touched)])
    last = max([end_ns, *(end for _, end in touched)])
    before = sum(end - start for start, end in touched)
    whole = sorted([*apart, (first, last)])
    return whole, max(0, last - first - before) // NS_PER_S
