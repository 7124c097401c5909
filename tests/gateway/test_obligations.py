"""The meter of a team's obligations over REST, as positions tell it."""

from tests.gateway.house import House
from tests.gateway.scripts import Script

from itg.kernel.ids import AccountId, InstrumentId, Seq, UnderlyingId
from itg.positions.contract import (
    Coverage,
    GetCoverage,
    GetLimits,
    LegDelta,
    Limits,
    LimitUse,
    SeriesCoverage,
)

SERIES = InstrumentId("SPX-20261217-C-4400")
RATIO = LimitUse(
    kind="leg_balance",
    instrument_id=None,
    limit=2_000_000,
    used=1_700_000,
    worst_case=1_700_000,
    headroom=300_000,
)
LEGS = (
    LegDelta(underlying_id=UnderlyingId("SPX"), delta=17_000_000),
    LegDelta(underlying_id=UnderlyingId("SPY"), delta=-10_000_000),
)
SHARE = Coverage(
    account_id=AccountId("t1"),
    coverage_ppm=790_000,
    is_rebate_halved=True,
    series=(SeriesCoverage(instrument_id=SERIES, coverage_ppm=500_000, is_covered=False),),
    obliged=1_000,
    covered=820,
)


async def test_a_team_reads_how_near_it_is_to_each_obligation() -> None:
    limits = Limits(limits=(RATIO,), legs=LEGS, private_seq=Seq(0))
    script = Script(replies={GetLimits: lambda _: limits, GetCoverage: lambda _: SHARE})
    async with House(scripts={"positions": script}) as house:
        team = await house.register("alpha")
        read = (await team.call("GET", "/positions/me/limits")).json
    (row,) = read["limits"]
    assert (row["used"], row["limit"], row["headroom"]) == (1.7, 2.0, 0.3)
    assert read["legs"] == {"SPX": 17.0, "SPY": -10.0}
    assert read["coverage"] == {
        "share": 0.79,
        "day_share": 0.82,
        "relief": 0.0,
        "is_rebate_halved": True,
        "series": [{"instrument_id": SERIES, "share": 0.5, "is_covered": False, "is_asked": True}],
    }


async def test_a_role_without_obligations_has_no_such_sections() -> None:
    async with House() as house:
        team = await house.register("alpha")
        read = (await team.call("GET", "/positions/me/limits")).json
    assert (read["coverage"], read["legs"]) == (None, None)


async def test_a_preview_tells_the_rebate_that_is_left() -> None:
    script = Script(replies={GetCoverage: lambda _: SHARE})
    async with House(scripts={"positions": script}) as house:
        team = await house.register("alpha", "market_maker")
        order = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1, "price": 9.0}
        preview = (await team.call("POST", "/exchange/orders/preview", order)).json
        rules = (await team.call("GET", "/game/rules")).json
    whole = next(r["maker_fee"] for r in rules["roles"] if r["role"] == "market_maker")
    assert whole < 0
    assert preview["fees"]["maker"] == whole / 2
