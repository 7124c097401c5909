"""What `itg key` and `itg role` do."""

import os
from pathlib import Path

from msgspec import DecodeError, Struct, json

from itg.cli import exits
from itg.cli.asking import AskingError, Json, Organizer, confirm
from itg.cli.at import At
from itg.cli.rosters import OWNER_ONLY
from itg.cli.running import asked, print_json, show_table, table_of


class RoleChange(Struct, frozen=True, kw_only=True):
    """What is to change of a role; `rules` are `KIND.FIELD=VALUE`."""

    maker_fee: float | None
    taker_fee: float | None
    rules: tuple[str, ...]

    def body(self, reason: str) -> Json:
        """Return the request; raise `AskingError` naming a rule that cannot be read."""
        fees: Json = {"maker_fee": self.maker_fee, "taker_fee": self.taker_fee}
        changed = {name: fee for name, fee in fees.items() if fee is not None}
        rows = self._rows()
        if not changed and not rows:
            raise AskingError(
                "nothing to change: give --maker-fee, --taker-fee or --rule", exits.WRONG_USE
            )
        return {**changed, "constraints": rows, "reason": reason}

    def _rows(self) -> list[Json]:
        rows: dict[str, Json] = {}
        for rule in self.rules:
            place, is_there, value = rule.partition("=")
            kind, dot, field = place.partition(".")
            if not (is_there and dot and kind and field and value):
                wanted = "write KIND.FIELD=VALUE, such as position_limit.max_quantity=60"
                raise AskingError(f"--rule {rule!r}: {wanted}", exits.WRONG_USE)
            row = rows.setdefault(kind, {"kind": kind})
            if field in row:
                raise AskingError(f"--rule {rule!r}: {place} is given twice", exits.WRONG_USE)
            row[field] = _value(value)
        return list(rows.values())


def _value(text: str) -> object:
    try:
        value: object = json.decode(text)
    except DecodeError:
        return text
    return value


def list_keys(at: At, *, as_json: bool) -> int:
    """Print whose keys without a team work."""

    def act(organizer: Organizer) -> None:
        keys = organizer.items("/admin/keys")
        if as_json:
            print_json(keys)
            return
        table = table_of("name", "number", "scopes")
        for key in keys:
            table.add_row(str(key["key_name"]), str(key["key_number"]), _joined(key["scopes"]))
        show_table(table)

    return asked(at, act)


def issue_key(at: At, name: str, file: Path | None, reason: str, *, is_organizer: bool) -> int:
    """Issue a key to somebody without a team, into a file that only its owner may read."""

    def act(organizer: Organizer) -> None:
        target = file or (at.data or Path()) / f"{'-'.join(name.split())}.key"
        # Before anything is asked: a key that cannot be written down would be lost.
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except OSError as error:
            detail = f"the key cannot be written to {target}: {error.strerror}"
            raise AskingError(f"{detail}; name another file with --to", exits.WRONG_USE) from error
        body: Json = {"key_name": name, "is_organizer": is_organizer, "reason": reason}
        with os.fdopen(handle, "w", encoding="utf-8") as text:
            try:
                told = organizer.ask("POST", "/admin/keys", body)
            except AskingError:
                target.unlink()
                raise
            text.write(f"{told['api_key']}\n")
        print(f"{told['key_name']} ({_joined(told['scopes'])}): key in {target}")

    return asked(at, act)


def revoke_key(at: At, name: str, reason: str, *, yes: bool, as_json: bool) -> int:
    """Revoke every key of a name once that is confirmed."""

    def act(organizer: Organizer) -> None:
        confirm(f"Revoking the key of {name}", yes=yes)
        body: Json = {"key_name": name, "reason": reason}
        told = organizer.ask("POST", "/admin/keys/revoke", body)
        if as_json:
            print_json(told)
            return
        print(
            f"{told['key_name']}: keys revoked: {told['revoked']}; sockets that came with them end"
        )

    return asked(at, act)


def show_roles(at: At, role: str | None, *, as_json: bool) -> int:
    """Print fees and rules of every role, or of one."""

    def act(organizer: Organizer) -> None:
        roles = _roles(organizer, role)
        if as_json:
            print_json(roles)
            return
        for found in roles:
            _print_role(found)

    return asked(at, act)


def set_role(at: At, role: str, change: RoleChange, reason: str, *, as_json: bool) -> int:
    """Change a role, and print what it is now."""

    def act(organizer: Organizer) -> None:
        body = change.body(reason)
        (found,) = _roles(organizer, role)
        told = organizer.ask("PUT", f"/admin/roles/{found['role']}", body)
        if as_json:
            print_json(told)
            return
        _print_role(told)

    return asked(at, act)


def _roles(organizer: Organizer, role: str | None) -> list[Json]:
    roles = organizer.get("/game/rules")["roles"]
    assert isinstance(roles, list)
    found = [one for one in roles if role in {None, one["role"]}]
    if not found:
        known = ", ".join(one["role"] for one in roles)
        raise AskingError(f"no role {role!r}; there are {known}")
    return found


def _print_role(role: Json) -> None:
    print(f"{role['role']}: maker fee {role['maker_fee']}, taker fee {role['taker_fee']}")
    constraints = role["constraints"]
    assert isinstance(constraints, list)
    for constraint in constraints:
        for field, value in constraint.items():
            if field != "kind":
                print(f"  {constraint['kind']}.{field}={json.encode(value).decode()}")


def _joined(names: object) -> str:
    assert isinstance(names, list)
    return ", ".join(names)
