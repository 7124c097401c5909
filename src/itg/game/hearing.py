"""What the game hears of the others: their messages mapped to what scores are made from."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from msgspec.structs import replace

from itg.exchange import contract as exchange
from itg.game.core.scoring.facts import TradeFact
from itg.game.core.scoring.keeper import Scoring
from itg.game.core.scoring.ledger import scoring_of
from itg.kernel.ids import AccountId, Role
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.market_data import contract as market_data
from itg.news import contract as news
from itg.positions import contract as positions
from itg.runtime.service import StartTimer
from itg.signals import contract as signals

# The timers' keys: accounts are measured once the cascade of their cause has ended, and scores are
# counted once what was measured has been heard.
MEASURE, SCORE = "measure", "score"
OfAccounts = (
    positions.AccountsMeasured
    | positions.TradesMarked
    | positions.AccountAdjusted
    | exchange.TradeBusted
)
OfLimits = positions.AccountLimitBreached | positions.AccountLimitCleared | positions.RoleReplaced
OfWorld = (
    news.NewsPublished
    | signals.VolatilitySignaled
    | signals.TrackingSignaled
    | market_data.PricesStepped
)
Heard = OfAccounts | OfLimits | OfWorld


def hear(owner: str, scoring: Scoring, now: Nanos, told: Heard) -> Sequence[Message]:
    """Give the scores what happened; return what `owner` does at once."""
    if isinstance(told, OfWorld):
        _follow(scoring, now, told)
        return ()
    match told:
        case positions.AccountsMeasured():
            if told.is_asked:
                scoring.measure_last(now, told.measures)
                return [_count_now(owner, now)]
            fallen = scoring.measure(now, told.measures, is_trading=told.is_trading)
            return _reseats(fallen, scoring.rules.house_account_id)
        case positions.TradesMarked():
            scoring.mark(_trades_of(told, scoring.rules.numbers.markout_s))
            # Where positions are kept on another node, the close is told after the round's end.
            return [score_later(owner, now)] if scoring.is_settling else ()
        case exchange.TradeBusted():
            if scoring.correct(now, told.trade_id, told.adjusted_price):
                return [score_later(owner, now)]
        case positions.AccountAdjusted():
            return [score_later(owner, now)] if scoring.is_settling else ()
        case _:
            _watch(scoring, now, told)
    return ()


def score_later(owner: str, now: Nanos) -> StartTimer:
    """Return what lets scores be counted after this cascade: others still tell of its cause."""
    return StartTimer(owner=owner, key=MEASURE, at_ns=now)


def count(owner: str, scoring: Scoring, now: Nanos) -> list[Message]:
    """Let scores count: once accounts were measured again, as long as the last round settles."""
    return [positions.MeasureAccounts()] if scoring.is_settling else [_count_now(owner, now)]


def _count_now(owner: str, now: Nanos) -> StartTimer:
    return StartTimer(owner=owner, key=SCORE, at_ns=now)


def _watch(scoring: Scoring, now: Nanos, told: OfLimits) -> None:
    match told:
        case positions.RoleReplaced():
            _limit(scoring, told.rules)
        case positions.AccountLimitBreached():
            scoring.breach(now, told)
        case positions.AccountLimitCleared():
            scoring.clear(now, told.account_id, told.kind)
        case _:
            assert_never(told)


def _limit(scoring: Scoring, rules: positions.RoleRules) -> None:
    of_role = scoring_of(scoring.rules, rules.role)
    if of_role is None:
        return
    held = [c.max_quantity for c in rules.constraints if isinstance(c, positions.PortfolioLimit)]
    leaning = [c.max_delta for c in rules.constraints if isinstance(c, positions.DeltaLimit)]
    scoring.limit(
        replace(
            of_role,
            portfolio_limit=held[0] if held else 0,
            delta_limit=leaning[0] if leaning else 0,
            starting_cash=rules.starting_cash,
        )
    )


def _follow(scoring: Scoring, now: Nanos, told: OfWorld) -> None:
    match told:
        case news.NewsPublished():
            scoring.follow_headline(now, told.news_id)
        case signals.VolatilitySignaled():
            scoring.follow_signal(now, told.signal_id, told.role, told.effective_ns)
        case signals.TrackingSignaled():
            scoring.follow_window(now, told.signal_id, told.role, told.stage)
        case market_data.PricesStepped():
            for price in told.prices:
                if price.underlying_id == scoring.rules.leader:
                    scoring.follow_price(now, price.spot_price)
        case _:
            assert_never(told)


def _reseats(
    fallen: Sequence[tuple[AccountId, Role]], house: AccountId | None
) -> Sequence[Message]:
    if house is None:
        return ()
    return [
        positions.ReseatAccount(account_id=account_id, role=role, counterparty_id=house)
        for account_id, role in fallen
    ]


def _trades_of(told: positions.TradesMarked, markout_s: int) -> Iterator[TradeFact]:
    later = positions.MARKOUTS_S.index(markout_s)
    for trade in told.trades:
        yield TradeFact(
            trade_id=trade.trade_id,
            instrument_id=trade.instrument_id,
            traded_ns=trade.traded_ns,
            price=trade.price,
            quantity=trade.quantity,
            multiplier=trade.multiplier,
            is_taker_buyer=trade.aggressor_side is Side.BUY,
            maker_account_id=trade.maker_account_id,
            taker_account_id=trade.taker_account_id,
            mark_price=trade.mark_price,
            later_price=trade.marks_later[later],
            half_spread=trade.half_spread,
            delta=trade.delta,
        )
