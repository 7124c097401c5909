"""The WebSocket's frames: `{id, method, params}` is answered by `{id, result}` or an error."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, UnsetType, field

from itg.wire.v1.orders import Body, PlaceOrderRequest, PriceIn, QuantityIn, Request, WireInt
from itg.wire.v1.problems import Problem

SUBPROTOCOL = "itg.v1.json"

Method = Literal[
    "order.place",
    "order.replace",
    "order.cancel",
    "order.cancel_all",
    "quote.set",
    "quote.pull",
    "subscribe",
    "unsubscribe",
    "session.set",
    "deadman.set",
    "deadman.get",
    "deadman.clear",
    "ping",
    "sim.ready",
]

# What the server does for an account once none of its sessions is left for the grace.
CancelOnDisconnect = Literal["quotes", "all", "none"]

# Close codes of the server.
CLOSE_NORMAL = 1000
CLOSE_POLICY = 1008
CLOSE_TOO_BIG = 1009
CLOSE_RESTART = 1012
CLOSE_REPLACED = 4001
CLOSE_RATE_ABUSE = 4002
CLOSE_SLOW = 4008


class SocketRequest(Request, frozen=True, kw_only=True):
    """One request; `params` is decoded by the method's own type."""

    id: WireInt | str
    method: str
    params: Raw = Raw(b"{}")


class SocketAnswer(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The one answer to a request id."""

    id: int | str | None
    result: Raw | UnsetType = UNSET
    error: Problem | UnsetType = UNSET


class Push(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One publication of a channel. `seq` never skips within `(channel, epoch)`.

    `conflated`: this frame stands for the publications `first_seq` to `seq`, merged; without it for
    `seq` alone.
    """

    channel: str
    type: str
    seq: int
    epoch: int
    ts_us: int
    game_us: int
    data: Body
    conflated: bool = False
    first_seq: int = 0


class PlaceParams(PlaceOrderRequest, frozen=True, kw_only=True):
    """`order.place`."""


class ReplaceParams(Request, frozen=True, kw_only=True):
    """`order.replace`: name the order by one of the two ids."""

    order_id: WireInt | None = None
    client_order_id: str | None = None
    price: PriceIn | None = None
    quantity: QuantityIn | None = None
    expected_revision: WireInt | None = None


class CancelParams(Request, frozen=True, kw_only=True):
    """`order.cancel`: name the order by one of the two ids."""

    order_id: WireInt | None = None
    client_order_id: str | None = None


class CancelAllParams(Request, frozen=True, kw_only=True):
    """`order.cancel_all`: every filter given must match; none cancels all orders."""

    instrument_id: str | None = None
    underlying: str | None = None
    side: Literal["buy", "sell"] | None = None
    tag: str | None = None


class PullParams(Request, frozen=True, kw_only=True):
    """`quote.pull`: one instrument, or all."""

    instrument_id: str | None = None


class ResumePoint(Request, frozen=True, kw_only=True):
    """Where a client stopped reading a channel."""

    epoch: WireInt
    seq: WireInt


class SubscribeParams(Request, frozen=True, kw_only=True):
    """`subscribe`: channels with, for `private`, the point to resume after."""

    channels: list[str]
    resume: dict[str, ResumePoint] = field(default_factory=dict)


class UnsubscribeParams(Request, frozen=True, kw_only=True):
    """`unsubscribe`."""

    channels: list[str]


class SessionParams(Request, frozen=True, kw_only=True):
    """`session.set`: what this connection asks of the server; also in the query of `/ws`."""

    cancel_on_disconnect: CancelOnDisconnect = "quotes"


class SessionBody(Body, frozen=True, kw_only=True):
    """Result of `session.set`."""

    cancel_on_disconnect: CancelOnDisconnect


class DeadmanParams(Request, frozen=True, kw_only=True):
    """`deadman.set`: cancel everything unless set again within this much wall time."""

    timeout_ms: Annotated[int, Meta(ge=1_000, le=60_000)]


class DeadmanBody(Body, frozen=True, kw_only=True):
    """An account's dead-man timer; nulls: not armed. `expires_us` is wall time."""

    timeout_ms: int | None = None
    expires_us: int | None = None


class DeadmanData(Body, frozen=True, kw_only=True):
    """Data of `system` type `deadman.expired`: everything of the account is being canceled."""

    timeout_ms: int


class ReadyParams(Request, frozen=True, kw_only=True):
    """`sim.ready`: this client has sent everything it wants to send in this step."""

    step: WireInt


class SubscribedBody(Body, frozen=True, kw_only=True):
    """Result of `subscribe`: the channels with their epoch and last seq before the snapshot."""

    channels: dict[str, ResumePoint]


class PongBody(Body, frozen=True, kw_only=True):
    """Result of `ping`."""

    ts_us: int
    game_us: int


class HelloData(Body, frozen=True, kw_only=True):
    """Data of `system` type `hello`, the first frame of every connection."""

    team_id: str | None
    account_id: str | None
    role: str | None
    connection_number: int  # starts the SDK's client order ids
    lock_step: bool
    epoch: int
    heartbeat_ms: int
    version: str
    cancel_on_disconnect: CancelOnDisconnect = "quotes"


class HeartbeatData(Body, frozen=True, kw_only=True):
    """Data of `system` type `heartbeat`: the last seq sent on every subscribed channel."""

    channels: dict[str, int]


class RoundData(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Data of `system` types `round.started|paused|resumed|extended|ended`.

    `next_round_id` of an ended round starts by itself now; None: stay or go, as you like.
    """

    round_id: int
    next_round_id: int | None = None


class MessageData(Body, frozen=True, kw_only=True):
    """Data of `system` type `message`; read it again with `GET /game/messages`."""

    message_id: int
    text: str
    to_all: bool


class StepData(Body, frozen=True, kw_only=True):
    """Data of `system` type `sim.step`: all frames of this step were sent; it is your turn."""

    step: int
    is_last: bool = False


class GapData(Body, frozen=True, kw_only=True):
    """Data of `system` type `gap`: a public channel lost these seqs to a slow reader."""

    channel: str
    first_seq: int
    last_seq: int


class SlowData(Body, frozen=True, kw_only=True):
    """Data of `system` type `slow`, the last frame before a close with 4008.

    So many bytes waited for this connection; what it missed of `private` comes by resuming.
    """

    waiting_bytes: int
    limit_bytes: int
