"""Obligations to quote as rows, and back."""

from collections.abc import Iterable, Mapping

from itg.kernel.ids import Role
from itg.positions.core.obligations import Coverage, Obligation
from itg.positions.store.rows import CoverageRow, ObligationRow


def coverage_row(coverage: Coverage) -> CoverageRow:
    """Return how an account met its obligation."""
    looks = coverage.looks
    widest = max((asked.bit_length() for asked, _ in looks), default=0)
    width = (widest + 7) // 8
    return CoverageRow(
        width,
        b"".join(bits.to_bytes(width, "little") for look in looks for bits in look),
        coverage.obliged,
        coverage.covered,
        coverage.relieved,
        coverage.is_halved,
    )


def coverage_of(row: CoverageRow) -> Coverage:
    """Return what a row holds."""
    coverage, width = Coverage(), row.width
    count = len(row.looks) // (2 * width) if width else 0
    sets = [
        int.from_bytes(row.looks[place * width : (place + 1) * width], "little")
        for place in range(2 * count)
    ]
    for asked, covered in zip(sets[::2], sets[1::2], strict=True):
        coverage.add(asked, covered, count)
    coverage.obliged = row.obliged
    coverage.covered = row.covered
    coverage.relieved = row.relieved
    coverage.is_halved = row.is_halved
    return coverage


def obligation_rows(obligations: Mapping[Role, Obligation]) -> list[ObligationRow]:
    """Return what roles are asked for, in the order they were first asked."""
    return [
        ObligationRow(role, each.chosen_ns, list(each.places), list(each.due.items()))
        for role, each in obligations.items()
    ]


def obligations_of(rows: Iterable[ObligationRow]) -> dict[Role, Obligation]:
    """Return what rows hold."""
    obligations: dict[Role, Obligation] = {}
    for row in rows:
        obligation = obligations[row.role] = Obligation(row.chosen_ns)
        obligation.due = dict(row.due)
        for instrument_id in row.places:
            obligation.bit_of(instrument_id)
    return obligations
