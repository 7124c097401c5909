"""The commands for what leaves after a round."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

bundle_app = App(name="bundle", help="Check what a round left behind, signed.")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Data = Annotated[Path, Parameter(help="Directory of the game's data.")]
RoundId = Annotated[int, Parameter(name="--round", help="The round, by its number; it has ended.")]

PublishedKey = Annotated[
    str | None, Parameter(help="The organizer's public key, as it was published.")
]


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


def export(  # noqa: PLR0913 - each parameter is a flag
    data: Data,
    /,
    *,
    round_id: RoundId,
    what: Annotated[
        list[str] | None,
        Parameter(
            help="Tables: orders, quotes, trades, corrections, positions, pnl, news, signals, "
            "spots; default: all.",
            consume_multiple=True,
            negative="",
        ),
    ] = None,
    file_format: Annotated[
        Literal["csv", "parquet", "lobster"],
        Parameter(name="--format", help="`lobster`: each book's messages and levels."),
    ] = "csv",
    to: Annotated[Path, Parameter(help="The folder; made if there is none.")] = Path("export"),
    depth: Annotated[int, Parameter(help="Levels of LOBSTER's order books.")] = 10,
    as_json: AsJson = False,
) -> int:
    """Write an ended round as tables, or its order books in the LOBSTER manner.

    Nobody is named before the organizer has revealed the round's identities.
    """
    from itg.cli.bundles import show_exported
    from itg.compose.export_round import ExportSettings

    settings = ExportSettings(
        round_id=round_id, what=tuple(what or ()), format=file_format, target=to, depth=depth
    )
    return show_exported(data, settings, as_json=as_json)


def report(
    data: Data,
    /,
    *,
    round_id: RoundId,
    to: Annotated[
        Path | None, Parameter(help="Write them anew into this folder; it is made.")
    ] = None,
    pdf: Annotated[
        bool, Parameter(name="--pdf", negative="", help="PDFs too; needs the extra `report`.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print where the teams' reports of an ended round are; write them where they are not.

    The game writes them itself when a round's scores are told. What it could not write is made
    from the journal, whose inputs are run again up to there; the game may be running.
    """
    from itg.cli.reports import show_reports

    return show_reports(data, round_id, to, is_pdf=pdf, as_json=as_json)


@bundle_app.command
def check(
    file: Annotated[Path, Parameter(help="A bundle.")],
    /,
    *,
    key: PublishedKey = None,
    as_json: AsJson = False,
) -> int:
    """Check a bundle's signature, digests and chain, replay it and compare every output."""
    from itg.cli.bundles import show_check

    return show_check(file, key, as_json=as_json)


def recompute_(
    place: Annotated[Path, Parameter(help="A bundle, or the directory of a game's data.")],
    /,
    *,
    key: PublishedKey = None,
    as_json: AsJson = False,
) -> int:
    """Run the recorded inputs again and compare every round's scores bit for bit."""
    from itg.cli.bundles import show_recomputed

    return show_recomputed(place, key, as_json=as_json)
