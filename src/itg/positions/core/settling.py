"""The end of a series: holdings become cash, the listing history, and the books a report."""

from itg.kernel.ids import InstrumentId, Shard
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos
from itg.positions.contract import AccountPositionChanged, AccountSettled
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import watch_limits
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Delisted, Settled
from itg.positions.core.measuring import settle_up
from itg.positions.core.portfolio import Holding


def instrument_settled(desk: Desk, _now: Nanos, event: Settled, out: list[Message]) -> None:
    """Turn every account's holding of a series into cash."""
    listing = desk.listings[event.instrument_id]
    listing.settlement_price = event.settlement_price
    for account in desk.accounts.values():
        holding = account.portfolio.holdings.get(event.instrument_id)
        if holding is not None and holding.net:
            settle(desk, account, holding, event.settlement_price, out)
    desk.assert_balanced(listing)


def settle(
    desk: Desk, account: Account, holding: Holding, settlement_price: Price, out: list[Message]
) -> None:
    """Book one holding out at the settlement price and tell its owner."""
    portfolio, contracts = account.portfolio, holding.net
    settle_up(account, holding)
    value = contracts * settlement_price * holding.listing.multiplier
    portfolio.book(holding, -contracts, -value)
    settle_up(account, holding, spread=0)
    desk.cash_moved += value
    holding.listing.net_sum -= contracts
    account.equity = None
    settled = AccountSettled(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        instrument_id=holding.listing.instrument_id,
        settlement_price=settlement_price,
        settled_quantity=contracts,
        cash_settled=Cash(value),
    )
    account.mailbox.post(settled, out)
    tell_position(account, holding, out)


def tell_position(account: Account, holding: Holding, out: list[Message]) -> None:
    """Post a position with the cash, and look at the limits it moved."""
    event = AccountPositionChanged(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        position=holding.position(),
        cash=Cash(account.portfolio.cash),
    )
    account.mailbox.post(event, out)
    watch_limits(account, holding, out)


def instrument_delisted(desk: Desk, _now: Nanos, event: Delisted, _out: list[Message]) -> None:
    """Keep an instrument for history; it takes no orders."""
    desk.listings[event.instrument_id].is_delisted = True


def open_interest(desk: Desk, shard: Shard) -> tuple[tuple[InstrumentId, int], ...]:
    """Return Σ long of a shard's instruments that are held, in listing order."""
    held: dict[InstrumentId, int] = {}
    for account in desk.accounts.values():
        for instrument_id, holding in account.portfolio.holdings.items():
            if holding.net > 0:
                held[instrument_id] = held.get(instrument_id, 0) + holding.net
    return tuple(
        (instrument_id, held[instrument_id])
        for instrument_id, listing in desk.listings.items()
        if listing.shard == shard and instrument_id in held
    )
