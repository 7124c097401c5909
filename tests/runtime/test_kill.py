import subprocess
import sys
from pathlib import Path

import pytest
from tests.runtime.toys import HEADER, Deposit, machine

from itg.adapters.sqlite_journal import SqliteJournal
from itg.kernel.rng import Rng
from itg.runtime.journal import read
from itg.runtime.recovery import recover, verify

ROOT = Path(__file__).parent.parent.parent
LIVES = 8


def acknowledged_until_killed(directory: Path, kill_after: int) -> list[tuple[int, str, int]]:
    """What a writer said was released before it was killed at its `kill_after`th line."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.runtime.endless_writer", str(directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    with writer.stdout as pipe:
        lines = [pipe.readline() for _ in range(kill_after)]
        writer.kill()
        lines += pipe.readlines()
    assert writer.wait() < 0
    words = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(int(seq), account, int(amount)) for seq, account, amount in words]


@pytest.mark.timeout(120)
def test_a_killed_writer_loses_and_doubles_nothing_it_acknowledged(tmp_path: Path) -> None:
    dice = Rng(7, "kill")
    acknowledged: list[tuple[int, str, int]] = []
    for life in range(1, LIVES + 1):
        acknowledged += acknowledged_until_killed(tmp_path, 1 + dice.below(4_000))
        assert acknowledged[-1][1] == f"life-{2 * life - 1}"
        toys = machine()
        journal = SqliteJournal(tmp_path)
        journal.open(HEADER)
        recover(journal, toys)
        written = [
            (record.seq, record.body.account, record.body.amount)
            for record in read(journal, toys.codec)
            if isinstance(record.body, Deposit)
        ]
        assert len({each[1:] for each in written}) == len(written)
        assert set(acknowledged) <= set(written)
        report = verify(journal, machine())
        assert report.is_equal
        assert report.state_hash == toys.state_hash()
        journal.close()
    assert len(acknowledged) > LIVES
