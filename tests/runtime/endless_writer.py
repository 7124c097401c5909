"""A process that writes through a pump until it is killed and says what was acknowledged.

Run as `python -m tests.runtime.endless_writer DIRECTORY`; each line on standard output is a
released record's `seq account amount`.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.runtime.toys import HEADER, Deposit, deposit, machine

from itg.adapters.sqlite_journal import SqliteJournal
from itg.runtime.clock import SystemClock
from itg.runtime.envelope import Record
from itg.runtime.pump import Pump, PumpLimits
from itg.runtime.recovery import recover

WAITING = 300
LIMITS = PumpLimits(snapshot_events=1_500)


def acknowledge(records: Sequence[Record]) -> None:
    lines = [
        f"{record.seq} {record.body.account} {record.body.amount}\n"
        for record in records
        if isinstance(record.body, Deposit)
    ]
    os.write(1, "".join(lines).encode())


async def write(directory: Path) -> None:
    toys = machine()
    journal = SqliteJournal(directory)
    journal.open(HEADER)
    recover(journal, toys)
    pump = Pump(toys, journal, SystemClock(), on_release=acknowledge, limits=LIMITS)
    pump.start()
    amount = 0
    while pump.failure is None:
        while pump.depth < WAITING:
            amount += 1
            pump.submit(deposit(amount, account=f"life-{journal.epoch}"))
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
