"""What a backup names stays within the directory it is brought back to, or nothing is written."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from itg.compose.manifest import BackupError, KeptFile, Manifest, write_manifest
from itg.compose.restore import bring_back
from itg.kernel.errors import ConfigurationError

WORDS = b"a copy\n"


def manifest_of(names: Sequence[str]) -> Manifest:
    digest = sha256(WORDS).hexdigest()
    return Manifest(
        game="g",
        made_at="",
        made_us=0,
        head_seq=0,
        head_hash="",
        last_input_us=0,
        scenario_hash="",
        build="",
        version="",
        has_keys=True,
        files=[KeptFile(name=name, length=len(WORDS), sha256=digest) for name in names],
    )


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    place = tmp_path / "in" / "backup"
    (place / "nodes").mkdir(parents=True)
    for file in (place / "kept", place / "nodes" / "kept", place.parent / "evil"):
        file.write_bytes(WORDS)
    return place


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    (place / "evil").write_bytes(b"my own file\n")
    return place


def assert_refused(backup: Path, home: Path, complaint: str) -> None:
    with pytest.raises(BackupError, match=complaint):
        bring_back(backup, home / "restored")
    assert [path.name for path in home.iterdir()] == ["evil"]
    assert (home / "evil").read_bytes() == b"my own file\n"


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "nodes/../../evil", "..", ".", "", "./kept", "nodes//kept", "nodes/"),
        *("..\\evil", "kept\x00"),
    ],
)
def test_a_name_that_leaves_the_backup_is_refused(backup: Path, home: Path, name: str) -> None:
    write_manifest(backup, manifest_of(["kept", name]))
    assert_refused(backup, home, r"manifest\.json: file name .* a path within the backup")


def test_an_absolute_name_is_refused(backup: Path, home: Path) -> None:
    write_manifest(backup, manifest_of(["kept", str(backup.parent / "evil")]))
    assert_refused(backup, home, "evil' is not a path within the backup")


def test_a_name_that_stands_twice_is_refused(backup: Path, home: Path) -> None:
    write_manifest(backup, manifest_of(["kept", "nodes/kept", "kept"]))
    assert_refused(backup, home, r"manifest\.json: file name 'kept' stands twice")


@pytest.mark.parametrize("name", ["kept", "nodes/kept"])
def test_a_link_in_a_backup_is_refused(backup: Path, home: Path, name: str) -> None:
    (backup / name).unlink()
    (backup / name).symlink_to(backup.parent / "evil")
    write_manifest(backup, manifest_of(["kept", "nodes/kept"]))
    assert_refused(backup, home, f"{name} is a link")


def test_a_linked_directory_in_a_backup_is_refused(backup: Path, home: Path) -> None:
    (backup / "nodes").rename(backup.parent / "nodes")
    (backup / "nodes").symlink_to(backup.parent / "nodes")
    write_manifest(backup, manifest_of(["kept", "nodes/kept"]))
    assert_refused(backup, home, "nodes is a link")


def test_a_file_below_another_ones_name_is_refused(backup: Path, home: Path) -> None:
    write_manifest(backup, manifest_of(["kept", "nodes/kept", "nodes"]))
    assert_refused(backup, home, "nodes is missing")


def test_what_is_named_within_comes_back(backup: Path, home: Path) -> None:
    write_manifest(backup, manifest_of(["kept", "nodes/kept"]))
    bring_back(backup, home / "restored")
    assert (home / "restored" / "nodes" / "kept").read_bytes() == WORDS
    with pytest.raises(ConfigurationError, match="is not empty"):
        bring_back(backup, home / "restored")
