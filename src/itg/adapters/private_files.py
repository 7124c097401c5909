"""Files and directories of their owner alone: a journal holds the seed of every round to come."""

from pathlib import Path

OWNER_ONLY = 0o600
OWNER_DIRECTORY = 0o700


def make_directory(path: Path) -> None:
    """Make a directory that others do not enter; one that is there and parents keep their modes.

    What is made in it by whatever program is out of others' reach with it.
    """
    path.mkdir(mode=OWNER_DIRECTORY, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file that others do not read; one that is there stays as it is."""
    path.touch(mode=OWNER_ONLY)
