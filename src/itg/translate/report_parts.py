"""Parts of a report that are told by the round's events: quality, timeline, decisions."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from itg.exchange.contract import PhaseChanged, TradingHalted, TradingResumed
from itg.kernel.ids import InstrumentId, Role
from itg.kernel.messages import Message
from itg.kernel.times import to_micros
from itg.kernel.words import Side
from itg.positions.contract import (
    AccountAdjusted,
    AccountFillBusted,
    AccountKillSwitchChanged,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    AccountLossStopped,
    AccountMeasure,
    AccountProtectionChanged,
    AccountReseated,
    AccountSuspensionChanged,
    ConnectionOpened,
)
from itg.translate.numbers import usd
from itg.translate.round_fold import (
    AccountFacts,
    Decision,
    OfAccount,
    OfMarket,
    RoundFold,
    Told,
)
from itg.wire.v1.report import (
    CoverageTotalsBody,
    DecisionBody,
    KnownBody,
    QualityBody,
    ShortfallBody,
    TimelineItemBody,
    TradedSpreadBody,
)

PPM = 1_000_000
# Limits in 1e-6: equivalents of the leader, ratios, shares; all others count contracts.
_MILLIONTHS = frozenset({"delta_limit", "leg_balance", "quote_coverage", "maker_rebate"})
AnyLimit = AccountLimitWarned | AccountLimitBreached | AccountLimitCleared
Numbers = tuple[str, str, float | None, float | None]


def quality(
    facts: AccountFacts, multipliers: Mapping[InstrumentId, int], measure: AccountMeasure | None
) -> QualityBody:
    """Return what orders and quotes got."""
    return QualityBody(
        orders=facts.orders,
        orders_rejected=facts.orders_rejected,
        orders_canceled=facts.orders_canceled,
        ordered_contracts=facts.ordered,
        filled_contracts=facts.orders_filled,
        fill_ratio=facts.orders_filled / facts.ordered if facts.ordered else None,
        quote_updates=facts.quote_updates,
        quotes_rejected=facts.quotes_rejected,
        quoted_contracts=facts.quoted,
        taker_spread=_spread(facts, is_maker=False),
        maker_spread=_spread(facts, is_maker=True),
        shortfall=_shortfall(facts, multipliers),
        coverage=_coverage(measure),
    )


def _coverage(measure: AccountMeasure | None) -> CoverageTotalsBody:
    obliged, covered = (0, 0) if measure is None else (measure.obliged, measure.covered)
    share = covered / obliged if obliged else None
    return CoverageTotalsBody(obliged=obliged, covered=covered, share=share)


def _spread(facts: AccountFacts, *, is_maker: bool) -> TradedSpreadBody:
    contracts, paid, cash = facts.spreads.get(is_maker, (0, 0, 0))
    average = usd(paid) / contracts if contracts else None
    return TradedSpreadBody(contracts=contracts, total=usd(cash), average=average)


def _shortfall(facts: AccountFacts, multipliers: Mapping[InstrumentId, int]) -> ShortfallBody:
    known = {name: row for name, row in facts.shortfall.items() if name in multipliers}
    contracts = sum(count for count, _ in known.values())
    cost = sum(paid for _, paid in known.values())
    lost = sum(count for name, (count, _) in facts.shortfall.items() if name not in known)
    return ShortfallBody(
        contracts=contracts,
        total=usd(sum(paid * multipliers[name] for name, (_, paid) in known.items())),
        average=usd(cost) / contracts if contracts else None,
        unmarked=facts.unmarked + lost,
    )


def timeline(facts: AccountFacts, market: Sequence[Told]) -> list[TimelineItemBody]:
    """Return what happened to a team and to the market, oldest first."""
    told = sorted([*market, *facts.timeline], key=lambda row: row[0])
    return [_item(row) for row in told]


def _item(told: Told) -> TimelineItemBody:
    at_ns, event = told
    kind, subject, used, limit = _numbers(event)
    return TimelineItemBody(
        game_us=to_micros(at_ns), kind=kind, subject=subject, used=used, limit=limit
    )


def _numbers(event: Message) -> Numbers:
    if isinstance(event, OfMarket):
        return _of_market(event)
    assert isinstance(event, OfAccount)
    if isinstance(event, AnyLimit):
        return _of_limit(event)
    return _of_account(event)


def _of_market(event: OfMarket) -> Numbers:
    name = event.underlying_id
    match event:
        case PhaseChanged():
            return "phase", f"{name}: {event.phase.value}", None, None
        case TradingHalted():
            return "halted", f"{event.instrument_id or name}: {event.halt_cause.value}", None, None
        case TradingResumed():
            return "resumed", event.instrument_id or name, None, None
        case _:
            assert_never(event)


def _of_limit(event: AnyLimit) -> Numbers:
    unit = PPM if event.kind in _MILLIONTHS else 1
    used, limit = event.used / unit, event.limit / unit
    match event:
        case AccountLimitWarned():
            name = event.instrument_id
            subject = event.kind if name is None else f"{event.kind} of {name}"
            return "limit warned", subject, used, limit
        case AccountLimitBreached():
            return "limit breached", event.kind, used, limit
        case AccountLimitCleared():
            return "limit cleared", event.kind, used, limit
        case _:
            assert_never(event)


def _of_account(
    event: AccountLossStopped
    | AccountSuspensionChanged
    | AccountKillSwitchChanged
    | AccountProtectionChanged
    | AccountFillBusted
    | AccountReseated
    | AccountAdjusted
    | ConnectionOpened,
) -> Numbers:
    match event:
        case AccountLossStopped():
            return "loss stop", "session P&L", usd(event.session_pnl), usd(event.limit)
        case AccountSuspensionChanged():
            return "suspension", "suspended" if event.is_suspended else "lifted", None, None
        case AccountKillSwitchChanged():
            by = "the organizer" if event.by_organizer else "the team"
            word = "on" if event.is_active else "off"
            return "kill switch", f"{word}, by {by}", None, None
        case AccountProtectionChanged():
            word = "tripped" if event.protection.is_tripped else "set"
            return "protection", word, None, None
        case AccountFillBusted():
            what = "undone" if event.adjusted_price is None else "moved"
            subject = f"{what}: trade {event.trade_id} in {event.instrument_id}"
            return "trade corrected", subject, None, None
        case AccountReseated():
            return "seat", f"begins anew as {event.role}", None, None
        case AccountAdjusted():
            return "adjusted", event.instrument_id or "cash", None, None
        case ConnectionOpened():
            return "connected", f"session {event.connection_number}", None, None
        case _:
            assert_never(event)


def decisions(kept: Sequence[Decision], fold: RoundFold, role: Role) -> list[DecisionBody]:
    """Return the trades that a minute later had gained, or cost, the most; the largest first."""
    rows = sorted(kept, reverse=True)
    return [_decision(row, fold, role) for row in rows if row[0] > 0]


def _decision(row: Decision, fold: RoundFold, role: Role) -> DecisionBody:
    _, _, trade, is_maker = row
    is_buy = (trade.aggressor_side is Side.BUY) is not is_maker
    unit = (1 if is_buy else -1) * trade.quantity * trade.multiplier
    later = trade.marks_later[-1]
    headline = fold.headline_before(trade.traded_ns)
    signal = fold.signal_before(role, trade.traded_ns)
    return DecisionBody(
        trade_id=trade.trade_id,
        game_us=to_micros(trade.traded_ns),
        instrument_id=trade.instrument_id,
        side="buy" if is_buy else "sell",
        is_maker=is_maker,
        is_auction=trade.is_auction,
        quantity=trade.quantity,
        price=usd(trade.price),
        mark_price=usd(trade.mark_price),
        mark_later=usd(later),
        edge=usd(unit * (trade.mark_price - trade.price)),
        gain=usd(unit * (later - trade.price)),
        known=KnownBody(
            headline=None if headline is None else headline[1],
            headline_us=None if headline is None else to_micros(headline[0]),
            signal=None if signal is None else signal[1],
            signal_us=None if signal is None else to_micros(signal[0]),
        ),
    )
