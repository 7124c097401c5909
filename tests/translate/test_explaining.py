"""Explanations: one sentence per recorded fact, then what keeps a living order from trading."""

import pytest
from msgspec import structs

from itg.exchange.contract import BookSnapshot, ExchangeStatus
from itg.kernel.errors import Refusal
from itg.kernel.ids import (
    AccountId,
    FillId,
    InstrumentId,
    OrderId,
    Seq,
    Shard,
    TradeId,
    UnderlyingId,
)
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    Activation,
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFillBusted,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountReplaceRejected,
    Fill,
    OrderChange,
    OrderState,
    Position,
    PrivateEvent,
)
from itg.translate.explaining import OrderFacts, explain
from itg.wire.v1.explaining import BecauseBody

ME, NAME = AccountId("t1"), InstrumentId("SPX")
ORDER = OrderState(
    order_id=OrderId(1),
    instrument_id=NAME,
    side=Side.BUY,
    quantity=5,
    price=Price(100_000),
    leaves_quantity=5,
    accepted_ns=Nanos(0),
    accepted_seq=Seq(1),
)
BOOK = BookSnapshot(
    instrument_id=NAME,
    book_seq=Seq(1),
    phase=Phase.CONTINUOUS,
    bids=((100_000, 5, 1),),
    asks=((110_000, 4, 1),),
)
STATUS = ExchangeStatus(
    shard=Shard(0),
    underlying_id=UnderlyingId("SPX"),
    phase=Phase.PRE_OPEN,
    next_phase=Phase.CONTINUOUS,
    next_at_ns=Nanos(9_000),
    guard_ends_ns=Nanos(7_000),
)
REFUSAL = Refusal(
    code="POSITION_LIMIT_EXCEEDED",
    detail="too much",
    limit=50,
    current=40,
    requested=20,
    allowed=10,
)


def order(**fields: object) -> OrderState:
    return structs.replace(ORDER, **fields)


def updated(change: OrderChange, state: OrderState = ORDER, **more: object) -> AccountOrderUpdated:
    plain = AccountOrderUpdated(account_id=ME, private_seq=Seq(7), change=change, order=state)
    return structs.replace(plain, **more)


def filled(liquidity: Liquidity, *, fee: int = 200, leaves: int = 0) -> AccountFilled:
    fill = Fill(
        fill_id=FillId(1),
        trade_id=TradeId(1),
        order_id=OrderId(1),
        instrument_id=NAME,
        side=Side.BUY,
        last_price=Price(99_950),
        last_quantity=Quantity(3),
        liquidity=liquidity,
        fee=Cash(fee),
        seq=Seq(7),
        game_ns=Nanos(0),
    )
    return AccountFilled(
        account_id=ME,
        private_seq=Seq(7),
        fill=fill,
        status=OrderStatus.FILLED,
        filled_quantity=5 - leaves,
        leaves_quantity=leaves,
        average_price=Price(99_950),
    )


def history(*events: PrivateEvent) -> list[BecauseBody]:
    done = order(status=OrderStatus.FILLED, leaves_quantity=0)
    return explain(OrderFacts(order=done, events=events, book=BOOK, queue_ahead=1))


def present(state: OrderState, **facts: object) -> list[tuple[str, str]]:
    known = structs.replace(OrderFacts(order=state, book=BOOK, status=STATUS), **facts)
    return [(because.code, because.text) for because in explain(known)]


def test_a_refused_order_says_the_code_and_its_numbers() -> None:
    rejected = AccountOrderRejected(
        account_id=ME,
        private_seq=Seq(3),
        instrument_id=NAME,
        side=Side.BUY,
        quantity=20,
        refusal=REFUSAL,
    )
    text = (
        "Refused: POSITION_LIMIT_EXCEEDED, too much "
        "(limit 50, current 40, requested 20, allowed 10)"
    )
    told = explain(OrderFacts(refusal=REFUSAL, events=(rejected,)))
    assert told == [BecauseBody(code="refused", text=text, seq=3)]
    # The mailbox may have lost the event; the refusal is remembered with the client order id.
    assert explain(OrderFacts(refusal=REFUSAL)) == [BecauseBody(code="refused", text=text)]


def test_a_refusal_without_numbers_says_none() -> None:
    (told,) = explain(OrderFacts(refusal=Refusal(code="WRONG_PHASE", detail="closed")))
    assert told.text == "Refused: WRONG_PHASE, closed"


def test_of_an_unknown_order_nothing_is_said() -> None:
    assert explain(OrderFacts()) == []


@pytest.mark.parametrize(
    ("event", "code", "words"),
    [
        (updated(OrderChange.ACCEPTED), "accepted", "into the market"),
        (
            updated(OrderChange.ACCEPTED, order(status=OrderStatus.PENDING)),
            "accepted_pending",
            "outside the book",
        ),
        (updated(OrderChange.REPLACED), "replaced", "5 in all at 10.00"),
        (updated(OrderChange.REPLACED, order(price=None)), "replaced", "5 in all."),
        (
            updated(OrderChange.ACTIVATED, activation=Activation.STOP),
            "activated_stop",
            "traded at its stop price",
        ),
        (
            updated(OrderChange.ACTIVATED, activation=Activation.JUMP_GUARD),
            "activated_jump_guard",
            "order of arrival",
        ),
        (
            updated(OrderChange.ACTIVATED, activation=Activation.CLOSING_AUCTION),
            "activated_closing_auction",
            "closing auction began",
        ),
        (
            updated(OrderChange.EXPIRED, order(time_in_force=TimeInForce.GTT)),
            "expired",
            "at its expires_us",
        ),
        (
            updated(OrderChange.EXPIRED, order(time_in_force=TimeInForce.OPG)),
            "expired",
            "opening auction only",
        ),
        (
            updated(OrderChange.EXPIRED, order(time_in_force=TimeInForce.CLS)),
            "expired",
            "closing auction only",
        ),
        (
            AccountReplaceRejected(account_id=ME, private_seq=Seq(7), refusal=REFUSAL),
            "replace_refused",
            "POSITION_LIMIT_EXCEEDED",
        ),
        (
            AccountCancelRejected(account_id=ME, private_seq=Seq(7), refusal=REFUSAL),
            "cancel_refused",
            "POSITION_LIMIT_EXCEEDED",
        ),
    ],
)
def test_every_event_is_one_sentence_with_its_seq(
    event: PrivateEvent, code: str, words: str
) -> None:
    (told,) = history(event)
    assert (told.code, told.seq) == (code, 7)
    assert words in told.text


@pytest.mark.parametrize("reason", CancelReason)
def test_every_reason_of_an_end_has_its_sentence(reason: CancelReason) -> None:
    (told,) = history(updated(OrderChange.CANCELED, cancel_reason=reason))
    assert told.code == f"canceled_{reason.value}"
    assert told.text.startswith("Canceled ")


def test_a_fill_says_at_whose_price_as_what_and_for_which_fee() -> None:
    (taken,) = history(filled(Liquidity.TAKER))
    assert taken.code == "filled_as_taker"
    assert taken.text == (
        "Bought 3 at 9.9950, the price of the resting order it met; "
        "fee 0.02 USD (taker), nothing left."
    )
    (made,) = history(filled(Liquidity.MAKER, fee=-100, leaves=2))
    assert made.code == "filled_as_maker"
    assert made.text == (
        "Bought 3 at 9.9950, its own price, at which it rested when another came; "
        "rebate 0.01 USD (maker), 2 left."
    )
    (cleared,) = history(filled(Liquidity.AUCTION))
    assert cleared.code == "filled_in_auction"
    assert "the clearing price of the auction" in cleared.text


@pytest.mark.parametrize(
    ("adjusted", "is_former", "code", "words"),
    [
        (None, False, "trade_busted", "it counts no more."),
        (Price(50_000), False, "trade_adjusted", "moved by the organizer to 5.00."),
        (None, True, "trade_busted", "a seat you left: yours now stays as it is."),
    ],
)
def test_a_bust_says_what_became_of_the_trade(
    adjusted: Price | None,
    is_former: bool,
    code: str,
    words: str,
) -> None:
    busted = AccountFillBusted(
        account_id=ME,
        private_seq=Seq(7),
        trade_id=TradeId(4),
        order_id=OrderId(1),
        instrument_id=NAME,
        side=Side.BUY,
        last_price=Price(100_000),
        adjusted_price=adjusted,
        last_quantity=Quantity(3),
        fee_returned=Cash(0),
        is_former_seat=is_former,
    )
    (told,) = history(busted)
    assert told.code == code
    assert told.text.startswith("Trade 4 (3 at 10.00)")
    assert told.text.endswith(words)


def test_events_that_tell_nothing_of_an_order_are_passed_over() -> None:
    position = Position(
        instrument_id=NAME,
        net_quantity=0,
        average_price=None,
        realized_pnl=Cash(0),
        unrealized_pnl=None,
        fees=Cash(0),
    )
    moved = AccountPositionChanged(
        account_id=ME, private_seq=Seq(7), position=position, cash=Cash(0)
    )
    assert history(moved) == []


def test_an_order_that_ended_has_no_present() -> None:
    assert history() == []


@pytest.mark.parametrize(("side", "way"), [(Side.BUY, "above"), (Side.SELL, "below")])
def test_a_waiting_stop_says_which_trade_it_waits_for(side: Side, way: str) -> None:
    waiting = order(
        status=OrderStatus.PENDING,
        order_type=OrderType.STOP,
        price=None,
        stop_price=Price(120_000),
        side=side,
    )
    text = f"It waits until the instrument trades at or {way} 12.00."
    assert present(waiting) == [("waits_for_stop", text)]


def test_a_stop_that_fired_into_the_guard_waits_for_the_guard() -> None:
    waiting = order(
        status=OrderStatus.PENDING, order_type=OrderType.STOP_LIMIT, stop_price=Price(1)
    )
    fired = updated(OrderChange.ACTIVATED, activation=Activation.STOP)
    (_, (code, text)) = present(waiting, events=(fired,))
    assert code == "waits_for_jump_guard"
    assert "until 7 µs of game time" in text


def test_an_order_for_the_close_says_so() -> None:
    waiting = order(status=OrderStatus.PENDING, time_in_force=TimeInForce.CLS)
    assert present(waiting)[0][0] == "waits_for_closing_auction"


def test_a_taker_after_a_jump_waits_for_the_guard_until_it_is_known_when() -> None:
    waiting = order(status=OrderStatus.PENDING)
    assert present(waiting)[0][0] == "waits_for_jump_guard"
    ((_, text),) = present(waiting, status=None)
    assert text.endswith("outside the book.")


def test_without_a_book_nothing_is_said_of_the_present() -> None:
    assert present(ORDER, book=None) == []


@pytest.mark.parametrize(
    "phase", [Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION, Phase.HALTED]
)
def test_in_a_collecting_phase_the_auction_is_named(phase: Phase) -> None:
    book = structs.replace(BOOK, phase=phase)
    (named, empty) = present(ORDER, book=book)
    text = f"The instrument is {phase.value}: orders meet in its next auction; "
    assert named == (f"phase_{phase.value}", text + "the next phase begins at 9 µs.")
    assert empty[0] == "auction_empty"
    assert present(ORDER, book=book, status=None)[0][1].endswith("in its next auction.")


@pytest.mark.parametrize(
    ("state", "clearing", "code"),
    [
        (ORDER, 100_100, "outside_indicative_price"),
        (ORDER, 100_000, "inside_indicative_price"),
        (order(side=Side.SELL), 99_900, "outside_indicative_price"),
        (order(side=Side.SELL), 100_100, "inside_indicative_price"),
        (order(price=None, order_type=OrderType.MARKET), 100_100, "inside_indicative_price"),
    ],
)
def test_an_auction_says_whether_its_price_would_reach_the_order(
    state: OrderState, clearing: int, code: str
) -> None:
    book = structs.replace(BOOK, phase=Phase.PRE_OPEN, indicative_price=Price(clearing))
    assert present(state, book=book)[1][0] == code


def test_a_price_behind_the_best_opposite_is_told_with_both() -> None:
    assert present(ORDER) == [
        (
            "price_behind_opposite",
            "The best sell order stands at 11.00, which a buy at 10.00 does not reach.",
        )
    ]
    ((code, text),) = present(order(side=Side.SELL, price=Price(120_000)))
    assert code == "price_behind_opposite"
    assert text == "The best buy order stands at 10.00, which a sell at 12.00 does not reach."


def test_an_empty_opposite_side_is_told() -> None:
    book = structs.replace(BOOK, bids=(), asks=())
    assert present(ORDER, book=book)[0][1] == "Nobody shows a sell order in this instrument."
    selling = order(side=Side.SELL)
    assert present(selling, book=book)[0][1] == "Nobody shows a buy order in this instrument."


def test_an_order_that_reaches_the_opposite_side_is_not_said_to_be_behind() -> None:
    # Both may be the same owner's, who lets them meet only elsewhere.
    assert present(order(price=Price(110_000))) == []
    assert present(order(price=None)) == []


def test_the_queue_and_the_hidden_reserve_are_told() -> None:
    iceberg = order(display_quantity=2, price=Price(110_000))
    assert present(iceberg, queue_ahead=8) == [
        ("queue_ahead", "8 contracts stand before it at its price."),
        (
            "reserve_hidden",
            "At most 2 of its 5 show; each part that follows joins the back of its price level.",
        ),
    ]
    assert present(order(display_quantity=5, price=Price(110_000))) == []
