"""What a round leaves behind, signed: enough for anybody to play it again and compare.

A bundle carries the journal from its first input up to the end of the round, for two reasons. The
chain of hashes then begins at nothing and proves itself, while a snapshot is only what its maker
says it was; and the round's seed, listings and positions come from before the round.

The journal holds the seed of all rounds. While one of them is still to be played, the bundle is
sealed: the signed manifest names the journal's head and the digest of every file, and the two files
that hold the seed stay with the organizer until the last round is over.
"""

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct, json, msgpack
from msgspec.structs import replace

from itg.adapters.signing import SigningKey
from itg.compose.bundle_archive import (
    JOURNAL,
    MANIFEST,
    RESULTS,
    SCENARIO,
    SIGNATURE,
    digest_of,
    write_archive,
    write_rows,
)
from itg.compose.data_directory import DataDirectory
from itg.compose.round_range import RoundRange, range_of
from itg.compose.verify import machine_of, opened_for_reading
from itg.game.contract import (
    CreateGame,
    GetTeams,
    RoundScore,
    RoundScored,
    SeedReveal,
    Team,
    Teams,
)
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.positions.contract import AccountBalance, Balances, GetBalances
from itg.runtime.cascade import Machine
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record
from itg.runtime.journal import EpochStart, Journal, SealedBatch, checked_rows
from itg.runtime.recovery import replayed

FORMAT: Final = "itg-bundle-1"
SEALED_AWAY: Final = (SCENARIO, JOURNAL)


class FileDigest(Struct, frozen=True, kw_only=True):
    """One file of a bundle; `is_sealed`: it stays with the organizer until the game is over."""

    name: str
    size: int
    sha256: str
    is_sealed: bool = False


class JournalSpan(Struct, frozen=True, kw_only=True):
    """Which rows a bundle carries, by the numbers of inputs and outputs, and where they end.

    The round is the inputs from `round_first_seq` to `round_last_seq`; rows are carried whole.
    """

    first_seq: int
    last_seq: int
    rows: int
    inputs: int
    outputs: int
    round_first_seq: int
    round_last_seq: int
    head_hash: str


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed."""

    format: str = FORMAT
    public_key: str
    scenario: str
    scenario_hash: str
    round_id: int
    trading_day: str
    commitment: str
    reveal: SeedReveal | None  # None while a round is still to be played
    epochs: tuple[EpochStart, ...]
    journal: JournalSpan
    event_digest: str
    files: tuple[FileDigest, ...]


class Results(Struct, frozen=True, kw_only=True):
    """What the round came to; money in 1/10,000 USD, scores in 1e-6 points."""

    teams: tuple[Team, ...]
    balances: tuple[AccountBalance, ...]
    contracts_sum: int
    cash_sum: int
    scores: RoundScore | None


class Bundled(Struct, frozen=True, kw_only=True):
    """A bundle that was made."""

    file: Path
    size: int
    is_sealed: bool
    manifest: Manifest


class Replay:
    """Run a journal's inputs again and keep what the round came to; each output must be equal."""

    def __init__(self, machine: Machine, span: RoundRange) -> None:
        self.machine = machine
        self.create: CreateGame | None = None
        self.inputs = self.outputs = 0
        self.results: Results | None = None
        self._span = span
        self._scores: RoundScore | None = None
        self._digest = EventDigest(machine.codec)

    def run(self, rows: Iterable[SealedBatch]) -> None:
        """Take the rows in order; `RecoveryError` at the first output that differs."""
        for row in rows:
            for record in replayed(self.machine, row):
                self._add(record)

    @property
    def event_digest(self) -> str:
        """Return the digest of everything so far."""
        return self._digest.hexdigest()

    def _add(self, record: Record) -> None:
        self.inputs += 1
        self.outputs += len(record.outputs)
        self._digest.add(record)
        if isinstance(record.body, CreateGame):
            self.create = record.body
        if record.seq > self._span.last_input_seq:
            return
        self._scores = scores_in(record.outputs, self._span.round_id) or self._scores
        if record.seq == self._span.last_input_seq:
            self.results = self._closed()

    def _closed(self) -> Results:
        balances, teams = self.machine.query(GetBalances()), self.machine.query(GetTeams())
        assert isinstance(balances, Balances)
        assert isinstance(teams, Teams)
        return Results(
            teams=teams.teams,
            balances=balances.accounts,
            contracts_sum=balances.contracts_sum,
            cash_sum=balances.cash_sum,
            scores=self._scores,
        )


def scores_in(outputs: Iterable[Message], round_id: int) -> RoundScore | None:
    """Return the last scores of a round among some events."""
    told = [o.scores for o in outputs if isinstance(o, RoundScored)]
    return next((s for s in reversed(told) if s.round_id == round_id), None)


def make_bundle(
    data: Path, round_id: int, target: Path | None = None, *, is_open: bool = False
) -> Bundled:
    """Write the signed bundle of an ended round, beside a running game or after it.

    Every input is run again first: nothing is signed that does not replay. `is_open` carries the
    journal although rounds are still to be played, for the organizer's own keeping.
    """
    journal = opened_for_reading(data)
    try:
        span = range_of(journal, machine_of(journal).codec, round_id)
        folder = data if target is None else target.parent
        with TemporaryDirectory(dir=folder, prefix=".bundle-") as draft:
            return _made(_Making(data, Path(draft), target, is_open=is_open), journal, span)
    finally:
        journal.close()


class _Making:
    def __init__(self, data: Path, draft: Path, target: Path | None, *, is_open: bool) -> None:
        self.data = data
        self.draft = draft
        self.target = target
        self.is_open = is_open

    def write(self, name: str, content: bytes) -> None:
        (self.draft / name).write_bytes(content)

    def digest(self, name: str, *, is_sealed: bool) -> FileDigest:
        path = self.draft / name
        return FileDigest(
            name=name,
            size=path.stat().st_size,
            sha256=digest_of(path),
            is_sealed=is_sealed and name in SEALED_AWAY,
        )


def _made(making: _Making, journal: Journal, span: RoundRange) -> Bundled:
    replay = Replay(machine_of(journal), span)
    rows = 0
    with (making.draft / JOURNAL).open("wb") as file:
        kept = write_rows(file, _until(checked_rows(journal, Seq(0)), span.row_last_seq))
        counted = _Counted(kept)
        replay.run(counted)
        rows = counted.rows
    last = counted.last
    assert last is not None
    assert replay.create is not None
    assert replay.results is not None
    making.write(SCENARIO, scenario_text(replay.create))
    making.write(RESULTS, text_of(replay.results))
    is_sealed = not (span.is_game_over or making.is_open)
    key = signing_key(DataDirectory(making.data))
    manifest = Manifest(
        public_key=key.public_key,
        scenario=replay.create.rules.scenario,
        scenario_hash=replay.create.scenario_hash,
        round_id=span.round_id,
        trading_day=span.trading_day,
        commitment=replay.create.commitment,
        reveal=span.reveal,
        epochs=tuple(e for e in journal.epochs() if e.first_seq <= last.last_seq),
        journal=JournalSpan(
            first_seq=1,
            last_seq=last.last_seq,
            rows=rows,
            inputs=replay.inputs,
            outputs=replay.outputs,
            round_first_seq=span.first_input_seq,
            round_last_seq=span.last_input_seq,
            head_hash=last.hash.hex(),
        ),
        event_digest=replay.event_digest,
        files=tuple(making.digest(n, is_sealed=is_sealed) for n in (RESULTS, SCENARIO, JOURNAL)),
    )
    return _signed(making, key, manifest, is_sealed=is_sealed)


def _signed(making: _Making, key: SigningKey, manifest: Manifest, *, is_sealed: bool) -> Bundled:
    text = text_of(manifest)
    making.write(MANIFEST, text)
    making.write(SIGNATURE, key.sign(text))
    carried = [f.name for f in manifest.files if not f.is_sealed]
    whole = making.draft / "whole"
    with whole.open("wb") as file:
        names = (MANIFEST, SIGNATURE, *carried)
        write_archive(file, ((name, making.draft / name) for name in names))
    target = making.target or making.data / f"round-{manifest.round_id}.bundle.tar"
    whole.replace(target)
    return Bundled(file=target, size=target.stat().st_size, is_sealed=is_sealed, manifest=manifest)


class _Counted:
    def __init__(self, rows: Iterable[SealedBatch]) -> None:
        self.rows = 0
        self.last: SealedBatch | None = None
        self._of = rows

    def __iter__(self) -> Iterator[SealedBatch]:
        for row in self._of:
            self.rows += 1
            self.last = row
            yield row


def _until(rows: Iterable[SealedBatch], last_seq: int) -> Iterator[SealedBatch]:
    for row in rows:
        yield row
        if row.last_seq >= last_seq:
            return


def signing_key(directory: DataDirectory) -> SigningKey:
    """Return the key a data directory's bundles are signed with, made on first use."""
    return SigningKey(
        directory.kept(directory.bundle_key, _fresh_secret), str(directory.bundle_key)
    )


def _fresh_secret() -> str:
    return secrets.token_hex(32) + "\n"


def scenario_text(create: CreateGame) -> bytes:
    """Return a compiled scenario as JSON, without the digests of the organizer's two secrets."""
    public = replace(create, join_code_hash="", admin_key_hash="")
    body = msgspec.to_builtins(replace(public, setup=()))
    body["setup"] = [msgpack.decode(raw) for raw in public.setup]
    return text_of(body)


def text_of(content: object) -> bytes:
    """Return a file's JSON: equal contents give equal bytes."""
    return json.format(json.encode(content)) + b"\n"
