"""The local book against a dictionary of levels."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, json

from itg.client import Book
from itg.client.frames import Frame
from itg.wire.v1.market import BookPush, PhasePush, RawBookPush, TopPush

PRICES = st.integers(1, 60).map(lambda ticks: ticks / 100)
LEVELS = st.lists(st.tuples(PRICES, st.integers(0, 5)), max_size=8)
Levels = list[tuple[float, int]]


def push(bids: Levels, asks: Levels) -> BookPush:
    return BookPush(instrument_id="X", bids=bids, asks=asks)


def frame(kind: str, data: BookPush | PhasePush) -> Frame:
    return Frame(channel="book.X", type=kind, data=Raw(json.encode(data)))


@given(LEVELS, LEVELS, st.lists(st.tuples(LEVELS, LEVELS), max_size=10))
def test_a_folded_book_has_the_last_quantity_of_every_price(
    bids: Levels, asks: Levels, deltas: list[tuple[Levels, Levels]]
) -> None:
    book, naive = Book("X"), (dict(bids), dict(asks))
    book.fold(frame("snapshot", push(list(naive[0].items()), list(naive[1].items()))))
    for delta in deltas:
        book.fold(frame("delta", push(*delta)))
        for side, changes in zip(naive, delta, strict=True):
            side.update(changes)
    assert book.bids == sorted(((p, q) for p, q in naive[0].items() if q), reverse=True)
    assert book.asks == sorted((p, q) for p, q in naive[1].items() if q)
    assert book.bid == (book.bids[0] if book.bids else None)
    assert book.ask == (book.asks[0] if book.asks else None)


def test_mid_spread_and_microprice_need_both_sides() -> None:
    book = Book("X")
    book.restart(push([(9.0, 30)], []))
    assert (book.mid, book.spread, book.microprice) == (None, None, None)
    book.apply(push([], [(10.0, 10)]))
    assert (book.mid, book.spread, book.microprice) == (9.5, 1.0, 9.75)


def test_a_top_replaces_both_sides() -> None:
    book = Book("X")
    book.set_top(TopPush(instrument_id="X", bid=9.0, bid_quantity=3, ask=10.0, ask_quantity=4))
    book.set_top(TopPush(instrument_id="X", bid=8.0, bid_quantity=1, ask=None, ask_quantity=0))
    assert (book.bids, book.asks) == ([(8.0, 1)], [])


def test_indicative_values_stay_until_they_are_told_anew() -> None:
    book = Book("X")
    auction = BookPush(
        instrument_id="X", bids=[], asks=[], indicative_price=9.0, indicative_quantity=5,
        imbalance_quantity=2, imbalance_side="buy",
    )  # fmt: skip
    book.fold(frame("indicative", auction))
    book.fold(frame("delta", push([(8.0, 1)], [])))
    assert (book.indicative_price, book.indicative_quantity) == (9.0, 5)
    assert (book.imbalance_quantity, book.imbalance_side) == (2, "buy")
    book.fold(frame("snapshot", push([], [])))
    assert (book.indicative_price, book.indicative_quantity) == (None, 0)


def test_a_phase_frame_changes_the_phase_alone() -> None:
    book = Book("X")
    book.restart(push([(9.0, 30)], []))
    move = PhasePush(
        underlying_id="U", instrument_id=None, phase="continuous", previous="opening_auction",
        next_phase=None, next_transition_us=None,
    )  # fmt: skip
    book.fold(frame("phase", move))
    assert (book.phase, book.bids) == ("continuous", [(9.0, 30)])


@given(LEVELS, st.lists(LEVELS, max_size=10))
def test_full_depth_gives_the_same_book_and_the_orders_at_each_price(
    first: Levels, deltas: list[Levels]
) -> None:
    book, naive, counts = Book("X"), dict(first), dict[float, int]()
    for kind, levels in [("snapshot", list(naive.items())), *(("delta", each) for each in deltas)]:
        data = RawBookPush(instrument_id="X", bids=[(p, q, 2 * q) for p, q in levels], asks=[])
        book.fold(Frame(channel="book.X.raw", type=kind, data=Raw(json.encode(data))))
        naive.update(levels)
        counts.update((price, 2 * quantity) for price, quantity in levels)
    assert book.bids == sorted(((p, q) for p, q in naive.items() if q), reverse=True)
    for price, quantity in naive.items():
        assert book.order_count("buy", price) == (counts[price] if quantity else None)


def test_an_uncross_ends_what_was_indicated() -> None:
    book = Book("X")
    auction = BookPush(
        instrument_id="X", bids=[], asks=[], indicative_price=9.0, indicative_quantity=5,
    )  # fmt: skip
    book.fold(frame("indicative", auction))
    done = PhasePush(
        underlying_id="U", instrument_id="X", phase="continuous", previous=None,
        next_phase=None, next_transition_us=None, clearing_price=9.0, quantity=5,
    )  # fmt: skip
    book.fold(frame("uncross", done))
    assert (book.phase, book.indicative_price, book.indicative_quantity) == ("continuous", None, 0)


def test_a_type_of_a_later_version_changes_nothing() -> None:
    book = Book("X")
    book.restart(push([(9.0, 30)], []))
    book.fold(Frame(channel="book.X", type="weather", data=Raw(b'{"sun": true}')))
    assert book.bids == [(9.0, 30)]
