"""Hold a bundle against itself: signature, digests, chain of hashes, and a replay from nothing."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from itg.adapters.signing import is_signed
from itg.compose.bundle import FORMAT, Manifest, Replay, Results, scenario_text, text_of
from itg.compose.bundle_archive import (
    JOURNAL,
    MANIFEST,
    RESULTS,
    SCENARIO,
    SIGNATURE,
    BundleError,
    Member,
    read_archive,
    read_member,
    read_rows,
)
from itg.compose.round_range import RoundRange
from itg.compose.verify import machine_of_nodes
from itg.kernel.errors import ConfigurationError, JournalError, RecoveryError
from itg.kernel.ids import Seq
from itg.runtime.fingerprint import code_fingerprint, numeric_fingerprint
from itg.runtime.journal import DamagedRowError, Head, SealedBatch, chained_rows
from itg.scenario.commitment import Reveal, commitment_of

Members = dict[str, Member]
_SMALL: Final = 64 * 1024 * 1024  # no file that is read at once is larger


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at; `is_sound` None: it could not be."""

    part: str
    is_sound: bool | None
    detail: str


class BundleReport(Struct, frozen=True, kw_only=True):
    """What a bundle proves."""

    file: str
    round_id: int | None
    public_key: str
    is_sealed: bool
    is_sound: bool
    findings: tuple[Finding, ...]


def check_bundle(file: Path, public_key: str | None = None) -> BundleReport:
    """Check everything a bundle says; with `public_key` also who signed it.

    What is wrong is named in the findings. `ConfigurationError` if there is no such file or the key
    is no key.
    """
    check = _Check(public_key)
    with opened(file) as source:
        try:
            check.run(source)
        except BundleError as error:
            check.note(error.part, error.detail, is_sound=False)
    manifest = check.manifest
    return BundleReport(
        file=str(file),
        round_id=None if manifest is None else manifest.round_id,
        public_key="" if manifest is None else manifest.public_key,
        is_sealed=manifest is not None and any(f.is_sealed for f in manifest.files),
        is_sound=all(finding.is_sound is not False for finding in check.findings),
        findings=tuple(check.findings),
    )


def signed_contents(source: IO[bytes], public_key: str | None) -> tuple[Members, Manifest]:
    """Return a bundle's files and manifest, once they are what was signed.

    `BundleError` at the first thing that is not: a byte, a digest, the signature, the commitment,
    or with `public_key` who signed. Nothing is replayed.
    """
    check = _Check(public_key)
    contents = check.look(source)
    for finding in check.findings:
        if finding.is_sound is False:
            raise BundleError(finding.part, finding.detail)
    return contents


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """Open a bundle; `ConfigurationError` where there is none."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise ConfigurationError(f"{file} is no bundle: {error.strerror}") from error
    with source:
        yield source


def members_of(source: IO[bytes]) -> Members:
    """Return a bundle's files by name; `BundleError` unless they are a bundle's, in order."""
    found = read_archive(source)
    names = [member.name for member in found]
    whole = [MANIFEST, SIGNATURE, RESULTS, SCENARIO, JOURNAL]
    if names not in (whole, whole[:3]):
        raise BundleError("the archive", f"holds {names}, a bundle holds {whole}")
    for member in found[:-1] if len(found) == len(whole) else found:
        if member.size > _SMALL:
            raise BundleError(member.name, f"has {member.size} bytes, more than any bundle's")
    return {member.name: member for member in found}


def manifest_in(source: IO[bytes], members: Members) -> Manifest:
    """Return what a bundle's manifest says, whoever signed it."""
    try:
        manifest = msgspec.json.decode(read_member(source, members[MANIFEST]), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(MANIFEST, f"is not readable: {error}") from error
    if manifest.format != FORMAT:
        raise BundleError(MANIFEST, f"has format {manifest.format!r}, this build reads {FORMAT}")
    if not manifest.epochs:
        raise BundleError(MANIFEST, "epochs is []; it names who wrote the journal, one or more")
    return manifest


def rows_in(source: IO[bytes], members: Members) -> Iterator[SealedBatch]:
    """Return a bundle's rows, each proven to follow the one before from the first on."""
    try:
        yield from chained_rows(read_rows(source, members[JOURNAL]), Head())
    except DamagedRowError as error:
        raise BundleError(JOURNAL, str(error)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise BundleError(JOURNAL, f"does not unpack: {error}") from error


def range_in(manifest: Manifest) -> RoundRange:
    """Return the range of a bundle's round."""
    span = manifest.journal
    return RoundRange(
        round_id=manifest.round_id,
        trading_day=manifest.trading_day,
        first_input_seq=Seq(span.round_first_seq),
        last_input_seq=Seq(span.round_last_seq),
        row_last_seq=Seq(span.last_seq),
    )


class _Check:
    def __init__(self, public_key: str | None) -> None:
        self.findings: list[Finding] = []
        self.manifest: Manifest | None = None
        self._key = None if public_key is None else public_key.strip().lower()
        self._head = Head()
        self._rows = 0

    def note(self, part: str, detail: str, *, is_sound: bool | None = True) -> None:
        self.findings.append(Finding(part=part, is_sound=is_sound, detail=detail))

    def look(self, source: IO[bytes]) -> tuple[Members, Manifest]:
        members = members_of(source)
        self.note("archive", f"{len(members)} files, nothing between them")
        manifest = self.manifest = manifest_in(source, members)
        self._check_signature(source, members, manifest)
        self._check_files(members, manifest)
        self._check_commitment(manifest)
        return members, manifest

    def run(self, source: IO[bytes]) -> None:
        members, manifest = self.look(source)
        if any(finding.is_sound is False for finding in self.findings):
            self.note("replay", "not run: what it needs is not as it was signed", is_sound=None)
        elif JOURNAL not in members:
            detail = "sealed until the game's last round is over; then the organizer opens it"
            self.note("replay", detail, is_sound=None)
        else:
            self._check_build(manifest)
            self._replay(source, members, manifest)

    def _check_signature(self, source: IO[bytes], members: Members, manifest: Manifest) -> None:
        text = read_member(source, members[MANIFEST])
        signature = read_member(source, members[SIGNATURE])
        try:
            is_own = is_signed(text, signature, manifest.public_key)
        except ConfigurationError as error:
            raise BundleError(MANIFEST, f"public_key: {error}") from error
        if not is_own:
            raise BundleError(
                f"{MANIFEST} or {SIGNATURE}",
                f"the signature is not one of this manifest by key {manifest.public_key}",
            )
        if self._key is None:
            self.note("signature", f"by {manifest.public_key}; compare it with what was published")
        elif self._key != manifest.public_key:
            detail = f"by {manifest.public_key}, not by {self._key}"
            self.note("signature", detail, is_sound=False)
        else:
            self.note("signature", "by the key that was given")

    def _check_files(self, members: Members, manifest: Manifest) -> None:
        named = {file.name: file for file in manifest.files}
        for name in (RESULTS, SCENARIO, JOURNAL):
            file, member = named.get(name), members.get(name)
            if file is None:
                raise BundleError(MANIFEST, f"names no {name}")
            if member is None:
                is_sound = None if file.is_sealed else False
                self.note(name, f"not carried; SHA-256 {file.sha256}", is_sound=is_sound)
            elif (member.size, member.sha256) != (file.size, file.sha256):
                detail = f"SHA-256 is {member.sha256}, the manifest says {file.sha256}"
                self.note(name, detail, is_sound=False)
            else:
                self.note(name, f"SHA-256 {file.sha256}")

    def _check_commitment(self, manifest: Manifest) -> None:
        if manifest.reveal is None:
            self.note("commitment", f"{manifest.commitment or 'none'}; not opened", is_sound=None)
            return
        found = commitment_of(Reveal(**asdict(manifest.reveal)))
        is_own = found == manifest.commitment
        detail = f"to seed {manifest.reveal.seed}: {manifest.commitment}"
        self.note("commitment", detail, is_sound=is_own)

    def _check_build(self, manifest: Manifest) -> None:
        ours = (code_fingerprint(), numeric_fingerprint())
        for epoch in manifest.epochs:
            wrote = (epoch.header.code_fingerprint, epoch.header.numeric_fingerprint)
            if wrote != ours:
                detail = (
                    f"seq {epoch.first_seq} on is of build {wrote[0][:12]}, this is {ours[0][:12]}"
                )
                self.note("build", f"{detail}; replay may differ for that", is_sound=None)
                return
        self.note("build", f"{ours[0][:12]}, as the journal's")

    def _replay(self, source: IO[bytes], members: Members, manifest: Manifest) -> None:
        replay = Replay(machine_of_nodes(manifest.epochs[-1].header.nodes), range_in(manifest))
        try:
            replay.run(self._counted(rows_in(source, members)))
        except (RecoveryError, JournalError) as error:
            self.note("replay", str(error), is_sound=False)
            return
        span = manifest.journal
        self._compare("journal", (self._rows, self._head.seq), (span.rows, span.last_seq))
        self._compare("chain", self._head.hash.hex(), span.head_hash)
        self._compare("inputs", replay.inputs, span.inputs)
        self._compare("outputs", replay.outputs, span.outputs)
        self._compare("event digest", replay.event_digest, manifest.event_digest)
        self._compare_results(replay.results, read_member(source, members[RESULTS]))
        create = replay.create
        scenario = None if create is None else scenario_text(create)
        is_own = scenario == read_member(source, members[SCENARIO])
        is_own = is_own and create is not None and create.scenario_hash == manifest.scenario_hash
        self.note("scenario", manifest.scenario_hash, is_sound=is_own)

    def _counted(self, rows: Iterator[SealedBatch]) -> Iterator[SealedBatch]:
        for row in rows:
            self._rows += 1
            self._head = Head(row.last_seq, row.hash)
            yield row

    def _compare_results(self, results: Results | None, told: bytes) -> None:
        is_equal = results is not None and text_of(results) == told
        self.note(
            "results",
            "as the replay's, bit for bit" if is_equal else "the replay has others",
            is_sound=is_equal,
        )

    def _compare(self, part: str, found: object, told: object) -> None:
        is_equal = found == told
        detail = f"{found}" if is_equal else f"the replay has {found}, the manifest says {told}"
        self.note(part, detail, is_sound=is_equal)
