"""`itg prune`: finished games listed with what proves their backups, and the old ones removed."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, json
from rich.table import Table

from itg.cli import exits
from itg.cli.asking import AskingError, confirm
from itg.cli.consoles import wide_console
from itg.compose.expiry import Keeping, Standing, State, remove, standing_of
from itg.compose.retention import games_in, sweep
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock

_FAULTS = frozenset({State.UNPROVEN, State.UNREADABLE})


class PruneWish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    folder: Path
    kept_s: float
    backups: Path | None
    is_dry: bool
    yes: bool
    as_json: bool


class PrunedGame(Struct, frozen=True, kw_only=True):
    """One game as `--json` tells it; times are ISO 8601 in UTC."""

    data: str
    state: State
    ended_at: str | None
    length: int
    backup: str | None
    verified_at: str | None
    reason: str
    advice: str


def show_prune(wish: PruneWish) -> int:
    """List the games, remove those that are due; 1 if one that is old enough has to stay."""
    keeping = Keeping(
        kept_s=wish.kept_s, now_us=to_micros(SystemClock().wall_ns()), backups=wish.backups
    )
    games = [standing_of(data, keeping) for data in games_in(wish.folder)]
    if not wish.as_json:
        _print(games)
    code = exits.DONE
    if not wish.is_dry:
        try:
            games = _pruned(games, wish)
        except AskingError as error:
            print(f"itg: {error}", file=sys.stderr)
            code = error.code
    if wish.as_json:
        print(json.format(json.encode([_told(game) for game in games])).decode())
    for game in games:
        if game.state in _FAULTS:
            print(f"itg: {game.data} stays: {game.reason}; {game.advice}", file=sys.stderr)
            code = code or exits.FAILED
    return code


def _pruned(games: list[Standing], wish: PruneWish) -> list[Standing]:
    due = [game for game in games if game.state is State.DUE]
    if due:
        names = ", ".join(str(game.data) for game in due)
        confirm(f"Removing {len(due)} of {len(games)} games ({names})", yes=wish.yes)
    for path in sweep(wish.folder):
        if not wish.as_json:
            print(f"removed       {path}, left by a removal that was cut short")
    after = [remove(game) if game.state is State.DUE else game for game in games]
    if not wish.as_json:
        for game in after:
            if game.state is State.REMOVED:
                print(f"removed       {game.data}; its backup is {game.backup}")
    return after


def _print(games: list[Standing]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("game", "last round ended", "MB", "verified backup", "state"):
        table.add_column(title, justify="right" if title == "MB" else "left", no_wrap=True)
    table.add_column("why it stays, and what to do", overflow="fold")
    for game in games:
        table.add_row(
            game.data.absolute().name,
            _minute(game.ended_us),
            f"{game.length / 1e6:,.1f}",
            _minute(game.verified_us) or "none",
            game.state.value,
            f"{game.reason}; {game.advice}" if game.reason else "",
        )
    wide_console().print(table)


def _told(game: Standing) -> PrunedGame:
    return PrunedGame(
        data=str(game.data),
        state=game.state,
        ended_at=_iso(game.ended_us),
        length=game.length,
        backup=None if game.backup is None else str(game.backup),
        verified_at=_iso(game.verified_us),
        reason=game.reason,
        advice=game.advice,
    )


def _minute(wall_us: int | None) -> str:
    told = _iso(wall_us)
    return "" if told is None else f"{told[:10]} {told[11:16]}Z"


def _iso(wall_us: int | None) -> str | None:
    if wall_us is None:
        return None
    return datetime.fromtimestamp(wall_us / 1_000_000, UTC).isoformat(timespec="milliseconds")
