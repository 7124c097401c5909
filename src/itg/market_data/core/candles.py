"""Price history: open, high, low, close of each interval, in two resolutions."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import Candle

FINE_S = 1
COARSE_S = 60
FINE_KEPT = 3_600  # one hour of seconds
COARSE_KEPT = 6_000  # eighteen sessions of minutes


class Tape(Struct):
    """The finished candles of one resolution, oldest first, and the one that is forming."""

    interval_s: int
    kept: int
    candles: list[Candle] = field(default_factory=list)

    def add(self, at_ns: Nanos, price: Price) -> None:
        """Take a price into the interval that `at_ns` ends or falls into."""
        width_ns = self.interval_s * NS_PER_S
        start_ns = Nanos((at_ns - 1) // width_ns * width_ns)
        candles = self.candles
        if candles and candles[-1].start_ns == start_ns:
            candles[-1] = _joined(candles[-1], price, price, price)
            return
        candles.append(Candle(start_ns, price, price, price, price))
        # A quarter over, so that the list is not shortened each time.
        if len(candles) > self.kept + self.kept // 4:
            del candles[: -self.kept]


class History(Struct):
    """One underlying's candles."""

    fine: Tape = field(default_factory=lambda: Tape(FINE_S, FINE_KEPT))
    coarse: Tape = field(default_factory=lambda: Tape(COARSE_S, COARSE_KEPT))

    def add(self, at_ns: Nanos, price: Price) -> None:
        self.fine.add(at_ns, price)
        self.coarse.add(at_ns, price)

    def last(self, interval_s: int, count: int) -> Sequence[Candle]:
        """Return the last `count` candles of an interval, oldest first."""
        tape = self.fine if interval_s % COARSE_S else self.coarse
        return list(_merged(tape.candles, interval_s))[-count:] if count > 0 else []


def _merged(candles: Iterable[Candle], interval_s: int) -> Iterator[Candle]:
    width_ns = interval_s * NS_PER_S
    merged: Candle | None = None
    for candle in candles:
        start_ns = Nanos(candle.start_ns // width_ns * width_ns)
        if merged is not None and merged.start_ns == start_ns:
            merged = _joined(merged, candle.high_price, candle.low_price, candle.close_price)
            continue
        if merged is not None:
            yield merged
        merged = replace(candle, start_ns=start_ns)
    if merged is not None:
        yield merged


def _joined(candle: Candle, high: Price, low: Price, close: Price) -> Candle:
    return Candle(
        candle.start_ns,
        candle.open_price,
        max(candle.high_price, high),
        min(candle.low_price, low),
        close,
    )
