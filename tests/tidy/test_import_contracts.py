"""Services know of each other by contract alone, and an import past a contract fails the check."""

import ast
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest
from tests.tidy.tree import imports, name_of, parse, python_files

ROOT = Path(__file__).parents[2]
WIRING_LINES_MAX = 150
SERVICES = ("exchange", "positions", "market_data", "news", "signals", "game", "retail")
# Whoever maps messages may know the words of others; rules and state may not.
MAPPING = ("service", "hearing", "asking")


def test_there_are_seven_services_of_equal_rooms() -> None:
    for name in SERVICES:
        rooms = {path.stem for path in (ROOT / "src/itg" / name).iterdir() if path.stem[0] != "_"}
        assert {"contract", "core", "service", "store"} <= rooms, name


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_knows_others_by_their_contracts_alone(name: str) -> None:
    found = 0
    for file in python_files(ROOT, f"src/itg/{name}"):
        room = file.relative_to(ROOT / "src/itg" / name).parts[0].removesuffix(".py")
        for module in imports(parse(file)):
            owner = ([*module.split("."), "", ""])[:3]
            if owner[0] == "itg" and owner[1] in SERVICES and owner[1] != name:
                assert owner[2] == "contract", f"{file}: {module}"
                assert room in MAPPING, f"{file}: {module}"
                found += 1
    assert (found == 0) == (name == "news"), "only news has nobody to hear"


def test_what_wires_one_process_is_read_at_one_sitting() -> None:
    lines = (ROOT / "src/itg/compose/solo.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < WIRING_LINES_MAX


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a tree of the repository's packages and rooms, empty, under its import contracts."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    told = text[text.index("[tool.importlinter]") :]
    (tmp_path / "pyproject.toml").write_text(told, encoding="utf-8")
    for package in ("", *(p.parent.name for p in (ROOT / "src/itg").glob("*/__init__.py"))):
        put(tmp_path, f"itg/{package}/__init__.py", "")
    for name in SERVICES:
        for room in ("contract", "core/__init__", "core/state", "store"):
            put(tmp_path, f"itg/{name}/{room}.py", "")
        words = "".join(f"import itg.{other}.contract\n" for other in lower(name))
        put(tmp_path, f"itg/{name}/service.py", words)
    return tmp_path


def lower(name: str) -> tuple[str, ...]:
    """Return the services whose words a service may know, by the order of the contracts."""
    order = ("news", "market_data", "exchange", "positions", "signals", "game")
    known = order[: order.index("positions" if name == "retail" else name)]
    return (*known, "positions") if name == "retail" else known


def put(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_services_that_know_words_alone_pass_the_check(copy: Path) -> None:
    done = check(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("room", ["core", "store"])
def test_an_import_of_another_services_rooms_fails_the_check(copy: Path, room: str) -> None:
    target = {"core": "core.state", "store": "store"}[room]
    pairs = list(permutations(SERVICES, 2))
    for name in SERVICES:
        others = [other for one, other in pairs if one == name]
        lines = "".join(f"import itg.{other}.{target}\n" for other in others)
        put(copy, f"itg/{name}/core/planted.py", lines)
    done = check(copy)
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    missed = [
        (one, other)
        for one, other in pairs
        if f"itg.{one}.core.planted -> itg.{other}.{target} " not in told
    ]
    assert not missed, told


def test_an_import_of_adapters_outside_compose_fails_the_check(copy: Path) -> None:
    put(copy, "itg/positions/store.py", "import itg.adapters\n")
    done = check(copy)
    assert done.returncode == 1
    assert "adapter-doors BROKEN" in done.stdout


# Tests that play with the neighbours themselves, because what is between them is their subject.
TOGETHER = {
    "tests/positions/test_campaign.py",
    "tests/retail/models.py",
    "tests/retail/test_day.py",
    "tests/retail/test_moody_day.py",
    "tests/signals/test_alphas.py",
    "tests/signals/test_in_game.py",
    "tests/signals/test_with_news.py",
    "tests/game/test_news.py",
    "tests/game/worlds.py",
}


def test_a_services_tests_feel_a_change_of_another_by_its_contract_alone() -> None:
    touched = set()
    for name in SERVICES:
        for file in python_files(ROOT, f"tests/{name}"):
            for module in imports(parse(file)):
                top, owner, room = ([*module.split("."), "", ""])[:3]
                is_inside = top == "itg" and owner in SERVICES and owner != name
                is_whole = top == "itg" and owner == "compose"
                is_theirs = top == "tests" and owner in SERVICES and owner != name
                if (is_inside and room != "contract") or is_whole or is_theirs:
                    touched.add(file.relative_to(ROOT).as_posix())
    assert touched == TOGETHER


def test_no_service_keeps_state_in_its_modules() -> None:
    found = []
    for name in SERVICES:
        for file in python_files(ROOT, f"src/itg/{name}"):
            tree = parse(file)
            found += [
                f"{file}:{node.lineno}" for node in ast.walk(tree) if isinstance(node, ast.Global)
            ]
            found += [f"{file}:{node.lineno}" for node in tree.body if is_growing(node)]
    assert not found


def is_growing(node: ast.stmt) -> bool:
    """Tell whether a module binds an empty container, which is there to be filled."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(value, (ast.List, ast.Set)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    makers = {"dict", "list", "set", "defaultdict", "deque", "Counter", "count"}
    return isinstance(value, ast.Call) and not value.args and name_of(value.func) in makers


@pytest.mark.parametrize(
    ("line", "grows"),
    [
        ("SEEN: dict[str, int] = {}", True),
        ("SEEN = defaultdict()", True),
        ("NAMES = ('a', 'b')", False),
        ("HANDLERS = {int: print}", False),
        ("TABLE = dict(pairs)", False),
    ],
)
def test_a_container_that_would_be_filled_is_told_from_a_table(line: str, *, grows: bool) -> None:
    assert is_growing(ast.parse(line).body[0]) is grows
