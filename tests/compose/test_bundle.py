"""A round's bundle: equal bytes twice, sound elsewhere, and no byte of it changes unnoticed."""

import gzip
import json
import re
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from tests.compose.recorded import RecordedGame, play, recorded
from tests.dice import Dice

from itg.adapters.signing import SigningKey, is_signed
from itg.cli import app, exits
from itg.compose.bundle import Manifest, make_bundle, text_of
from itg.compose.bundle_archive import (
    JOURNAL,
    MANIFEST,
    RESULTS,
    ROW,
    ROW_BYTES_MAX,
    SCENARIO,
    SIGNATURE,
    BundleError,
    Member,
    read_archive,
    read_rows,
    write_archive,
)
from itg.compose.bundle_check import BundleReport, check_bundle
from itg.compose.data_directory import digest_of
from itg.compose.recompute import recompute
from itg.kernel.errors import ConfigurationError
from itg.runtime.journal import GENESIS_HASH, row_hash


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("played")
    recorded(directory)
    return directory


@pytest.fixture(scope="module")
def bundle(data: Path) -> Path:
    return make_bundle(data, 1).file


def wrong(report: BundleReport) -> list[str]:
    return [finding.part for finding in report.findings if finding.is_sound is False]


def test_a_bundle_made_again_has_the_same_bytes(data: Path, bundle: Path, tmp_path: Path) -> None:
    again = make_bundle(data, 1, tmp_path / "again.tar")
    assert again.file.read_bytes() == bundle.read_bytes()
    assert sorted(tmp_path.iterdir()) == [again.file]


def test_a_bundle_is_checked_far_from_where_it_was_made(
    data: Path, bundle: Path, tmp_path: Path
) -> None:
    far = tmp_path / "far.tar"
    shutil.copy(bundle, far)
    report = check_bundle(far, make_bundle(data, 1, tmp_path / "x").manifest.public_key)
    assert (report.is_sound, report.is_sealed, wrong(report)) == (True, False, [])
    looked_at = {f.part for f in report.findings if f.is_sound}
    assert {"signature", "chain", "event digest", "results", "scenario", "commitment"} <= looked_at


def test_any_tool_reads_a_bundle_and_nobody_finds_a_secret_of_the_organizer(
    data: Path, bundle: Path
) -> None:
    with tarfile.open(bundle) as archive:
        names = archive.getnames()
        assert names == [MANIFEST, SIGNATURE, RESULTS, SCENARIO, JOURNAL]
        texts = {n: archive.extractfile(n) for n in names if n.endswith(".json")}
        read = {name: json.load(file) for name, file in texts.items() if file is not None}
    assert read[SCENARIO]["admin_key_hash"] == ""
    admin_key = (data / "admin.key").read_text().strip()
    assert digest_of(admin_key) not in json.dumps(read)
    assert read[MANIFEST]["round_id"] == 1
    assert {team["team_name"] for team in read[RESULTS]["teams"]} >= {"Vega Bonds"}


def test_the_key_is_its_owners_alone_and_stays_the_same(data: Path) -> None:
    made = make_bundle(data, 1)
    kept = data / "bundle.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    key = SigningKey(kept.read_text(), "here")
    assert made.manifest.public_key == make_bundle(data, 1).manifest.public_key == key.public_key
    assert not is_signed(b"text", key.sign(b"another text"), key.public_key)
    with pytest.raises(ConfigurationError, match="32 bytes"):
        SigningKey("abc", "here")


def spots(members: list[Member], size: int) -> Iterator[tuple[str, int]]:
    dice = Dice(5)
    for member in members:
        yield member.name, member.start
        yield member.name, member.start + member.size - 1
        for _ in range(12):
            yield member.name, member.start + dice.randrange(member.size)
        yield "a head", member.start - dice.randrange(1, 512)
    yield "the end", size - 1


def test_a_flipped_byte_is_found_wherever_it_is_and_its_part_is_named(
    bundle: Path, tmp_path: Path
) -> None:
    whole = bundle.read_bytes()
    with bundle.open("rb") as source:
        members = read_archive(source)
    changed = tmp_path / "changed.tar"
    for part, place in spots(members, len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        changed.write_bytes(flipped)
        report = check_bundle(changed)
        assert not report.is_sound, (part, place)
        named = " ".join(wrong(report))
        if part in {RESULTS, SCENARIO, JOURNAL, MANIFEST}:
            assert part in named, (part, place, report.findings)
        elif part == SIGNATURE:
            assert named == f"{MANIFEST} or {SIGNATURE}"
        else:
            assert named


def test_what_is_wrong_stands_apart_from_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text("print(1)")
    app(["bundle", "check", str(tmp_path / "mine.py")], exit_on_error=False)
    assert "WRONG after the beginning  no file begins there" in capsys.readouterr().out


def test_bytes_added_or_cut_off_are_found(bundle: Path, tmp_path: Path) -> None:
    whole = bundle.read_bytes()
    for content in (whole + b"\0", whole[:-1], whole[: len(whole) // 2], b""):
        changed = tmp_path / "changed.tar"
        changed.write_bytes(content)
        assert not check_bundle(changed).is_sound


def resigned(
    bundle: Path, folder: Path, key: SigningKey, changes: dict[str, bytes], **told: object
) -> Path:
    """Return a bundle with other files in it, every digest made right and signed anew.

    What is `told` stands in the manifest instead of what stood there.
    """
    folder.mkdir()
    with tarfile.open(bundle) as archive:
        archive.extractall(folder, filter="data")
    for name, content in changes.items():
        (folder / name).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_bytes()) | told
    for file in manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        file |= {"size": len(content), "sha256": sha256(content).hexdigest()}
    manifest["public_key"] = key.public_key
    (folder / MANIFEST).write_bytes(text_of(manifest))
    (folder / SIGNATURE).write_bytes(key.sign(text_of(manifest)))
    target = folder / "changed.tar"
    with target.open("wb") as file_:
        names = (MANIFEST, SIGNATURE, RESULTS, SCENARIO, JOURNAL)
        write_archive(file_, [(name, folder / name) for name in names])
    return target


def test_a_result_that_the_inputs_do_not_give_is_found_even_if_it_is_signed(
    bundle: Path, tmp_path: Path
) -> None:
    key = SigningKey("11" * 32, "here")
    with tarfile.open(bundle) as archive:
        file = archive.extractfile(RESULTS)
        assert file is not None
        results = file.read()
    better = results.replace(b'"contracts_sum": 0', b'"contracts_sum": 9')
    assert better != results
    forged = resigned(bundle, tmp_path / "forged", key, {RESULTS: better})
    assert wrong(check_bundle(forged)) == ["results"]
    untouched = resigned(bundle, tmp_path / "own", key, {})
    assert check_bundle(untouched).is_sound
    assert wrong(check_bundle(untouched, "22" * 32)) == ["signature"]


def test_a_bundle_that_names_no_writer_of_its_journal_is_refused(
    bundle: Path, tmp_path: Path
) -> None:
    forged = resigned(bundle, tmp_path / "none", SigningKey("11" * 32, "here"), {}, epochs=[])
    report = check_bundle(forged)
    assert wrong(report) == [MANIFEST]
    assert report.findings[-1].detail == "epochs is []; it names who wrote the journal, one or more"
    with pytest.raises(BundleError, match=r"manifest\.json: epochs is \[\]"):
        recompute(forged)


def test_a_row_longer_than_any_journal_keeps_is_refused_before_it_is_read(
    bundle: Path, tmp_path: Path
) -> None:
    head = ROW.pack(1, 1, 1, 1, bytes(32), ROW_BYTES_MAX + 1)
    key = SigningKey("11" * 32, "here")
    forged = resigned(bundle, tmp_path / "long", key, {JOURNAL: gzip.compress(head)})
    complaint = f"the row after seq 0 is to have {ROW_BYTES_MAX + 1:,} bytes; a journal's has at"
    report = check_bundle(forged)
    assert wrong(report) == [JOURNAL]
    assert report.findings[-1].detail.startswith(complaint)
    with pytest.raises(BundleError, match=complaint):
        recompute(forged)


def test_no_journal_keeps_a_longer_row_than_a_bundle_may_have() -> None:
    with closing(sqlite3.connect(":memory:")) as medium:
        assert medium.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == ROW_BYTES_MAX


@pytest.mark.parametrize("part", [MANIFEST, SIGNATURE, RESULTS, SCENARIO, JOURNAL])
def test_scores_are_not_recomputed_from_a_bundle_that_is_not_as_it_was_signed(
    bundle: Path, tmp_path: Path, part: str
) -> None:
    with bundle.open("rb") as source:
        (member,) = (member for member in read_archive(source) if member.name == part)
    changed = bytearray(bundle.read_bytes())
    changed[member.start + member.size // 2] ^= 1
    file = tmp_path / "changed.tar"
    file.write_bytes(changed)
    with pytest.raises(BundleError, match=re.escape(part)):
        recompute(file)


def test_scores_are_recomputed_from_what_the_published_key_signed_and_it_is_said_who_did(
    data: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, forger = make_bundle(data, 1).manifest.public_key, SigningKey("11" * 32, "here")
    forged = resigned(bundle, tmp_path / "forged", forger, {})
    command = ("score", "recompute")
    for file, key in ((bundle, own), (forged, forger.public_key)):
        assert app([*command, str(file)]) == exits.DONE
        said = capsys.readouterr().out
        assert f"signed by {key}; compare it with what was published" in said
        assert app([*command, str(file), "--key", key.upper()]) == exits.DONE
        assert f"signed by {key}, the key that was given" in capsys.readouterr().out
    assert app([*command, str(forged), "--key", own]) == exits.FAILED
    assert f"signature: by {forger.public_key}, not by {own}" in capsys.readouterr().err
    assert app([*command, str(bundle), "--json", "--key", own]) == exits.DONE
    assert json.loads(capsys.readouterr().out)["signed_by"] == own
    with pytest.raises(ConfigurationError, match=r"--key .* is a directory, which nobody signed"):
        app([*command, str(data), "--key", own], exit_on_error=False)
    assert app([*command, str(data)]) == exits.DONE
    assert "signed" not in capsys.readouterr().out


def test_the_rows_of_a_bundle_chain_from_nothing_to_the_signed_head(
    data: Path, bundle: Path
) -> None:
    manifest: Manifest = make_bundle(data, 1).manifest
    with bundle.open("rb") as source:
        journal = read_archive(source)[-1]
        previous, seq = GENESIS_HASH, 0
        for row in read_rows(source, journal):
            assert row.first_seq == seq + 1
            previous, seq = row_hash(previous, row), row.last_seq
    assert (previous.hex(), seq) == (manifest.journal.head_hash, manifest.journal.last_seq)


def test_a_bundle_is_sealed_until_the_last_round_is_over(tmp_path: Path) -> None:
    data = tmp_path / "season"
    game = RecordedGame(data, days=2)
    play(game, 1, acts=40)
    sealed = make_bundle(data, 1)
    assert sealed.is_sealed
    with tarfile.open(sealed.file) as archive:
        assert archive.getnames() == [MANIFEST, SIGNATURE, RESULTS]
    assert sealed.manifest.reveal is None
    report = check_bundle(sealed.file)
    assert (report.is_sound, report.is_sealed) == (True, True)
    own = make_bundle(data, 1, tmp_path / "own.tar", is_open=True)
    assert not own.is_sealed
    assert check_bundle(own.file).is_sound
    game.start(2)
    with pytest.raises(ConfigurationError, match="round 2 is still running"):
        make_bundle(data, 2)
    game.open()
    game.trade(20)
    game.end(2)
    game.close()
    opened = [make_bundle(data, round_id) for round_id in (1, 2)]
    for made in opened:
        assert not made.is_sealed
        assert made.manifest.reveal is not None
        assert check_bundle(made.file).is_sound
    # What was sealed and what is open are of one journal, and say so.
    first, second = (made.manifest for made in opened)
    assert first.journal.head_hash == sealed.manifest.journal.head_hash
    assert first.event_digest == sealed.manifest.event_digest
    assert second.journal.last_seq > first.journal.last_seq
    assert second.journal.round_first_seq > first.journal.round_last_seq


def test_no_bundle_is_made_of_a_round_that_is_not_there(data: Path) -> None:
    with pytest.raises(ConfigurationError, match="round 7 has not started"):
        make_bundle(data, 7)


def test_the_command_makes_checks_and_recomputes(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "round.tar"
    assert app(f"game bundle {data} --round 1 --to {file}".split()) == exits.DONE
    key = capsys.readouterr().out.split("public key")[1].split()[0]
    assert app(f"bundle check {file} --key {key}".split()) == exits.DONE
    assert "sound" in capsys.readouterr().out
    for place in (file, data):
        assert app(f"score recompute {place} --json".split()) == exits.DONE
        assert json.loads(capsys.readouterr().out)["is_equal"] is True
    changed = bytearray(file.read_bytes())
    changed[-2_000] ^= 4
    file.write_bytes(changed)
    assert app(f"bundle check {file}".split()) == exits.FAILED
    assert JOURNAL in capsys.readouterr().out
