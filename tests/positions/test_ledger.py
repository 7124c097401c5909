from hypothesis import given
from hypothesis import strategies as st
from tests.positions.mirror import SlowLedger
from tests.positions.scene import CALL, MULTIPLIER, instrument, usd

from itg.kernel.ids import FillId, OrderId, Seq, TradeId
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Liquidity, Side
from itg.positions.contract import Fill
from itg.positions.core.listings import Listing
from itg.positions.core.portfolio import Holding, Portfolio

Deal = tuple[Side, int, int, int]
DEALS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 30),
        st.integers(1, 2_000_000),
        st.integers(-500, 500),
    ),
    max_size=40,
)


def traded(deals: list[Deal]) -> tuple[Portfolio, Holding, SlowLedger]:
    portfolio, slow = Portfolio(0), SlowLedger()
    holding = Holding(Listing(instrument(CALL, 0), 0))
    portfolio.keep(holding)
    for side, quantity, price, fee in deals:
        portfolio.reserve(holding, side, quantity)
        portfolio.fill(holding, side, price=Price(price), quantity=quantity, fee=fee)
        slow.add(fill(side, quantity, price, fee))
    return portfolio, holding, slow


def fill(side: Side, quantity: int, price: int, fee: int) -> Fill:
    return Fill(
        fill_id=FillId(1),
        trade_id=TradeId(1),
        order_id=OrderId(1),
        instrument_id=CALL,
        side=side,
        last_price=Price(price),
        last_quantity=Quantity(quantity),
        liquidity=Liquidity.TAKER,
        fee=Cash(fee),
        seq=Seq(1),
        game_ns=Nanos(0),
    )


@given(DEALS)
def test_net_cash_and_fees_are_the_sums_of_the_fills(deals: list[Deal]) -> None:
    portfolio, holding, slow = traded(deals)
    assert holding.net == slow.net
    assert holding.fees == portfolio.fees == slow.fees
    assert portfolio.cash == -slow.paid - slow.fees
    assert holding.contracts_traded == sum(quantity for _, quantity, _, _ in deals)


@given(DEALS, st.integers(1, 2_000_000))
def test_realized_and_unrealized_add_up_to_cash_flow_and_mark_value(
    deals: list[Deal], mark: int
) -> None:
    _, holding, slow = traded(deals)
    holding.listing.mark_price = Price(mark)
    unrealized = holding.unrealized()
    assert unrealized is not None
    assert holding.realized + unrealized == mark * slow.net * MULTIPLIER - slow.paid


@given(DEALS)
def test_realized_is_by_average_cost_to_one_unit_a_fill(deals: list[Deal]) -> None:
    _, holding, slow = traded(deals)
    assert abs(holding.realized - slow.realized) <= len(deals)
    if holding.net == 0:
        assert holding.cost == 0
        assert holding.realized == -slow.paid
    else:
        average = holding.position().average_price
        assert average is not None
        assert abs(average - slow.average) <= 1 + len(deals)


@given(DEALS)
def test_the_cost_has_the_sign_of_the_position(deals: list[Deal]) -> None:
    _, holding, _ = traded(deals)
    assert holding.net * holding.cost >= 0


@given(DEALS)
def test_the_sums_over_options_are_those_of_the_holdings(deals: list[Deal]) -> None:
    portfolio, holding, _ = traded(deals)
    assert portfolio.filled == abs(holding.net)
    assert portfolio.exposure == holding.worst == abs(holding.net)


def test_a_position_that_crosses_zero_closes_at_cost_and_opens_at_the_price() -> None:
    _, holding, _ = traded([(Side.BUY, 10, usd("1.00"), 0), (Side.SELL, 15, usd("1.20"), 0)])
    position = holding.position()
    assert position.net_quantity == -5
    assert position.realized_pnl == 10 * 2_000 * MULTIPLIER
    assert position.average_price == usd("1.20")


def test_a_position_without_a_mark_has_no_unrealized_value() -> None:
    _, holding, _ = traded([(Side.BUY, 1, usd("1.00"), 0)])
    assert holding.position().unrealized_pnl is None
    _, flat, _ = traded([(Side.BUY, 1, usd("1.00"), 0), (Side.SELL, 1, usd("2.00"), 0)])
    assert flat.position().unrealized_pnl == 0
    assert flat.position().average_price is None
