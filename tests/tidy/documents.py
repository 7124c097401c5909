"""Rules on documents: links resolve, and what the program offers is written down."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.tidy.tree import Finding, lines_of, name_of, parse, python_files

REFERENCE = Path("docs/reference")
TOUR = Path("docs/tour.md")
PROMISES = Path("docs/promises.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SYMBOL = re.compile(r"([\w./-]+\.py)::([A-Za-z_][\w.]*)")
LINE_ANCHOR = re.compile(r"L(\d+)(?:-L?(\d+))?")
METRIC = re.compile(r"itg_[a-z0-9_]+")
STATES = ("open", "done", "part")
BINDINGS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Discover = Callable[[Path], Iterator[tuple[Path, int, str]]]


def broken_links(root: Path) -> Iterator[Finding]:
    """Find relative links of any page that lead nowhere, anchors and line numbers included."""
    for page in pages(root):
        for number, line in enumerate(prose_lines(page), start=1):
            for target in LINK.findall(line):
                if "://" not in target and not target.startswith(("mailto:", "/")):
                    problem = link_problem(root, page, target)
                    if problem:
                        yield Finding(page, number, f"{target}: {problem}")


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def prose_lines(page: Path) -> Iterator[str]:
    """Yield the lines of a page, empty where they are code blocks or code spans."""
    fenced = False
    for line in lines_of(page):
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced = fenced != fence
        yield "" if fenced or fence else re.sub(r"`[^`]*`", "", line)


def link_problem(root: Path, page: Path, target: str) -> str:
    """Say what is wrong with a link, nothing when it resolves."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return "no such file"
    if not file.is_relative_to(root.resolve()):
        return "leads out of the repository"
    if not anchor or file.is_dir():
        return ""
    numbers = LINE_ANCHOR.fullmatch(anchor)
    if numbers:
        last = max(int(number) for number in numbers.groups() if number)
        return "" if last <= len(lines_of(file)) else f"the file has {len(lines_of(file))} lines"
    return "" if file.suffix != ".md" or anchor in anchors(file) else "no such heading"


def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs spell them."""
    titles = (line.lstrip("#").strip() for line in lines_of(page) if line.startswith("#"))
    spelled = (re.sub(r"[^\w\s-]", "", title.lower()).strip() for title in titles)
    explicit = re.findall(r'(?:id="|\{#)([\w-]+)', "\n".join(lines_of(page)))
    return frozenset(title.replace(" ", "-") for title in spelled) | frozenset(explicit)


def missing_symbols(root: Path) -> Iterator[Finding]:
    """Find `file.py::Symbol` in the tour where the file or the symbol is gone."""
    tour = root / TOUR
    for number, line in enumerate(lines_of(tour) if tour.exists() else (), start=1):
        for place, symbol in SYMBOL.findall(line):
            file = next((f for f in (root / place, root / "src" / place) if f.exists()), None)
            if file is None:
                yield Finding(tour, number, f"{place}: no such file")
            elif symbol.split("(")[0] not in symbols(parse(file)):
                yield Finding(tour, number, f"{place}: no {symbol}")


def symbols(tree: ast.Module | ast.ClassDef, prefix: str = "") -> frozenset[str]:
    """Return the names a module binds, members of classes as `Class.member`."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, BINDINGS):
            found.add(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            found |= symbols(node, f"{prefix}{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found.update(prefix + name_of(target) for target in targets)
    return frozenset(found)


def unkept_promises(root: Path) -> Iterator[Finding]:
    """Find rows of the promise table with an unknown state, or done without a test that exists."""
    page = root / PROMISES
    seen: set[str] = set()
    for number, line in enumerate(lines_of(page), start=1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not re.fullmatch(r"M-[A-Z0-9]+-\d+", cells[0]):
            continue
        if len(cells) != 4 or cells[2] not in STATES or cells[0] in seen:
            yield Finding(page, number, f"{cells[0]}: one row of id, promise, state, test")
            continue
        seen.add(cells[0])
        links = LINK.findall(cells[3])
        if cells[2] == "done" and not any("tests/" in link for link in links):
            yield Finding(page, number, f"{cells[0]} is done and links no test")


def undocumented(root: Path) -> Iterator[Finding]:
    """Find what the source offers and its reference page does not name in code spans."""
    for page, discover in OFFERS.items():
        file = root / REFERENCE / page
        known = code_words(file) if file.exists() else frozenset()
        for path, line, name in discover(root):
            if not {name, f"{name}_total"} & known:
                yield Finding(path, line, f"{name} is not in {REFERENCE / page}")


def code_words(page: Path) -> frozenset[str]:
    """Return every code span of a page, its single words, and its headings."""
    words: set[str] = set()
    for line in lines_of(page):
        spans = re.findall(r"`([^`]+)`", line)
        words.update(spans)
        words.update(word for span in spans for word in re.split(r"[\s=,\[\]{}.]+", span))
        words.update(" ".join(span.split()[:count]) for span in spans for count in (2, 3))
        if line.startswith("#"):
            words.add(line.lstrip("#").strip().strip("`"))
    return frozenset(words)


def reject_reasons(root: Path) -> Iterator[tuple[Path, int, str]]:
    for file in python_files(root, "src/itg"):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.Call) and name_of(node.func).endswith("RejectReason"):
                for keyword in node.keywords:
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                        yield file, node.lineno, str(keyword.value.value)


def metrics(root: Path) -> Iterator[tuple[Path, int, str]]:
    for file in python_files(root, "src/itg"):
        for node in ast.walk(parse(file)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and METRIC.fullmatch(text):
                yield file, getattr(node, "lineno", 1), text


def commands(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield `itg …` for each function registered by `@app.command` (or a sub-app's)."""
    for file in (root / "src/itg/cli.py", *python_files(root, "src/itg/cli")):
        if not file.exists():
            continue
        groups = command_groups(parse(file))
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    words = command_words(node.name, decorator, groups)
                    if words:
                        yield file, node.lineno, words


def command_groups(tree: ast.Module) -> dict[str, str]:
    """Map the variable of each cyclopts App to its name on the command line."""
    groups: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        call = node.value
        if isinstance(call, ast.Call) and name_of(call.func).endswith("App"):
            groups.update((name_of(target), keyword_name(call)) for target in node.targets)
    return groups


def command_words(function: str, decorator: ast.expr, groups: dict[str, str]) -> str:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    app, _, verb = name_of(call).rpartition(".")
    if verb != "command":
        return ""
    own = keyword_name(decorator) if isinstance(decorator, ast.Call) else ""
    group = groups.get(app, "")
    name = own or function.strip("_").replace("_", "-")
    return " ".join(word for word in ("itg", group.replace("itg", "").strip(), name) if word)


def keyword_name(call: ast.Call) -> str:
    """Return the `name=` of a call, empty without one."""
    for keyword in call.keywords:
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return ""


def scenario_keys(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield each field of a scenario's Structs: the keys its TOML may carry."""
    house = root / "src/itg"
    files = [*python_files(root, "src/itg/scenario"), house / "scenario.py"]
    for file in (file for file in files if file.exists()):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.ClassDef) and is_struct(node):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign):
                        yield file, field.lineno, name_of(field.target)


def is_struct(node: ast.ClassDef) -> bool:
    return bool(node.keywords) or any(name_of(base).endswith("Struct") for base in node.bases)


def shipped_keys(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield the tables and plain keys at the top of every shipped scenario file."""
    for file in sorted((root / "src/itg/scenarios").glob("*.toml")):
        for name in tomllib.loads(file.read_text(encoding="utf-8")):
            yield file, 1, name


def scenario_offers(root: Path) -> Iterator[tuple[Path, int, str]]:
    yield from scenario_keys(root)
    yield from shipped_keys(root)


OFFERS: dict[str, Discover] = {
    "problems.md": reject_reasons,
    "metrics.md": metrics,
    "cli.md": commands,
    "scenario.md": scenario_offers,
}
