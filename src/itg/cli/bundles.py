"""What leaves after a round: its signed bundle, the check of one, scores again from it."""

import sys
from pathlib import Path

from msgspec import json

from itg.cli import exits
from itg.cli.consoles import waiting, wide_console
from itg.cli.lab_reports import plain_table
from itg.compose.bundle import make_bundle
from itg.compose.bundle_archive import BundleError
from itg.compose.bundle_check import BundleReport, check_bundle
from itg.compose.export_round import ExportSettings, export_round
from itg.compose.recompute import Recomputed, ScoreRow, recompute
from itg.kernel.errors import ConfigurationError, ItgError
from itg.translate.table_files import MissingExtraError

_PPM = 1_000_000


def show_bundled(
    data: Path, round_id: int, target: Path | None, *, is_open: bool, as_json: bool
) -> int:
    """Make a bundle and say what is in it; 1 if the journal does not replay."""
    try:
        with waiting("replaying every input from the first …"):
            made = make_bundle(data, round_id, target, is_open=is_open)
    except ConfigurationError:
        raise
    except ItgError as error:
        return _failed(f"nothing was signed: {error}")
    if as_json:
        print(json.format(json.encode(made)).decode())
        return exits.DONE
    manifest = made.manifest
    print(f"bundle        {made.file}    {made.size:,} bytes")
    print(f"round         {manifest.round_id} of {manifest.trading_day}")
    print(f"journal       {manifest.journal.inputs:,} inputs, {manifest.journal.outputs:,} outputs")
    print(f"journal head  {manifest.journal.head_hash}")
    print(f"event digest  {manifest.event_digest}")
    print(f"public key    {manifest.public_key}")
    if made.is_sealed:
        print("sealed        the journal holds the seed of rounds that are still to be played;")
        print("              made again after the last one, the bundle carries it")
    return exits.DONE


def show_check(file: Path, public_key: str | None, *, as_json: bool) -> int:
    """Check a bundle and print each finding; 1 if anything in it is not as it was signed."""
    with waiting("checking, and replaying every input …"):
        report = check_bundle(file, public_key)
    if as_json:
        print(json.format(json.encode(report)).decode())
    else:
        _print_findings(report)
    return exits.DONE if report.is_sound else exits.FAILED


def show_recomputed(place: Path, public_key: str | None, *, as_json: bool) -> int:
    """Recompute scores and print them beside the recorded ones; 1 if any bit differs.

    Nothing is recomputed from a bundle that is not as it was signed.
    """
    try:
        with waiting("replaying every input from the first …"):
            result = recompute(place, public_key)
    except BundleError as error:
        return _failed(f"{place}: no score is recomputed: {error}")
    if as_json:
        print(json.format(json.encode(result)).decode())
    else:
        _print_signer(result, is_given=public_key is not None)
        _print_scores(result)
    if result.difference is not None:
        print(f"itg: the replay leaves the record at {result.difference}", file=sys.stderr)
    return exits.DONE if result.is_equal else exits.FAILED


def show_exported(data: Path, settings: ExportSettings, *, as_json: bool) -> int:
    """Write a round's files and print them with their rows; 1 where an extra is missing."""
    try:
        with waiting("reading the journal …"):
            files = export_round(data, settings)
    except MissingExtraError as error:
        return _failed(str(error))
    if as_json:
        print(json.format(json.encode(files)).decode())
    else:
        for file in files:
            print(f"{file.rows:>12,} rows  {file.file}")
    return exits.DONE


def _print_findings(report: BundleReport) -> None:
    words = {True: "ok", False: "WRONG", None: "–"}
    wide = max((16, *(len(finding.part) + 2 for finding in report.findings)))
    for finding in report.findings:
        print(f"{words[finding.is_sound]:<6}{finding.part:<{wide}}{finding.detail}")
    verdict = "sound" if report.is_sound else "not as it was signed"
    print(f"\n{report.file}: {verdict}{', sealed' if report.is_sealed else ''}")


def _print_signer(result: Recomputed, *, is_given: bool) -> None:
    if result.signed_by is not None:
        of_whom = ", the key that was given" if is_given else "; compare it with what was published"
        print(f"signed by {result.signed_by}{of_whom}")


def _print_scores(result: Recomputed) -> None:
    if not result.rows:
        print("no scores are recorded: no round has been scored")
        return
    titles = ("team", "role", "J recorded", "again", "S recorded", "again", "")
    table = plain_table("round", *titles, words=("team", "role"))
    for row in result.rows:
        table.add_row(*_cells(row))
    wide_console().print(table)


def _cells(row: ScoreRow) -> tuple[str, ...]:
    verdict = "equal" if row.is_equal else f"differs in {', '.join(row.differing) or 'its absence'}"
    return (
        str(row.round_id),
        row.team_name,
        row.role,
        _points(row.recorded_measured),
        _points(row.recomputed_measured),
        _points(row.recorded_score),
        _points(row.recomputed_score),
        verdict,
    )


def _points(points: int | None) -> str:
    return "–" if points is None else f"{points / _PPM:.6f}"


def _failed(message: str) -> int:
    print(f"itg: {message}", file=sys.stderr)
    return exits.FAILED
