"""Refusals: numbers in the wire's units, fields by the wire's names."""

import pytest

from itg.gateway.problems import problem_of_refusal, within
from itg.kernel.errors import Refusal
from itg.translate.explaining import OrderFacts, explain
from itg.translate.refusals import numbers_of, pointer_to


@pytest.mark.parametrize(
    ("code", "number", "told"),
    [
        ("POSITION_LIMIT_EXCEEDED", 50, 50),
        ("INVALID_PRICE", 12_500, 1.25),
        ("PRICE_OUTSIDE_BAND", 12_500, 1.25),
        ("QUOTE_SPREAD_EXCEEDED", 500, 0.05),
        ("LOSS_STOP_REACHED", 20_000_000_000, 2_000_000.0),
        ("INVALID_EXPIRY", 7_000, 7),
    ],
)
def test_a_number_is_in_the_unit_of_the_field_it_speaks_of(
    code: str, number: int, told: float
) -> None:
    refusal = Refusal(code=code, detail="", limit=number, allowed=number)
    assert numbers_of(refusal) == (told, None, None, told)


@pytest.mark.parametrize(
    ("code", "requested", "allowed", "told"),
    [
        ("INVALID_PRICE", 43_833_310, 43_833_300, "requested 4383.331, allowed 4383.33"),
        ("LOSS_STOP_REACHED", 12_345_678_900, 0, "requested 1234567.89, allowed 0.00"),
        ("ORDER_SIZE_EXCEEDED", 1_000_000, 500, "requested 1000000, allowed 500"),
        ("INVALID_EXPIRY", 1_796_139_157_937_296_000, None, "requested 1796139157937296"),
    ],
)
def test_an_explanation_tells_a_number_to_its_last_digit(
    code: str, requested: int, allowed: int | None, told: str
) -> None:
    refusal = Refusal(code=code, detail="so", requested=requested, allowed=allowed)
    assert explain(OrderFacts(refusal=refusal))[0].text == f"Refused: {code}, so ({told})"


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ("price", "/price"),
        ("stop_price", "/stop_price"),
        ("expires_ns", "/expires_us"),
        ("expires_us", "/expires_us"),
        ("orig_client_order_id", "/client_order_id"),
        ("account_id", "/team_id"),
    ],
)
def test_a_field_is_named_as_the_wire_names_it(field: str, pointer: str) -> None:
    assert pointer_to(field) == pointer


def test_an_items_problem_names_its_place() -> None:
    problem = problem_of_refusal(Refusal(code="INVALID_EXPIRY", detail="past", field="expires_ns"))
    named = within(problem, "/orders/3")
    assert named.errors is not None
    assert [error.pointer for error in named.errors] == ["/orders/3/expires_us"]
    nameless = problem_of_refusal(Refusal(code="KILL_SWITCH_ACTIVE", detail="off"))
    assert within(nameless, "/orders/3") == nameless
