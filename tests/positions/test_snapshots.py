from tests.positions.campaign import Campaign
from tests.positions.scene import ALICE, BOB, Scene, order

from itg.kernel.words import Phase
from itg.positions.core.mailbox import MAILBOX_EVENTS_MAX
from itg.positions.service import PositionsService
from itg.positions.store import encode_desk


def is_as_encoded_afresh(positions: PositionsService) -> bool:
    return positions.snapshot() == encode_desk(positions._desk)


def test_what_was_packed_before_leaves_no_trace_in_a_snapshot() -> None:
    for seed in range(8):
        day = Campaign(seed)
        for number in range(250):
            day.step()
            day.market.positions.pack()
            if number % 7 == 0:
                assert is_as_encoded_afresh(day.market.positions)


def test_an_order_that_outlives_a_day_is_packed_anew_without_its_answer() -> None:
    market = Scene()
    market.place(order(ALICE, "buy", cid="a"))
    market.place(order(BOB, "sell", cid="b"))
    assert is_as_encoded_afresh(market.positions)
    market.enter(Phase.CLOSED)
    market.enter(Phase.PRE_OPEN)
    assert is_as_encoded_afresh(market.positions)
    data = market.positions.snapshot()
    market.positions.restore(data)
    assert market.positions.snapshot() == data


def test_packing_changes_no_snapshot() -> None:
    market = Scene()
    market.place(order(ALICE, "buy", cid="a"))
    before = market.positions.snapshot()
    market.positions.pack()
    assert market.positions.snapshot() == before


def test_a_mailbox_that_has_lost_its_oldest_events_is_packed_as_it_stands() -> None:
    market = Scene()
    for number in range(MAILBOX_EVENTS_MAX + 700):
        market.send(order(quantity=0))
        if number % 100 == 0:
            market.positions.pack()
        if number % 2_500 == 0:
            assert is_as_encoded_afresh(market.positions)
    assert is_as_encoded_afresh(market.positions)
    data = market.positions.snapshot()
    market.positions.restore(data)
    assert market.positions.snapshot() == data
