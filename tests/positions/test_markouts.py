"""What trades were worth a while later: each waits for its marks, is told, and is summed."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    MAKER,
    SPX,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    role,
    usd,
)
from tests.positions.stream import ACCOUNTS, Fact, Stream, bust_of

from itg.exchange.contract import JumpGuardOpened, SetPhase, TradeBusted, TradeExecuted
from itg.kernel.ids import AccountId, InstrumentId, Shard, TradeId, UnderlyingId
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.market_data.contract import MarksPublished
from itg.positions.contract import (
    MARKOUTS_S,
    AccountMissing,
    BeginDay,
    DeltaLimit,
    DeltaWeight,
    GetMarkouts,
    MarkedTrade,
    MarkoutRow,
    Markouts,
    QuoteSpreadLimit,
    TradesMarked,
)

Row = tuple[int, int, list[int]]  # trades, contracts, edges


def expected_marks(stream: Stream) -> dict[TradeId, MarkedTrade]:
    """Return each trade with the marks known at its instants, found in the list of facts."""
    found: dict[TradeId, MarkedTrade] = {}
    for fact in stream.facts:
        trade = fact.what
        if isinstance(trade, TradeExecuted):
            name = trade.instrument_id
            ends_ns = close_after(stream, fact.at_ns)
            later = [
                mark_at(stream, name, min(fact.at_ns + s * NS_PER_S, ends_ns)) for s in MARKOUTS_S
            ]
            found[trade.trade_id] = MarkedTrade(
                trade_id=trade.trade_id,
                instrument_id=name,
                traded_ns=fact.at_ns,
                price=trade.price,
                quantity=trade.quantity,
                multiplier=100,
                aggressor_side=trade.aggressor_side,
                maker_account_id=trade.maker_account_id,
                taker_account_id=trade.taker_account_id,
                is_auction=False,
                mark_price=mark_before(stream, fact),
                marks_later=tuple(later),
                half_spread=Price(0),
                delta=0,
            )
    return found


def close_after(stream: Stream, at_ns: int) -> int:
    closed: set[Shard] = set()
    for fact in stream.facts:
        if fact.at_ns >= at_ns and isinstance(fact.what, SetPhase):
            closed.add(fact.what.shard)
            if len(closed) == 2:
                return fact.at_ns
    return 2**62


def mark_at(stream: Stream, name: InstrumentId, at_ns: int) -> Price:
    return [
        mark.mark_price
        for fact in stream.facts
        if isinstance(fact.what, MarksPublished) and fact.at_ns <= at_ns
        for mark in fact.what.marks
        if mark.instrument_id == name
    ][-1]


def mark_before(stream: Stream, traded: Fact) -> Price:
    assert isinstance(traded.what, TradeExecuted)
    known = Price(0)
    for fact in stream.facts:
        if fact is traded:
            return known
        if isinstance(fact.what, MarksPublished):
            for mark in fact.what.marks:
                if mark.instrument_id == traded.what.instrument_id:
                    known = mark.mark_price
    raise AssertionError


@settings(max_examples=15)
@given(st.integers(min_value=0, max_value=2**32))
def test_every_trade_is_told_once_with_the_marks_known_at_its_instants(seed: int) -> None:
    stream = all_marked(seed)
    stream.run(60)
    expected = expected_marks(stream)
    undone, priced = busts(stream)
    told = {trade.trade_id: trade for trade in stream.marked}
    assert len(told) == len(stream.marked)
    order_of = [(trade.traded_ns, trade.trade_id) for trade in stream.marked]
    assert [at for at, _ in order_of] == sorted(at for at, _ in order_of)
    for trade_id, trade in told.items():
        one = expected[trade_id]
        assert (trade.mark_price, trade.marks_later) == (one.mark_price, one.marks_later)
        assert trade.price in (one.price, priced.get(trade_id))
    last = max(f.at_ns for f in stream.facts if isinstance(f.what, MarksPublished))
    for trade_id, one in expected.items():
        is_due = one.traded_ns + MARKOUTS_S[-1] * NS_PER_S <= last
        assert trade_id in told or not is_due or trade_id in undone


@settings(max_examples=15)
@given(st.integers(min_value=0, max_value=2**32))
def test_the_sums_are_those_of_the_days_trades_told_and_not_undone(seed: int) -> None:
    stream = all_marked(seed)
    stream.run(60)
    opened = max(days_of(stream), default=stream.facts[0].at_ns)
    undone, priced = busts(stream)
    expected: dict[tuple[AccountId, str, bool], Row] = defaultdict(lambda: (0, 0, [0] * 5))
    for trade in stream.marked:
        if trade.traded_ns < opened or trade.trade_id in undone:
            continue
        price = priced.get(trade.trade_id, trade.price)
        signed = trade.quantity if trade.aggressor_side is Side.BUY else -trade.quantity
        marks_of = (trade.mark_price, *trade.marks_later)
        edges = [signed * (mark - price) * 100 for mark in marks_of]
        maker, taker = trade.maker_account_id, trade.taker_account_id
        add(expected, (taker, role_of(maker), False), trade.quantity, edges)
        add(expected, (maker, role_of(taker), True), trade.quantity, [-edge for edge in edges])
    for account_id in ACCOUNTS:
        told = stream.scene.ask(GetMarkouts(account_id=account_id))
        assert isinstance(told, Markouts)
        assert {
            (account_id, row.counterparty_role, row.is_maker): (
                row.trades,
                row.contracts,
                [row.edge, *row.edges_later],
            )
            for row in told.rows
        } == {key: row for key, row in expected.items() if key[0] == account_id}


def test_the_streams_meet_what_these_tests_are_about() -> None:
    met = {"told": 0, "undone": 0, "priced": 0, "undone when told": 0, "days": 0}
    met["the same day again"] = 0
    for seed in range(6):
        stream = all_marked(seed)
        stream.run(60)
        undone, priced = busts(stream)
        told = {trade.trade_id for trade in stream.marked}
        met["told"] += len(told)
        met["undone"] += len(undone)
        met["priced"] += len(priced)
        met["undone when told"] += len(undone & told)
        met["days"] += len(days_of(stream))
        openings = sum(is_opening(fact.what) for fact in stream.facts)
        met["the same day again"] += openings - len(days_of(stream))
    assert all(met.values()), met


def all_marked(seed: int) -> Stream:
    stream = Stream(seed)
    while any(one.mark_price is None for one in stream.scene.positions._desk.listings.values()):
        stream.marks()
    return stream


def days_of(stream: Stream) -> list[Nanos]:
    """Return when days began: at the opening after one was due, or where one was told late."""
    begun: list[Nanos] = []
    is_open, is_due = True, False
    for fact in stream.facts:
        is_due |= isinstance(fact.what, BeginDay)
        if isinstance(fact.what, SetPhase):
            is_open = fact.what.phase is not Phase.CLOSED
        if is_due and is_open:
            begun.append(fact.at_ns)
            is_due = False
    return begun


def is_opening(what: object) -> bool:
    return isinstance(what, SetPhase) and what.phase is Phase.PRE_OPEN and what.shard == 0


def busts(stream: Stream) -> tuple[set[TradeId], dict[TradeId, Price]]:
    told = [fact.what for fact in stream.facts if isinstance(fact.what, TradeBusted)]
    undone = {one.trade_id for one in told if one.adjusted_price is None}
    return undone, {one.trade_id: one.adjusted_price for one in told if one.adjusted_price}


def role_of(account_id: AccountId) -> str:
    return TRADER if account_id in (ALICE, BOB) else MAKER


def add(
    rows: dict[tuple[AccountId, str, bool], Row],
    key: tuple[AccountId, str, bool],
    quantity: int,
    edges: list[int],
) -> None:
    trades, contracts, sums = rows[key]
    summed = [sum(pair) for pair in zip(sums, edges, strict=True)]
    rows[key] = trades + 1, contracts + quantity, summed


WEIGHTS = (DeltaWeight(UnderlyingId("SPX"), 500_000),)
QUOTED = role(
    MAKER,
    QuoteSpreadLimit(
        max_fraction_ppm=100_000, min_width=usd("0.05"), doubled_after_jump_ns=Nanos(60 * NS_PER_S)
    ),
    DeltaLimit(max_delta=10**12, weights=WEIGHTS),
    quotes=True,
    measured=True,
)
SILENT = role(TRADER)


def trade(scene: Scene, price: str = "10.00", instrument_id: InstrumentId = CALL) -> TradeExecuted:
    """Let Alice take two from Carol, the maker."""
    scene.rest(order(CAROL, "sell", 2, price, instrument_id))
    return only(TradeExecuted, scene.send(order(ALICE, "buy", 2, price, instrument_id)))


def pass_time(scene: Scene, seconds: int, *prices: str) -> list[MarkedTrade]:
    """Mark the call once a second, at these prices in turn and the last from then on."""
    told: list[MarkedTrade] = []
    for second in range(seconds):
        price = prices[min(second, len(prices) - 1)]
        for event in of(TradesMarked, scene.send(marks(call=price), NS_PER_S)):
            told += event.trades
    return told


def test_a_mark_published_at_the_instant_is_known_then() -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(500_000, call="10.40"))
    trade(scene)
    (told,) = pass_time(scene, 61, "11.00", "12.00")
    assert told.marks_later == (usd("11.00"), usd("12.00"), usd("12.00"), usd("12.00"))
    assert (told.mark_price, told.delta) == (usd("10.40"), 250_000)


def test_half_the_widest_quote_is_of_the_mark_and_twice_that_after_a_jump() -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(call="10.40", spx="4400"))
    trade(scene)
    trade(scene, "4400", SPX)
    guard = JumpGuardOpened(shard=Shard(0), underlying_id=UnderlyingId("SPX"), ends_ns=scene.now)
    scene.send(guard, NS_PER_MS)
    trade(scene)
    scene.send(marks(call="0.10"))
    trade(scene)
    told = pass_time(scene, 62, "10.40")
    assert [one.half_spread for one in told] == [
        usd("0.52"),
        usd("0.025"),
        usd("1.04"),
        usd("0.05"),
    ]


def test_at_the_days_end_those_that_wait_leave_with_the_last_marks() -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(call="10.40"))
    trade(scene)
    pass_time(scene, 3, "11.00", "12.00")
    (told,) = only(TradesMarked, scene.enter(Phase.CLOSED)).trades
    assert told.marks_later == (usd("11.00"), usd("12.00"), usd("12.00"), usd("12.00"))
    scene.enter(Phase.PRE_OPEN)
    scene.enter(Phase.CONTINUOUS)
    assert not pass_time(scene, 61, "12.00")


def test_an_undone_trade_is_never_told_and_leaves_the_sums() -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(call="10.40"))
    first, second = trade(scene), trade(scene)
    scene.send(bust_of(first, None))
    (told,) = pass_time(scene, 61, "11.00")
    assert told.trade_id == second.trade_id
    assert len(rows(scene)) == 1
    scene.send(bust_of(second, None))
    assert rows(scene) == ()


@pytest.mark.parametrize("waits", [True, False])
def test_an_adjusted_trade_counts_at_its_new_price(waits: bool) -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(call="10.40"))
    traded = trade(scene)
    pass_time(scene, 2 if waits else 61, "11.00")
    scene.send(bust_of(traded, usd("10.90")))
    pass_time(scene, 61, "11.00")
    (row,) = rows(scene)
    assert row == MarkoutRow(
        counterparty_role=TRADER,
        is_maker=True,
        trades=1,
        contracts=2,
        edge=Cash(100_0000),  # sold two at 10.90 that were worth 10.40
        edges_later=(Cash(-20_0000),) * 4,
    )


def rows(scene: Scene) -> tuple[MarkoutRow, ...]:
    told = scene.ask(GetMarkouts(account_id=CAROL))
    assert isinstance(told, Markouts)
    return told.rows


def test_trades_among_accounts_nobody_measures_are_not_followed() -> None:
    scene = Scene(SILENT, QUOTED)
    scene.send(marks(call="10.40"))
    scene.rest(order(BOB, "sell", 1))
    scene.place(order(ALICE, "buy", 1))
    assert not pass_time(scene, 61, "11.00")
    alice = scene.ask(GetMarkouts(account_id=ALICE))
    assert alice == Markouts(account_id=ALICE, rows=())


def test_of_an_account_nobody_opened_there_are_none() -> None:
    nobody = AccountId("nobody")
    told = Scene(SILENT, QUOTED).ask(GetMarkouts(account_id=nobody))
    assert told == AccountMissing(account_id=nobody)
