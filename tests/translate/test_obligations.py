"""What a team reads of its obligations: the meter of limits, pushes, and the published rules."""

from itg.kernel.ids import AccountId, InstrumentId, Role, Seq, UnderlyingId
from itg.kernel.money import Cash
from itg.positions.contract import (
    AccountLimitWarned,
    Coverage,
    DeltaWeight,
    LegBalance,
    LegDelta,
    Limits,
    LimitUse,
    QuoteCoverage,
    RoleRules,
    SeriesCoverage,
)
from itg.translate.account import private_push, risk_limits_body
from itg.translate.game import role_body
from itg.wire.v1.account import CoverageBody, LimitPush, SeriesCoverageBody

TEAM, SEQ = AccountId("t"), Seq(1)
CALL = InstrumentId("SPX-20261217-C-4400")


def use(kind: str, used: int, limit: int, *, is_floor: bool = False) -> LimitUse:
    return LimitUse(
        kind=kind,
        instrument_id=None,
        limit=limit,
        used=used,
        worst_case=used,
        headroom=0,
        is_floor=is_floor,
    )


def test_the_meter_shows_shares_legs_and_ratio() -> None:
    rows = (use("leg_balance", 1_500_000, 2_000_000), use("quote_coverage", 750_000, 800_000))
    legs = (
        LegDelta(underlying_id=UnderlyingId("SPX"), delta=10_500_000),
        LegDelta(underlying_id=UnderlyingId("SPY"), delta=-7_000_000),
    )
    coverage = Coverage(
        account_id=TEAM,
        coverage_ppm=750_000,
        relief_ppm=10_000,
        is_rebate_halved=True,
        series=(SeriesCoverage(instrument_id=CALL, coverage_ppm=500_000, is_covered=True),),
        obliged=200,
        covered=180,
    )
    body = risk_limits_body("t", Limits(limits=rows, legs=legs, private_seq=SEQ), coverage)
    assert [(row.used, row.limit) for row in body.limits] == [(1.5, 2.0), (0.75, 0.8)]
    assert body.legs == {"SPX": 10.5, "SPY": -7.0}
    assert body.coverage == CoverageBody(
        share=0.75,
        day_share=0.9,
        relief=0.01,
        is_rebate_halved=True,
        series=[SeriesCoverageBody(instrument_id=CALL, share=0.5, is_covered=True, is_asked=True)],
    )


def test_without_an_obligation_there_is_no_section_for_it() -> None:
    coverage = Coverage(account_id=TEAM, coverage_ppm=None)
    body = risk_limits_body("t", Limits(limits=(), private_seq=SEQ), coverage)
    assert (body.coverage, body.legs) == (None, None)


def test_a_share_that_falls_is_pushed_as_a_share() -> None:
    warned = AccountLimitWarned(
        account_id=TEAM, private_seq=SEQ, kind="quote_coverage", used=840_000, limit=800_000
    )
    push = LimitPush(kind="quote_coverage", instrument_id=None, used=0.84, limit=0.8)
    assert private_push(warned) == ("limit", push)


def test_a_role_publishes_its_obligations_and_what_is_left_of_its_rebate() -> None:
    weights = (DeltaWeight(UnderlyingId("SPX"), 1_000_000),)
    rules = RoleRules(
        role=Role("market_maker"),
        maker_fee=Cash(-200),
        taker_fee=Cash(100),
        constraints=(QuoteCoverage(), LegBalance(weights=weights)),
    )
    coverage, balance = role_body(rules, can_register=True).constraints
    assert coverage["kind"] == "quote_coverage"
    assert (coverage["maker_fee_halved"], coverage["window_s"]) == (-0.01, 300)
    assert (balance["leg_min"], balance["ratio_max"], balance["grace_s"]) == (2.0, 2, 10)
    assert balance["weights"] == {"SPX": 1.0}
