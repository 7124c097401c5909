"""`itg report`: where a round's reports are, written where they are not."""

import sys
from pathlib import Path

from msgspec import json

from itg.cli import exits
from itg.cli.consoles import waiting
from itg.compose.report_again import report_again
from itg.compose.report_files import folder_of, write_pdfs
from itg.kernel.errors import ConfigurationError, ItgError
from itg.report import MissingTypstError


def show_reports(
    data: Path, round_id: int, target: Path | None, *, is_pdf: bool, as_json: bool
) -> int:
    """Print the files, made first if need be; 1 if the journal does not replay, or without Typst.

    A folder that is named is always written anew.
    """
    folder = folder_of(data, round_id) if target is None else target
    try:
        if target is not None or not any(folder.glob("*.json")):
            with waiting("replaying every input from the first …"):
                report_again(data, round_id, folder)
        files = sorted(file for form in ("html", "json") for file in folder.glob(f"*.{form}"))
        if is_pdf:
            with waiting("setting PDFs …"):
                files += write_pdfs(file for file in files if file.suffix == ".json")
    except ConfigurationError:
        raise
    except (ItgError, MissingTypstError) as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.FAILED
    if as_json:
        print(json.format(json.encode([str(file) for file in files])).decode())
    else:
        for file in files:
            print(file)
    return exits.DONE
