"""What an organizer does to an account by hand: a new seat, a correction, a suspension.

Contracts move between two accounts at a price, so that none are made or lost. Cash that is given or
taken beside that comes from outside the market and is counted there: what all accounts' cash was
changed by, and the fees, add up to it.
"""

from itg.kernel.errors import Refusal
from itg.kernel.ids import InstrumentId
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price, nearest_ticks, usd_words
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import (
    ACCOUNT_NOT_FOUND,
    AccountAdjusted,
    AccountReseated,
    AccountSuspensionChanged,
    AdjustAccount,
    AdjustmentRejected,
    HandedOver,
    ReplaceRole,
    ReseatAccount,
    RoleReplaced,
    SuspendAccount,
)
from itg.positions.core import coverage
from itg.positions.core.accounts import Account, never_opened
from itg.positions.core.buckets import Buckets
from itg.positions.core.desk import QUANTITY_MAX, VALUE_MAX, Desk
from itg.positions.core.fills import report
from itg.positions.core.former_seats import FormerSeat, Handover, day_of, with_seat
from itg.positions.core.listings import Listing
from itg.positions.core.loss_stop import watch_loss
from itg.positions.core.measuring import begin_seat, settle_all, settle_up
from itg.positions.core.nets import RESIDUAL
from itg.positions.core.portfolio import Holding, rounded_ratio
from itg.positions.core.settling import tell_position
from itg.positions.core.stops import restrict


def reseat(desk: Desk, now: Nanos, ask: ReseatAccount, out: list[Message]) -> None:
    """Hand everything over at the marks and begin anew in a role."""
    account, counterparty = desk.accounts[ask.account_id], desk.accounts[ask.counterparty_id]
    assert account is not counterparty, "the house keeps its seat"
    settle_all(desk)
    holdings = account.portfolio.holdings
    prices = {name: _price_of(holding) for name, holding in holdings.items()}
    held = [holding for holding in holdings.values() if holding.net]
    handed = tuple(_handed_over(desk, account, counterparty, holding) for holding in held)
    left = _seat_left(now, account, counterparty, prices)
    account.former_seats = with_seat(account.former_seats, left, account.portfolio)
    cash_changed = _begin_anew(desk, account, ask)
    coverage.begin_day(account, out)
    account.mailbox.post(
        AccountReseated(
            account_id=account.account_id,
            private_seq=account.mailbox.next_seq(),
            role=ask.role,
            cash=Cash(account.portfolio.cash),
            cash_changed=Cash(cash_changed),
            handed_over=handed,
        ),
        out,
    )
    for holding in held:
        tell_position(account, holding, out)
        taken = counterparty.portfolio.holdings[holding.listing.instrument_id]
        report(desk, counterparty, taken, out)
        desk.assert_balanced(holding.listing)
    desk.sweep(account.account_id, CancelReason.MASS_CANCEL, InFreeze.ACT)


def _handed_over(desk: Desk, account: Account, other: Account, holding: Holding) -> HandedOver:
    contracts, listing = holding.net, holding.listing
    price = _price_of(holding)
    assert price is not None, "contracts are worth their cost at least"
    _move(desk, account, other, holding, contracts=-contracts, price=price)
    return HandedOver(listing.instrument_id, contracts, price)


def _price_of(holding: Holding) -> Price | None:
    listing = holding.listing
    if listing.settlement_price is not None:
        return listing.settlement_price
    if listing.mark_price is not None or not holding.net:
        return listing.mark_price
    return rounded_ratio(abs(holding.cost), abs(holding.net) * listing.multiplier)


def _seat_left(
    now: Nanos, account: Account, heir: Account, prices: dict[InstrumentId, Price | None]
) -> FormerSeat:
    holdings, portfolio = account.portfolio.holdings, account.portfolio
    return FormerSeat(
        role=account.terms.rules.role,
        heir_id=heir.account_id,
        left_ns=now,
        realized=sum(holding.realized for holding in holdings.values()),
        fees=portfolio.fees,
        contracts_traded=sum(holding.contracts_traded for holding in holdings.values()),
        handovers={
            name: Handover(holdings[name].listing.last_trade_id, price)
            for name, price in prices.items()
            if holdings[name].listing.last_trade_id
        },
        day=day_of(account.measured, portfolio),
    )


def _move(  # noqa: PLR0913 - two accounts and a trade between them
    desk: Desk, account: Account, other: Account, holding: Holding, *, contracts: int, price: Price
) -> None:
    # Signed contracts come to the account from the other; the cash goes the other way.
    value = contracts * price * holding.listing.multiplier
    taken = other.portfolio.holdings.get(holding.listing.instrument_id)
    if taken is None:
        taken = Holding(holding.listing)
        other.portfolio.keep(taken)
    for owner, stake, came in ((account, holding, 1), (other, taken, -1)):
        settle_up(owner, stake)
        owner.portfolio.book(stake, came * contracts, came * value)
        settle_up(owner, stake, spread=0)
    account.equity = other.equity = None
    desk.assert_balanced(holding.listing)


def _begin_anew(desk: Desk, account: Account, ask: ReseatAccount) -> int:
    terms, portfolio = desk.roles[ask.role], account.portfolio
    cash_changed = terms.rules.starting_cash - portfolio.cash
    portfolio.cash += cash_changed
    _count_outside(desk, cash_changed)
    portfolio.fees = 0
    for holding in portfolio.holdings.values():
        holding.realized = holding.fees = holding.contracts_traded = 0
    account.terms = terms
    account.buckets = Buckets()
    account.protection = None
    account.warned.clear()
    account.episodes.clear()
    account.is_loss_stopped = False
    account.equity = None
    account.day_equity = terms.rules.starting_cash
    begin_seat(desk, account)
    restrict(desk, account)
    return cash_changed


def _count_outside(desk: Desk, cash: int) -> None:
    desk.cash_moved += cash
    desk.cash_from_outside += cash


def adjust(desk: Desk, _now: Nanos, ask: AdjustAccount, out: list[Message]) -> None:
    """Give or take cash from outside, and contracts from another account at a price."""
    refusal = _refusal_of(desk, ask)
    if refusal is not None:
        out.append(AdjustmentRejected(account_id=ask.account_id, refusal=refusal))
        return
    account = desk.accounts[ask.account_id]
    account.portfolio.cash += ask.cash
    account.equity = None
    if account.measured is not None:
        account.measured.gains[RESIDUAL] += ask.cash
    _count_outside(desk, ask.cash)
    holdings = _exchanged(desk, account, ask) if ask.quantity else ()
    account.mailbox.post(
        AccountAdjusted(
            account_id=account.account_id,
            private_seq=account.mailbox.next_seq(),
            cash=ask.cash,
            instrument_id=ask.instrument_id,
            quantity=ask.quantity,
            price=ask.price,
        ),
        out,
    )
    for owner, holding in holdings:
        report(desk, owner, holding, out)
    if not holdings:
        watch_loss(desk, account, out)


def _exchanged(
    desk: Desk, account: Account, ask: AdjustAccount
) -> tuple[tuple[Account, Holding], ...]:
    assert ask.instrument_id is not None
    assert ask.counterparty_id is not None
    other = desk.accounts[ask.counterparty_id]
    holding = account.portfolio.holdings.get(ask.instrument_id)
    if holding is None:
        holding = Holding(desk.listings[ask.instrument_id])
        account.portfolio.keep(holding)
    _move(desk, account, other, holding, contracts=ask.quantity, price=ask.price)
    return (account, holding), (other, other.portfolio.holdings[ask.instrument_id])


def _refusal_of(desk: Desk, ask: AdjustAccount) -> Refusal | None:
    if ask.account_id not in desk.accounts:
        return never_opened(ask.account_id)
    if abs(ask.cash) > VALUE_MAX:
        detail = "One correction moves at most 10 billion USD."
        return _invalid(desk, detail, "cash", limit=VALUE_MAX)
    if not ask.quantity:
        return _refusal_of_none(desk, ask)
    listing = None if ask.instrument_id is None else desk.listings.get(ask.instrument_id)
    if listing is None or listing.is_delisted:
        detail = f"quantity is {ask.quantity}: name the instrument_id of these contracts"
        if ask.instrument_id is not None:
            detail = f"No instrument {ask.instrument_id!r} is listed."
        code = desk.reasons.invalid_instrument.code
        return Refusal(code=code, detail=detail, field="instrument_id")
    if ask.counterparty_id is None or ask.counterparty_id not in desk.accounts:
        detail = "Contracts come from the house, and this game has none."
        return Refusal(code=ACCOUNT_NOT_FOUND.code, detail=detail)
    return _refusal_of_price(desk, ask, listing) or _refusal_of_worth(desk, ask, listing)


def _refusal_of_none(desk: Desk, ask: AdjustAccount) -> Refusal | None:
    # Whoever names an instrument or a price meant contracts: cash alone would be half of it.
    if ask.instrument_id is not None and ask.cash:
        of_what = f"of {ask.instrument_id}: give contracts and a price, or cash without"
        return _invalid(desk, f"quantity is 0 {of_what} instrument_id", "quantity", limit=None)
    if ask.price and ask.cash:
        at_what = f"at a price of {usd_words(ask.price)}: give contracts, or cash without a price"
        return _invalid(desk, f"quantity is 0 {at_what}", "quantity", limit=None)
    if ask.cash:
        return None
    detail = "Nothing to correct: give cash, or an instrument with a quantity and a price."
    return _invalid(desk, detail, "quantity", limit=None)


def _refusal_of_price(desk: Desk, ask: AdjustAccount, listing: Listing) -> Refusal | None:
    tick, price = listing.instrument.tick_size, ask.price
    if price >= tick and not price % tick:
        return None
    code, told = desk.reasons.invalid_price.code, f"price {usd_words(price)}"
    if price < tick:
        detail = f"{told} is below one tick, {usd_words(tick)}: contracts move at a price of at"
        return Refusal(
            code=code, detail=f"{detail} least that", field="price", requested=price, limit=tick
        )
    below, above = nearest_ticks(price, tick)
    detail = f"{told} is off the tick; the nearest are {usd_words(below)} and {usd_words(above)}"
    return Refusal(code=code, detail=detail, field="price", requested=price, allowed=below)


def _refusal_of_worth(desk: Desk, ask: AdjustAccount, listing: Listing) -> Refusal | None:
    worth = abs(ask.quantity) * ask.price * listing.multiplier
    if abs(ask.quantity) > QUANTITY_MAX or worth > VALUE_MAX:
        detail = f"One correction moves at most {QUANTITY_MAX} contracts and 10 billion USD."
        return _invalid(desk, detail, "quantity", limit=QUANTITY_MAX)
    return None


def _invalid(desk: Desk, detail: str, of_field: str, limit: int | None) -> Refusal:
    code = desk.reasons.invalid_quantity.code
    return Refusal(code=code, detail=detail, field=of_field, limit=limit)


def suspend(desk: Desk, _now: Nanos, ask: SuspendAccount, out: list[Message]) -> None:
    """Stop an account from adding anything, or let it trade again; a repeat tells nobody."""
    account = desk.accounts[ask.account_id]
    if account.is_suspended == ask.is_suspended:
        return
    account.is_suspended = ask.is_suspended
    restrict(desk, account)
    account.mailbox.post(
        AccountSuspensionChanged(
            account_id=account.account_id,
            private_seq=account.mailbox.next_seq(),
            is_suspended=ask.is_suspended,
        ),
        out,
    )
    if ask.is_suspended:
        desk.sweep(account.account_id, CancelReason.ACCOUNT_SUSPENDED, InFreeze.ACT)


def replace_role(desk: Desk, _now: Nanos, ask: ReplaceRole, out: list[Message]) -> None:
    """Judge a role's accounts by new rules from the next order on."""
    known = {role: terms.rules for role, terms in desk.roles.items()}
    assert ask.rules.role in known, f"no role {ask.rules.role!r}"
    desk.configure(tuple((known | {ask.rules.role: ask.rules}).values()))
    out.append(RoleReplaced(rules=ask.rules))
