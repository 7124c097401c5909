"""A case: who, what, where, when, how grave, and the records that show it."""

from collections.abc import Sequence
from enum import Enum, unique
from hashlib import sha256

from msgspec import Struct

from itg.kernel.ids import AccountId, InstrumentId, Seq, TeamId
from itg.kernel.times import Nanos

EVIDENCE_KEPT = 40
CASES_MAX = 1_000  # of a kind and trading day


@unique
class CaseKind(Enum):
    """What a case suspects."""

    SELF_TRADE = "self_trade"
    WASH = "wash"
    TRANSFER = "transfer"
    LAYERING = "layering"
    STUFFING = "stuffing"
    CLOSING = "closing"


@unique
class CaseStatus(Enum):
    """Where a case stands; surveillance opens them and closes none."""

    OPEN = "open"


class Evidence(Struct, frozen=True, gc=False):
    """One record of a case: the number of its event, when, and what happened."""

    seq: Seq
    game_ns: Nanos
    what: str


class Case(Struct, frozen=True, kw_only=True):
    """A suspicion with its numbers.

    `severity` is 0 to 100: 50 at the threshold, halving the distance to 100 each time the measure
    is as large again. `evidence` are the first records in order of their number, `evidence_more`
    counts those left out. `case_id` is made of kind, day, accounts and instrument alone.
    """

    case_id: str
    kind: CaseKind
    trading_day: str
    account_ids: tuple[AccountId, ...]
    team_ids: tuple[TeamId, ...]
    instrument_ids: tuple[InstrumentId, ...]
    from_ns: Nanos
    to_ns: Nanos
    severity: int
    summary: str
    evidence: tuple[Evidence, ...]
    evidence_more: int
    status: CaseStatus = CaseStatus.OPEN


class Subject(Struct, frozen=True, gc=False):
    """Whom a case is about, and where."""

    account_ids: tuple[AccountId, ...]
    instrument_id: InstrumentId | None = None


class Dossier:
    """A case in the making: evidence comes, the numbers are those of the last look."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.instrument_ids: dict[InstrumentId, None] = {}
        self.severity = 0
        self.summary = ""
        self._evidence: dict[Seq, Evidence] = {}
        self._last_seq = 0
        self._count = 0
        self._from_ns: Nanos | None = None
        self._to_ns = Nanos(0)

    def add(self, found: Sequence[Evidence], instrument_id: InstrumentId | None = None) -> None:
        """Take evidence in; what is known already is passed over."""
        for one in found:
            if one.seq <= self._last_seq:
                continue
            self._last_seq = one.seq
            self._count += 1
            self._from_ns = one.game_ns if self._from_ns is None else self._from_ns
            self._to_ns = max(self._to_ns, one.game_ns)
            if len(self._evidence) < EVIDENCE_KEPT:
                self._evidence[one.seq] = one
        if instrument_id is not None and len(self.instrument_ids) < EVIDENCE_KEPT:
            self.instrument_ids[instrument_id] = None

    def conclude(self, severity: int, summary: str) -> None:
        """Say what it comes to by now; it never becomes less grave."""
        if severity >= self.severity:
            self.severity, self.summary = severity, summary

    def case(self, kind: CaseKind, trading_day: str, teams: Sequence[TeamId]) -> Case:
        """Return the case as it stands."""
        return Case(
            case_id=case_id_of(kind, trading_day, self.subject),
            kind=kind,
            trading_day=trading_day,
            account_ids=self.subject.account_ids,
            team_ids=tuple(teams),
            instrument_ids=tuple(self.instrument_ids),
            from_ns=self._from_ns or Nanos(0),
            to_ns=self._to_ns,
            severity=self.severity,
            summary=self.summary,
            evidence=tuple(self._evidence.values()),
            evidence_more=self._count - len(self._evidence),
        )


class Dossiers:
    """All of a detector's cases of a trading day, by subject."""

    def __init__(self, kind: CaseKind) -> None:
        self.kind = kind
        self._kept: dict[Subject, Dossier] = {}

    def find(self, subject: Subject) -> Dossier | None:
        """Return the case of a subject, None while there is none."""
        return self._kept.get(subject)

    def open(self, subject: Subject) -> Dossier:
        """Return the case of a subject, opened if need be; beyond the bound it is not kept."""
        dossier = self._kept.get(subject)
        if dossier is None:
            dossier = Dossier(subject)
            if len(self._kept) < CASES_MAX:
                self._kept[subject] = dossier
        return dossier

    def all(self) -> Sequence[Dossier]:
        """Return them in the order in which they were opened."""
        return list(self._kept.values())


def case_id_of(kind: CaseKind, trading_day: str, subject: Subject) -> str:
    """Return a name that is the same whoever looks at the same game."""
    text = "\n".join([kind.value, trading_day, subject.instrument_id or "", *subject.account_ids])
    return f"{kind.value}-{sha256(text.encode()).hexdigest()[:12]}"


def severity_of(measure: float, threshold: float) -> int:
    """Return 100·(1 − 2^(−measure / threshold)), rounded."""
    rest: float = 2.0 ** -(measure / threshold)
    return round(100.0 * (1.0 - rest))
