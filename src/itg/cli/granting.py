"""The organizer's commands `itg key` and `itg role`: whose keys work, and what a role may do."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli.at import HERE, At

key_app = App(name="key", help="Keys of those without a team: organizers and researchers.")
role_app = App(name="role", help="What a role pays and may do.")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Yes = Annotated[bool, Parameter(negative="", help="Do not ask before what cannot be undone.")]
Reason = Annotated[str, Parameter(help="Why; the audit keeps it.")]
Fee = Annotated[float | None, Parameter(help="USD a contract; a rebate is negative.")]


@key_app.command(name="list")
def list_(*, as_json: AsJson = False, at: At = HERE) -> int:
    """List whose keys work: organizers', then researchers'."""
    from itg.cli.grants import list_keys

    return list_keys(at, as_json=as_json)


@key_app.command
def issue(
    name: Annotated[str, Parameter(help="Whose; the audit names it.")],
    /,
    *,
    organizer: Annotated[
        bool, Parameter(negative="", help="An organizer's; else it reads and exports alone.")
    ] = False,
    to: Annotated[
        Path | None, Parameter(help="File for the key; default: NAME.key in --data, or here.")
    ] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Give a researcher or another organizer a key; it goes to a file that only you may read."""
    from itg.cli.grants import issue_key

    return issue_key(at, name, to, reason, is_organizer=organizer)


@key_app.command
def revoke(
    name: Annotated[
        str, Parameter(help="As `itg key list` shows it; `organizer` is the game's first key.")
    ],
    /,
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Let every key of a name work no more; its sockets end. Asks first.

    The last organizer's key stays. Teams' keys: `itg team revoke-keys`.
    """
    from itg.cli.grants import revoke_key

    return revoke_key(at, name, reason, yes=yes, as_json=as_json)


@role_app.command
def show(
    role: Annotated[str | None, Parameter(help="This one alone.")] = None,
    /,
    *,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Show fees and rules of every role, as `itg role set` names them."""
    from itg.cli.grants import show_roles

    return show_roles(at, role, as_json=as_json)


@role_app.command(name="set")
def set_(  # noqa: PLR0913 - each parameter is a flag
    role: Annotated[str, Parameter(help="As `itg role show` shows it.")],
    /,
    *,
    rule: Annotated[
        list[str] | None,
        Parameter(
            help="KIND.FIELD=VALUE, such as position_limit.max_quantity=60; several, or the flag "
            "again.",
            consume_multiple=True,
            negative="",
        ),
    ] = None,
    maker_fee: Fee = None,
    taker_fee: Fee = None,
    reason: Reason = "",
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Change a role's fees or limits; the next order is judged by them, what rests stays."""
    from itg.cli.grants import RoleChange, set_role

    change = RoleChange(maker_fee=maker_fee, taker_fee=taker_fee, rules=tuple(rule or ()))
    return set_role(at, role, change, reason, as_json=as_json)
