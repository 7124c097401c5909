"""Each definition with a stream that meets it, and near misses: of orders, and of the close."""

from collections.abc import Sequence

import pytest
from tests.surveillance.streams import MARK, ROLE, Stream, quoted, reseated

from itg.kernel.ids import OrderId
from itg.kernel.words import CancelReason, Side
from itg.lab.surveillance import Case, CaseKind

BUY, SELL = Side.BUY, Side.SELL
UNKNOWN = OrderId(0)


def kinds(cases: Sequence[Case]) -> list[CaseKind]:
    return [case.kind for case in cases]


# Layering


def layered(
    episodes: int = 3,
    layers: int = 3,
    quantity: int = 5,
    *,
    wait_s: float = 1.0,
    aged_s: float = 2.0,
    gap_s: float = 60.0,
    reason: CancelReason = CancelReason.REQUESTED,
    is_other_side: bool = True,
) -> list[Case]:
    stream = Stream()
    for number in range(episodes):
        began = gap_s * number + 100.0
        stream.at_s(began - aged_s)
        side = SELL if is_other_side else BUY
        shown = [stream.order("a1", side, quantity, MARK + 1_000 * n) for n in range(layers)]
        stream.at_s(began)
        bought = stream.order("a1", BUY, 5, MARK)
        stream.trade(("house", UNKNOWN), ("a1", bought), 5)
        stream.at_s(began + wait_s)
        for order_id in shown:
            stream.cancel("a1", order_id, quantity, reason)
    return stream.cases()


def test_orders_withdrawn_after_fills_of_the_other_side_are_a_case() -> None:
    (case,) = layered()
    assert case.kind is CaseKind.LAYERING
    assert "withdrew 9 orders for 45" in case.summary
    assert "3 times; it was filled for 15" in case.summary
    assert len(case.evidence) == 12


def test_one_large_order_withdrawn_each_time_is_a_case_too() -> None:
    assert kinds(layered(layers=1, quantity=50)) == [CaseKind.LAYERING]


@pytest.mark.parametrize(
    "terms",
    [
        {"episodes": 2},
        {"layers": 2, "quantity": 10},
        {"quantity": 4},
        {"wait_s": 3.1},
        {"aged_s": 60.1},
        {"gap_s": 901.0},
        {"reason": CancelReason.MARKET_CLOSED},
        {"is_other_side": False},
        {"layers": 1, "quantity": 49},
    ],
    ids=[
        "two episodes",
        "two orders",
        "less than three times the fill",
        "withdrawn too late",
        "shown too long before",
        "too seldom",
        "not its own will",
        "the same side",
        "less than ten times the fill",
    ],
)
def test_a_little_less_layering_is_none(terms: dict[str, object]) -> None:
    assert layered(**terms) == []  # type: ignore[arg-type]


# Quote stuffing


def stuffed(
    bursts: int = 8,
    fleeting: int = 4,
    *,
    life_s: float = 0.25,
    lasting: int = 0,
    gap_s: float = 2.0,
    trades: int = 0,
    peers: int = 0,
) -> list[Case]:
    stream = Stream()
    for peer in range(peers):
        burst(stream, f"a{peer + 2}", fleeting=4, at_s=1.0)
    for _ in range(trades):
        stream.trade(("house", UNKNOWN), ("a1", UNKNOWN), 1)
    for number in range(bursts):
        at_s = 10.0 + gap_s * number
        burst(stream, "a1", fleeting=fleeting, at_s=at_s, life_s=life_s, lasting=lasting)
    stream.at_s(20.0 + gap_s * bursts)
    stream.order("a1", BUY, 1, MARK)
    return stream.cases()


def burst(
    stream: Stream,
    account: str,
    *,
    fleeting: int,
    at_s: float,
    life_s: float = 0.25,
    lasting: int = 0,
) -> None:
    stream.at_s(at_s)
    orders = [stream.order(account, BUY, 1, 1_000) for _ in range(fleeting)]
    for _ in range(lasting):
        stream.order(account, BUY, 1, 1_000)
    stream.at_s(at_s + life_s)
    for order_id in orders:
        stream.cancel(account, order_id, 1)


def test_bursts_of_orders_that_live_a_moment_are_a_case() -> None:
    (case,) = stuffed()
    assert case.kind is CaseKind.STUFFING
    assert "sent 32 orders and quotes" in case.summary
    assert "in 8 bursts within 15 s" in case.summary
    assert len(case.evidence) == 8


def test_quotes_that_flicker_are_a_case_too() -> None:
    stream = Stream()
    for second in range(10, 20):
        for quarter in range(4):
            stream.at_s(second + quarter / 4)
            shift = 100 * (quarter % 2)
            ids = OrderId(901), OrderId(902)
            stream.tell(quoted("a1", ids, MARK - 9_000 + shift, MARK + 9_000 + shift))
    stream.at_s(30.0)
    stream.order("a1", BUY, 1, MARK)
    assert kinds(stream.cases()) == [CaseKind.STUFFING]


@pytest.mark.parametrize(
    "terms",
    [
        {"bursts": 7},
        {"fleeting": 3},
        {"life_s": 0.51},
        {"lasting": 2},
        {"gap_s": 18.0},
        {"trades": 4},
        {"peers": 3, "bursts": 4},
    ],
    ids=[
        "seven bursts",
        "three in a second",
        "half a second and more",
        "two in six stay",
        "too far apart",
        "it trades as well",
        "peers do so too, and it is too few",
    ],
)
def test_a_little_less_stuffing_is_none(terms: dict[str, object]) -> None:
    assert stuffed(**terms) == []  # type: ignore[arg-type]


def test_what_the_roles_others_do_as_well_is_no_stuffing() -> None:
    assert of_peers(6) != []
    assert of_peers(7) == []


def test_the_others_are_those_who_play_the_role_on_that_day() -> None:
    assert of_peers(7, in_role="hedge_fund") != []


def of_peers(fleeting: int, in_role: str = ROLE) -> list[Case]:
    """Let a1 send 32 fleeting orders and each peer so many, in a role of the day."""
    stream = Stream()
    for peer in ("a2", "a3", "a4"):
        stream.tell(reseated(peer, in_role))
        burst(stream, peer, fleeting=fleeting, at_s=1.0)
    for number in range(8):
        burst(stream, "a1", fleeting=4, at_s=10.0 + number)
    stream.at_s(30.0)
    stream.order("a1", BUY, 1, MARK)
    return [case for case in stream.cases() if case.account_ids == ("a1",)]


# Marking the close


def test_a_quote_that_meets_another_takes_nothing() -> None:
    stream = Stream()
    stream.hold("a1", 10)
    stream.book(MARK - 4_000, MARK + 4_000)
    bid = stream.quote("a1", MARK + 4_000, MARK + 20_000)
    stream.trade(("house", UNKNOWN), ("a1", bid), 10, MARK + 4_000)
    stream.empty(MARK - 4_000, MARK + 4_000)
    stream.book(MARK + 4_000, MARK + 12_000)
    stream.close()
    assert stream.cases() == []


def closed(
    held: int = 10,
    took: int = 10,
    *,
    side: Side = BUY,
    move: int = 8_000,
    before_s: float = 10.0,
    others: int = 0,
    back: int = 0,
    earlier: int = 0,
) -> list[Case]:
    stream = Stream()
    stream.hold("a1", held)
    stream.book(MARK - 4_000, MARK + 4_000)
    if earlier:
        stream.at_s(1.0)
        stream.trade(("house", UNKNOWN), ("a1", UNKNOWN), earlier, MARK, side=SELL)
        stream.hold("a1", held)
    stream.at_s(400.0 - before_s)
    stream.trade(("house", UNKNOWN), ("a1", UNKNOWN), took, MARK + 4_000, side=side)
    if back:
        stream.trade(("house", UNKNOWN), ("a1", UNKNOWN), back, MARK, side=SELL)
    if others:
        stream.trade(("house", UNKNOWN), ("a2", UNKNOWN), others, MARK, side=SELL)
    stream.empty(MARK - 4_000, MARK + 4_000)
    stream.book(MARK - 4_000 + move, MARK + 4_000 + move)
    stream.at_s(400.0)
    stream.close()
    return stream.cases()


def test_a_team_that_pushes_the_close_its_way_is_a_case() -> None:
    (case,) = closed()
    assert case.kind is CaseKind.CLOSING
    assert "+10 SPX-20261217-C-4400 before it, bought 10 in the last 120 s, 100%" in case.summary
    assert "the market moved 0.80 its way, seen from the mark 40.00, 800 USD" in case.summary


@pytest.mark.parametrize(("walk", "count"), [(12_000, 1), (11_900, 0)])
def test_a_price_that_was_walked_counts_though_the_market_came_back(walk: int, count: int) -> None:
    stream = Stream()
    stream.hold("a1", 10)
    stream.book(MARK - 4_000, MARK + 4_000)
    for price in (MARK + 4_000, MARK + 4_000 + walk):
        stream.trade(("house", UNKNOWN), ("a1", UNKNOWN), 5, price)
    stream.close()
    assert kinds(stream.cases()) == [CaseKind.CLOSING] * count


def test_a_short_position_is_marked_downwards() -> None:
    assert kinds(closed(held=-10, side=SELL, move=-8_000)) == [CaseKind.CLOSING]


@pytest.mark.parametrize(
    "terms",
    [
        {"held": 9},
        {"took": 9},
        {"held": -10},
        {"move": 3_900},
        {"before_s": 120.1},
        {"others": 24},
        {"back": 3},
        {"earlier": 16},
    ],
    ids=[
        "nine held",
        "nine taken",
        "against its position",
        "the market hardly moves",
        "too early",
        "others took more",
        "it took the other side too",
        "it trades like this all day",
    ],
)
def test_a_little_less_marking_is_none(terms: dict[str, object]) -> None:
    assert closed(**terms) == []  # type: ignore[arg-type]
