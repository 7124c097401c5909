"""The same records give the same cases: live, in pieces with a restart between, and offline."""

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.surveillance.streams import (
    CALL,
    MARK,
    PUT,
    Stream,
    accepted,
    cases_of,
    moved,
    phase,
    quoted,
)
from tests.waiting import until

from itg.compose.surveillance import LiveWatch, case_body
from itg.exchange.contract import (
    BookDelta,
    InstrumentDelisted,
    InstrumentListed,
    JumpGuardOpened,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    PhaseChanged,
    QuoteAccepted,
    TradeExecuted,
)
from itg.game.contract import RoundStarted, StartRound, TeamRegistered
from itg.kernel.ids import AccountId, OrderId, ReservationId, Seq, Shard, TradeId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.words import CancelReason, Phase, Side
from itg.lab.surveillance import Surveillance, cases_of_game, day_of_round, rows_of_day
from itg.market_data.contract import MarksPublished
from itg.positions.contract import AccountPositionChanged
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import MemoryJournal, Sealer, last_seq_of

ACCOUNTS = st.sampled_from(["a1", "a2", "a3", "a9", "house"])
SIDES = st.sampled_from(Side)
IDS = st.integers(0, 12).map(OrderId)  # few: they meet
QUANTITIES = st.integers(1, 30)
PRICES = st.integers(MARK - 60_000, MARK + 60_000)
NAMES = st.sampled_from([CALL, PUT])
SHARD = Shard(0)
KINDS: tuple[type[Message], ...] = (
    StartRound,
    TeamRegistered,
    RoundStarted,
    InstrumentListed,
    InstrumentDelisted,
    MarksPublished,
    BookDelta,
    OrderAccepted,
    OrderReplaced,
    OrderCanceled,
    OrderExpired,
    QuoteAccepted,
    TradeExecuted,
    PhaseChanged,
    JumpGuardOpened,
    AccountPositionChanged,
)
CODEC = Codec(KINDS)


def trades() -> st.SearchStrategy[Message]:
    return st.builds(
        TradeExecuted,
        shard=st.just(SHARD),
        trade_id=IDS,
        instrument_id=NAMES,
        price=PRICES,
        quantity=QUANTITIES,
        aggressor_side=SIDES,
        maker_order_id=IDS,
        maker_account_id=ACCOUNTS,
        taker_order_id=IDS,
        taker_account_id=ACCOUNTS,
        is_auction=st.booleans(),
    )


def ends() -> st.SearchStrategy[Message]:
    named = {"shard": st.just(SHARD), "order_id": IDS, "account_id": ACCOUNTS}
    return st.one_of(
        st.builds(
            OrderCanceled,
            **named,
            instrument_id=NAMES,
            quantity=QUANTITIES,
            cancel_reason=st.sampled_from(CancelReason),
        ),
        st.builds(OrderExpired, **named, instrument_id=NAMES, quantity=QUANTITIES),
        st.builds(
            OrderReplaced,
            **named,
            reservation_id=st.just(ReservationId(0)),
            revision=st.integers(1, 3),
            price=st.one_of(st.just(Price(0)), PRICES),
            quantity=QUANTITIES,
            leaves_quantity=QUANTITIES,
            kept_priority=st.booleans(),
        ),
    )


def books() -> st.SearchStrategy[Message]:
    levels = st.lists(st.tuples(PRICES, st.integers(0, 20), st.just(1)), max_size=3).map(tuple)
    return st.one_of(
        st.builds(
            BookDelta,
            shard=st.just(SHARD),
            instrument_id=NAMES,
            book_seq=st.just(Seq(1)),
            bids=levels,
            asks=levels,
        ),
        st.builds(InstrumentDelisted, shard=st.just(SHARD), instrument_id=NAMES),
        st.builds(moved, ACCOUNTS, NAMES, st.integers(-40, 40)),
        st.builds(phase, st.sampled_from(Phase)),
    )


def orders() -> st.SearchStrategy[Message]:
    prices = st.one_of(st.none(), PRICES)
    return st.one_of(
        st.builds(accepted, IDS, ACCOUNTS, SIDES, QUANTITIES, prices, NAMES),
        st.builds(quoted, ACCOUNTS, st.tuples(IDS, IDS), PRICES, PRICES, NAMES),
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.2, 0.9, 30.0, 200.0]),
        st.one_of(trades(), trades(), orders(), orders(), ends(), books()),
    ),
    max_size=60,
)
DAY_AFTER = st.one_of(st.none(), st.integers(0, 60))


def stream_of(steps: Sequence[tuple[float, Message]], day_after: int | None) -> list[Record]:
    stream = Stream(teams=3)
    second = 0.0
    for number, (passed, message) in enumerate(steps):
        if number == day_after:
            stream.start("2026-12-03")
        second += passed
        stream.at_s(second)
        stream.tell(message)
    return stream.records


def wash_of(trades: int) -> list[tuple[float, Message]]:
    stream = Stream(teams=0)
    before = len(stream.records)
    for number in range(trades):
        stream.meet("a1", "a2", 10, side=Side.BUY if number % 2 else Side.SELL)
        stream.meet("a3", "a3", 10)
    told = [record.outputs for record in stream.records[before:]]
    return [(0.2, output) for outputs in told for output in outputs]


def journal_of(records: Sequence[Record], per_row: int) -> MemoryJournal:
    journal = MemoryJournal.opened()
    sealer = Sealer(CODEC, journal.epoch, journal.head())
    for start in range(0, len(records), per_row):
        journal.append(sealer.seal(records[start : start + per_row]))
    return journal


@settings(max_examples=150)
@given(STEPS, DAY_AFTER, st.integers(1, 7), st.integers(0, 60))
@example(wash_of(12), None, 3, 20)
@example(wash_of(12), 30, 2, 55)
def test_cases_are_equal_live_after_a_restart_and_offline(
    steps: list[tuple[float, Message]], day_after: int | None, per_row: int, restart: int
) -> None:
    records = stream_of(steps, day_after)
    whole = cases_of(records)
    # A restart falls between two rows.
    cut = min(restart, len(records)) // per_row * per_row
    journal = journal_of(records[:cut], per_row)
    resumed = Surveillance()
    for row in rows_of_day(journal, CODEC, journal.head().seq):
        for record in row:
            resumed.hear(record)
    for record in records[cut:]:
        resumed.hear(record)
    assert resumed.cases() == whole
    offline = list(cases_of_game(journal_of(records, per_row), CODEC))
    assert offline[len(offline) - len(whole) :] == whole


@settings(max_examples=100)
@given(STEPS, st.integers(0, 60), st.integers(1, 7))
@example(wash_of(12), 30, 3)
def test_the_cases_of_an_earlier_round_are_those_that_were_watched_in_it(
    steps: list[tuple[float, Message]], day_after: int, per_row: int
) -> None:
    records = stream_of(steps, day_after)
    starts = [n for n, r in enumerate(records) if any(type(o) is RoundStarted for o in r.outputs)]
    journal = journal_of(records, per_row)
    ends = [*starts[1:], len(records)]
    for round_id, end in enumerate(ends, start=1):
        cases, as_of_seq, is_over = day_of_round(journal, CODEC, round_id)
        assert cases == cases_of(records[:end])
        # The row of the next start is heard up to it.
        assert as_of_seq == last_seq_of(records[end - 1]) + (end < len(records))
        assert is_over is (end < len(records))
    assert day_of_round(journal, CODEC, len(ends) + 1) == ([], 0, False)


def test_what_ends_a_round_and_starts_the_next_is_heard_up_to_the_start() -> None:
    stream = Stream(teams=3)
    for number in range(12):
        stream.at_s(number / 5)
        stream.meet("a1", "a2", 10, side=Side.BUY if number % 2 else Side.SELL)
    ended = stream.tell(phase(Phase.CLOSED), stream.started("2026-12-03"))
    stream.meet("a3", "a3", 10)
    cases, as_of_seq, is_over = day_of_round(journal_of(stream.records, 2), CODEC, 1)
    assert [case.trading_day for case in cases] == ["2026-12-01"]
    assert is_over
    assert as_of_seq == ended.seq + 1


async def test_an_earlier_round_is_read_once_and_the_one_that_runs_again_each_time() -> None:
    records = stream_of(wash_of(12), 30)
    journal = journal_of(records, 2)
    watch = LiveWatch()
    watch.begin(journal, CODEC, Seq(0))
    first = watch.day_of_round(1)
    assert first.cases
    assert watch.day_of_round(1) is first
    assert watch.day_of_round(2) == watch.day_of_round(2)
    assert watch.day_of_round(2) is not watch.day_of_round(2)
    assert watch.day_of_round(3) == ([], 0, None)


def test_the_examples_have_cases_or_equal_says_nothing() -> None:
    assert len(cases_of(stream_of(wash_of(12), None))) == 2
    assert len(cases_of(stream_of(wash_of(12), 30))) == 2


def test_of_the_days_before_only_who_is_who_is_decoded() -> None:
    records = stream_of(wash_of(12), 30)
    journal = journal_of(records, 1)
    rows = list(rows_of_day(journal, CODEC, journal.head().seq))
    read = [record for row in rows for record in row]
    day = next(
        n
        for n, record in enumerate(records)
        if any(getattr(o, "trading_day", "") == "2026-12-03" for o in record.outputs)
    )
    assert read == [*records[:2], *records[day:]]


async def test_a_live_watch_reads_the_day_again_while_the_game_goes_on() -> None:
    records = stream_of(wash_of(12), 30)
    journal = journal_of(records[:60], 2)
    watch = LiveWatch()
    watch.begin(journal, CODEC, journal.head().seq)
    watch.see(records[60:70])
    assert watch.as_of_seq == 0
    await until(lambda: watch.as_of_seq >= last_seq_of(records[69]))
    watch.see(records[70:])
    await watch.stop()
    assert watch.cases() == [case_body(case) for case in cases_of(records)]
    assert watch.cases()
    assert watch.as_of_seq == last_seq_of(records[-1])


async def test_a_damaged_row_of_the_day_is_told_and_stops_nobody() -> None:
    records = stream_of(wash_of(12), None)
    journal = journal_of(records, 2)
    journal.store.rows[5] = replace(journal.store.rows[5], body=b"\xc1")
    watch = LiveWatch()
    watch.begin(journal, CODEC, journal.head().seq)
    await until(lambda: watch.fault is not None)
    assert watch.fault is not None
    watch.see(records[:1])
    assert watch.fault.startswith("a row does not decode")
    await watch.stop()


def test_a_fault_of_the_watch_is_told_and_stops_nobody() -> None:
    records = stream_of(wash_of(12), None)
    watch = LiveWatch()
    watch.see(records[:20])
    broken = accepted(OrderId(1), "a1", Side.BUY, 1, MARK)
    trade = TradeExecuted(
        shard=SHARD,
        trade_id=TradeId(1),
        instrument_id=CALL,
        price=Price(MARK),
        quantity=None,  # type: ignore[arg-type]  # what no service tells
        aggressor_side=Side.BUY,
        maker_order_id=OrderId(1),
        maker_account_id=AccountId("a1"),
        taker_order_id=OrderId(1),
        taker_account_id=AccountId("a1"),
    )
    seen = watch.as_of_seq
    watch.see(
        [Record(Seq(10_000), records[0].ts_ns, records[-1].game_ns, "", "", broken, (trade,))]
    )
    assert watch.fault is not None
    watch.see(records[20:])
    assert watch.as_of_seq == seen
