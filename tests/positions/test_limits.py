import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    PUT,
    SPX,
    SPY_CALL,
    TRADER,
    Scene,
    cancel,
    of,
    only,
    order,
    replace,
    role,
)

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.words import OrderType, Phase
from itg.positions.contract import (
    AccountLimitWarned,
    AccountReplaceRejected,
    AnyConstraint,
    ConfigurePositions,
    ExposureLimit,
    InstrumentsAllowed,
    OrderSizeLimit,
    OrderTypesAllowed,
    PortfolioLimit,
    PositionLimit,
    ReserveOrder,
    UnderlyingLimit,
)

LIMIT_50 = PositionLimit(max_quantity=50)


def scene(*constraints: AnyConstraint) -> Scene:
    return Scene(role(TRADER, *constraints))


def test_three_working_orders_cannot_together_pass_a_limit_that_one_would_not() -> None:
    market = scene(LIMIT_50)
    assert market.refused(order(quantity=20)) is None
    assert market.refused(order(quantity=20, price="9.00")) is None
    refusal = market.place(order(quantity=20, price="8.00")).refusal
    assert refusal is not None
    assert refusal.code == "POSITION_LIMIT_EXCEEDED"
    assert (refusal.limit, refusal.current, refusal.requested, refusal.allowed) == (50, 40, 20, 10)
    assert market.refused(order(quantity=10, price="8.00")) is None


def test_each_side_has_its_own_worst_case() -> None:
    market = scene(LIMIT_50)
    assert market.refused(order(side="buy", quantity=50)) is None
    assert market.refused(order(side="sell", quantity=50, price="11.00")) is None
    assert market.refused(order(side="sell", quantity=1, price="11.00")) is not None


def test_a_canceled_order_frees_what_it_reserved() -> None:
    market = scene(LIMIT_50)
    order_id = market.rest(order(quantity=50))
    assert market.refused(order()) == "POSITION_LIMIT_EXCEEDED"
    market.send(cancel(ALICE, order_id))
    assert market.refused(order(quantity=50)) is None


def test_an_order_the_exchange_refuses_frees_what_it_reserved() -> None:
    market = scene(LIMIT_50)
    assert market.refused(order(quantity=50, price=None, tif="day")) is None
    market.enter(Phase.CLOSED)
    assert market.refused(order(quantity=50)) == "WRONG_PHASE"
    assert market.worst_case(ALICE, "position_limit") == 0


def test_a_fill_keeps_the_worst_case_and_opens_the_other_side() -> None:
    market = scene(LIMIT_50)
    market.rest(order(BOB, "sell", 30))
    market.rest(order(ALICE, "buy", 50))
    assert market.net(ALICE) == 30
    assert market.refused(order(ALICE, "buy", 1, "5.00")) == "POSITION_LIMIT_EXCEEDED"
    assert market.refused(order(ALICE, "sell", 80, "12.00")) is None


def test_an_order_that_reduces_passes_even_over_the_limit() -> None:
    market = scene(LIMIT_50)
    market.rest(order(BOB, "sell", 50))
    market.rest(order(ALICE, "buy", 50))
    market.send(ConfigurePositions(roles=(role(TRADER, PositionLimit(max_quantity=10)),)))
    assert market.refused(order(ALICE, "buy", 1)) == "POSITION_LIMIT_EXCEEDED"
    assert market.refused(order(ALICE, "sell", 40, "12.00")) is None
    assert market.refused(order(ALICE, "sell", 21, "12.00")) == "POSITION_LIMIT_EXCEEDED"


def test_a_larger_replace_is_checked_and_reserved() -> None:
    market = scene(LIMIT_50)
    order_id = market.rest(order(quantity=20))
    told = market.send(replace(ALICE, order_id, quantity=51))
    assert only(AccountReplaceRejected, told).refusal.code == "POSITION_LIMIT_EXCEEDED"
    market.send(replace(ALICE, order_id, quantity=45))
    assert market.worst_case(ALICE, "position_limit") == 45
    market.send(replace(ALICE, order_id, quantity=5))
    assert market.worst_case(ALICE, "position_limit") == 5


def test_a_smaller_replace_passes_even_over_the_limit() -> None:
    market = scene(LIMIT_50)
    order_id = market.rest(order(quantity=50))
    market.send(ConfigurePositions(roles=(role(TRADER, PositionLimit(max_quantity=10)),)))
    told = market.send(replace(ALICE, order_id, quantity=40))
    assert not of(AccountReplaceRejected, told)
    assert market.worst_case(ALICE, "position_limit") == 40


def test_a_refused_replace_leaves_the_reservation_of_the_order() -> None:
    market = scene(LIMIT_50)
    order_id = market.rest(order(quantity=20))
    market.enter(Phase.OPENING_AUCTION)
    told = market.send(replace(ALICE, order_id, quantity=45))
    assert only(AccountReplaceRejected, told).refusal.code == "WRONG_PHASE"
    assert market.worst_case(ALICE, "position_limit") == 20


def test_the_position_limit_is_per_option_and_leaves_underlyings_alone() -> None:
    market = scene(LIMIT_50, UnderlyingLimit(max_quantity=10))
    for instrument_id in (CALL, PUT, SPY_CALL):
        assert market.refused(order(quantity=50, instrument_id=instrument_id)) is None
    assert market.refused(order(quantity=11, instrument_id=SPX)) == "UNDERLYING_LIMIT_EXCEEDED"
    assert market.refused(order(quantity=10, instrument_id=SPX)) is None


def test_the_portfolio_limit_sums_the_worst_cases_of_all_options() -> None:
    market = scene(PortfolioLimit(max_quantity=60))
    assert market.refused(order(quantity=50)) is None
    assert market.refused(order(quantity=11, instrument_id=PUT)) == "PORTFOLIO_LIMIT_EXCEEDED"
    assert market.refused(order(quantity=500, instrument_id=SPX)) is None
    assert market.refused(order(side="sell", quantity=50, price="11.00")) is None
    refusal = market.place(order(side="sell", quantity=15, price="11.00")).refusal
    assert refusal is not None
    assert (refusal.limit, refusal.current, refusal.requested, refusal.allowed) == (60, 50, 15, 10)


def test_a_filled_only_portfolio_limit_refuses_what_adds_once_it_is_reached() -> None:
    market = scene(PortfolioLimit(max_quantity=50, filled_only=True))
    market.rest(order(BOB, "sell", 40))
    market.rest(order(ALICE, "buy", 40))
    overshoot = market.rest(order(ALICE, "buy", 30))
    assert market.refused(order(ALICE, "buy", 500, "5.00", PUT)) is None
    market.rest(order(CAROL, "sell", 30))
    assert market.net(ALICE) == 70, f"order {overshoot} may overshoot"
    assert market.refused(order(ALICE, "buy", 1)) == "PORTFOLIO_LIMIT_EXCEEDED"
    assert market.refused(order(ALICE, "sell", 1, "5.00", PUT)) == "PORTFOLIO_LIMIT_EXCEEDED"
    assert market.refused(order(ALICE, "sell", 140, "12.00")) is None
    assert market.refused(order(ALICE, "sell", 1, "12.00")) == "PORTFOLIO_LIMIT_EXCEEDED"


def test_the_exposure_limit_lets_through_what_does_not_raise_it() -> None:
    market = scene(ExposureLimit(max_quantity=50))
    assert market.refused(order(quantity=50)) is None
    assert market.refused(order(side="sell", quantity=50, price="11.00")) is None
    assert market.refused(order(quantity=1, price="5.00")) == "EXPOSURE_LIMIT_EXCEEDED"


def test_the_first_failing_rule_in_the_roles_order_is_reported() -> None:
    size = OrderSizeLimit(max_quantity=5)
    assert scene(LIMIT_50, size).refused(order(quantity=51)) == "POSITION_LIMIT_EXCEEDED"
    assert scene(size, LIMIT_50).refused(order(quantity=51)) == "ORDER_SIZE_EXCEEDED"


@pytest.mark.parametrize(
    ("constraint", "allowed", "refused", "code"),
    [
        (
            OrderSizeLimit(max_quantity=5),
            order(quantity=5),
            order(quantity=6),
            "ORDER_SIZE_EXCEEDED",
        ),
        (
            OrderTypesAllowed(order_types=(OrderType.LIMIT,)),
            order(),
            order(price=None),
            "ORDER_TYPE_NOT_ALLOWED",
        ),
        (
            InstrumentsAllowed(underlyings=False),
            order(),
            order(instrument_id=SPX),
            "INSTRUMENT_NOT_ALLOWED",
        ),
        (
            InstrumentsAllowed(options=False),
            order(instrument_id=SPX),
            order(),
            "INSTRUMENT_NOT_ALLOWED",
        ),
        (
            InstrumentsAllowed(underlying_ids=(UnderlyingId("SPY"),)),
            order(instrument_id=SPY_CALL),
            order(),
            "INSTRUMENT_NOT_ALLOWED",
        ),
    ],
)
def test_a_role_sends_what_its_rules_allow(
    constraint: AnyConstraint, allowed: ReserveOrder, refused: ReserveOrder, code: str
) -> None:
    market = scene(constraint)
    assert market.refused(allowed) is None
    assert market.refused(refused) == code


@pytest.mark.parametrize("quantity", [0, -1, 10_000_001, 2**53])
def test_a_quantity_nobody_can_trade_is_refused_before_anything_is_reserved(quantity: int) -> None:
    market = scene()
    assert market.refused(order(quantity=quantity)) == "INVALID_QUANTITY"
    assert not market.holdings(ALICE).positions


def test_an_order_worth_more_than_cash_can_count_is_refused() -> None:
    assert scene().refused(order(quantity=10_000_000, price="1000.00")) == "INVALID_QUANTITY"


def test_an_unknown_instrument_is_refused() -> None:
    refused = order(instrument_id=InstrumentId("SPX-20261217-C-9999"))
    assert scene().refused(refused) == "INVALID_INSTRUMENT"


def test_a_limit_warns_once_at_four_fifths_until_its_use_falls_below() -> None:
    market = scene(LIMIT_50)
    market.rest(order(quantity=39))
    assert not of(AccountLimitWarned, market.told)
    order_id = market.rest(order())
    warning = only(AccountLimitWarned, market.told)
    assert (warning.kind, warning.instrument_id) == ("position_limit", CALL)
    assert (warning.used, warning.limit) == (40, 50)
    market.rest(order())
    assert len(of(AccountLimitWarned, market.told)) == 1
    market.send(cancel(ALICE, order_id))
    market.send(cancel(ALICE, order_id + 1))
    market.rest(order())
    assert len(of(AccountLimitWarned, market.told)) == 2


def test_limits_replaced_at_run_time_bind_open_accounts() -> None:
    market = scene(LIMIT_50)
    market.rest(order(quantity=50))
    market.send(ConfigurePositions(roles=(role(TRADER, PositionLimit(max_quantity=60)),)))
    assert market.refused(order(quantity=10)) is None
    assert market.refused(order()) == "POSITION_LIMIT_EXCEEDED"
