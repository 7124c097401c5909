"""Rosters in CSV files, and the files that keep what must not be shown: teams' keys."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from itg.cli import exits
from itg.cli.asking import AskingError, Json
from itg.translate.spreadsheets import as_cell
from itg.wire.v1.organizing import ROSTER_ROWS_MAX

NAME_LENGTHS = (3, 50)
COLUMNS = ("team_name", "role")
KEY_COLUMNS = ("team_id", "team_name", "role", "api_key")
OWNER_ONLY = 0o600


class RosterLine(Struct, frozen=True, kw_only=True):
    """One team of a roster and the line it stands in."""

    line: int
    team_name: str
    role: str

    def row(self) -> Json:
        return {"team_name": self.team_name, "role": self.role}


def read_roster(file: Path) -> list[RosterLine]:
    """Return a roster; `AskingError` naming every bad line with field, value and what is right."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True, skipinitialspace=True)
            reader.fieldnames = _columns(file, reader.fieldnames)
            numbered = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise AskingError(f"{file}: {error.strerror}", exits.WRONG_USE) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise AskingError(f"{file}: no CSV in UTF-8: {error}", exits.WRONG_USE) from error
    complaints: list[str] = []
    lines: list[RosterLine] = []
    for line, row in numbered:
        found = list(_complaints(row))
        complaints += (f"line {line}: {complaint}" for complaint in found)
        if not found:
            lines.append(
                RosterLine(line=line, team_name=row["team_name"].strip(), role=row["role"].strip())
            )
    if not numbered:
        complaints.append("it names no team: write one line a team under team_name,role")
    if len(numbered) > ROSTER_ROWS_MAX:
        complaints.append(f"{len(numbered)} teams; at most {ROSTER_ROWS_MAX} are imported at once")
    if complaints:
        raise AskingError(_listed(file, complaints), exits.WRONG_USE)
    return lines


def _columns(file: Path, names: Iterable[str] | None) -> list[str]:
    found = [] if names is None else [name.strip() for name in names]
    if sorted(found) != sorted(COLUMNS):
        shown = ",".join(found) or "nothing"
        right = ",".join(COLUMNS)
        raise AskingError(
            f"{file}: line 1: the columns are {shown}; write {right}", exits.WRONG_USE
        )
    return found


def _complaints(row: dict[str, str]) -> Iterable[str]:
    if None in row or None in row.values():
        yield "not two fields; a comma in a name needs quotes around it"
        return
    name, role = row["team_name"].strip(), row["role"].strip()
    least, most = NAME_LENGTHS
    if not least <= len(name) <= most or not name.isprintable():
        yield f"team_name {name!r}: {least} to {most} printable characters"
    if not role:
        yield "role '': a role of GET /game/rules, such as market_maker"


def refused_lines(file: Path, lines: list[RosterLine], errors: list[Json]) -> str:
    """Return a server's complaints about rows as complaints about a file's lines."""
    complaints = []
    for error in errors:
        _, _, number, *field = str(error["pointer"]).split("/")
        line = lines[int(number)]
        detail = str(error["detail"])
        name = field[0] if field else ""
        value = repr(getattr(line, name)) if name in COLUMNS else ""
        named = f"{name}{'' if value in detail else f' {value}'}: " if value else ""
        complaints.append(f"line {line.line}: {named}{detail}")
    return _listed(file, complaints)


def _listed(file: Path, complaints: list[str]) -> str:
    return "\n  ".join([f"{file}: nobody was registered", *complaints])


class KeyFile:
    """A CSV file of teams' keys that only its owner may read; what is there is kept."""

    def __init__(self, file: Path) -> None:
        self.file = file
        # Before anything is asked: a key that cannot be written down would be lost.
        try:
            self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY)
            os.fchmod(self._handle, OWNER_ONLY)
        except OSError as error:
            detail = f"keys cannot be written to {file}: {error.strerror}"
            raise AskingError(f"{detail}; name another with --keys", exits.WRONG_USE) from error
        self._is_fresh = os.fstat(self._handle).st_size == 0

    def add(self, rows: Iterable[Json]) -> None:
        """Write rows and close."""
        with os.fdopen(self._handle, "w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, KEY_COLUMNS, extrasaction="ignore", lineterminator="\n")
            if self._is_fresh:
                writer.writeheader()
            writer.writerows({name: as_cell(cell) for name, cell in row.items()} for row in rows)

    def close(self) -> None:
        """Leave it as it was found."""
        os.close(self._handle)
        if self._is_fresh:
            self.file.unlink(missing_ok=True)
