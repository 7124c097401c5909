"""A rule that finds nothing may be blind: each is shown a planted offence and an innocent twin."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from tests.tidy import documents, house, purity, shape, words
from tests.tidy.tree import Finding

Rule = Callable[[Path], Iterator[Finding]]

CORE = "src/itg/exchange/core/book.py"
CONTRACT = "src/itg/exchange/contract.py"
GLOSSARY = dedent("""
    | Term | Identifier | Meaning here | FIX | Not |
    |---|---|---|---|---|
    | quantity | `quantity` | contracts | 38 | size, qty |
    | canceled | `OrderCanceled` | left the book | 150=4 | cancelled, order update |
    | journal | `Journal` | record | | log (text) |
""")
CONTRACTS = dedent("""
    [[tool.importlinter.contracts]]
    id = "floors"
    layers = ["(cli)", "(exchange) | (wire)", "kernel"]
    [[tool.importlinter.contracts]]
    id = "order"
    layers = ["(itg.exchange)"]
    [[tool.importlinter.contracts]]
    id = "rooms"
    containers = ["itg.exchange"]
    [[tool.importlinter.contracts]]
    id = "light-client"
    forbidden_modules = ["itg.exchange", "itg.kernel"]
""")


def put(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def lines_found(rule: Rule, root: Path) -> list[int]:
    return [finding.line for finding in rule(root)]


OFFENCES: list[tuple[Rule, str, str, int]] = [
    (shape.long_files, "tools/a.py", "x = 1\n" * 401, 401),
    (shape.long_functions, "tools/a.py", "def f():\n" + "    x = 1\n" * 60, 1),
    (shape.nameless_names, "src/itg/utils/book.py", "", 1),
    (shape.nameless_names, "src/itg/book_helpers/manager.py", "", 1),
    (shape.open_promises, "docs/a.md", "one\nTO" + "DO: two\n", 2),
    (shape.open_promises, "tools/a.py", "x = 1  # FIX" + "ME\n", 1),
    (shape.sleeping_tests, "tests/test_a.py", "import time\ntime.sleep(0.1)\n", 2),
    (shape.sleeping_tests, "tests/test_a.py", "import asyncio\nasyncio.sleep(1)\n", 2),
    (shape.sleeping_tests, "tests/test_a.py", "from asyncio import sleep\n", 1),
    (purity.iterated_sets, CORE, "for x in {1, 2}:\n    print(x)\n", 1),
    (purity.iterated_sets, CORE, "y = 0\nx = [i for i in set(z)]\n", 2),
    (purity.iterated_sets, CORE, "ids: set[int]\nx = list(ids)\n", 2),
    (purity.iterated_sets, CORE, "def f(ids: frozenset[int]):\n    return (*ids,)\n", 2),
    (purity.iterated_sets, CORE, "self.a = set()\nfor x in book.a | b:\n    f(x)\n", 2),
    (purity.iterated_sets, CORE, "for x in a.keys() & b.keys():\n    f(x)\n", 1),
    (purity.iterated_sets, "src/itg/kernel/a.py", "x = {1, 2}\nx.pop()\n", 2),
    (purity.divided_money, CORE, "x = (bid.price + ask.price) / 2\n", 1),
    (purity.divided_money, CORE, "x = 1\nfee /= 2\n", 2),
    (purity.waiting_rooms, CORE, "async def f():\n    pass\n", 1),
    (purity.waiting_rooms, "src/itg/exchange/service.py", "x = 1\nasync def f():\n    pass\n", 2),
    (purity.logging_elsewhere, CORE, "import structlog\n", 1),
    (purity.logging_elsewhere, "src/itg/bots/a.py", "from logging import getLogger\n", 1),
    (purity.locks, "src/itg/runtime/a.py", "import threading\nx = threading.RLock()\n", 2),
    (house.addressed_locks, "requirements.lock", "a==1 \\\n    --hash=sha256:0\nb==1\n", 3),
    (house.addressed_locks, "requirements.lock", "--index-url x\n", 1),
    (house.addressed_locks, "requirements-dev.lock", "a @ https://x.example/a.whl\n", 1),
    (house.foreign_addresses, "Makefile", "x:\n\tpip install --index-url x\n", 2),
    (house.debug_guard, "src/itg/cli.py", "def main(): ...\n", 1),
    (documents.broken_links, "docs/a.md", "see [b](b.md)\n", 1),
    (documents.broken_links, "README.md", "# A title\n[x](#a-title) [y](#another)\n", 2),
    (documents.broken_links, "README.md", "[x](README.md#L9)\n", 1),
    (documents.missing_symbols, "docs/tour.md", "`src/itg/a.py::Book`\n", 1),
    (documents.unkept_promises, "docs/promises.md", "| M-A-1 | x | done | |\n", 1),
    (documents.unkept_promises, "docs/promises.md", "| M-A-1 | x | soon | |\n", 1),
    (documents.undocumented, CONTRACT, 'X = RejectReason(code="TOO_LATE", hint="")\n', 1),
    (documents.undocumented, "src/itg/runtime/a.py", 'x = Counter("itg_inputs")\n', 1),
    (documents.undocumented, "src/itg/cli.py", "@app.command\ndef verify(): ...\n", 2),
    (documents.undocumented, "src/itg/scenarios/demo.toml", "seed = 7\n", 1),
    (
        documents.undocumented,
        "src/itg/scenario/model.py",
        "class Fees(Struct, frozen=True):\n    maker: float\n",
        2,
    ),
]


@pytest.mark.parametrize(
    ("rule", "name", "text", "line"),
    OFFENCES,
    ids=[f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(OFFENCES)],
)
def test_a_planted_offence_is_caught_at_its_line(
    tmp_path: Path, rule: Rule, name: str, text: str, line: int
) -> None:
    put(tmp_path, "docs/promises.md", "")
    put(tmp_path, name, text)
    assert lines_found(rule, tmp_path) == [line]


INNOCENTS: list[tuple[Rule, str, str]] = [
    (shape.long_files, "tools/a.py", "x = 1\n" * 400),
    (shape.nameless_names, "src/itg/wire/v2/orders.py", ""),
    (shape.nameless_names, "src/itg/exchange/renewal.py", ""),
    (shape.sleeping_tests, "tests/test_a.py", "import asyncio\nasyncio.sleep(0)\n"),
    (purity.iterated_sets, CORE, "for x in sorted({1, 2}):\n    f(x)\n"),
    (purity.iterated_sets, CORE, "x = [1]\nx.pop()\nok = 1 in {1, 2}\n"),
    (purity.iterated_sets, "src/itg/gateway/a.py", "for x in {1, 2}:\n    f(x)\n"),
    (purity.divided_money, CORE, "x = price // 2\ny = seconds / 2\n"),
    (purity.divided_money, "src/itg/market_data/core/a.py", "x = price / 2\n"),
    (purity.divided_money, "src/itg/game/core/scoring.py", "x = pnl / 2\n"),
    (purity.waiting_rooms, "src/itg/gateway/a.py", "async def f():\n    pass\n"),
    (purity.logging_elsewhere, "src/itg/gateway/a.py", "import structlog\n"),
    (purity.locks, "src/itg/adapters/a.py", "import threading\nx = threading.Lock()\n"),
    (house.addressed_locks, "requirements.lock", "a==1 \\\n    --hash=sha256:0\n"),
    (house.debug_guard, "src/itg/cli.py", "def main():\n    assert_on = __debug__\n"),
    (documents.broken_links, "README.md", "# A `b` title\n[x](#a-b-title) [y](README.md#L1)\n"),
    (documents.broken_links, "README.md", "```\n[x](nowhere.md)\n```\n`[y](nowhere.md)`\n"),
    (documents.missing_symbols, "docs/tour.md", "`tests/a.py::Book.fill`\n"),
    (documents.unkept_promises, "docs/promises.md", "| M-A-1 | x | done | [t](../tests/a.py) |\n"),
    (documents.undocumented, CONTRACT, 'X = RejectReason(code="KNOWN_CODE", hint="")\n'),
    (documents.undocumented, "src/itg/runtime/a.py", 'x = Counter("itg_orders")\n'),
    (
        documents.undocumented,
        "src/itg/cli.py",
        'bots = App(name="bot")\n@bots.command(name="run")\ndef _run(): ...\n',
    ),
]


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    INNOCENTS,
    ids=[f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(INNOCENTS)],
)
def test_an_innocent_file_is_left_alone(tmp_path: Path, rule: Rule, name: str, text: str) -> None:
    put(tmp_path, "docs/promises.md", "")
    put(tmp_path, "docs/reference/problems.md", "## `KNOWN_CODE`\n")
    put(tmp_path, "docs/reference/metrics.md", "| `itg_orders_total` | orders |\n")
    put(tmp_path, "docs/reference/cli.md", "`itg bot run FILE`\n")
    put(tmp_path, "tests/a.py", "class Book:\n    def fill(self): ...\n")
    put(tmp_path, name, text)
    assert lines_found(rule, tmp_path) == []


def test_a_synonym_in_a_contract_is_caught_unless_excused(tmp_path: Path) -> None:
    put(tmp_path, str(words.GLOSSARY), GLOSSARY)
    put(
        tmp_path,
        str(words.EXCEPTIONS),
        '[[exception]]\nword = "log"\nplace = "src/itg/wire/*"\nreason = "as it is called"\n',
    )
    put(tmp_path, CONTRACT, "class OrderUpdate(Event):\n    qty: int\n    quantity: int\n")
    put(tmp_path, "src/itg/wire/v1.py", "class Log(Struct):\n    log: str\n    size: int\n")
    put(tmp_path, CORE, "class Level:\n    size: int\n")
    assert [(finding.line, finding.text.split()[0]) for finding in words.synonyms(tmp_path)] == [
        (1, "OrderUpdate"),
        (2, "qty"),
        (3, "size"),
    ]
    assert list(words.needless_exceptions(tmp_path)) == []


def test_an_exception_for_a_free_word_is_caught(tmp_path: Path) -> None:
    put(tmp_path, str(words.GLOSSARY), GLOSSARY)
    entry = '[[exception]]\nword = "depth"\nplace = "*"\nreason = "none needed"\n'
    put(tmp_path, str(words.EXCEPTIONS), entry)
    assert lines_found(words.needless_exceptions, tmp_path) == [1]


def test_a_package_outside_the_import_contracts_is_caught(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", CONTRACTS)
    for name in ("__init__.py", "cli.py", "exchange/contract.py", "kernel/ids.py", "wire/v1.py"):
        put(tmp_path, f"src/itg/{name}", "")
    assert list(house.unlisted_packages(tmp_path)) == []
    put(tmp_path, "src/itg/news/contract.py", "")
    missed = [finding.text.split()[-1] for finding in house.unlisted_packages(tmp_path)]
    assert missed == ["'floors'", "'light-client'", "'order'", "'rooms'"]


def test_a_package_of_mostly_prose_is_caught(tmp_path: Path) -> None:
    code = "x = 1\n" * 120
    put(tmp_path, "src/itg/kernel/a.py", '"""One.\n' + "words\n" * 70 + '"""\n' + code)
    put(tmp_path, "src/itg/runtime/a.py", '"""One.\n' + "words\n" * 50 + '"""\n' + code)
    assert [finding.path.name for finding in shape.wordy_packages(tmp_path)] == ["kernel"]
