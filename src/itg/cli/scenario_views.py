"""What `itg scenario` prints and writes."""

import json
import os
import secrets
import sys
from pathlib import Path

import msgspec
from rich.table import Table

from itg import scenario
from itg.cli import exits
from itg.cli.consoles import screen
from itg.kernel.errors import ConfigurationError
from itg.runtime.fingerprint import code_fingerprint
from itg.scenario.commitment import (
    SALT_BYTES,
    Part,
    Reveal,
    commitment_of,
    parts_of,
    reveal_of,
    reveal_text,
)
from itg.scenario.files import available, purpose_of, resolve, seed_of
from itg.scenario.starting import starting_text
from itg.scenario.toml_text import toml_text

OWNER_ONLY = 0o600
EVERYBODY = 0o644


def show_list(*, as_json: bool) -> int:
    """Print the shipped scenarios."""
    purposes = {name: purpose_of(name) for name in available()}
    if as_json:
        _print_json([{"name": name, "purpose": purpose} for name, purpose in purposes.items()])
        return exits.DONE
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 1, 0))
    for name, purpose in purposes.items():
        table.add_row(name, purpose)
    screen().print(table)
    return exits.DONE


def show_scenario(name: str, *, origin: bool, as_json: bool) -> int:
    """Print a scenario with everything it extends."""
    resolved = resolve(name)
    if not as_json:
        print(toml_text(resolved.tables, resolved.origins if origin else None), end="")
        return exits.DONE
    shown: dict[str, object] = {"scenario": resolved.tables}
    if origin:
        shown["origins"] = {".".join(path): file for path, file in resolved.origins.items()}
    _print_json(shown)
    return exits.DONE


def write_starting(file: Path, extends: str) -> int:
    """Write a file to start from; 2 if it is there already."""
    if file.suffix != ".toml":
        raise ConfigurationError(f"{file}: a scenario's file name ends in .toml")
    text = starting_text(file, extends)
    _write_new(file, text, EVERYBODY)
    print(f"wrote {file}; change it, then: itg scenario check {file}")
    return exits.DONE


def make_commitment(name: str, *, seed: int | None, out: Path, as_json: bool) -> int:
    """Write the reveal's file and print the commitment."""
    game = scenario.load(name, seed=seed)
    reveal = Reveal(
        scenario=name,
        scenario_hash=game.scenario_hash,
        seed=seed if seed is not None else seed_of(name),
        build=code_fingerprint(),
        salt=secrets.token_hex(SALT_BYTES),
    )
    _write_new(out, reveal_text(reveal), OWNER_ONLY)
    commitment = commitment_of(reveal)
    if as_json:
        _print_json({"commitment": commitment, "reveal": str(out)})
    else:
        print(commitment)
        print(f"publish it now; keep {out} secret until the round is over", file=sys.stderr)
    return exits.DONE


def show_reveal(file: Path, commitment: str, *, as_json: bool) -> int:
    """Print a reveal's parts; 1 if one of them does not match."""
    reveal = reveal_of(_read(file), str(file))
    parts = parts_of(
        reveal,
        scenario_hash=scenario.load(reveal.scenario, seed=reveal.seed).scenario_hash,
        build=code_fingerprint(),
        commitment=commitment,
    )
    is_kept = all(part.is_equal for part in parts)
    if as_json:
        _print_json({"reveal": reveal, "parts": parts, "is_kept": is_kept})
    else:
        _print_reveal(reveal, parts)
    return exits.DONE if is_kept else exits.FAILED


def _print_reveal(reveal: Reveal, parts: list[Part]) -> None:
    rows = [("scenario", reveal.scenario), ("seed", str(reveal.seed)), ("salt", reveal.salt)]
    for name, value in rows:
        print(f"{name:<14} {value}")
    for part in parts:
        verdict = "matches" if part.is_equal else f"DIFFERS from {part.found}"
        print(f"{part.part.replace('_', ' '):<14} {part.revealed} {verdict}")


def _write_new(file: Path, text: str, mode: int) -> None:
    # Created with its mode, and never over something: a reveal that is lost cannot be made again.
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise ConfigurationError(f"{file} is there already; name a new file") from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(text)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error


def _print_json(value: object) -> None:
    print(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))
