"""The organizer's commands: `itg game`, `itg team`, `itg news`, `itg trade`, `itg audit`.

Exit codes: 0 done, 1 refused or failed, 2 wrong use (nothing was asked), 3 no server answers.
"""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli.at import HERE, At

game_app = App(name="game", help="Prepare a game and run its rounds.")
team_app = App(name="team", help="Teams: rosters, keys, suspensions, corrections, messages.")
news_app = App(name="news", help="Headlines by the organizer's hand.")
trade_app = App(name="trade", help="List trades; undo or correct one.")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Yes = Annotated[bool, Parameter(negative="", help="Do not ask before what cannot be undone.")]
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Try it on a copy; the game stays.")
]
Reason = Annotated[str, Parameter(help="Why; the audit keeps it.")]
Round = Annotated[int | None, Parameter(name="--round", help="Its number; default: the next.")]
Current = Annotated[int | None, Parameter(name="--round", help="Default: the one under way.")]
Keys = Annotated[
    Path | None,
    Parameter(help="CSV file for keys; default: team-keys.csv in --data, or here."),
]
Team = Annotated[str, Parameter(help="A team's id or name.")]


@game_app.command
def new(
    *,
    scenario: Annotated[str, Parameter(help="Name of a shipped scenario, or a TOML file.")],
    data: Annotated[Path, Parameter(help="Directory to prepare; made if it is not there.")],
    seed: Annotated[int | None, Parameter(help="Seed of every dice; default: the file's.")] = None,
) -> int:
    """Check a scenario and write the organizer's key, the join code and the commitment.

    Nothing listens yet; the last line printed is the command that starts the server.
    """
    from itg.cli.running import prepare_game

    return prepare_game(scenario, data, seed)


@game_app.command
def start(*, round_id: Round = None, reason: Reason = "", at: At = HERE) -> int:
    """Start a round."""
    from itg.cli.running import move_round

    return move_round(at, "start", round_id, reason)


@game_app.command
def pause(*, round_id: Current = None, reason: Reason = "", at: At = HERE) -> int:
    """Let the game clock stand."""
    from itg.cli.running import move_round

    return move_round(at, "pause", round_id, reason)


@game_app.command
def resume(  # noqa: PLR0913 - each parameter is a flag
    *,
    round_id: Current = None,
    halt: Annotated[
        bool, Parameter(negative="", help="Resume what was halted, not a paused round.")
    ] = False,
    instrument: Annotated[str | None, Parameter(help="With --halt: this one alone.")] = None,
    underlying: Annotated[str | None, Parameter(help="With --halt: with its series.")] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Let a paused round go on, or (`--halt`) trading that was halted."""
    from itg.cli.running import halt_market, move_round

    if halt:
        return halt_market(at, "resume", (instrument, underlying), None, reason)
    return move_round(at, "resume", round_id, reason)


@game_app.command
def extend(
    seconds: Annotated[int, Parameter(help="So many seconds of game time.")],
    /,
    *,
    round_id: Current = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Let the round under way close later."""
    from itg.cli.running import extend_round

    return extend_round(at, seconds, round_id, reason)


@game_app.command
def halt(
    *,
    instrument: Annotated[str | None, Parameter(help="This one alone.")] = None,
    underlying: Annotated[str | None, Parameter(help="With its series.")] = None,
    seconds: Annotated[
        int | None, Parameter(name="--for", help="Game seconds; default: until resumed.")
    ] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Halt everything, an underlying or an instrument; it reopens by auction."""
    from itg.cli.running import halt_market

    return halt_market(at, "halt", (instrument, underlying), seconds, reason)


@game_app.command
def end(*, round_id: Current = None, reason: Reason = "", yes: Yes = False, at: At = HERE) -> int:
    """Close the market and end the round; asks first."""
    from itg.cli.running import end_round

    return end_round(at, round_id, reason, yes=yes)


@game_app.command(name="status")
def game_status(*, as_json: AsJson = False, at: At = HERE) -> int:
    """Show both clocks, the phase, the rounds and who plays."""
    from itg.cli.running import show_game

    return show_game(at, as_json=as_json)


@team_app.command
def add(
    name: Annotated[str, Parameter(help="3 to 50 characters.")],
    /,
    *,
    role: Annotated[str, Parameter(help="One that can register.")],
    keys: Keys = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Register a team; its key goes to a file that only you may read."""
    from itg.cli.teams import add_team

    return add_team(at, name, role, keys, reason)


@team_app.command(name="import")
def import_(
    file: Annotated[Path, Parameter(help="CSV with the columns team_name,role.")],
    /,
    *,
    keys: Keys = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Register a roster, all of it or nothing; the keys go to a file that only you may read."""
    from itg.cli.teams import import_teams

    return import_teams(at, file, keys, reason)


@team_app.command(name="list")
def list_(*, as_json: AsJson = False, at: At = HERE) -> int:
    """List the teams in registration order."""
    from itg.cli.teams import list_teams

    return list_teams(at, as_json=as_json)


@team_app.command
def schedule(*, as_json: AsJson = False, at: At = HERE) -> int:
    """Show who plays what in each round."""
    from itg.cli.teams import show_schedule

    return show_schedule(at, as_json=as_json)


@team_app.command(name="rotate-key")
def rotate_key(
    team: Team,
    /,
    *,
    overlap: Annotated[
        int, Parameter(help="Seconds for which the old key works too; 0 ends it at once.")
    ] = 3_600,
    keys: Keys = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Give a team a new key; it goes to a file that only you may read."""
    from itg.cli.teams import rotate_team_key

    return rotate_team_key(at, team, overlap, keys, reason)


@team_app.command(name="revoke-keys")
def revoke_keys(
    team: Team,
    /,
    *,
    reason: Reason,
    yes: Yes = False,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Let no key of a team work any more; its sockets end. Asks first.

    `rotate-key` gives it another one.
    """
    from itg.cli.teams import revoke_team_keys

    return revoke_team_keys(at, team, reason, yes=yes, as_json=as_json)


@team_app.command
def suspend(team: Team, /, *, reason: Reason, yes: Yes = False, at: At = HERE) -> int:
    """Cancel a team's orders and quotes and refuse new ones; asks first."""
    from itg.cli.teams import suspend_team

    return suspend_team(at, team, reason, yes=yes)


@team_app.command(name="resume")
def resume_team(team: Team, /, *, reason: Reason, at: At = HERE) -> int:
    """Let a suspended team trade again."""
    from itg.cli.teams import resume_team

    return resume_team(at, team, reason)


@team_app.command
def adjust(  # noqa: PLR0913 - each parameter is a flag
    team: Team,
    /,
    *,
    reason: Reason,
    cash: Annotated[float, Parameter(help="USD; positive to the team.")] = 0.0,
    instrument: Annotated[str | None, Parameter(help="Contracts of this one.")] = None,
    quantity: Annotated[int, Parameter(help="Contracts; positive to the team.")] = 0,
    price: Annotated[
        float | None, Parameter(help="USD a contract is counted at, one tick or more.")
    ] = None,
    yes: Yes = False,
    at: At = HERE,
) -> int:
    """Correct a team's cash or contracts, the house on the other side; asks first."""
    from itg.cli.teams import Correction, adjust_team

    correction = Correction(cash=cash, instrument=instrument, quantity=quantity, price=price)
    return adjust_team(at, team, correction, reason, yes=yes)


@team_app.command
def message(
    text: Annotated[str, Parameter(help="What to say.")],
    /,
    *,
    team: Annotated[str | None, Parameter(help="Its id or name; default: all.")] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Tell a team something, or all of them."""
    from itg.cli.teams import send_message

    return send_message(at, text, team, reason)


@news_app.command
def trigger(  # noqa: PLR0913 - each parameter is a flag
    headline: Annotated[str, Parameter(help="A headline_id of `itg news table`.")],
    /,
    *,
    seconds: Annotated[
        float, Parameter(name="--in", help="Game seconds from now; 0 comes without a signal.")
    ] = 0.0,
    shift: Annotated[bool | None, Parameter(help="Fix whether volatility shifts.")] = None,
    jump: Annotated[float | None, Parameter(help="Fix the jump: -0.02 falls by 2 %.")] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Publish a headline now, or soon."""
    from itg.cli.newsroom import trigger_news

    return trigger_news(at, headline, (seconds, shift, jump), reason)


@news_app.command(name="schedule")
def schedule_news(  # noqa: PLR0913 - each parameter is a flag
    headline: Annotated[str, Parameter(help="A headline_id of `itg news table`.")],
    /,
    *,
    at_time: Annotated[str, Parameter(name="--at", help="Game time, ISO 8601 with a zone.")],
    shift: Annotated[bool | None, Parameter(help="Fix whether volatility shifts.")] = None,
    jump: Annotated[float | None, Parameter(help="Fix the jump: -0.02 falls by 2 %.")] = None,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Publish a headline at an instant of game time; signals warn of it."""
    from itg.cli.newsroom import schedule_news

    return schedule_news(at, headline, at_time, (shift, jump), reason)


@news_app.command
def cancel(
    news_id: Annotated[int, Parameter(help="As `itg news table` shows it.")],
    /,
    *,
    reason: Reason = "",
    at: At = HERE,
) -> int:
    """Withdraw news that is not out yet."""
    from itg.cli.newsroom import cancel_news

    return cancel_news(at, news_id, reason)


@news_app.command
def table(*, as_json: AsJson = False, at: At = HERE) -> int:
    """Show the headlines with their chances, and the news to come."""
    from itg.cli.newsroom import show_table

    return show_table(at, as_json=as_json)


@trade_app.command(name="list")
def list_trades(
    instrument: Annotated[str, Parameter(help="Such as SPX.")],
    /,
    *,
    last: Annotated[int, Parameter(help="So many, the newest.")] = 20,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """List an instrument's newest trades with their ids, the newest last."""
    from itg.cli.teams import show_trades

    return show_trades(at, instrument, last, as_json=as_json)


@trade_app.command
def bust(  # noqa: PLR0913 - each parameter is a flag
    trade_id: Annotated[int, Parameter(help="As `itg trade list` shows it.")],
    /,
    *,
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    yes: Yes = False,
    at: At = HERE,
) -> int:
    """Undo a trade; asks first.

    With `--dry-run` nothing is done: what each team would have is printed.
    """
    from itg.cli.corrections import correct_trade, preview_correction

    if dry_run:
        return preview_correction(at, trade_id, None, as_json=as_json)
    return correct_trade(at, trade_id, None, reason, yes=yes)


@trade_app.command(name="adjust")
def adjust_trade(  # noqa: PLR0913 - each parameter is a flag
    trade_id: Annotated[int, Parameter(help="As `itg trade list` shows it.")],
    /,
    *,
    price: Annotated[float, Parameter(help="At which it counts, in USD.")],
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    yes: Yes = False,
    at: At = HERE,
) -> int:
    """Move a trade to another price; asks first.

    With `--dry-run` nothing is done: what each team would have is printed.
    """
    from itg.cli.corrections import correct_trade, preview_correction

    if dry_run:
        return preview_correction(at, trade_id, price, as_json=as_json)
    return correct_trade(at, trade_id, price, reason, yes=yes)


def audit(
    *,
    since: Annotated[int, Parameter(help="Only acts of a higher number.")] = 0,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Show who did what to whom, when and why, oldest first.

    `--since N` leaves out the acts up to number N.
    """
    from itg.cli.running import show_audit

    return show_audit(at, since, as_json=as_json)
