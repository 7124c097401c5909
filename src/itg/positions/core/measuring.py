"""What is measured as time goes by: marks, minutes, days, and the accounts each second.

Whoever books contracts by no fill calls `settle_up` before, and after with the spread it captured,
0 for none. Then the parts of an account's profit and loss add up to its equity less that of the
day's begin, or of its seat's. An organizer's cash is residual.
"""

from collections.abc import Iterable

from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_MINUTE, Nanos
from itg.positions.contract import AccountMeasure, AccountsMeasured, PnlParts
from itg.positions.core.accounts import Account
from itg.positions.core.attribution import expand, gain
from itg.positions.core.coverage import series_seconds
from itg.positions.core.desk import Desk
from itg.positions.core.episodes import breached
from itg.positions.core.facts import Marked
from itg.positions.core.listings import Listing
from itg.positions.core.loss_stop import equity_of
from itg.positions.core.markouts import follow_trades
from itg.positions.core.measured import DAYS_MAX, Measured
from itg.positions.core.monitored_rules import DeltaRule
from itg.positions.core.nets import PARTS, RESIDUAL, UNDERLYING, WORTH
from itg.positions.core.portfolio import Holding
from itg.positions.core.rules import PPM, toward_zero


def settle_up(account: Account, holding: Holding, *, spread: int | None = None) -> None:
    """Account for what was booked in an instrument, see `Measured.settle_up`.

    A settlement or transfer at price p while the mark is m leaves (p − m) × contracts given there.
    """
    if account.measured is not None:
        account.measured.settle_up(holding, spread)


def settle_all(desk: Desk) -> None:
    """Account for all fills at the marks of now, before they move; at any time to the same end."""
    for _, measured in desk.measuring.accounts:
        if measured.touched:
            for holding in measured.touched.values():
                measured.settle_up(holding)
            measured.touched = {}
    if desk.measuring.traded:
        follow_trades(desk)


def mark_all(desk: Desk, now: Nanos, marks: Iterable[Marked]) -> None:
    """Value what is listed; what is not is nobody's. After `settle_all`.

    Spots come first, wherever they stand.
    """
    listings, options = desk.listings, []
    for mark in marks:
        listing = listings.get(mark.instrument_id)
        if listing is None:
            continue
        if listing.is_option:
            options.append((listing, mark))
        else:
            _mark_underlying(desk, listing, mark)
    session_time = desk.measuring.session_time(now)
    spots = desk.measuring.spots
    for listing, mark in options:
        spot_price, price, greeks = (
            spots.get(listing.underlying_id),
            mark.mark_price,
            listing.greeks,
        )
        if listing.mark_price is None:
            _mark_first(desk, listing, mark)
        elif listing.holders and greeks is not None:
            known = listing.spot_price
            by_spot = 0 if known is None or spot_price is None else spot_price - known
            by_volatility = mark.implied_vol - greeks.implied_vol
            by_time = session_time - listing.session_time
            moved = (price - listing.mark_price, by_spot, by_volatility, by_time)
            expand(listing, greeks, moved, desk.measuring.session_ns)
        listing.mark_price = price
        listing.delta = mark.delta
        listing.greeks = mark
        listing.spot_price = spot_price
        listing.session_time = session_time


def _mark_underlying(desk: Desk, listing: Listing, mark: Marked) -> None:
    if listing.mark_price is None:
        _mark_first(desk, listing, mark)
    elif listing.holders:
        gain(listing, mark.mark_price - listing.mark_price)
    listing.mark_price = desk.measuring.spots[listing.underlying_id] = mark.mark_price
    listing.delta = mark.delta


def _mark_first(desk: Desk, listing: Listing, mark: Marked) -> None:
    # Until now it was worth what it had cost.
    if listing.holders:
        for account_id, measured in desk.measuring.accounts:
            holding = desk.accounts[account_id].portfolio.holdings.get(listing.instrument_id)
            if holding is not None and holding.net:
                worth = mark.mark_price * holding.net * listing.multiplier
                measured.gain(holding, worth - holding.cost)


def seat_all(desk: Desk) -> None:
    """Measure the accounts of measured roles and no others, from what they hold.

    What an account has made of the day before it is measured is its residual.
    """
    measuring = desk.measuring
    settle_all(desk)
    measuring.begin_table()
    for listing in desk.listings.values():
        listing.holders = 0
    for account in desk.accounts.values():
        if account.terms.rules.is_measured:
            seat(desk, account)
        else:
            account.measured = None


def seat(desk: Desk, account: Account) -> None:
    """Measure an account, the last in opening order of those that are."""
    measuring = desk.measuring
    measured, row = account.measured, len(measuring.accounts)
    holdings = account.portfolio.holdings.values()
    if measured is None:
        measured = account.measured = Measured(measuring.nets, row)
        for holding in holdings:
            measured.join(holding)
        measured.gains[RESIDUAL] += equity_of(account) - account.day_equity
    else:
        measured.nets, measured.row = measuring.nets, row
        for holding in holdings:
            measured.sit(holding)
    measuring.accounts.append((account.account_id, measured))


def begin_seat(desk: Desk, account: Account) -> None:
    """Count an account that holds nothing from zero, as its role says; after `settle_all`."""
    if account.terms.rules.is_measured != (account.measured is not None):
        seat_all(desk)
    if account.measured is None:
        return
    account.measured.close_minute(desk.measuring.minute, [0] * PARTS)
    account.measured.begin_day()
    for holding in account.portfolio.holdings.values():
        if holding.stake is not None:
            holding.stake.follow(holding)
            holding.stake.parts = [0] * PARTS


def turn_minute(desk: Desk, now: Nanos) -> None:
    """Keep what each account made in the minute that is over; before anything of the next."""
    settle_all(desk)
    _close_minute(desk)
    desk.measuring.minute_ends_ns = (now // NS_PER_MINUTE + 1) * NS_PER_MINUTE


def _close_minute(desk: Desk) -> None:
    measuring = desk.measuring
    sums = measuring.nets.sums(len(measuring.accounts))
    for (_, measured), rises in zip(measuring.accounts, sums, strict=True):
        measured.close_minute(measuring.minute, rises)


def begin_day(desk: Desk, now: Nanos) -> None:
    """Count everything from zero; the last ten days' minutes are kept."""
    measuring = desk.measuring
    settle_all(desk)
    _close_minute(desk)
    measuring.days.append(now)
    is_forgetting = len(measuring.days) > DAYS_MAX
    if is_forgetting:
        del measuring.days[0]
    for listing in desk.listings.values():
        listing.rises = [0] * PARTS
    for account_id, measured in measuring.accounts:
        measured.begin_day()
        for holding in desk.accounts[account_id].portfolio.holdings.values():
            if holding.stake is not None:
                holding.stake.parts = [0] * PARTS
        if is_forgetting:
            measured.forget_before(measuring.days[0] // NS_PER_MINUTE)
    measuring.tape.begin_day()
    seat_all(desk)


def follow_session(desk: Desk, now: Nanos) -> None:
    """Let session time run from the first continuous trading until all shards are closed."""
    measuring = desk.measuring
    if not desk.open_shards:
        measuring.ran_ns = measuring.session_time(now)
        measuring.runs_since_ns = None
    elif measuring.runs_since_ns is None and desk.is_trading:
        measuring.runs_since_ns = now


def look_at_all(desk: Desk) -> None:
    """Value the measured accounts at once: equity, and what `delta_looked` and the measures read.

    Good until something is booked or marked.
    """
    nets, accounts = desk.measuring.nets, desk.measuring.accounts
    is_marked = nets.is_marked
    for (account_id, measured), row in zip(accounts, nets.sums(len(accounts)), strict=True):
        account = desk.accounts[account_id]
        measured.looked = row
        measured.legs = [
            row[place] * weight if (place := nets.delta_place(underlying_id)) else 0
            for underlying_id, weight in desk.weights_of(account).items()
        ]
        if is_marked:
            account.equity = account.portfolio.cash + row[WORTH]


def delta_looked(account: Account, rule: DeltaRule) -> int:
    """Return `rule.use` of an account that has the rule, after `look_at_all`."""
    if account.measured is None:
        return rule.use(account.portfolio)
    return abs(sum(account.measured.legs)) // PPM


def tell_measures(desk: Desk, out: list[Message]) -> None:
    """Tell how each account stands, while the market is open; after `look_at_all`."""
    if desk.open_shards and desk.measuring.accounts:
        out.append(AccountsMeasured(is_trading=desk.is_trading, measures=_measures(desk)))


def measure_accounts(desk: Desk, _now: Nanos, _ask: object, out: list[Message]) -> None:
    """Tell how each account stands, because somebody asks."""
    settle_all(desk)
    look_at_all(desk)
    out.append(AccountsMeasured(is_trading=False, measures=_measures(desk), is_asked=True))


def _measures(desk: Desk) -> tuple[AccountMeasure, ...]:
    return tuple(_measure(desk.accounts[name], one) for name, one in desk.measuring.accounts)


def _measure(account: Account, measured: Measured) -> AccountMeasure:
    row, legs = measured.looked, measured.legs
    obliged, covered, is_balanced = _obligations(account)
    return AccountMeasure(
        account_id=account.account_id,
        equity=Cash(equity_of(account)),
        pnl=_parts_of(measured),
        underlying_pnl=Cash(measured.underlying + row[UNDERLYING]),
        delta=toward_zero(sum(legs)),
        legs=tuple(map(toward_zero, legs)),
        options_held=account.portfolio.filled,
        obliged=obliged,
        covered=covered,
        is_balanced=is_balanced,
        outside=breached(account),
    )


def _obligations(account: Account) -> tuple[int, int, bool]:
    obliged, covered = series_seconds(account)
    balance = account.terms.balance
    return obliged, covered, balance is None or balance.is_balanced(account.portfolio)


def _parts_of(measured: Measured) -> PnlParts:
    pairs = zip(measured.gains, measured.looked, strict=False)
    return PnlParts(*[Cash(gained + rise) for gained, rise in pairs])
