"""Bring a backup back to a directory a server can be started on, and prove it."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from itg.adapters.file_copies import copy_file, publish_directory
from itg.adapters.private_files import OWNER_DIRECTORY
from itg.compose.journals import is_on_nodes
from itg.compose.manifest import BackupError, Manifest, assert_whole, faults_of
from itg.compose.nodes_read import restarted_nodes_hash
from itg.compose.verify import machine_of, opened_for_reading, prove_data
from itg.kernel.errors import ConfigurationError
from itg.runtime.recovery import VerifyReport, reread


def bring_back(backup: Path, to: Path) -> Manifest:
    """Copy a backup to a directory that is new or empty, every byte compared before and after.

    Nobody but its owner enters the directory or reads a file of it.

    Raises `BackupError` naming each file that is not as it was.
    """
    backup, to = backup.absolute(), to.absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigurationError(f"--to {to} is not empty; name a new directory")
    manifest = assert_whole(backup)
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_name(f".{to.name}.restoring")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=OWNER_DIRECTORY)
    try:
        for entry in manifest.files:
            (draft / entry.name).parent.mkdir(parents=True, exist_ok=True)
            copy_file(backup / entry.name, draft / entry.name)
        faults = list(faults_of(draft, manifest))
        if faults:
            raise BackupError("; ".join(faults))
        publish_directory(draft, to)
    except OSError as error:
        raise BackupError(f"cannot restore {backup} to {to}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def replayed(data: Path, manifest: Manifest) -> VerifyReport:
    """Replay a restored journal from its first input, and from its snapshot as a restart would.

    Both must come to the same state, and the journal's end must be the one the manifest says; the
    report's `difference` tells what is not so.
    """
    report = prove_data(data)
    if not report.is_equal:
        return report
    difference = _difference(data, manifest, report)
    if difference is None:
        return report
    return replace(report, is_equal=False, difference=difference)


def _difference(data: Path, manifest: Manifest, report: VerifyReport) -> str | None:
    if report.head_hash != manifest.head_hash:
        return f"the journal ends in {report.head_hash}, its manifest says {manifest.head_hash}"
    if manifest.state_hash not in ("", report.state_hash):
        return f"replay comes to {report.state_hash}, the manifest says {manifest.state_hash}"
    restarted = restarted_state_hash(data)
    if restarted != report.state_hash:
        return f"a restart comes to the state {restarted}, a replay to {report.state_hash}"
    return None


def restarted_state_hash(data: Path) -> str:
    """Return the hash of the state that a restart would come to, newest snapshot first."""
    if is_on_nodes(data):
        return restarted_nodes_hash(data)
    journal = opened_for_reading(data)
    try:
        if not journal.epochs():
            return ""
        machine = machine_of(journal)
        reread(journal, machine)
        return machine.state_hash()
    finally:
        journal.close()
