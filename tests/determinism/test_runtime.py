import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DAY = """
from itg.kernel.rng import Rng
from itg.kernel.times import Nanos
from itg.runtime.pump import PumpLimits
from itg.runtime.recovery import verify
from tests.runtime.toys import START, Salute, World, deposit, machine, remind

world = World(limits=PumpLimits(batch_inputs_max={batch}))
dice = Rng(7, "day")
world.run(remind("tick", START + 100, again_ns=100))
for step in range(50):
    for _ in range(dice.below(20)):
        shard = dice.below(2)
        match dice.below(3):
            case 0:
                account = str(dice.below(9))
                world.pump.submit(deposit(dice.below(9), account=account, shard=shard))
            case 1:
                world.pump.submit(Salute(to="x", times=1 + dice.below(3)))
            case _:
                at_ns = START + 77 * step + dice.below(50)
                world.pump.submit(remind("k", at_ns, shard=shard))
    world.clock.advance_to(Nanos(START + 77 * step))
    world.pump.run_until_idle()
report = verify(world.journal, machine())
assert report.is_equal
print(report.event_digest, report.state_hash, report.inputs, {chain})
"""


def day(hash_seed: str, *, batch: int = 128, chain: str = "report.head_hash") -> bytes:
    """What a seeded toy day comes to in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", DAY.format(batch=batch, chain=chain)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    ).stdout


@pytest.fixture(scope="module")
def reference() -> bytes:
    return day("1")


def test_a_day_is_the_same_to_the_journals_last_bit_in_every_process(reference: bytes) -> None:
    assert day("2") == reference


def test_a_day_happens_alike_whatever_the_batches(reference: bytes) -> None:
    assert day("3", batch=5, chain="") == reference.rpartition(b" ")[0] + b"\n"
