"""A correction on the command line is all of what was asked for, or none of it."""

import pytest

from itg.cli import exits
from itg.cli.asking import AskingError
from itg.cli.teams import Correction


def correction(
    cash: float = 0.0,
    instrument: str | None = None,
    quantity: int = 0,
    price: float | None = None,
) -> Correction:
    return Correction(cash=cash, instrument=instrument, quantity=quantity, price=price)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (correction(), "nothing is corrected: give --cash, or --instrument with --quantity and"),
        (correction(100, quantity=5), "--quantity 5: name the contracts with --instrument"),
        (correction(quantity=5, price=3), "--quantity 5: name the contracts with --instrument"),
        (correction(100, "SPX"), "--instrument SPX: give --quantity, positive to the team"),
        (correction(0, "SPX", price=3), "--instrument SPX: give --quantity, positive to the team"),
        (correction(100, "SPX", 5), "--quantity 5: give --price, USD a contract is counted at"),
        (correction(100, "SPX", 5, 0), "--price 0: a price is one tick or more"),
        (correction(100, "SPX", -5, -3.5), "--price -3.5: a price is one tick or more"),
        (correction(100, price=3), "--price 3: it is of contracts; name --instrument and"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_asked(
    wrong: Correction, complaint: str
) -> None:
    with pytest.raises(AskingError) as raised:
        wrong.body("a mistake")
    assert str(raised.value).startswith(complaint)
    assert raised.value.code == exits.WRONG_USE


def test_cash_and_contracts_are_sent_as_they_were_asked_for() -> None:
    assert correction(12.5).body("a fee") == {"cash": 12.5, "reason": "a fee"}
    assert correction(0, "SPX", -2, 4400).body("a fill") == {
        "cash": 0,
        "instrument_id": "SPX",
        "quantity": -2,
        "price": 4400,
        "reason": "a fill",
    }
