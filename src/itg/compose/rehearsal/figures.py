"""What fake teams saw, as one process tells the next."""

from collections.abc import Sequence

from msgspec import Struct


class Reconnect(Struct, frozen=True, array_like=True):
    """A connection that was gone: since when (steady clock, s), and for how long until resumed."""

    since_s: float
    took_s: float


class WorkerReport(Struct, kw_only=True):
    """What one process of fake teams saw; latencies in µs, of requests no connection broke under.

    `late` are orders that were answered after being sent again on another connection.
    """

    planned: float = 0.0  # orders at full rate, the time without a connection left out
    ack_us: list[int]
    ping_us: list[int]
    own_lag_us: list[int]
    reconnects: list[Reconnect]
    sent: int = 0
    answered: int = 0
    accepted: int = 0
    late: int = 0
    unanswered: int = 0
    quotes: int = 0
    cancels: int = 0
    frames: int = 0
    gaps: int = 0
    missed: int = 0
    resumes: int = 0
    too_old: int = 0
    lost_public: int = 0
    slow_closes: int = 0
    refusals: dict[str, int]
    failures: list[str]


def fresh_report() -> WorkerReport:
    """Return a report of nothing yet."""
    return WorkerReport(
        ack_us=[], ping_us=[], own_lag_us=[], reconnects=[], refusals={}, failures=[]
    )


def joined(reports: Sequence[WorkerReport]) -> WorkerReport:
    """Return several processes' reports as one."""
    whole = fresh_report()
    for report in reports:
        for name in WorkerReport.__struct_fields__:
            value = getattr(report, name)
            if isinstance(value, dict):
                for code, count in value.items():
                    whole.refusals[code] = whole.refusals.get(code, 0) + count
            else:
                setattr(whole, name, getattr(whole, name) + value)
    return whole


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
