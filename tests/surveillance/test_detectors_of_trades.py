"""Each definition with a stream that meets it, and near misses that just do not: of trades."""

from collections.abc import Sequence

import pytest
from tests.surveillance.streams import CALL, MARK, Stream, cases_of

from itg.kernel.ids import OrderId
from itg.kernel.words import Side
from itg.lab.surveillance import Case, CaseKind, CaseStatus

BUY, SELL = Side.BUY, Side.SELL


def kinds(cases: Sequence[Case]) -> list[CaseKind]:
    return [case.kind for case in cases]


# Self trades


def self_traded(quantities: Sequence[int], others: int = 0) -> list[Case]:
    stream = Stream()
    if others:
        stream.meet("a1", "house", others)
    for quantity in quantities:
        stream.meet("a1", "a1", quantity)
    return stream.cases()


def test_an_account_that_trades_ten_contracts_with_itself_is_a_case() -> None:
    (case,) = self_traded([5, 5])
    assert case.kind is CaseKind.SELF_TRADE
    assert case.team_ids == ("t1",)
    assert case.instrument_ids == (CALL,)
    assert "traded 10 SPX-20261217-C-4400 with itself in 2 trades, 100%" in case.summary
    assert case.severity == 50
    assert case.status is CaseStatus.OPEN


def test_evidence_names_the_trade_by_its_own_number() -> None:
    stream = Stream()
    stream.meet("a1", "a1", 5)
    stream.meet("a1", "a1", 5)
    (case,) = stream.cases()
    traded = [record.seq + 1 for record in stream.records if len(record.outputs) == 3]
    assert [one.seq for one in case.evidence] == traded


@pytest.mark.parametrize(
    ("quantities", "others"),
    [([10], 0), ([5, 4], 0), ([5, 5], 191)],
    ids=["one trade", "nine contracts", "below a twentieth of its volume"],
)
def test_a_little_less_self_trading_is_none(quantities: list[int], others: int) -> None:
    assert self_traded(quantities, others) == []


def test_evidence_is_bounded_and_the_rest_is_counted() -> None:
    (case,) = self_traded([5] * 60)
    assert len(case.evidence) == 40
    assert case.evidence_more == 20


# Wash trades


def washed(
    legs: Sequence[tuple[int, float]], *, price_step: int = 0, others: int = 0
) -> list[Case]:
    """Let a1 and a2 trade signed quantities at these seconds, a1 showing."""
    stream = Stream()
    if others:
        stream.meet("a1", "house", others)
    for number, (signed, second) in enumerate(legs):
        stream.at_s(second)
        side = SELL if signed > 0 else BUY  # of the taker a2
        price = MARK + price_step * (1 if signed > 0 else 0) + number
        stream.meet("a1", "a2", abs(signed), price, side=side)
    return stream.cases()


TO_AND_FRO = [(5, 1.0), (-5, 20.0), (5, 40.0), (-5, 60.0)]


def test_two_teams_that_trade_to_and_fro_are_a_case() -> None:
    (case,) = washed(TO_AND_FRO)
    assert case.kind is CaseKind.WASH
    assert case.account_ids == ("a1", "a2")
    assert "traded 20 SPX-20261217-C-4400 with one another in 4 trades" in case.summary
    assert len(case.evidence) == 4


@pytest.mark.parametrize(
    "legs",
    [
        [(5, 1.0), (-5, 20.0), (5, 40.0), (-4, 60.0)],
        [(5, 1.0), (5, 20.0), (-5, 40.0), (-5, 60.0)],
        [(7, 1.0), (-5, 20.0), (7, 40.0), (-5, 60.0)],
        [(5, 1.0), (-5, 20.0), (5, 40.0), (-5, 901.1)],
    ],
    ids=["nineteen contracts", "one turn", "a net of four", "a leg too old"],
)
def test_a_little_less_washing_is_none(legs: list[tuple[int, float]]) -> None:
    assert washed(legs) == []


def test_to_and_fro_beside_much_honest_trading_is_no_wash() -> None:
    assert washed(TO_AND_FRO, others=20) != []
    assert washed(TO_AND_FRO, others=21) == []


def test_round_trips_that_cost_one_of_them_money_are_no_wash() -> None:
    assert kinds(washed(TO_AND_FRO, price_step=MARK // 12)) == [CaseKind.WASH]
    assert washed(TO_AND_FRO, price_step=MARK // 8) == []


def test_the_house_is_nobodys_partner() -> None:
    stream = Stream()
    for number in range(8):
        stream.meet("house", "a1", 10, side=BUY if number % 2 else SELL)
    assert stream.cases() == []


# Transfers

OFF = 22_000  # 5.5 % of the mark; half of the widest quote is 5 %


def transferred(
    trades: int = 4,
    off: int = OFF,
    *,
    apart_s: float = 1.0,
    quantities: tuple[int, int] = (12, 12),
    turned: int = 0,
    is_crowded: bool = False,
    has_jumped: bool = False,
    every_s: float = 10.0,
) -> list[Case]:
    stream = Stream()
    if has_jumped:
        stream.jump()
    if is_crowded:
        stream.book(MARK - off, None)
    for number in range(trades):
        stream.at_s(every_s * number + 1.0)
        price = MARK + off if number < turned else MARK - off
        shown = stream.order("a1", BUY, quantities[0], price)
        stream.at_s(every_s * number + 1.0 + apart_s)
        taken = stream.order("a2", SELL, quantities[1], price)
        stream.trade(("a1", shown), ("a2", taken), min(quantities), price, side=SELL)
    return stream.cases()


def test_money_that_goes_one_way_in_agreed_trades_is_a_case() -> None:
    (case,) = transferred()
    assert case.kind is CaseKind.TRANSFER
    assert case.account_ids == ("a1", "a2")
    assert "Team 2 handed 10,560 USD to Team 1 in 4 trades on 4 occasions" in case.summary


@pytest.mark.parametrize(
    "terms",
    [
        {"trades": 3, "quantities": (50, 50)},
        {"off": 20_000, "quantities": (50, 50)},
        {"apart_s": 2.1},
        {"quantities": (12, 13), "is_crowded": True},
        {"trades": 5, "turned": 1, "quantities": (50, 50)},
        {"quantities": (11, 11)},
        {"has_jumped": True},
        {"every_s": 1.9},
    ],
    ids=[
        "three trades",
        "within the half-spread",
        "orders too far apart",
        "one match of three",
        "a fifth goes back",
        "too little money",
        "just after a jump",
        "one moment",
    ],
)
def test_a_little_less_of_a_transfer_is_none(terms: dict[str, object]) -> None:
    assert transferred(**terms) == []  # type: ignore[arg-type]


def test_a_quote_that_leans_is_no_agreement_until_twice_as_far_away() -> None:
    assert of_quotes(39_000) == []
    assert kinds(of_quotes(41_000)) == [CaseKind.TRANSFER]


def test_two_quotes_that_meet_are_no_agreement_until_four_times_as_far_away() -> None:
    assert of_quotes(79_000, are_both=True) == []
    assert kinds(of_quotes(81_000, are_both=True)) == [CaseKind.TRANSFER]


def of_quotes(off: int, *, are_both: bool = False) -> list[Case]:
    stream = Stream()
    for number in range(4):
        stream.at_s(10.0 * number)
        bid = stream.quote("a1", MARK - off, MARK + off)
        if are_both:
            taken = OrderId(stream.quote("a2", MARK - 2 * off, MARK - off) + 1)
        else:
            taken = stream.order("a2", SELL, 10, MARK - off)
        stream.trade(("a1", bid), ("a2", taken), 10, MARK - off, side=SELL)
    return stream.cases()


# Days


def test_a_new_trading_day_begins_with_no_case_and_no_memory() -> None:
    stream = Stream()
    stream.meet("a1", "a1", 5)
    stream.start("2026-12-03")
    stream.meet("a1", "a1", 5)
    assert stream.cases() == []
    stream.meet("a1", "a1", 5)
    (case,) = stream.cases()
    assert case.trading_day == "2026-12-03"


def test_a_case_has_the_same_name_whoever_looks() -> None:
    stream = Stream()
    stream.meet("a1", "a1", 5)
    stream.meet("a1", "a1", 5)
    early = cases_of(stream.records)
    stream.meet("a1", "a1", 5)
    late = cases_of(stream.records)
    assert early[0].case_id == late[0].case_id
    assert early[0].severity < late[0].severity
