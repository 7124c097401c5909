"""The net positions of the measured accounts as a table, to value all of them at once.

A second's look at 40 accounts with 40 instruments each is 1,600 products of seven and more columns:
one product of integer matrices, exact and the same on every machine. The table is made of the
holdings and holds nothing they do not.
"""

import numpy as np
from numpy.typing import NDArray

from itg.kernel.ids import UnderlyingId
from itg.positions.contract import PnlParts
from itg.positions.core.listings import Listing

Integers = NDArray[np.int64]
PARTS = len(PnlParts.__struct_fields__)
SPREAD_CAPTURE, DELTA, GAMMA, VEGA, THETA, FEES, RESIDUAL = range(PARTS)
UNDERLYING, WORTH, DELTAS = PARTS, PARTS + 1, PARTS + 2  # places in a row of `Nets.sums`
_ROOM = 16


class Nets:
    """A row per measured account, a column per instrument one of them held today."""

    __slots__ = ("_columns", "_listings", "_masks", "_nets", "_underlyings")

    def __init__(self) -> None:
        self._columns: dict[int, int] = {}  # by the listing's index
        self._listings: list[Listing] = []
        self._underlyings: dict[UnderlyingId, int] = {}
        self._nets: Integers = np.zeros((_ROOM, _ROOM), dtype=np.int64)
        self._masks: tuple[Integers, Integers] | None = None

    def put(self, row: int, listing: Listing, net: int) -> None:
        """Note what an account holds of an instrument."""
        column = self._columns.get(listing.index)
        if column is None:
            column = self._columns[listing.index] = len(self._listings)
            self._listings.append(listing)
            self._underlyings.setdefault(listing.underlying_id, len(self._underlyings))
            self._masks = None
        if row >= self._nets.shape[0] or column >= self._nets.shape[1]:
            self._grow(row, column)
        self._nets[row, column] = net

    def delta_place(self, underlying_id: UnderlyingId) -> int | None:
        """Return where a row of `sums` has an underlying's delta; None: nobody holds any."""
        place = self._underlyings.get(underlying_id)
        return None if place is None else DELTAS + place

    @property
    def is_marked(self) -> bool:
        """Tell whether all that is held has a mark."""
        return all(listing.mark_price is not None for listing in self._listings)

    def sums(self, rows: int) -> list[list[int]]:
        """Return, per account, Σ net × what an instrument's contract is since the day began.

        The parts of its rise, the rise again for underlyings alone, its worth at the mark, and its
        delta in the column of its underlying.
        """
        listings = self._listings
        if not listings:
            return [[0] * DELTAS for _ in range(rows)]
        figures = np.array(
            [
                (*listing.rises, (listing.mark_price or 0) * listing.multiplier, listing.delta)
                for listing in listings
            ],
            dtype=np.int64,
        )
        is_underlying, is_of = self._masks or self._masked()
        rises, worth, delta = figures[:, :PARTS], figures[:, PARTS:-1], figures[:, -1:]
        of_underlyings = rises.sum(axis=1, keepdims=True) * is_underlying
        table = np.hstack((rises, of_underlyings, worth, delta * is_of))
        self._row_of(rows - 1)
        sums: list[list[int]] = (self._nets[:rows, : len(listings)] @ table).tolist()
        return sums

    def _row_of(self, row: int) -> None:
        if row >= self._nets.shape[0]:
            self._grow(row, 0)

    def _masked(self) -> tuple[Integers, Integers]:
        listings, places = self._listings, self._underlyings
        is_underlying = np.array([[not one.is_option] for one in listings], dtype=np.int64)
        is_of = np.zeros((len(listings), len(places)), dtype=np.int64)
        for column, listing in enumerate(listings):
            is_of[column, places[listing.underlying_id]] = 1
        self._masks = is_underlying, is_of
        return self._masks

    def _grow(self, row: int, column: int) -> None:
        rows, columns = self._nets.shape
        grown = np.zeros((max(rows, 2 * row), max(columns, 2 * column)), dtype=np.int64)
        grown[:rows, :columns] = self._nets
        self._nets = grown
