"""What `itg team` and `itg trade` do."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from itg.cli import exits
from itg.cli.asking import AskingError, Json, Organizer, RefusedRequestError, confirm
from itg.cli.at import At
from itg.cli.rosters import KeyFile, read_roster, refused_lines
from itg.cli.running import asked, instant, print_json, show_table, table_of

KEYS_NAME = "team-keys.csv"
POINTS_MAX = 100


class Correction(Struct, frozen=True, kw_only=True):
    """What is to be corrected of a team."""

    cash: float
    instrument: str | None
    quantity: int
    price: float | None

    def body(self, reason: str) -> Json:
        """Return the request; raise `AskingError` where a part of it would be dropped."""
        complaint = self._complaint()
        if complaint is not None:
            raise AskingError(complaint, exits.WRONG_USE)
        moved: Json = {"quantity": self.quantity, "price": self.price}
        named = {} if self.instrument is None else {"instrument_id": self.instrument, **moved}
        return {"cash": self.cash, "reason": reason, **named}

    def _complaint(self) -> str | None:
        complaint = None
        if self.instrument is None and self.quantity:
            complaint = f"--quantity {self.quantity}: name the contracts with --instrument"
        elif self.instrument is None and self.price is not None:
            complaint = f"--price {self.price:g}: it is of contracts; name --instrument and them"
        elif self.instrument is None and not self.cash:
            complaint = (
                "nothing is corrected: give --cash, or --instrument with --quantity and --price"
            )
        elif self.instrument is not None and not self.quantity:
            complaint = f"--instrument {self.instrument}: give --quantity, positive to the team"
        elif self.instrument is not None and self.price is None:
            complaint = f"--quantity {self.quantity}: give --price, USD a contract is counted at"
        elif self.price is not None and self.price <= 0:
            complaint = f"--price {self.price:g}: a price is one tick or more"
        return complaint


class Points(Struct, frozen=True, kw_only=True):
    """What is judged of a team, each part 0 to 100; None stays as it is."""

    research: float | None
    code: float | None
    team: float | None

    def body(self, reason: str) -> Json:
        """Return the request; raise `AskingError` for points that cannot be, or none at all."""
        given = {
            part: points
            for part in self.__struct_fields__
            if (points := getattr(self, part)) is not None
        }
        if not given:
            raise AskingError(
                "nothing is judged: give --research, --code or --team", exits.WRONG_USE
            )
        for part, points in given.items():
            if not 0 <= points <= POINTS_MAX:
                raise AskingError(
                    f"--{part} {points:g}: points are from 0 to {POINTS_MAX}", exits.WRONG_USE
                )
        return {**given, "reason": reason}


def add_team(at: At, name: str, role: str, keys: Path | None, reason: str) -> int:
    """Register one team and keep its key."""

    def act(organizer: Organizer) -> None:
        body: Json = {"team_name": name, "role": role, "reason": reason}
        told = _with_keys(
            at, keys, lambda: organizer.ask("POST", "/admin/teams", body), lambda t: [t]
        )
        print(f"registered {told['team_name']} as {told['role']}, team {told['team_id']}")

    return asked(at, act)


def import_teams(at: At, file: Path, keys: Path | None, reason: str) -> int:
    """Register a roster and keep its keys."""

    def act(organizer: Organizer) -> None:
        lines = read_roster(file)
        body: Json = {"rows": [line.row() for line in lines], "reason": reason}
        try:
            told = _with_keys(
                at, keys, lambda: organizer.ask("POST", "/admin/teams/import", body), _items
            )
        except RefusedRequestError as error:
            if error.errors and str(error.errors[0]["pointer"]).startswith("/rows/"):
                raise AskingError(refused_lines(file, lines, error.errors)) from error
            raise
        print(f"registered {len(_items(told))} teams")

    return asked(at, act)


def _with_keys(
    at: At, keys: Path | None, ask: Callable[[], Json], rows: Callable[[Json], list[Json]]
) -> Json:
    file = KeyFile(keys or (at.data or Path()) / KEYS_NAME)
    try:
        told = ask()
    except AskingError:
        file.close()
        raise
    file.add(rows(told))
    print(f"keys are in {file.file}, readable by you only")
    return told


def _items(told: Json) -> list[Json]:
    items = told["items"]
    assert isinstance(items, list)
    return items


def list_teams(at: At, *, as_json: bool) -> int:
    """Print the teams."""

    def act(organizer: Organizer) -> None:
        teams = organizer.items("/game/teams")
        if as_json:
            print_json(teams)
            return
        table = table_of("team", "name", "role", "registered", "")
        for team in teams:
            words = (str(team[name]) for name in ("team_id", "team_name", "role"))
            state = "suspended" if team["is_suspended"] else ""
            table.add_row(*words, instant(team["registered_us"]), state)
        show_table(table)

    return asked(at, act)


def show_schedule(at: At, *, as_json: bool) -> int:
    """Print who plays what: a line a team, a column a round."""

    def act(organizer: Organizer) -> None:
        rounds = organizer.items("/game/schedule")
        if as_json:
            print_json(rounds)
            return
        roles: dict[str, list[str]] = {}
        for place, row in enumerate(rounds):
            seats = row["seats"]
            assert isinstance(seats, list)
            for seat in seats:
                team = roles.setdefault(f"{seat['team_id']} {seat['team_name']}", [])
                team += [""] * (place - len(team))
                team.append(seat["role"])
        titles = (
            f"round {r['round_id']}" + ("" if r["is_scored"] else ", practice") for r in rounds
        )
        table = table_of("team", *titles)
        for team_words, row_of_roles in roles.items():
            table.add_row(team_words, *row_of_roles)
        show_table(table)

    return asked(at, act)


def rotate_team_key(at: At, team: str, overlap: int, keys: Path | None, reason: str) -> int:
    """Give a team a new key and keep it."""

    def act(organizer: Organizer) -> None:
        found = team_named(organizer, team)
        path = f"/admin/teams/{found['team_id']}/rotate-key"
        body: Json = {"overlap_s": overlap, "reason": reason}
        told = _with_keys(
            at, keys, lambda: organizer.ask("POST", path, body), lambda told: [{**found, **told}]
        )
        until = told["older_until_us"]
        old = "works no more" if until is None else f"works until {instant(until)} (UTC)"
        print(f"{both_names(found)} has a new key; the old one {old}")

    return asked(at, act)


def revoke_team_keys(at: At, team: str, reason: str, *, yes: bool, as_json: bool) -> int:
    """Revoke a team's keys once that is confirmed."""

    def act(organizer: Organizer) -> None:
        found = team_named(organizer, team)
        confirm(f"Revoking every key of {both_names(found)}", yes=yes)
        path = f"/admin/teams/{found['team_id']}/revoke-keys"
        told = organizer.ask("POST", path, {"reason": reason})
        if as_json:
            print_json(told)
            return
        ended = f"keys revoked: {told['revoked']}; sockets that came with them end"
        print(f"{both_names(found)}: {ended}")

    return asked(at, act)


def judge_team(at: At, team: str, points: Points, reason: str, *, as_json: bool) -> int:
    """Enter what a team's judged part is worth, and print what is entered of it."""

    def act(organizer: Organizer) -> None:
        body = points.body(reason)
        found = team_named(organizer, team)
        told = organizer.ask("PUT", f"/admin/judgements/{found['team_id']}", body)
        if as_json:
            print_json(told)
            return
        parts = (f"{part} {_entered(told[part])}" for part in Points.__struct_fields__)
        print(f"{both_names(found)}: {', '.join(parts)}")

    return asked(at, act)


def _entered(points: object) -> str:
    return "not yet" if points is None else f"{points:g}"


def suspend_team(at: At, team: str, reason: str, *, yes: bool) -> int:
    """Suspend a team once that is confirmed."""

    def act(organizer: Organizer) -> None:
        found = team_named(organizer, team)
        confirm(f"Canceling every order of {both_names(found)}", yes=yes)
        organizer.ask("POST", f"/admin/teams/{found['team_id']}/suspend", {"reason": reason})
        print(f"{both_names(found)} is suspended: it reads, and its orders are refused")

    return asked(at, act)


def resume_team(at: At, team: str, reason: str) -> int:
    """Let a suspended team trade again."""

    def act(organizer: Organizer) -> None:
        found = team_named(organizer, team)
        organizer.ask("POST", f"/admin/teams/{found['team_id']}/resume", {"reason": reason})
        print(f"{both_names(found)} trades again")

    return asked(at, act)


def adjust_team(at: At, team: str, correction: Correction, reason: str, *, yes: bool) -> int:
    """Correct a team's account once that is confirmed."""

    def act(organizer: Organizer) -> None:
        body = correction.body(reason)
        found = team_named(organizer, team)
        confirm(f"A correction of {both_names(found)}", yes=yes)
        path = f"/admin/teams/{found['team_id']}/adjust"
        told = organizer.ask("POST", path, body)
        contracts = f", {told['quantity']:+} {told['instrument_id']} at {told['price']}"
        print(
            f"{both_names(found)}: cash {told['cash']:+,.2f}"
            f"{contracts if told['instrument_id'] else ''}"
        )

    return asked(at, act)


def send_message(at: At, text: str, team: str | None, reason: str) -> int:
    """Tell a team something, or all."""

    def act(organizer: Organizer) -> None:
        body: Json = {"text": text, "reason": reason}
        whom = "all teams"
        if team is not None:
            found = team_named(organizer, team)
            body["team_id"], whom = found["team_id"], both_names(found)
        told = organizer.ask("POST", "/admin/messages", body)
        print(f"message {told['message_id']} sent to {whom}")

    return asked(at, act)


def show_trades(at: At, instrument_id: str, last: int, *, as_json: bool) -> int:
    """Print the newest trades of an instrument."""

    def act(organizer: Organizer) -> None:
        tape = f"/exchange/trades?instrument_id={quote(instrument_id, safe='')}"
        trades = organizer.items(tape)[-last:] if last > 0 else []
        if as_json:
            print_json(trades)
            return
        table = table_of("trade", "game time (UTC)", "quantity", "price", "")
        for trade in trades:
            words = (str(trade["trade_id"]), instant(trade["game_us"]), str(trade["quantity"]))
            kind = "auction" if trade["is_auction"] else f"{trade['aggressor_side']} took"
            if trade["is_busted"]:
                kind += ", undone"
            elif trade["adjusted_price"] is not None:
                kind += f", moved to {trade['adjusted_price']:,.2f}"
            table.add_row(*words, f"{trade['price']:,.2f}", kind)
        show_table(table)

    return asked(at, act)


def team_named(organizer: Organizer, team: str) -> Json:
    """Return a team by its id or its name; raises `AskingError` naming those there are."""
    return team_in(organizer.items("/game/teams"), team)


def team_in(teams: Sequence[Json], team: str) -> Json:
    """Return the team of this id, else of this name; raises `AskingError` naming those there are.

    A name may be another team's id in a game begun before such names were refused.
    """
    for found in teams:
        if team == found["team_id"]:
            return found
    named = [found for found in teams if team == found["team_name"]]
    if len(named) == 1:
        return named[0]
    if named:
        ids = " and ".join(str(found["team_id"]) for found in named)
        raise AskingError(f"{team!r} is the name of {ids}; give the id")
    known = ", ".join(f"{t['team_id']} ({t['team_name']})" for t in teams[:10]) or "none yet"
    raise AskingError(f"no team {team!r}; there are {known}")


def both_names(team: Json) -> str:
    """Return a team's name and id, as what is done to it is told."""
    return f"{team['team_name']} ({team['team_id']})"
