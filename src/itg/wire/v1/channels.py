"""What the socket offers: its addresses, its channels with every type of push, its own methods.

The AsyncAPI document and the reference page are read from these rows, and what the feed sends is
held against them: a type without a row fails a test.
"""

from msgspec import Struct

from itg.wire.v1.account import (
    AdjustedPush,
    BustPush,
    FillPush,
    KillSwitchPush,
    LimitBreachPush,
    LimitPush,
    LossStopPush,
    OrderPush,
    PositionPush,
    PrivateSnapshot,
    QuotePush,
    RejectedPush,
    ReseatedPush,
    ResumeTooOld,
    SettlementPush,
    SuspendPush,
)
from itg.wire.v1.chain import ChainPush
from itg.wire.v1.market import (
    BookPush,
    DelayedPush,
    DelistedPush,
    GuardPush,
    HaltPush,
    ListedPush,
    PhasePush,
    PhasesPush,
    PricesPush,
    RawBookPush,
    ResumePush,
    SettledPush,
    TopsPush,
    TradeBody,
    TradesPush,
)
from itg.wire.v1.market import BustPush as TradeBustPush
from itg.wire.v1.news import LastNewsPush, NewsPush
from itg.wire.v1.orders import Body, ProtectionBody, Request
from itg.wire.v1.reads import NoParams
from itg.wire.v1.scores import ScoresPush
from itg.wire.v1.signals import AlphaPush, LastSignalsPush, TrackingPush, VolatilityPush
from itg.wire.v1.socket import (
    CLOSE_NORMAL,
    CLOSE_POLICY,
    CLOSE_RATE_ABUSE,
    CLOSE_REPLACED,
    CLOSE_RESTART,
    CLOSE_SLOW,
    CLOSE_TOO_BIG,
    DeadmanData,
    GapData,
    HeartbeatData,
    HelloData,
    MessageData,
    PongBody,
    ReadyParams,
    RoundData,
    SessionBody,
    SessionParams,
    SlowData,
    StepData,
    SubscribedBody,
    SubscribeParams,
    UnsubscribeParams,
)
from itg.wire.v1.ui import UiPush


class PushRow(Struct, frozen=True):
    """One type of push, and the Struct of its `data`."""

    name: str
    data: type[Body]
    summary: str


class ChannelRow(Struct, frozen=True):
    """One channel, `{names}` standing for what a subscriber fills in."""

    name: str
    summary: str
    pushes: tuple[PushRow, ...]


class MethodRow(Struct, frozen=True):
    """One method that only the socket has; all others are operations of REST too."""

    name: str
    params: type[Request]
    result: type[Body]
    summary: str


# Each address of the socket with what a connection there is subscribed to from the start.
ADDRESSES: dict[str, tuple[str, ...]] = {
    "/ws": (),
    "/prices/stream": ("prices",),
    "/events/stream": ("events",),
    "/signals/stream": ("signals",),
}

# What may stand for a `{name}`.
PARAMETERS: dict[str, str] = {
    "instrument": "An `instrument_id` of `GET /exchange/instruments`; `trades.*` is all of them.",
    "underlying": "An `underlying_id` of `GET /prices`.",
}

CHANNELS: tuple[ChannelRow, ...] = (
    ChannelRow(
        "private",
        "Everything that happens to the team's own orders, quotes, positions and limits, in one "
        "total order.",
        (
            PushRow("snapshot", PrivateSnapshot, "working orders, quotes, positions, cash"),
            PushRow("order.accepted", OrderPush, "an order was taken"),
            PushRow("order.replaced", OrderPush, "an order was changed"),
            PushRow(
                "order.canceled", OrderPush, "an order ended unfilled; `cancel_reason` says why"
            ),
            PushRow("order.expired", OrderPush, "an order's time in force ended"),
            PushRow(
                "order.activated", OrderPush, "a pending order works now; `activation` says why"
            ),
            PushRow("order.rejected", RejectedPush, "an order was refused: code and numbers"),
            PushRow(
                "order.replace_rejected", RejectedPush, "a replace was refused; the order stands"
            ),
            PushRow("order.cancel_rejected", RejectedPush, "a cancel was refused"),
            PushRow("fill", FillPush, "a fill, and what it left of the order"),
            PushRow("fill.busted", BustPush, "a fill was undone, or moved to another price"),
            PushRow("quote", QuotePush, "a quote as it stands after being set, filled or pulled"),
            PushRow(
                "quote.rejected", RejectedPush, "a quote was refused; the one before it stands"
            ),
            PushRow("position", PositionPush, "a position and the cash after a fill"),
            PushRow("position.settled", SettlementPush, "a series ended: its contracts are cash"),
            PushRow("limit", LimitPush, "a risk limit is 80 % used"),
            PushRow(
                "limit.breached",
                LimitBreachPush,
                "a watched limit has been passed for longer than its grace",
            ),
            PushRow("limit.cleared", LimitPush, "a breached limit is kept again"),
            PushRow("loss.stopped", LossStopPush, "only reducing orders until the next open"),
            PushRow(
                "protection.changed", ProtectionBody, "the quote protection was set, tripped, reset"
            ),
            PushRow("kill_switch.changed", KillSwitchPush, "a kill switch was switched"),
            PushRow("suspension.changed", SuspendPush, "the organizer suspended the team, or not"),
            PushRow("account.reseated", ReseatedPush, "the account begins anew in a role"),
            PushRow("account.adjusted", AdjustedPush, "an organizer corrected the account"),
            PushRow(
                "resume.too_old", ResumeTooOld, "the seq asked for is gone; a snapshot follows"
            ),
        ),
    ),
    ChannelRow(
        "book.{instrument}",
        "One book: levels `[price, quantity]`, absolute, best first; quantity 0 removes a level. "
        "State: at most one frame every 50 ms, merged to the latest.",
        (
            PushRow("snapshot", BookPush, "the whole book"),
            PushRow("delta", BookPush, "the levels that changed"),
            PushRow("indicative", BookPush, "what the uncross would do now; no levels"),
            PushRow("phase", PhasePush, "as on `phase`"),
            PushRow("uncross", PhasePush, "as on `phase`"),
        ),
    ),
    ChannelRow(
        "book.{instrument}.raw",
        "Every change of one book: levels `[price, quantity, order_count]`. Public facts.",
        (
            PushRow("snapshot", RawBookPush, "the whole book"),
            PushRow("delta", RawBookPush, "the levels that one input changed"),
            PushRow("indicative", BookPush, "what the uncross would do now; no levels"),
            PushRow("phase", PhasePush, "as on `phase`"),
            PushRow("uncross", PhasePush, "as on `phase`"),
        ),
    ),
    ChannelRow(
        "bbo.{underlying}",
        "Best bid and ask of an underlying and all its series. State, merged as a book is.",
        (
            PushRow("snapshot", TopsPush, "the tops of all instruments"),
            PushRow("tops", TopsPush, "the tops that changed"),
        ),
    ),
    ChannelRow(
        "trades.{instrument}",
        "The public tape, without accounts and order ids; `trades.*` is that of all instruments.",
        (
            PushRow("snapshot", TradesPush, "the last 50 trades"),
            PushRow("trade", TradeBody, "one trade"),
            PushRow("bust", TradeBustPush, "a trade is undone, or counts at another price"),
        ),
    ),
    ChannelRow(
        "prices",
        "The published print of every underlying. State, merged to the latest.",
        (
            PushRow("snapshot", PricesPush, "the last print of every underlying"),
            PushRow("prices", PricesPush, "the prints of one step of the market"),
        ),
    ),
    ChannelRow(
        "chain.{underlying}",
        "Fair value, implied volatility and greeks of an underlying's series, four times a game "
        "second. State, merged to the latest.",
        (
            PushRow("snapshot", ChainPush, "the marks of all series"),
            PushRow("marks", ChainPush, "the marks that changed in one step of the market"),
        ),
    ),
    ChannelRow(
        "ui.{underlying}",
        "For pages that people watch: what `bbo`, `chain`, `prices` and `trades` say of an "
        "underlying and its series, never earlier than they do. State: at most ten frames a "
        "second, always merged.",
        (
            PushRow("snapshot", UiPush, "all tops, all marks, the print, the last 50 trades"),
            PushRow("frame", UiPush, "what changed since the frame before"),
        ),
    ),
    ChannelRow(
        "ui.book.{instrument}",
        "For pages that people watch: `book.{instrument}`, at most ten frames a second, always "
        "merged.",
        (
            PushRow("snapshot", BookPush, "the whole book"),
            PushRow("delta", BookPush, "levels, phase and indication that changed"),
        ),
    ),
    ChannelRow(
        "events",
        "News: the headlines, as everybody hears them. Public facts.",
        (
            PushRow("snapshot", LastNewsPush, "the last 50 headlines"),
            PushRow("news", NewsPush, "a headline is out"),
        ),
    ),
    ChannelRow(
        "signals",
        "What the team's role is told and no other; silent for a role without signals.",
        (
            PushRow("snapshot", LastSignalsPush, "the role's last 50 signals"),
            PushRow("volatility", VolatilityPush, "a forecast of the volatility regime"),
            PushRow("tracking", TrackingPush, "a window of tracking error: open, update, close"),
            PushRow("alpha", AlphaPush, "a model's forecast of a return"),
            PushRow(
                "resume.too_old", ResumeTooOld, "the seq asked for is gone; a snapshot follows"
            ),
        ),
    ),
    ChannelRow(
        "scores",
        "A round's scores once it is over: every team's total, and the terms of one's own. Private "
        "facts.",
        (
            PushRow("snapshot", ScoresPush, "the scores of the newest round, live while it runs"),
            PushRow("scores", ScoresPush, "a round is over, or a correction moved its scores"),
        ),
    ),
    ChannelRow(
        "phase",
        "The market's phases, and what befalls it.",
        (
            PushRow(
                "snapshot", PhasesPush, "every underlying's phase, then instruments that differ"
            ),
            PushRow("phase", PhasePush, "an underlying or one instrument entered a phase"),
            PushRow("uncross", PhasePush, "an auction ended: `clearing_price`, `quantity`"),
            PushRow("halt", HaltPush, "trading halts, of all or of one instrument"),
            PushRow("resume", ResumePush, "a halt is over; the reopening auction follows"),
            PushRow("guard", GuardPush, "the jump guard opened until `ends_us`, or ended: null"),
            PushRow("delayed", DelayedPush, "an auction goes on, for its price is outside"),
            PushRow("listed", ListedPush, "a book is open for orders"),
            PushRow("delisted", DelistedPush, "a book is no more"),
            PushRow("settled", SettledPush, "a series ended, and what its contracts are worth"),
        ),
    ),
    ChannelRow(
        "system",
        "The connection itself and the game around it; needs no subscription.",
        (
            PushRow("hello", HelloData, "first frame of every connection"),
            PushRow("heartbeat", HeartbeatData, "each second: the last seq of every channel"),
            PushRow("round.started", RoundData, "a round began"),
            PushRow("round.paused", RoundData, "a round stands still"),
            PushRow("round.resumed", RoundData, "a round goes on"),
            PushRow(
                "round.ended",
                RoundData,
                "a round is over; `next_round_id` where the next one starts by itself",
            ),
            PushRow("round.extended", RoundData, "a round closes later than it was to"),
            PushRow("message", MessageData, "an organizer tells the team, or all, something"),
            PushRow("gap", GapData, "frames of a public channel were lost to a slow reader"),
            PushRow("slow", SlowData, "the last frame before a close with 4008"),
            PushRow("deadman.expired", DeadmanData, "the dead-man timer cancels everything"),
            PushRow("sim.step", StepData, "lock step: all frames were sent, it is your turn"),
        ),
    ),
)

METHODS: tuple[MethodRow, ...] = (
    MethodRow("subscribe", SubscribeParams, SubscribedBody, "Hear channels, from now or a seq on."),
    MethodRow("unsubscribe", UnsubscribeParams, SubscribedBody, "Hear channels no more."),
    MethodRow("session.set", SessionParams, SessionBody, "Say what a disconnect cancels."),
    MethodRow("ping", NoParams, PongBody, "The server's wall time and game time."),
    MethodRow("sim.ready", ReadyParams, Body, "Lock step: end your turn."),
)

CLOSE_CODES: dict[int, str] = {
    CLOSE_NORMAL: "the end, as either side wished",
    CLOSE_POLICY: "policy: the bot was dropped from a lock-step game, a foreign origin, or a key "
    "that works no more",
    CLOSE_TOO_BIG: "a message above 64 KiB",
    CLOSE_RESTART: "the server restarts; connect again and resume",
    CLOSE_REPLACED: "replaced by a newer connection of the team",
    CLOSE_RATE_ABUSE: "rate abuse",
    CLOSE_SLOW: "too slow",
}

PROMISES: tuple[str, ...] = (
    (
        "`seq` never skips within a channel and epoch. `private` and `signals` have epoch 1 for "
        "ever and never restart. The others count from the start of the server's epoch; `system` "
        "counts from 1 on each connection."
    ),
    (
        "`subscribe` is answered first; then each channel's `snapshot` follows with the `seq` of "
        "the state it shows; then every change, from `seq + 1` on."
    ),
    (
        '`subscribe` to `private` with `"resume": {"private": {"epoch": 1, "seq": n}}` sends no '
        "snapshot but exactly the events after `n`. If they are gone (beyond the last 10,000), "
        "`resume.too_old` and a snapshot come instead. `signals` resumes alike; resuming another "
        "channel gives a snapshot."
    ),
    "An order's `order.accepted` precedes its fills.",
    (
        "A heartbeat each second carries the last `seq` of every subscribed channel; a client that "
        "has a smaller one has lost frames."
    ),
    (
        "A reader that falls behind delays no other. Its state channels (`book.`, `bbo.`, "
        "`chain.`, `prices`, `ui.`) are merged to the latest: `conflated`, standing for "
        "`first_seq` to `seq`. `private`, `signals` and `scores` are never merged nor dropped: "
        "with 4 MiB waiting "
        "the connection is told `slow`, closed with 4008, and resumes. Of public facts (`trades.`, "
        "`events`, `phase`, `book.….raw`) what it could not take is announced: `gap`."
    ),
    "Several connections of a team hear the same.",
    (
        "After a restart `private` and `signals` resume from the journal; the other channels begin "
        "a new epoch with a snapshot."
    ),
    (
        "When an account's last connection is gone for 5 s, its quotes are canceled, or "
        "everything, or nothing, as its connections asked (`cancel_on_disconnect`); a dead-man "
        "timer cancels everything unless it is set again in time. In the auction's freeze both "
        "act right after the uncross."
    ),
)
