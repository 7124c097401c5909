"""Scores again from what was recorded: the same inputs through the same rules, bit for bit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Raw, Struct
from msgspec.structs import replace

from itg.compose.bundle_archive import JOURNAL
from itg.compose.bundle_check import opened, rows_in, signed_contents
from itg.compose.verify import machine_of, machine_of_nodes, opened_for_reading
from itg.game.contract import RoundScore, RoundScored, TeamRegistered, TeamScore
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, Role, Seq
from itg.kernel.messages import Message
from itg.runtime.cascade import Machine
from itg.runtime.codec import RawRecord
from itg.runtime.journal import SealedBatch, checked_rows

_SCORED = RoundScored.__name__.encode()


class ScoreRow(Struct, frozen=True, kw_only=True):
    """One team in one round, recorded and recomputed; points are 1e-6, None: there is no par.

    `differing` names the components, or parts of the score, that are not equal bit for bit.
    """

    round_id: int
    account_id: AccountId
    team_name: str
    role: Role
    recorded_measured: int
    recomputed_measured: int | None
    recorded_score: int | None
    recomputed_score: int | None
    is_equal: bool
    differing: tuple[str, ...] = ()


class Recomputed(Struct, frozen=True, kw_only=True):
    """All scores of a bundle or of a data directory; `difference`: another output, where it ended.

    `is_equal` only if every output of the replay was the recorded one. `signed_by` is the public
    key of a bundle's signature; nobody signs a directory.
    """

    rows: tuple[ScoreRow, ...]
    is_equal: bool
    difference: str | None = None
    signed_by: str | None = None


class _Recorded(Struct, frozen=True):
    machine: Machine
    rows: Iterable[SealedBatch]
    signed_by: str | None = None


def recompute(place: Path, public_key: str | None = None) -> Recomputed:
    """Run a bundle's or a data directory's inputs again and compare the scores of each round.

    `BundleError` for a bundle that is not as it was signed, or not by `public_key`.
    """
    with _recorded(place, public_key) as recorded:
        replay = _Scoring(recorded.machine)
        replay.run(recorded.rows)
    return replace(replay.result(), signed_by=recorded.signed_by)


@contextmanager
def _recorded(place: Path, public_key: str | None) -> Iterator[_Recorded]:
    if place.is_dir():
        if public_key is not None:
            raise ConfigurationError(
                f"--key is of a bundle; {place} is a directory, which nobody signed"
            )
        journal = opened_for_reading(place)
        try:
            yield _Recorded(machine_of(journal), checked_rows(journal, Seq(0)))
        finally:
            journal.close()
        return
    with opened(place) as source:
        members, manifest = signed_contents(source, public_key)
        if JOURNAL not in members:
            raise ConfigurationError(
                f"{place} is sealed: it has no inputs before the game's last round is over"
            )
        machine = machine_of_nodes(manifest.epochs[-1].header.nodes)
        yield _Recorded(machine, rows_in(source, members), manifest.public_key)


class _Scoring:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._recorded: dict[int, RoundScore] = {}
        self._recomputed: dict[int, RoundScore] = {}
        self._names: dict[AccountId, str] = {}
        self._difference: str | None = None

    def run(self, rows: Iterable[SealedBatch]) -> None:
        for row in rows:
            for raw in self._machine.codec.decode_inputs(row.body):
                if not self._step(raw):
                    return

    def result(self) -> Recomputed:
        rows = tuple(
            self._row(round_id, recorded)
            for round_id, told in sorted(self._recorded.items())
            for recorded in told.teams
        )
        is_equal = self._difference is None and all(row.is_equal for row in rows)
        return Recomputed(rows=rows, is_equal=is_equal, difference=self._difference)

    def _step(self, record: RawRecord) -> bool:
        seq, _, game_ns, _, _, body, raw = record
        outputs = self._machine.apply(game_ns, body)
        self._keep(outputs, self._recomputed)
        if _SCORED in bytes(raw):
            self._keep(self._machine.codec.decode_outputs(raw), self._recorded)
        if self._machine.codec.encode(outputs) == bytes(raw) or self._is_of_scores(outputs, raw):
            return True
        self._difference = f"seq {seq}, {type(body).__name__}: not the recorded outputs"
        return False

    def _keep(self, outputs: tuple[Message, ...], told: dict[int, RoundScore]) -> None:
        for output in outputs:
            if isinstance(output, RoundScored):
                told[output.scores.round_id] = output.scores
            elif isinstance(output, TeamRegistered):
                self._names[output.account_id] = output.team_name

    def _is_of_scores(self, outputs: tuple[Message, ...], raw: Raw) -> bool:
        # Another score is what is looked for; it moves nothing else.
        recorded = self._machine.codec.decode_outputs(raw)
        return len(recorded) == len(outputs) and all(
            now == then or isinstance(now, RoundScored)
            for now, then in zip(outputs, recorded, strict=True)
        )

    def _row(self, round_id: int, recorded: TeamScore) -> ScoreRow:
        again = self._recomputed.get(round_id)
        teams = () if again is None else again.teams
        found = next((t for t in teams if t.account_id == recorded.account_id), None)
        encode = self._machine.codec.encode
        return ScoreRow(
            round_id=round_id,
            account_id=recorded.account_id,
            team_name=self._names.get(recorded.account_id, recorded.account_id),
            role=recorded.role,
            recorded_measured=recorded.measured,
            recomputed_measured=None if found is None else found.measured,
            recorded_score=recorded.score,
            recomputed_score=None if found is None else found.score,
            is_equal=found is not None and encode(found) == encode(recorded),
            differing=() if found is None else _differing(recorded, found),
        )


def _differing(recorded: TeamScore, found: TeamScore) -> tuple[str, ...]:
    parts = [
        name
        for name in recorded.__struct_fields__
        if name != "components" and getattr(recorded, name) != getattr(found, name)
    ]
    terms = {component.name: component for component in found.components}
    changed = [c.name for c in recorded.components if terms.get(c.name) != c]
    return (*changed, *parts)
