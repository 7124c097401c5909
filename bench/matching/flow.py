"""One seeded stream of commands for every engine: new, cancel and amend by living ids.

The generator keeps a small book of its own, so that each cancel and amend names an order that lives
and the expected tape is known: (maker, taker, price, quantity) of every trade, in order.
"""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

from bench.matching.dice import SEED, Dice

NEW, CANCEL, AMEND = 0, 1, 2
BUY, SELL = 0, 1
Trade = tuple[int, int, int, int]


class Shape(NamedTuple):
    """A scenario: books, resting orders in each, and how far from the touch they stand."""

    books: int
    depth: int
    spread: float


SHAPES = {
    "thin": Shape(1, 10, 1.5),
    "normal": Shape(1, 1_000, 8.0),
    "deep": Shape(1, 10_000, 60.0),
    "chain": Shape(40, 100, 4.0),
}


class Command(NamedTuple):
    """One act; `price` in ticks, `account` in 0..29."""

    kind: int
    book: int
    side: int
    order: int
    price: int
    quantity: int
    account: int


class Flow:
    """The stream of a shape; `tape` fills as commands are drawn."""

    def __init__(self, shape: Shape, seed: int = SEED) -> None:
        self.shape = shape
        self.tape: list[Trade] = []
        self.dice = Dice(seed)
        self.orders = 0
        self.arrivals = 0
        self.mids = [10_000 + 50 * book for book in range(shape.books)]
        # Per book and side: sorted (key, arrival, order), best first; key is the signed price.
        self.sides: list[tuple[list[list[int]], list[list[int]]]] = [
            ([], []) for _ in range(shape.books)
        ]
        self.lives: list[list[int]] = [[] for _ in range(shape.books)]
        self.rows: dict[int, tuple[int, int, list[int]]] = {}

    def filling(self) -> Iterator[Command]:
        """Draw the commands that fill every book to its depth."""
        for _ in range(self.shape.depth):
            for book in range(self.shape.books):
                yield self._passive(book)

    def traffic(self, count: int) -> Iterator[Command]:
        """Draw `count` commands around that depth: half new, two fifths cancels, the rest cross."""
        for _ in range(count):
            book = int(self.dice.random() * self.shape.books)
            draw, living = self.dice.random(), len(self.lives[book])
            if draw < 0.05 and self.sides[book][0] and self.sides[book][1]:
                yield self._aggressive(book)
            elif draw < 0.10 and living > 1:
                yield self._amend(book)
            elif living > 1 and self.dice.random() < 0.45 * living / self.shape.depth:
                yield self._cancel(book)
            else:
                yield self._passive(book)

    def _passive(self, book: int) -> Command:
        self.orders += 1
        order, side, dice = self.orders, self.dice.getrandbits(1), self.dice
        price, quantity = self._quiet_price(book, side), dice.randint(1, 20)
        self._rest(book, side, order, price, quantity)
        return Command(NEW, book, side, order, price, quantity, order % 30)

    def _quiet_price(self, book: int, side: int) -> int:
        if self.dice.random() < 0.02:
            self.mids[book] += self.dice.choice((-1, 1))
        mid, away = self.mids[book], 1 + int(self.dice.expovariate(1 / self.shape.spread))
        other = self.sides[book][1 - side]
        if side == BUY:
            return min(mid - away, other[0][0] - 1) if other else mid - away
        return max(mid + away, 1 - other[0][0]) if other else mid + away

    def _rest(self, book: int, side: int, order: int, price: int, quantity: int) -> None:
        self.arrivals += 1
        row = [price if side == SELL else -price, self.arrivals, order, quantity]
        insort(self.sides[book][side], row)
        self.rows[order] = (book, side, row)
        self.lives[book].append(order)

    def _pick(self, book: int) -> int:
        lives = self.lives[book]
        index = max(int(self.dice.random() * len(lives)), int(self.dice.random() * len(lives)))
        return lives[index]  # the younger of two: young orders go sooner

    def _leave(self, order: int) -> None:
        book, side, row = self.rows.pop(order)
        self.sides[book][side].remove(row)
        self.lives[book].remove(order)

    def _cancel(self, book: int) -> Command:
        order = self._pick(book)
        side = self.rows[order][1]
        self._leave(order)
        return Command(CANCEL, book, side, order, 0, 0, order % 30)

    def _amend(self, book: int) -> Command:
        order = self._pick(book)
        side, old = self.rows[order][1], abs(self.rows[order][2][0])
        self._leave(order)
        price, quantity = self._quiet_price(book, side), self.dice.randint(1, 20)
        if price == old:
            price += -1 if side == BUY else 1
        self._rest(book, side, order, price, quantity)
        return Command(AMEND, book, side, order, price, quantity, order % 30)

    def _aggressive(self, book: int) -> Command:
        self.orders += 1
        order, side = self.orders, self.dice.getrandbits(1)
        against = self.sides[book][1 - side]
        limit = against[0][0] + self.dice.choice((0, 0, 0, 1, 2))
        covered = sum(row[3] for row in against[:40] if row[0] <= limit)
        quantity = wanted = min(self.dice.randint(1, 40), covered)
        while wanted:
            key, _, maker, left = against[0]
            fill = min(wanted, left)
            wanted -= fill
            self.tape.append((maker, order, abs(key), fill))
            if fill == left:
                self._leave(maker)
            else:
                against[0][3] -= fill
        return Command(NEW, book, side, order, abs(limit), quantity, order % 30)
