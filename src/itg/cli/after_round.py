"""The commands for what leaves after a round."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

game_app = App(name="game", help="Run a game as its organizer.")
bundle_app = App(name="bundle", help="Check what a round left behind, signed.")
score_app = App(name="score", help="Scores, and scores again from what was recorded.")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Data = Annotated[Path, Parameter(help="Directory of the game's data.")]
RoundId = Annotated[int, Parameter(name="--round", help="The round, by its number; it has ended.")]


@game_app.command
def bundle(
    data: Data,
    /,
    *,
    round_id: RoundId,
    to: Annotated[
        Path | None, Parameter(help="The file; default: round-N.bundle.tar in DATA.")
    ] = None,
    is_open: Annotated[
        bool,
        Parameter(
            name="--open",
            negative="",
            help="Carry the journal, and in it the seed, although rounds are still to be played.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Sign what an ended round came to, with all that it takes to play it again.

    Reads the data directory alone; the game may be running. Every input is run again first.
    """
    from itg.cli.bundles import show_bundled

    return show_bundled(data, round_id, to, is_open=is_open, as_json=as_json)


@bundle_app.command
def check(
    file: Annotated[Path, Parameter(help="A bundle.")],
    /,
    *,
    key: Annotated[
        str | None, Parameter(help="The organizer's public key, as it was published.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check a bundle's signature, digests and chain, replay it and compare every output."""
    from itg.cli.bundles import show_check

    return show_check(file, key, as_json=as_json)


@score_app.command(name="recompute")
def recompute_(
    place: Annotated[Path, Parameter(help="A bundle, or the directory of a game's data.")],
    /,
    *,
    as_json: AsJson = False,
) -> int:
    """Run the recorded inputs again and compare every round's scores bit for bit."""
    from itg.cli.bundles import show_recomputed

    return show_recomputed(place, as_json=as_json)
