"""A team's P&L and markouts over REST: its own, taken apart, by whole minutes."""

from tests.gateway.house import ADMIN_KEY, House

PARTS = ("spread_capture", "delta", "gamma", "vega", "theta", "fees", "residual")


async def test_a_team_reads_its_own_pnl_and_what_it_is_made_of() -> None:
    async with House("bare") as house:
        await house.open_market()
        buyer, seller = await house.register("buyer"), await house.register("seller")
        await seller.place("sell", 2, 10.0)
        await buyer.place("buy", 2, 10.0)
        told = await buyer.call("GET", "/positions/me/pnl?step=5m")
        assert told.status == 200, told.body
        body = told.json
        assert (body["team_id"], body["step_s"]) == (buyer.team_id, 300)
        (interval,), (instrument,) = body["intervals"], body["instruments"]
        assert interval["start_us"] % 300_000_000 == 0
        assert interval["parts"] == instrument["parts"]
        parts = instrument["parts"]
        assert parts["pnl"] == sum(parts[name] for name in PARTS)
        assert parts["pnl"] == parts["fees"] < 0
        after = interval["start_us"] + 300_000_000
        later = await buyer.call("GET", f"/positions/me/pnl?from={after}&to={after + 1}")
        assert later.json["intervals"] == []


async def test_another_teams_pnl_is_the_organizers_alone_to_read() -> None:
    async with House("bare") as house:
        one, other = await house.register("one"), await house.register("other")
        for what in ("pnl", "markouts"):
            path = f"/positions/{other.team_id}/{what}"
            refused = await one.call("GET", path)
            assert (refused.status, refused.json["code"]) == (404, "TEAM_NOT_FOUND")
            assert (await other.call("GET", path)).status == 200
            assert (await house.call("GET", path, key=ADMIN_KEY)).status == 200


async def test_a_step_that_is_no_whole_minute_is_refused_by_name() -> None:
    async with House("bare") as house:
        team = await house.register("one")
        for step in ("90", "5d", "61s", "0m"):
            refused = await team.call("GET", f"/positions/me/pnl?step={step}")
            assert (refused.status, refused.json["code"]) == (400, "INVALID_FIELD")
            assert refused.json["errors"][0]["pointer"] == "/step"
        assert (await team.call("GET", "/positions/me/pnl?step=120")).json["step_s"] == 120


async def test_markouts_say_after_how_many_seconds() -> None:
    async with House("bare") as house:
        team = await house.register("one")
        told = (await team.call("GET", "/positions/me/markouts")).json
        assert told == {"team_id": team.team_id, "seconds": [1, 5, 30, 60], "rows": []}
