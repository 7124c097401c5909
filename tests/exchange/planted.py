"""Bugs planted by hand, and a run that says which of them the campaigns catch.

    python -m tests.exchange.planted [name ...]

Each bug is applied alone to a copy of the tree, the tests named for it run there, and a Markdown
table says `caught` or `survived`. A bug without its source text is an intention still to be placed.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
EXCHANGE = ("tests/exchange/test_against_reference.py",)
POSITIONS = ("tests/positions/test_campaign.py", "tests/positions/test_ledger.py")
COPIED = ("src", "tests", "pyproject.toml", "examples")


@dataclass(frozen=True)
class Bug:
    """One wrong line: where it goes, what it replaces there once, what it says instead."""

    name: str
    file: str = ""
    text: str = ""
    wrong: str = ""
    tests: tuple[str, ...] = EXCHANGE


FILLS = "src/itg/positions/core/fills.py"
SETTLING = "src/itg/positions/core/settling.py"
BUCKETS = "src/itg/positions/core/buckets.py"
PROTECTION = "src/itg/positions/core/protection.py"

BUGS = (
    # the book and continuous matching
    Bug("last in, first out within a level"),
    Bug("priority kept on a larger quantity"),
    Bug("unreported cancel of a market order's rest"),
    Bug("trade at the incoming order's price"),
    Bug("fok fills partly"),
    Bug("fok forgets hidden quantity"),
    Bug("post_only may take at the touch"),
    Bug("cancel_both spares the resting order"),
    # stops
    Bug("stop triggered by a quote"),
    Bug("stop triggered one tick late"),
    Bug("cascade stops after its first group"),
    Bug("stops fire by price, not in order of waiting"),
    Bug("stop already through waits"),
    # icebergs and times in force
    Bug("refresh to the front of the level"),
    Bug("hidden quantity shown"),
    Bug("shrink takes the shown part first"),
    Bug("gtt ends one nanosecond late"),
    Bug("boundary precedes an expiry of its instant"),
    Bug("opg left over is canceled, not expired"),
    Bug("cls enters on the way to the close"),
    # auctions
    Bug("auction price off by one tick"),
    Bug("surplus ignored between tied prices"),
    Bug("reference ties go to the higher"),
    Bug("self-trade mode ignored in auctions"),
    Bug("draw ignored"),
    Bug("midpoint rounds half ticks the wrong way"),
    Bug("hidden quantity left out of the auction"),
    # protections
    Bug("collar on the wrong side"),
    Bug("market order trades beyond the edge"),
    Bug("halt ends without an auction"),
    Bug("halt's window not cleared at the entry"),
    Bug("delayed opening never forced"),
    Bug("guard matches in order of price"),
    Bug("guard extended twice"),
    Bug("old quote stays while the new one is held"),
    Bug("deferred mass cancel forgotten"),
    Bug("trade busted twice"),
    # positions
    Bug(
        "auction fill pays the taker's fee",
        FILLS,
        "            liquidity = Liquidity.AUCTION",
        "            liquidity = Liquidity.TAKER",
        POSITIONS,
    ),
    Bug(
        "fee of one contract whatever the quantity",
        FILLS,
        "rules.maker_fee) * quantity",
        "rules.maker_fee)",
        POSITIONS,
    ),
    Bug(
        "own trade releases nothing",
        FILLS,
        "            portfolio.reserve(holding, ticket.side, -quantity)\n",
        "",
        POSITIONS,
    ),
    Bug(
        "reserved quantity stays after a fill",
        FILLS,
        "        order.reserved -= fill.last_quantity\n",
        "",
        POSITIONS,
    ),
    Bug(
        "maker told before booked as taker",
        FILLS,
        "booking.book(maker, makers, Liquidity.MAKER)",
        "booking.book(maker, makers, Liquidity.TAKER)",
        POSITIONS,
    ),
    Bug(
        "settlement with the wrong sign",
        SETTLING,
        "portfolio.book(holding, -contracts, -value)",
        "portfolio.book(holding, -contracts, value)",
        POSITIONS,
    ),
    Bug(
        "token given back on every order",
        BUCKETS,
        "self.spent_ns = NS_PER_S if spent < 0 else spent + NS_PER_S",
        "self.spent_ns = NS_PER_S",
        POSITIONS,
    ),
    Bug(
        "quote protection trips and pulls nothing",
        PROTECTION,
        "    desk.sweep(account.account_id, CancelReason.QUOTE_PROTECTION, InFreeze.DEFER, "
        "orders=False)\n",
        "",
        POSITIONS,
    ),
    Bug("worst-case exposure forgets bids", tests=POSITIONS),
    Bug("exposure released twice", tests=POSITIONS),
)


def verdict(bug: Bug) -> str:
    """Plant one bug in a copy of the tree and say what its tests make of it."""
    if not bug.text:
        return "to be placed"
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, tree / name)
        planted = tree / bug.file
        source_text = planted.read_text()
        if source_text.count(bug.text) != 1:
            return "text not found once"
        planted.write_text(source_text.replace(bug.text, bug.wrong))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not gate", *bug.tests]
        environment = {"PYTHONPATH": f"{tree / 'src'}:{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
        # 1: a test failed. Anything else above it says that the run itself went wrong.
        verdicts = {0: "**survived**", 1: "caught"}
        return verdicts.get(done.returncode, f"no run (exit {done.returncode})")


def main(names: list[str]) -> int:
    """Print the table; the exit code counts the survivors."""
    sys.stdout.write("| bug | verdict |\n|---|---|\n")
    survivors = 0
    for bug in BUGS:
        if names and bug.name not in names:
            continue
        found = verdict(bug)
        survivors += found == "**survived**"
        sys.stdout.write(f"| {bug.name} | {found} |\n")
        sys.stdout.flush()
    return survivors


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
