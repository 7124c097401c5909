"""Rules on cores and on where effects may live: sets, money, locks, logs, waiting."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.tree import Finding, name_of, parse, python_files

# Model maths is float in these; what leaves them is rounded to int.
FLOAT_SERVICES = frozenset({"market_data", "news", "signals", "retail"})
FLOAT_MODULE = re.compile(r"^(scor|kpi|par)")
MONEY = re.compile(r"(^|_)(price|prices|cash|fee|fees|pnl|notional|bid|ask|mid|mark|margin)$")
SET_TYPES = frozenset({"set", "frozenset", "Set", "MutableSet", "AbstractSet"})
SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
ORDERING_CALLS = frozenset(
    {"list", "tuple", "iter", "enumerate", "reversed", "map", "filter", "zip"}
)
LOGGING_ROOMS = frozenset({"runtime", "gateway", "adapters", "compose", "cli"})
WAITING_FREE = frozenset({"core", "contract", "service", "store", "kernel"})
LOCKS = re.compile(r"^(threading|multiprocessing)\.(Lock|RLock|Condition|Semaphore|Event|Barrier)$")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def iterated_sets(root: Path) -> Iterator[Finding]:
    """Find iteration over sets in cores and kernel: their order is not part of the input."""
    for file in pure_files(root):
        known = set_names(parse(file))
        for node in ast.walk(parse(file)):
            for source in iterated(node):
                if is_set(source, known):
                    text = f"iterates over a set: {ast.unparse(source)}; sort it or use a dict"
                    yield Finding(file, source.lineno, text)


def iterated(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a node walks through in the order of the container."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, COMPREHENSIONS):
        yield from (generator.iter for generator in node.generators)
    elif isinstance(node, ast.Starred):
        yield node.value
    elif isinstance(node, ast.Call):
        if name_of(node.func) in ORDERING_CALLS:
            yield from node.args
        if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            yield from node.args
        if isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and not node.args:
            yield node.func.value


def is_set(node: ast.expr, known: frozenset[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        method = isinstance(node.func, ast.Attribute) and node.func.attr in SET_METHODS
        return method or name_of(node.func) in ("set", "frozenset")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.BitXor):
        return any(is_set(side, known) or is_keys(side) for side in (node.left, node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return is_set(node.left, known) or is_keys(node.left)
    return name_of(node).rpartition(".")[2] in known


def is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] == "keys"


def set_names(tree: ast.Module) -> frozenset[str]:
    """Collect the names and attributes that the module declares or builds as sets."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and is_set_type(node.annotation):
            names.add(name_of(node.target).rpartition(".")[2])
        elif isinstance(node, ast.arg) and node.annotation and is_set_type(node.annotation):
            names.add(node.arg)
        elif isinstance(node, ast.Assign) and is_set(node.value, frozenset()):
            names.update(name_of(target).rpartition(".")[2] for target in node.targets)
    return frozenset(names - {""})


def is_set_type(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return name_of(outer).rpartition(".")[2] in SET_TYPES


def divided_money(root: Path) -> Iterator[Finding]:
    """Find true division on money in the cores that keep money as integers."""
    for file in pure_files(root):
        parts = file.relative_to(root / "src" / "itg").parts
        if parts[0] in FLOAT_SERVICES or any(FLOAT_MODULE.match(part) for part in parts[1:]):
            continue
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
                money = [name for name in operands(node) if MONEY.search(name.lower())]
                if money:
                    text = f"`/` on money ({', '.join(money)}): stay in integers, // or divmod"
                    yield Finding(file, node.lineno, text)


def operands(node: ast.BinOp | ast.AugAssign) -> Iterator[str]:
    """Yield the names of a division's two sides, through sums, products and calls by name."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
    for side in sides:
        for part in ast.walk(side):
            if isinstance(part, ast.Name | ast.Attribute):
                yield name_of(part).rpartition(".")[2]


def pure_files(root: Path) -> Iterator[Path]:
    for file in python_files(root, "src/itg"):
        parts = file.relative_to(root / "src" / "itg").parts
        if parts[0] == "kernel" or (len(parts) > 1 and parts[1].removesuffix(".py") == "core"):
            yield file


def waiting_rooms(root: Path) -> Iterator[Finding]:
    """Find `async` in the rooms of a service: a core, contract, service or store never waits."""
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    for file in python_files(root, "src/itg"):
        parts = {part.removesuffix(".py") for part in file.relative_to(root / "src" / "itg").parts}
        if not parts & WAITING_FREE or parts & {"runtime", "gateway", "adapters", "client"}:
            continue
        for node in ast.walk(parse(file)):
            if isinstance(node, waits):
                yield Finding(file, node.lineno, "waits; a service is synchronous")


def logging_elsewhere(root: Path) -> Iterator[Finding]:
    for file in python_files(root, "src/itg"):
        room = file.relative_to(root / "src" / "itg").parts[0].removesuffix(".py")
        for node in ast.walk(parse(file)):
            if not isinstance(node, ast.Import | ast.ImportFrom) or room in LOGGING_ROOMS:
                continue
            if {"structlog", "logging"}.intersection(imported(node)):
                yield Finding(file, node.lineno, f"{room} logs; only {sorted(LOGGING_ROOMS)} may")


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    return [name.partition(".")[0] for name in names]


def locks(root: Path) -> Iterator[Finding]:
    """Find locks outside the adapters: one writer needs none."""
    for file in python_files(root, "src/itg"):
        if file.relative_to(root / "src" / "itg").parts[0] == "adapters":
            continue
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.Attribute) and LOCKS.match(name_of(node)):
                yield Finding(file, node.lineno, f"{name_of(node)} outside adapters")
