"""Parameters of the reads: query and path of a REST request, `params` of a WebSocket one."""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.orders import ReasonText, Request, WireInt

PageSize = Annotated[int, Meta(ge=1, le=1_000)]
Depth = Annotated[int, Meta(ge=1, le=1_000)]


class NoParams(Request, frozen=True, kw_only=True):
    """A read without parameters."""


class OrdersParams(Request, frozen=True, kw_only=True):
    """Own orders, oldest first; `since_seq` leaves out those accepted up to it."""

    status: Literal["working", "done", "all"] = "working"
    instrument_id: str | None = None
    tag: str | None = None
    since_seq: WireInt | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class OrderParams(Request, frozen=True, kw_only=True):
    """One own order, named by one of its two ids."""

    order_id: WireInt | None = None
    client_order_id: str | None = None


class FillsParams(Request, frozen=True, kw_only=True):
    """Own fills, oldest first; `since_seq` leaves out those up to it."""

    since_seq: WireInt | None = None
    instrument_id: str | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class TradesParams(Request, frozen=True, kw_only=True):
    """The public tape, oldest first."""

    instrument_id: str | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class InstrumentsParams(Request, frozen=True, kw_only=True):
    """Listed instruments, in listing order."""

    underlying: str | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class InstrumentParams(Request, frozen=True, kw_only=True):
    """One instrument."""

    instrument_id: str


class BookParams(Request, frozen=True, kw_only=True):
    """One book; without `depth` every level."""

    instrument_id: str
    depth: Depth | None = None


class BooksParams(Request, frozen=True, kw_only=True):
    """The books of one underlying's instruments, or of all."""

    underlying: str | None = None
    depth: Depth | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class QuotesParams(Request, frozen=True, kw_only=True):
    """Own quotes in one instrument, or all."""

    instrument_id: str | None = None


class TeamParams(Request, frozen=True, kw_only=True):
    """One team; `me` is the caller's."""

    team_id: str = "me"


class PriceParams(Request, frozen=True, kw_only=True):
    """One underlying."""

    underlying_id: str


class RoundParams(Request, frozen=True, kw_only=True):
    """One round."""

    round_id: WireInt


class RoundActParams(RoundParams, frozen=True, kw_only=True):
    """One round, and why the organizer acts on it."""

    reason: ReasonText = ""


class AuditParams(Request, frozen=True, kw_only=True):
    """The organizer's acts, newest last; `since_seq` leaves out those up to it."""

    since_seq: WireInt | None = None
    cursor: str | None = None
    limit: PageSize = 1_000
