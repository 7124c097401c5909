"""What 10 and 30 bots wait for their acknowledgements and reports, and how many orders they get in.

    python -m bench.run bots             about half a minute
    python -m bench.bots 10 30 60        other numbers of bots

`itg serve` with its journal on disk, on one core; all bots, each with a team and a WebSocket of its
own, in one process on another. Bots buy and sell one contract at one price in turn, so that every
second order trades. An acknowledgement is the answer to an order, on disk by then. A report is the
`fill` that the private channel brings to each side of a trade; it is counted from the order that
made the trade, at whichever bot it arrives.

Paced, 1,000 orders a second come at even distances, whether or not earlier ones were answered, and
waiting counts from the instant an order was due. At once, every bot sends its next order as soon as
the last is answered. Both are medians of the rounds; goals are for the median order.
"""

import os
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.connections import (
    CLOSE,
    PING,
    RECEIVE_BYTES,
    TEXT,
    FrameConnection,
    frame_span,
    masked,
)
from bench.figures import Figure, Goal, quantile
from bench.load import INSTRUMENT, LOAD_CORE, PRICE, SETTLE_S, pin
from bench.servers import MarketServer, Server
from msgspec import Struct, json

BOTS = (10, 30)
ROUNDS = 3
SECONDS = 3.0
PACE = 1_000
PONG = 0xA
ANSWER_S_MAX = 30.0
EACH_MIN = 4
# (label, field of a sample, unit, less is better, goal)
METRICS = (
    ("order to ack p50", "ack_p50", "ms", True, Goal(name="ack", at_most=1.0)),
    ("order to ack p99", "ack_p99", "ms", True, None),
    ("order to report p50", "report_p50", "ms", True, Goal(name="report", at_most=5.0)),
    ("order to report p99", "report_p99", "ms", True, None),
    ("orders", "orders_per_s", "1/s", False, Goal(name="orders", at_least=0.99 * PACE)),
)


class Fill(Struct):
    """What a fill's frame, or an answer, tells of a trade."""

    trade_id: int


class Answer(Struct):
    """The result of `order.place`."""

    fills: list[Fill] = []


class Frame(Struct):
    """A frame: an answer has an `id`, a push a `type`; `error` is a refusal's."""

    id: int | None = None
    type: str = ""
    result: Answer | None = None
    error: object = None
    data: object = None


class Push(Struct):
    """The frame of a fill."""

    data: Fill


class Sample(Struct, frozen=True, kw_only=True):
    """What a round came to; times in ms."""

    orders_per_s: float
    ack_p50: float
    ack_p99: float
    report_p50: float
    report_p99: float
    reports: int
    refused: int


class Record:
    """Every instant of a round: orders, answers, and fills by their trade."""

    def __init__(self) -> None:
        self.due: dict[int, int] = {}
        self.acks: dict[int, int] = {}
        self.made_by: dict[int, int] = {}  # trade: the order whose answer told it
        self.fills: list[tuple[int, int]] = []  # trade and instant, once for each side
        self.refused = 0

    def sample(self, first: int, last: int) -> Sample:
        """Return what became of the orders due from `first` to `last`."""
        counted = {number for number, due in self.due.items() if first <= due < last}
        waits = sorted(self.acks[number] - self.due[number] for number in counted)
        reports = sorted(
            at - self.due[number]
            for trade, at in self.fills
            if (number := self.made_by[trade]) in counted
        )
        # Answers that come late take the rate down with them: nothing is left for after the end.
        until = max(last, *(self.acks[number] for number in counted))
        return Sample(
            orders_per_s=len(counted) / (until - first) * 1e9,
            ack_p50=quantile(waits, 0.5) / 1e6,
            ack_p99=quantile(waits, 0.99) / 1e6,
            report_p50=quantile(reports, 0.5) / 1e6,
            report_p99=quantile(reports, 0.99) / 1e6,
            reports=len(reports),
            refused=self.refused,
        )


class BotConnection:
    """One bot: a socket that hears its private channel, read without waiting."""

    def __init__(self, port: int, key: str, side: str) -> None:
        connection = FrameConnection(port, key)
        connection.exchange(b'{"id":0,"method":"subscribe","params":{"channels":["private"]}}')
        self.socket: socket.socket = connection.detach()
        self.orders = 0
        self._received = b""
        self._request = (
            f'{{"id":%d,"method":"order.place","params":{{"instrument_id":"{INSTRUMENT}",'
            f'"side":"{side}","quantity":1,"order_type":"limit","price":{PRICE}}}}}'
        ).encode()

    def send(self, number: int) -> None:
        # A kilobyte at most is on its way: the kernel takes it at once.
        self.socket.sendall(masked(TEXT, self._request % number))

    def frames(self) -> Iterator[bytes]:
        received = self._received + self.socket.recv(RECEIVE_BYTES)
        while (span := frame_span(received)) is not None and len(received) >= span[1]:
            start, end = span
            opcode, payload = received[0] & 0x0F, received[start:end]
            received = received[end:]
            if opcode == CLOSE:
                raise ConnectionError(f"closed by the server: {payload!r}")
            if opcode == PING:
                self.socket.sendall(masked(PONG, payload))
            else:
                yield payload
        self._received = received


class Crowd:
    """All bots, and the one loop that sends for them and hears for them."""

    def __init__(self, server: Server, bots: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._bots: list[BotConnection] = []
        for index in range(bots):
            side, key = server.keys_of(index // 2)[index % 2]
            bot = BotConnection(server.port, key, side)
            self._bots.append(bot)
            self._selector.register(bot.socket, selectors.EVENT_READ, bot)
        self._decode = json.Decoder(Frame).decode
        self._decode_fill = json.Decoder(Push).decode
        self._record = Record()
        self._number = 0

    def close(self) -> None:
        for bot in self._bots:
            bot.socket.close()
        self._selector.close()

    def paced(self, seconds: float) -> Sample:
        """Send at even distances, whatever is still open."""
        clock = time.perf_counter_ns
        self._record = record = Record()
        began = clock()
        count, gap = round((SETTLE_S + seconds) * PACE), round(1e9 / PACE)
        for order in range(count):
            due = began + order * gap
            while (left := due - clock()) > 0:
                self._hear(left / 1e9)
            self._send(self._bots[order % len(self._bots)], due)
            self._hear(0)
        self._hear_out()
        return record.sample(began + round(SETTLE_S * 1e9), began + count * gap)

    def at_once(self, seconds: float) -> Sample:
        """Let every bot send its next order when the last is answered."""
        clock = time.perf_counter_ns
        self._record = record = Record()
        first = clock() + round(SETTLE_S * 1e9)
        last = first + round(seconds * 1e9)
        for bot in self._bots:
            self._send(bot, clock())
        # A busy machine may answer nothing in a short time: enough orders are waited for.
        enough = EACH_MIN * len(self._bots)
        while clock() < last or sum(due >= first for due in record.due.values()) < enough:
            for bot in self._hear(0.1):
                self._send(bot, clock())
        last = max(last, clock())
        self._hear_out()
        return record.sample(first, last)

    def _send(self, bot: BotConnection, due: int) -> None:
        self._number += 1
        self._record.due[self._number] = due
        bot.send(self._number)

    def _hear(self, wait_s: float) -> list[BotConnection]:
        """Read what is there; return a bot once for each answer it got."""
        record, answered = self._record, []
        for key, _ in self._selector.select(wait_s):
            for payload in key.data.frames():
                now = time.perf_counter_ns()
                frame = self._decode(payload)
                if frame.id is not None:
                    answered.append(key.data)
                    record.acks[frame.id] = now
                    record.refused += frame.error is not None
                    for fill in frame.result.fills if frame.result else ():
                        record.made_by[fill.trade_id] = frame.id
                elif frame.type == "fill":
                    record.fills.append((self._decode_fill(payload).data.trade_id, now))
        return answered

    def _hear_out(self) -> None:
        """Wait for every answer, and both sides' report of every trade."""
        record, until = self._record, time.monotonic() + ANSWER_S_MAX
        while len(record.acks) < len(record.due) or len(record.fills) < 2 * len(record.made_by):
            if time.monotonic() > until:
                raise TimeoutError(f"{len(record.due) - len(record.acks)} orders have no answer")
            self._hear(0.1)


def measure_bots(
    counts: tuple[int, ...] = BOTS, rounds: int = ROUNDS, seconds: float = SECONDS
) -> Iterator[Figure]:
    """Yield waits and rates for each number of bots, the rounds' medians."""
    with MarketServer((max(counts) + 1) // 2) as server, on_load_core():
        for count in counts:
            crowd = Crowd(server, count)
            paced, at_once = [], []
            for _ in range(rounds):
                paced.append(crowd.paced(seconds))
                at_once.append(crowd.at_once(seconds))
            crowd.close()
            yield from figures_of(f"{count} bots, {PACE:,}/s", paced, has_goals=True)
            yield from figures_of(f"{count} bots, at once", at_once, has_goals=False)


@contextmanager
def on_load_core() -> Iterator[None]:
    """Stay on the load's core, and go back to where this process may run."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    pin(LOAD_CORE)
    try:
        yield
    finally:
        if allowed is not None:
            os.sched_setaffinity(0, allowed)


def figures_of(name: str, samples: list[Sample], *, has_goals: bool) -> Iterator[Figure]:
    refused = sum(sample.refused for sample in samples)
    values = {
        field: float(median(getattr(sample, field) for sample in samples))
        for _, field, *_ in METRICS
    }
    print(
        f"  {name:18} ack p50 {values['ack_p50']:6.2f} p99 {values['ack_p99']:6.2f} ms"
        f"  report p50 {values['report_p50']:6.2f} p99 {values['report_p99']:6.2f} ms"
        f"  {values['orders_per_s']:7,.0f} orders/s"
        f"  {sum(sample.reports for sample in samples):,} reports",
        flush=True,
    )
    for label, field, unit, is_less_better, goal in METRICS:
        yield Figure(
            name=f"{name}, {label}",
            value=values[field],
            unit=unit,
            is_less_better=is_less_better,
            goal=goal if has_goals else None,
            fault=f"{refused} orders were refused" if refused else "",
        )


def main() -> int:
    counts = tuple(int(word) for word in sys.argv[1:]) or BOTS
    figures = list(measure_bots(counts))
    for figure in figures:
        told = f"{figure.goal.text()}: {figure.verdict}" if figure.goal else ""
        print(f"  {figure.name:44} {figure.value:10,.2f} {figure.unit:4} {told}{figure.fault}")
    return int(any(figure.fault for figure in figures))


if __name__ == "__main__":
    raise SystemExit(main())
