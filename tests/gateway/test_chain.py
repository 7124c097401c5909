"""Chains, the surface and candles: what the market data service says, in USD and fractions."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House, Socket, Team

from itg.client import Rest

GREEKS = ("mark_price", "iv", "delta", "gamma", "vega", "theta")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with House("demo") as running:
        await running.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def team(house: House) -> Team:
    return await house.register("reader", "hedge_fund")


async def prints(socket: Socket, count: int) -> None:
    for _ in range(count):
        await socket.push("prices", "prices")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_chain_has_every_series_with_book_fair_value_and_greeks(team: Team) -> None:
    async with team.socket("prices") as socket:
        await prints(socket, 4)
    chain = (await team.call("GET", "/market/chains/SPX")).json
    rows = chain["items"]
    listed = (await team.call("GET", "/exchange/instruments?underlying=SPX")).json["items"]
    series = [one for one in listed if one["kind"] == "option"]
    assert [row["instrument_id"] for row in rows] == [one["instrument_id"] for one in series]
    assert all(row["right"] == one["right"] for row, one in zip(rows, series, strict=True))
    tops = {book["instrument_id"]: book for book in await books(team)}
    for row in rows:
        assert all(row[name] is not None for name in GREEKS)
        assert 0 < row["iv"] < 2
        assert (0 if row["right"] == "call" else -1) <= row["delta"] <= (row["right"] == "call")
        assert (row["bid"] is None) == (not tops[row["instrument_id"]]["bids"])
    quoted = [row for row in rows if row["bid"] and row["ask"] and row["mid_iv"] is not None]
    assert quoted, "the house quotes before the opening too"
    assert chain["price"] > 0


async def books(team: Team) -> list[dict[str, list[object]]]:
    items: list[dict[str, list[object]]] = (
        await team.call("GET", "/exchange/orderbooks?underlying=SPX")
    ).json["items"]
    return items


@pytest.mark.asyncio(loop_scope="module")
async def test_the_chain_channel_folds_to_what_the_chain_says(team: Team) -> None:
    async with team.socket("chain.SPX", "prices") as socket:
        snapshot = await socket.push("chain.SPX", "snapshot")
        marks = {mark["instrument_id"]: mark for mark in snapshot["data"]["marks"]}
        seq = snapshot["seq"]
        for _ in range(6):
            push = await socket.push("chain.SPX", "marks")
            assert push.get("first_seq", push["seq"]) == seq + 1
            seq = push["seq"]
            marks.update((mark["instrument_id"], mark) for mark in push["data"]["marks"])
        again = await socket.request("subscribe", {"channels": ["chain.SPX"]})
        assert "result" in again
        while (push := await socket.push("chain.SPX", "snapshot"))["seq"] == snapshot["seq"]:
            pass
        for late in socket.pushes:
            if late.get("channel") == "chain.SPX" and late["seq"] <= push["seq"]:
                marks.update((mark["instrument_id"], mark) for mark in late["data"]["marks"])
    assert marks == {mark["instrument_id"]: mark for mark in push["data"]["marks"]}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_surface_has_a_slice_for_each_expiry_with_rising_strikes(team: Team) -> None:
    surface = (await team.call("GET", "/market/surface/SPX")).json
    chain = (await team.call("GET", "/market/chains/SPX")).json["items"]
    expiries = sorted({row["expires_us"] for row in chain})
    assert [one["expires_us"] for one in surface["slices"]] == expiries
    for one in surface["slices"]:
        strikes = [point["strike"] for point in one["strikes"]]
        assert strikes == sorted(strikes)
        assert set(strikes) == {
            row["strike"] for row in chain if row["expires_us"] == one["expires_us"]
        }
        assert 0 < one["level_iv"] < 2
        assert one["years"] > 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_last_trade_stands_in_the_chain(team: Team) -> None:
    tape = (await team.call("GET", "/exchange/trades")).json["items"]
    lasts = {trade["instrument_id"]: trade["price"] for trade in tape}
    rows = (await team.call("GET", "/market/chains/SPX")).json["items"]
    assert all(row["last"] == lasts.get(row["instrument_id"]) for row in rows)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("interval", "seconds"), [("1", 1), ("90s", 90), ("5m", 300), ("1h", 3600)]
)
async def test_an_interval_is_seconds_or_a_number_with_its_unit(
    team: Team, interval: str, seconds: int
) -> None:
    answer = await team.call("GET", f"/prices/SPX/history?interval={interval}")
    assert (answer.status, answer.json["interval_s"]) == (200, seconds)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("interval", ["0", "-1", "1d", "s", "", "100000", "1.5"])
async def test_another_interval_is_refused_by_name(team: Team, interval: str) -> None:
    answer = await team.call("GET", f"/prices/SPX/history?interval={interval}")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/interval")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "path", ["/prices/NDX/history", "/market/chains/NDX", "/market/surface/NDX"]
)
async def test_an_underlying_there_is_not_is_not_found(team: Team, path: str) -> None:
    answer = await team.call("GET", path)
    assert (answer.status, answer.json["code"]) == (404, "UNDERLYING_NOT_FOUND")
    assert "SPX" in answer.json["detail"]


@pytest.mark.asyncio(loop_scope="module")
async def test_there_is_no_chain_of_what_is_not_there(team: Team) -> None:
    async with team.socket() as socket:
        answer = await socket.request("subscribe", {"channels": ["chain.NDX"]})
    assert answer["error"]["code"] == "UNKNOWN_CHANNEL"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_sdk_reads_all_of_it_into_its_types(house: House, team: Team) -> None:
    async with Rest(house.url, team.key) as rest:
        chain = await rest.chain("SPX")
        surface = await rest.surface("SPX")
        history = await rest.price_history("SPX", {"interval": "5m", "limit": 3})
        headlines = await rest.headlines()
        assert (await rest.events({"limit": 1})).items == []
        assert (await rest.signals()).items == []
    assert {row.strike for row in chain.items} >= {p.strike for p in surface.slices[0].strikes}
    assert (history.underlying_id, history.interval_s) == ("SPX", 300)
    assert all(0 <= row.shift <= 1 and 0 <= row.jump <= 1 for row in headlines.items)


async def test_a_game_without_prices_has_a_chain_of_books_alone() -> None:
    async with House() as bare:
        maker, taker = await bare.register("maker"), await bare.register("taker")
        await bare.open_market()
        await maker.place("buy", 5, 10.0)
        await taker.place("sell", 2, 10.0)
        rows = (await maker.call("GET", "/market/chains/SPX")).json["items"]
        row = next(r for r in rows if r["instrument_id"] == bare.instruments[-1])
        assert (row["bid"], row["bid_quantity"], row["ask"], row["last"]) == (10.0, 3, None, 10.0)
        assert [row[name] for name in (*GREEKS, "mid_iv")] == [None] * 7
        surface = (await maker.call("GET", "/market/surface/SPX")).json
        assert surface == {"underlying_id": "SPX", "slices": []}
        assert (await maker.call("GET", "/prices/SPX/history")).json["items"] == []
        async with maker.socket("chain.SPX") as socket:
            assert (await socket.push("chain.SPX", "snapshot"))["data"] == {"marks": []}
