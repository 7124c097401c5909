"""What surveillance found: cases for the organizer, with the events that show them."""

from typing import Literal

from itg.wire.v1.orders import Body, Request
from itg.wire.v1.reads import PageSize
from itg.wire.v1.scores import RoundNumber

CaseKindWord = Literal["self_trade", "wash", "transfer", "layering", "stuffing", "closing"]


class SurveillanceParams(Request, frozen=True, kw_only=True):
    """A trading day's cases, of one kind or one team where named; the newest round that began."""

    round_id: RoundNumber | None = None
    kind: CaseKindWord | None = None
    team_id: str | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class CaseParams(Request, frozen=True, kw_only=True):
    """One case of a round; without one of the newest that began."""

    case_id: str
    round_id: RoundNumber | None = None


class EvidenceBody(Body, frozen=True, kw_only=True):
    """One event of a case; `seq` is its number in the journal."""

    seq: int
    game_us: int
    what: str


class CaseSummaryBody(Body, frozen=True, kw_only=True):
    """A case in one sentence; `severity` is 0 to 100, 50 at the threshold of its kind."""

    case_id: str
    kind: CaseKindWord
    trading_day: str
    team_ids: list[str]
    account_ids: list[str]
    instrument_ids: list[str]
    from_us: int
    to_us: int
    severity: int
    summary: str
    evidence_count: int
    status: Literal["open"]


class CaseBody(CaseSummaryBody, frozen=True, kw_only=True):
    """A case with its first events; `evidence_count` counts those left out too."""

    evidence: list[EvidenceBody]


class CasePage(Body, frozen=True, kw_only=True):
    """Cases by kind, in the order in which they were opened.

    `as_of_seq` is the last event looked at, of an earlier round its last one. After a restart the
    day at hand is read again and it runs behind for a while. `fault` says why nothing after it is
    looked at any more, null as it should be.
    """

    items: list[CaseSummaryBody]
    as_of_seq: int
    fault: str | None
    next_cursor: str | None
