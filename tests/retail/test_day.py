"""House and investors in a whole world: every service on one machine, no team."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from tests.game.worlds import World

from itg import scenario
from itg.exchange.contract import (
    BookSnapshots,
    GetBooks,
    InstrumentDelisted,
    InstrumentListed,
    OrderAccepted,
    QuoteAccepted,
    TradeExecuted,
)
from itg.game.contract import EndRound
from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import PricesStepped
from itg.positions.contract import (
    AccountOrderRejected,
    AccountQuoteRejected,
    Balances,
    GetBalances,
    QuotesHandled,
    ReserveOrder,
    ReserveQuotes,
)
from itg.retail.contract import GetRetailReport, RetailReport
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record

TRADING_S = 300


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> World:
    return played(tmp_path_factory.mktemp("day"))


def played(folder: Path, seed: int = 7) -> World:
    file = folder / "short.toml"
    file.write_text(f'extends = "demo"\n[session]\ncontinuous_s = {TRADING_S}\n', encoding="utf-8")
    world = World(scenario.load(str(file), seed=seed))
    world.start()
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    return world


def of(world: World, kind: type[Message]) -> list[Message]:
    return [message for _, message in world.events(kind)]


def test_the_house_quotes_everything_from_the_first_second_of_pre_open() -> None:
    world = World.of("demo")
    world.start()
    world.run_to(world.seconds(-69))
    for shard in (0, 1):
        books = world.ask(GetBooks(shard=Shard(shard)))
        assert isinstance(books, BookSnapshots)
        assert len(books.books) == 31
        assert all(book.asks for book in books.books)
        assert sum(bool(book.bids) for book in books.books) > 25


def test_underlyings_are_requoted_in_the_step_that_moved_them(day: World) -> None:
    step_at = {at for at, _ in day.events(PricesStepped)}
    quoted = [
        (at, quote.instrument_id)
        for at, message in day.events(ReserveQuotes)
        if isinstance(message, ReserveQuotes)
        for quote in message.quotes
    ]
    spx = [at for at, name in quoted if name == "SPX"]
    assert len(spx) > TRADING_S * 4 * 0.8
    assert {at for at, _ in quoted} <= step_at


def test_no_quote_or_order_of_the_house_and_investors_is_refused_but_for_their_rate(
    day: World,
) -> None:
    assert of(day, AccountQuoteRejected) == []
    handled = [m for m in of(day, QuotesHandled) if isinstance(m, QuotesHandled)]
    assert sum(m.rejected for m in handled) == 0
    refusals = Counter(
        m.refusal.code for m in of(day, AccountOrderRejected) if isinstance(m, AccountOrderRejected)
    )
    assert set(refusals) <= {"RATE_LIMIT_EXCEEDED"}
    assert refusals.total() < 0.05 * len(of(day, ReserveOrder))


def test_accepted_quotes_are_never_crossed_or_below_a_tick(day: World) -> None:
    quotes = [q for q in of(day, QuoteAccepted) if isinstance(q, QuoteAccepted)]
    assert len(quotes) > 1_000
    for quote in quotes:
        assert quote.bid is None or quote.bid >= 100
        assert quote.ask is None or quote.ask >= 100
        assert quote.bid is None or quote.ask is None or quote.bid < quote.ask


def test_investors_order_in_phases_that_take_orders_and_trade_in_the_auction(day: World) -> None:
    orders = [at for at, _ in day.events(ReserveOrder)]
    assert min(orders) >= day.seconds(-70)
    assert max(orders) < day.seconds(TRADING_S)
    assert not [at for at in orders if day.seconds(-10) <= at < day.seconds(0)]
    trades = [t for t in of(day, TradeExecuted) if isinstance(t, TradeExecuted)]
    assert [t for t in trades if t.is_auction]
    owners = {owner for t in trades for owner in (t.maker_account_id, t.taker_account_id)}
    assert {owner.split("-")[0] for owner in owners} == {"house", "retail"}


def test_no_investor_holds_more_than_the_cap_and_nothing_is_lost(day: World) -> None:
    balances = day.ask(GetBalances())
    assert isinstance(balances, Balances)
    assert (balances.contracts_sum, balances.cash_sum) == (0, 0)
    for account in balances.accounts:
        if account.role == "retail":
            assert sum(abs(net) for _, net in account.net_quantities) <= 50


def test_the_report_counts_what_was_ordered(day: World) -> None:
    report = day.ask(GetRetailReport())
    assert isinstance(report, RetailReport)
    orders = [o for o in of(day, ReserveOrder) if isinstance(o, ReserveOrder)]
    assert report.orders == len(orders) == report.market_orders + report.limit_orders
    assert report.contracts_ordered == sum(o.quantity for o in orders)
    assert report.limit_orders == sum(o.price is not None for o in orders)
    assert 0 < report.closing_orders < report.orders
    set_again = sum(len(m.quotes) for m in of(day, ReserveQuotes) if isinstance(m, ReserveQuotes))
    assert report.house_requotes == set_again


def test_books_are_empty_after_the_close(day: World) -> None:
    for shard in (0, 1):
        books = day.ask(GetBooks(shard=Shard(shard)))
        assert isinstance(books, BookSnapshots)
        assert not any(book.bids or book.asks for book in books.books)


def test_an_early_end_stops_house_and_investors() -> None:
    world = World.of("demo")
    world.start()
    world.run_to(world.seconds(5))
    world.send(EndRound(round_id=1))
    world.run_to(world.now)  # the round is measured once more and scored
    assert world.run_to(world.seconds(600)) == []


def digest_of(world: World) -> str:
    digest = EventDigest(world.machine.codec)
    for at, message in world.told:
        digest.add(Record(Seq(1), Nanos(0), at, "", "", message, (message,)))
    return digest.hexdigest()


def test_a_day_repeats_with_its_seed_and_differs_with_another(day: World, tmp_path: Path) -> None:
    again = played(tmp_path)
    assert digest_of(again) == digest_of(day)
    assert again.machine.state_hash() == day.machine.state_hash()
    assert digest_of(played(tmp_path, seed=8)) != digest_of(day)


def test_the_second_day_is_a_day_like_the_first(tmp_path: Path) -> None:
    file = tmp_path / "two.toml"
    file.write_text('extends = "demo"\n[session]\ndays = 2\ncontinuous_s = 30\n', encoding="utf-8")
    world = World(scenario.load(str(file)))
    for plan in world.game.rules.rounds:
        world.told.clear()
        world.start()
        world.run_to(plan.end_ns or 0)
        trades = [at for at, _ in world.events(TradeExecuted)]
        assert plan.session_start_ns <= min(trades) <= max(trades) < plan.session_end_ns
        steps = [m for m in of(world, PricesStepped) if isinstance(m, PricesStepped)]
        assert sum(step.is_moving for step in steps) == 120
        assert of(world, AccountQuoteRejected) == []
    assert world.machine.due(Nanos(world.now + 3600 * NS_PER_S)) is None


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return five days of half a minute: two series end, two new weeks begin."""
    file = tmp_path_factory.mktemp("weeks") / "weeks.toml"
    text = 'extends = "demo"\n[session]\ncontinuous_s = 30\n[retail]\norders_per_minute = 400\n'
    file.write_text(text, encoding="utf-8")
    world = World(scenario.load(str(file), days=5))
    world.start()
    world.run_to(world.game.rules.rounds[-1].end_ns or 0)
    return world


def test_the_house_quotes_series_from_their_first_pre_open_on(weeks: World) -> None:
    third = weeks.game.rules.rounds[2]
    listed = {
        m.instrument.instrument_id
        for at, m in weeks.events(InstrumentListed)
        if isinstance(m, InstrumentListed) and at == third.start_ns
    }
    assert {"SPX-20261224-C-4400", "SPX-20261222-C-4400"} & listed
    quoted = {
        quote.instrument_id
        for at, m in weeks.events(ReserveQuotes)
        if isinstance(m, ReserveQuotes) and at < third.session_start_ns
        for quote in m.quotes
    }
    assert listed <= quoted


def test_nobody_quotes_or_orders_in_a_series_that_ended(weeks: World) -> None:
    ended = {
        m.instrument_id: at
        for at, m in weeks.events(InstrumentDelisted)
        if isinstance(m, InstrumentDelisted)
    }
    assert len(ended) >= 40
    asked = [
        (at, m.instrument_id) for at, m in weeks.events(ReserveOrder) if isinstance(m, ReserveOrder)
    ]
    asked += [
        (at, quote.instrument_id)
        for at, m in weeks.events(ReserveQuotes)
        if isinstance(m, ReserveQuotes)
        for quote in m.quotes
    ]
    assert not [name for at, name in asked if at > ended.get(name, at)]
    assert of(weeks, AccountQuoteRejected) == []


def test_investors_trade_as_much_on_the_last_day_as_on_the_first(weeks: World) -> None:
    days = []
    for plan in weeks.game.rules.rounds:
        orders = [m for at, m in weeks.events(ReserveOrder) if plan.start_ns <= at]
        days.append(len(orders))
    days = [one - two for one, two in pairwise([*days, 0])]
    assert min(days) > 0.5 * max(days)


@pytest.mark.gate
@pytest.mark.parametrize("seed", [7, 1])
def test_the_demo_makes_a_thousand_trades_without_any_team(seed: int) -> None:
    world = World.of("demo", seed=seed)
    world.start()
    world.run_to(world.seconds(1_800) + NS_PER_S)
    assert len(of(world, TradeExecuted)) >= 1_000
    assert len(of(world, OrderAccepted)) > 1_000
