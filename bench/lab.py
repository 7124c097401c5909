"""The lab: a fast heat with the reference bots, and a busy market of thirty order-sending bots.

    python -m bench.run lab

The heat is `demo`: half an hour of game time, six reference bots, everything on. The busy market is
an excerpt of `classic` in which thirty bots place ten orders a second each near the touch, one in
two canceled again; its figures are events and orders a second of processor time, and what a whole
day of 5.5 hours at that rate would take, extrapolated.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from bench.figures import Figure, Goal
from bench.matching.dice import SEED

from itg import scenario
from itg.client.bot import Bot
from itg.compose.lab import LabSettings, play
from itg.compose.services import services_of
from itg.exchange.contract import OrderAccepted, OrderCanceled
from itg.kernel.ids import Role
from itg.kernel.messages import Message
from itg.lab import LabRun, Seat
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

BOTS = 30
EXCERPT_S = 60
DAY_S = 19_800
EXCERPT = """
extends = "classic"
[clock]
lock_step = true
[registration]
max_teams = 40
[session]
kind = "timed"
days = 1
pre_open_s = 10
freeze_s = 5
continuous = 09:30:00
continuous_s = 19800
[retail]
pre_open_s = 10
"""


class Sender(Bot):
    """Places ten orders a second near the touch, each a tick or more behind, and cancels half."""

    timer_s = 0.5

    def on_timer(self) -> None:
        """Send half a second's orders; cancel the oldest beyond twenty."""
        options = [name for name, one in self.instruments.items() if one.kind == "option"]
        for _ in range(5):
            name = options[self.dice.below(len(options))]
            book = self.books[name]
            side = "buy" if self.dice.below(2) else "sell"
            level = book.bid if side == "buy" else book.ask
            if level is None or self.phase_of(name) != "continuous":
                continue
            away = self.dice.below(4) * (-0.01 if side == "buy" else 0.01)
            price = max(round(level[0] + away, 2), 0.01)
            self.place(name, "buy" if side == "buy" else "sell", 1, price)
        for order_id in list(self.account.orders)[:-20]:
            self.cancel(order_id)


def measure_lab() -> Iterator[Figure]:
    """Yield the heat's seconds and the busy market's rates, all of processor time."""
    began = process_time()
    result = play(LabSettings(scenario="demo", seed=SEED, is_digested=False))
    heat_s = process_time() - began
    print(f"  heat: {heat_s:.1f} s, {result.events:,} events", flush=True)
    heat = Goal(name="S11", at_most=5)
    yield Figure(name="lab, fast heat", value=heat_s, unit="s", is_less_better=True, goal=heat)
    yield from _busy()


def _busy() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "busy.toml"
        file.write_text(EXCERPT, encoding="utf-8")
        create = scenario.load(str(file), seed=SEED, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    seats = [
        Seat(team_name=f"sender {n}", role=Role("market_maker"), bot=Sender(seed=n))
        for n in range(1, BOTS + 1)
    ]
    counts: Counter[type[Message]] = Counter()

    def count(record: Record) -> None:
        counts.update(map(type, record.outputs))

    run = LabRun(machine, create, seats, count)
    run.begin()
    start_ns = create.rules.rounds[0].session_start_ns
    while run.now_ns < start_ns:
        run.advance()
    counts.clear()
    began = process_time()
    end_ns = start_ns + EXCERPT_S * 1_000_000_000
    while run.now_ns < end_ns:
        run.advance()
    spent_s = process_time() - began
    events, orders = sum(counts.values()), counts[OrderAccepted]
    print(
        f"  busy: {spent_s:.1f} s for {EXCERPT_S} s, {orders:,} orders, "
        f"{counts[OrderCanceled]:,} canceled, {events:,} events",
        flush=True,
    )
    goal = Goal(name="S11", at_most=120)
    day_s = spent_s / EXCERPT_S * DAY_S
    yield Figure(name="lab, events", value=events / spent_s, unit="/s")
    yield Figure(name="lab, orders", value=orders / spent_s, unit="/s")
    note = "extrapolated from a minute"
    yield Figure(
        name="lab, busy day", value=day_s, unit="s", is_less_better=True, goal=goal, note=note
    )
