"""A process of fake teams: its orders as JSON on stdin, what it saw as JSON in a file."""

import asyncio
import os
import sys
from pathlib import Path
from time import monotonic

import uvloop
from msgspec import json

from itg.compose.rehearsal.figures import WorkerReport, fresh_report
from itg.compose.rehearsal.plan import WorkerOrders
from itg.compose.rehearsal.player import Player

PING_S = 0.1
STAGGER_S = 0.02
_US = 1_000_000


async def play_all(orders: WorkerOrders) -> WorkerReport:
    """Play every seat at once and return what all of them saw."""
    report = fresh_report()
    channels = ["private", "prices", "phase", "events"]
    channels += [f"{kind}.{name}" for name in orders.underlyings for kind in ("bbo", "chain")]
    players = [Player(seat, orders.url, channels, report) for seat in orders.seats]
    ledger = os.open(orders.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    span = (orders.begin_s, orders.end_s)
    watch = asyncio.create_task(_watch(players, report), name="watch")
    try:
        async with asyncio.TaskGroup() as tasks:
            for player in players:
                tasks.create_task(player.play(orders.life, span, ledger))
                await asyncio.sleep(STAGGER_S)
    finally:
        watch.cancel()
        os.close(ledger)
    return report


async def _watch(players: list[Player], report: WorkerReport) -> None:
    turn = 0
    while True:
        due_s = monotonic() + PING_S
        await asyncio.sleep(PING_S)
        report.own_lag_us.append(int((monotonic() - due_s) * _US))
        player = players[turn % len(players)]
        turn += 1
        if player.is_connected.is_set():
            await player.ping()


def main() -> None:
    """Do as told on stdin."""
    orders = json.decode(sys.stdin.buffer.read(), type=WorkerOrders)
    Path(orders.report).write_bytes(json.encode(uvloop.run(play_all(orders))))


if __name__ == "__main__":
    main()
