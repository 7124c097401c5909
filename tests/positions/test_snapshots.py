from tests.positions.campaign import Campaign
from tests.positions.scene import ALICE, BOB, Scene, order

from itg.kernel.words import Phase
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
