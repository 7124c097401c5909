"""The engine's events in the judge's words."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from tests.exchange.reference_market import TICK, Fact

from itg.exchange.contract import (
    AuctionDrawn,
    AuctionUncrossed,
    BustRejected,
    CancelRejected,
    HaltRejected,
    IndicativePriceChanged,
    JumpGuardEnded,
    JumpGuardOpened,
    MassCanceled,
    OpeningDelayed,
    OrderAccepted,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    PhaseChanged,
    PhaseRejected,
    QuoteAccepted,
    ReplaceRejected,
    TradeBusted,
    TradeExecuted,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.messages import Message
from itg.kernel.words import Side

# Cancels of one act on many orders at once: the rules give them no order among themselves.
UNORDERED = (
    "mass_cancel", "market_closed", "halted", "kill_switch", "disconnected", "deadman",
    "quote_protection", "loss_stop", "account_suspended",
)  # fmt: skip


def fact_of(output: Message) -> Fact | None:
    """Translate an engine's event; None for what the judge does not tell."""
    translate = FACTS.get(type(output))
    return None if translate is None else translate(output)


def replaced_fact(event: OrderReplaced) -> Fact:
    price = event.price // TICK if event.price else None
    numbers = (event.revision, price, event.quantity, event.leaves_quantity)
    return ("replaced", event.order_id, *numbers, event.kept_priority, event.is_pending)


def trade_fact(event: TradeExecuted) -> Fact:
    ids = (event.trade_id, event.instrument_id, event.maker_order_id, event.taker_order_id)
    return ("trade", *ids, event.price // TICK, event.quantity, event.aggressor_side.value)


def busted_fact(event: TradeBusted) -> Fact:
    ids = (event.trade_id, event.instrument_id, event.maker_order_id, event.taker_order_id)
    was = (event.price // TICK, event.quantity, event.aggressor_side.value)
    adjusted = None if event.adjusted_price is None else event.adjusted_price // TICK
    return ("busted", *ids, *was, adjusted)


def row(event: AuctionUncrossed | IndicativePriceChanged) -> Fact | None:
    """Return (price, volume, surplus), or None for nothing."""
    surplus = event.imbalance_quantity
    if event.imbalance_side is Side.SELL:
        surplus = -surplus
    if isinstance(event, AuctionUncrossed):
        price, volume = event.clearing_price, event.quantity
    else:
        price, volume = event.indicative_price, event.indicative_quantity
    return None if price is None else (price // TICK, volume, surplus)


def refused(kind: str, event: Any, *ids: int) -> Fact:
    return (kind, *ids, event.refusal.code, event.refusal.field)


FACTS: dict[type[Message], Callable[[Any], Fact]] = {
    OrderAccepted: lambda e: ("accepted", e.order_id, e.is_pending),
    OrderActivated: lambda e: ("activated", e.order_id, e.activation.value),
    OrderExpired: lambda e: ("expired", e.order_id, e.quantity),
    OrderRejected: lambda e: refused("rejected", e),
    OrderCanceled: lambda e: ("canceled", e.order_id, e.quantity, e.cancel_reason.value),
    OrderReplaced: replaced_fact,
    ReplaceRejected: lambda e: refused("replace_rejected", e, e.order_id),
    CancelRejected: lambda e: refused("cancel_rejected", e, e.order_id),
    MassCanceled: lambda e: ("mass_canceled", tuple(sorted(e.order_ids))),
    QuoteAccepted: lambda e: ("quoted", e.bid_order_id, e.ask_order_id, e.is_pending),
    TradeExecuted: trade_fact,
    TradeBusted: busted_fact,
    BustRejected: lambda e: ("bust_rejected", e.trade_id, e.refusal.code),
    AuctionUncrossed: lambda e: ("uncrossed", e.instrument_id, row(e)),
    AuctionDrawn: lambda e: ("drawn", e.instrument_id, e.auction_number),
    OpeningDelayed: lambda e: (
        "delayed", e.instrument_id, e.indicative_price // TICK, e.opens_ns
    ),
    PhaseChanged: lambda e: ("phase", e.instrument_id, e.previous.value, e.phase.value),
    PhaseRejected: lambda e: ("phase_rejected", e.refusal.code),
    HaltRejected: lambda e: ("halt_rejected", e.refusal.code),
    TradingHalted: lambda e: ("halted", e.instrument_id, e.halt_cause.value, e.resumes_ns),
    TradingResumed: lambda e: ("resumed", e.instrument_id),
    JumpGuardOpened: lambda e: ("guard_opened", e.ends_ns),
    JumpGuardEnded: lambda _: ("guard_ended",),
}  # fmt: skip


def compared(facts: list[Fact], *, by_judge: bool = False) -> list[Fact]:
    """Bring facts to the form both sides share.

    Runs of cancels of one mass act, and of expiries at one instant, are sorted: the rules give
    them no order. A refusal's field is compared where the rules name it.
    """
    rows: list[Fact] = []
    for key, run in groupby(facts, run_of):
        told = list(run)
        if by_judge and key == "expired":
            told = [fact[:3] for fact in told]
        rows += sorted(told) if key else told
    return rows


def run_of(fact: Fact) -> str:
    if fact[0] == "canceled" and fact[3] in UNORDERED:
        return str(fact[3])
    return "expired" if fact[0] == "expired" else ""


def same(told: list[Fact], expected: list[Fact]) -> bool:
    mine = compared(expected, by_judge=True)
    theirs = compared(told)
    return len(mine) == len(theirs) and all(map(matches, theirs, mine))


def matches(told: Fact, expected: Fact) -> bool:
    if str(expected[0]).endswith("rejected") and expected[-1] is None:
        return told[:-1] == expected[:-1]
    return told == expected


def count_name(fact: Fact) -> str:
    """Return under which name a judge's fact is counted."""
    kind = str(fact[0])
    detail = DETAILS.get(kind)
    return kind if detail is None else kind + detail(fact)


def scope(fact: Fact) -> str:
    return "instrument" if fact[1] else "shard"


def refusal_name(fact: Fact) -> str:
    named = fact[-2] in ("TERMS_CONFLICT", "MISSING_PRICE", "UNEXPECTED_PRICE")
    return f" {fact[-2]}" + (f" {fact[-1]}" if named and fact[-1] else "")


def replaced_name(fact: Fact) -> str:
    if fact[-1]:
        return " pending"
    return ", priority kept" if fact[-2] else ", priority lost"


DETAILS: dict[str, Callable[[Fact], str]] = {
    "rejected": refusal_name,
    "replace_rejected": refusal_name,
    "cancel_rejected": refusal_name,
    "bust_rejected": lambda fact: f" {fact[-1]}",
    "halt_rejected": lambda fact: f" {fact[-1]}",
    "canceled": lambda fact: f" {fact[3]}",
    "expired": lambda fact: f" {fact[3]}",
    "accepted": lambda fact: " pending" if fact[-1] else "",
    "quoted": lambda fact: " pending" if fact[-1] else "",
    "replaced": replaced_name,
    "uncrossed": lambda fact: "" if fact[2] else " nothing",
    "activated": lambda fact: f" {fact[2]}",
    "halted": lambda fact: f" {fact[2]}, {scope(fact)}",
    "resumed": lambda fact: f" {scope(fact)}",
    "phase": lambda fact: f" {fact[3]}, {scope(fact)}",
    "busted": lambda fact: "" if fact[-1] is None else ", adjusted",
}
