"""What `itg game` and `itg audit` do."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json
from rich.table import Table

from itg.cli import exits
from itg.cli.asking import AskingError, Json, Organizer, confirm, organizer_of
from itg.cli.at import At
from itg.cli.consoles import wide_console

_UNDER_WAY = ("running", "paused")


def prepare_game(scenario: str, data: Path, seed: int | None) -> int:
    """Prepare a data directory and print what comes next."""
    from itg.compose.preparing import prepare
    from itg.compose.solo import SoloSettings

    made = prepare(SoloSettings(scenario=scenario, data=data, seed=seed))
    rules, directory = made.rules, made.directory
    rounds = "1 round" if len(rules.rounds) == 1 else f"{len(rules.rounds)} rounds"
    print(f"scenario       {rules.scenario}: {rounds}, at most {rules.max_teams} teams")
    for number, plan in enumerate(rules.rounds, start=1) if len(rules.rounds) > 1 else ():
        kind = "scored" if plan.is_scored else "practice"
        print(f"round {number:<9}{plan.trading_day}  {kind:<8}  volatility {plan.vol_factor:g} x")
    print(f"organizer key  in {directory.admin_key}")
    if not rules.open_registration:
        print(f"join code      in {directory.join_code}")
    print(f"commitment     {made.commitment}")
    if seed is None:
        print(
            "seed           the scenario's, known to whoever has the file; --seed N is yours alone"
        )
    print(f"next           {made.command}")
    return exits.DONE


def asked(at: At, act: Callable[[Organizer], None]) -> int:
    """Run an organizer's request; say what went wrong and return the exit code."""
    try:
        act(organizer_of(at.url, at.data, at.key))
    except AskingError as error:
        print(f"itg: {error}", file=sys.stderr)
        return error.code
    return exits.DONE


def move_round(at: At, verb: str, round_id: int | None, reason: str) -> int:
    """Start, pause, resume or end a round, and print how it stands."""

    def act(organizer: Organizer) -> None:
        number = round_id or _round_meant(organizer, verb)
        path = f"/admin/rounds/{number}/{verb}"
        told = organizer.ask("POST", f"{path}?reason={_quoted(reason)}" if reason else path)
        print(_round_words(told))

    return asked(at, act)


def end_round(at: At, round_id: int | None, reason: str, *, yes: bool) -> int:
    """End a round once that is confirmed."""

    def act(organizer: Organizer) -> None:
        number = round_id or _round_meant(organizer, "end")
        confirm(f"Ending round {number}", yes=yes)
        path = f"/admin/rounds/{number}/end"
        told = organizer.ask("POST", f"{path}?reason={_quoted(reason)}" if reason else path)
        print(_round_words(told))

    return asked(at, act)


def extend_round(at: At, seconds: int, round_id: int | None, reason: str) -> int:
    """Let a round close later, and print when."""

    def act(organizer: Organizer) -> None:
        number = round_id or _round_meant(organizer, "extend")
        body: Json = {"extend_s": seconds, "reason": reason}
        print(_round_words(organizer.ask("POST", f"/admin/rounds/{number}/extend", body)))

    return asked(at, act)


def halt_market(
    at: At, action: str, place: tuple[str | None, str | None], seconds: int | None, reason: str
) -> int:
    """Halt or resume trading, and print where it did."""

    def act(organizer: Organizer) -> None:
        body: Json = {"action": action, "reason": reason}
        named = {"instrument_id": place[0], "underlying_id": place[1], "halt_s": seconds}
        body |= {name: value for name, value in named.items() if value is not None}
        told = organizer.ask("POST", "/admin/halts", body)
        for moved in _rows(told, "items"):
            where = moved["instrument_id"] or f"{moved['underlying_id']} and its series"
            print(f"{'halted' if action == 'halt' else 'resumed'}  {where}")

    return asked(at, act)


def show_game(at: At, *, as_json: bool) -> int:
    """Print the game's clocks, rounds and teams."""

    def act(organizer: Organizer) -> None:
        time, rounds = organizer.get("/game/time"), organizer.items("/game/rounds")
        teams = organizer.items("/game/teams")
        if as_json:
            print_json({"time": time, "rounds": rounds, "teams": len(teams)})
            return
        suspended = sum(bool(team["is_suspended"]) for team in teams)
        print(f"game time   {instant(time['game_us'])} at {time['speed']} x, phase {time['phase']}")
        print(f"wall time   {instant(time['ts_us'])}")
        print(f"teams       {len(teams)}, {suspended} suspended")
        table = table_of("round", "day", "status", "scored", "volatility", "opens", "closes")
        for row in rounds:
            table.add_row(
                str(row["round_id"]),
                str(row["trading_day"]),
                str(row["status"]),
                "yes" if row["is_scored"] else "practice",
                f"{row['vol_factor']:g} x",
                instant(row["session_start_us"]),
                instant(row["session_end_us"]),
            )
        show_table(table)

    return asked(at, act)


def show_audit(at: At, since: int, *, as_json: bool) -> int:
    """Print every act the game keeps."""

    def act(organizer: Organizer) -> None:
        rows = organizer.items(f"/admin/audit?since_seq={since}")
        if as_json:
            print_json(rows)
            return
        table = table_of("seq", "game time", "actor", "act", "subject", "reason", "refused")
        for row in rows:
            words = (str(row[name] or "") for name in ("actor", "act", "subject", "reason", "code"))
            table.add_row(str(row["seq"]), instant(row["game_us"]), *words)
        show_table(table)

    return asked(at, act)


def print_json(value: object) -> None:
    """Print an answer for a program."""
    print(json.format(json.encode(value)).decode())


def table_of(*titles: str) -> Table:
    """Return an empty table with these columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title)
    return table


def show_table(table: Table) -> None:
    """Print a table; what is read by a program or a file is not broken into lines."""
    wide_console().print(table)


def instant(at_us: object) -> str:
    """Return an instant of the wire as a person reads it."""
    assert isinstance(at_us, int)
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _rows(body: Json, name: str) -> Sequence[Json]:
    rows = body[name]
    assert isinstance(rows, list)
    return rows


def _round_meant(organizer: Organizer, verb: str) -> int:
    wanted = ("scheduled",) if verb == "start" else _UNDER_WAY
    for row in organizer.items("/game/rounds"):
        if row["status"] in wanted:
            number = row["round_id"]
            assert isinstance(number, int)
            return number
    left = "every round has ended" if verb == "start" else "no round is under way"
    raise AskingError(f"{left}; `itg game status` shows the rounds")


def _round_words(told: Json) -> str:
    if told["status"] == "ended":
        return f"round {told['round_id']} of {told['trading_day']} has ended"
    return (
        f"round {told['round_id']} of {told['trading_day']} is {told['status']}, "
        f"closes {instant(told['session_end_us'])} game time (UTC)"
    )


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
