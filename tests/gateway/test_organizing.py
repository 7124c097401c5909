"""Halts, busts and the audit at the door; the exchange says what the test wants."""

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from msgspec import structs
from tests.gateway.house import ADMIN_KEY, Answered, House
from tests.gateway.scripts import Script

from itg.exchange.contract import (
    NOT_HALTED,
    TRADE_ALREADY_BUSTED,
    BustRejected,
    BustTrade,
    ExchangeStatus,
    GetExchangeStatus,
    Halt,
    HaltRejected,
    HaltTrading,
    ResumeTrading,
    TradeBusted,
    TradeExecuted,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import HaltCause, Phase

SPX = UnderlyingId("SPX")


def refusal(reason: RejectReason) -> Refusal:
    return Refusal(code=reason.code, detail=reason.hint)


class Market:
    """An exchange as far as these routes ask: it halts, resumes and busts trade 1 once."""

    def __init__(self) -> None:
        self.halts: list[TradingHalted] = []
        self.is_busted = False
        self.executed: TradeExecuted | None = None
        self.script = Script(
            acts={HaltTrading: self._halt, ResumeTrading: self._resume, BustTrade: self._bust},
            replies={GetExchangeStatus: self._status},
            emits=(TradingHalted, TradingResumed, HaltRejected, TradeBusted, BustRejected),
        )

    def _halt(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, HaltTrading)
        halted = TradingHalted(
            shard=ask.shard,
            underlying_id=SPX,
            instrument_id=ask.instrument_id,
            halt_cause=HaltCause.ORGANIZER,
            resumes_ns=ask.halt_ns,
        )
        self.halts.append(halted)
        return [halted]

    def _resume(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, ResumeTrading)
        if not self.halts:
            return [HaltRejected(shard=ask.shard, refusal=refusal(NOT_HALTED))]
        halted = self.halts.pop()
        return [
            TradingResumed(shard=ask.shard, underlying_id=SPX, instrument_id=halted.instrument_id)
        ]

    def _bust(self, ask: Message) -> Sequence[Message]:
        assert isinstance(ask, BustTrade)
        if self.is_busted:
            rejected = refusal(TRADE_ALREADY_BUSTED)
            return [BustRejected(shard=ask.shard, trade_id=ask.trade_id, refusal=rejected)]
        self.is_busted = True
        executed = self.executed
        assert executed is not None, "trade first"
        return [
            TradeBusted(
                shard=ask.shard,
                trade_id=ask.trade_id,
                instrument_id=executed.instrument_id,
                price=executed.price,
                adjusted_price=ask.price,
                quantity=executed.quantity,
                aggressor_side=executed.aggressor_side,
                maker_order_id=executed.maker_order_id,
                maker_account_id=executed.maker_account_id,
                taker_order_id=executed.taker_order_id,
                taker_account_id=executed.taker_account_id,
            )
        ]

    def _status(self, query: Query) -> Reply:
        assert isinstance(query, GetExchangeStatus)
        status = ExchangeStatus(
            shard=Shard(0),
            underlying_id=SPX,
            phase=Phase.CONTINUOUS,
            next_phase=None,
            next_at_ns=None,
            guard_ends_ns=Nanos(5_000),
        )
        halts = tuple(
            Halt(
                instrument_id=halted.instrument_id,
                halt_cause=halted.halt_cause,
                resumes_ns=halted.resumes_ns,
            )
            for halted in self.halts
        )
        return structs.replace(status, halts=halts)


@pytest.fixture
def market() -> Market:
    return Market()


@pytest_asyncio.fixture
async def house(market: Market) -> AsyncIterator[House]:
    async with House(scripts={"exchange": market.script}) as running:
        yield running


async def act(house: House, path: str, **body: object) -> Answered:
    return await house.call("POST", path, body, key=ADMIN_KEY)


async def halt(house: House, **body: object) -> Answered:
    return await act(house, "/admin/halts", **body)


async def test_a_halt_is_answered_after_the_commit_with_what_halted(house: House) -> None:
    every = await halt(house, action="halt", halt_s=120, reason="fat finger")
    assert every.status == 200, every.body
    assert every.json == {
        "action": "halt",
        "items": [
            {"underlying_id": "SPX", "instrument_id": None, "resumes_us": 120_000_000},
        ],
    }
    one = await halt(house, action="halt", instrument_id="SPX")
    assert one.json["items"][0] == {
        "underlying_id": "SPX",
        "instrument_id": "SPX",
        "resumes_us": None,
    }
    resumed = await halt(house, action="resume", underlying_id="SPX")
    assert resumed.json["items"][0]["resumes_us"] is None


async def test_what_cannot_halt_or_resume_is_409(house: House) -> None:
    answer = await halt(house, action="resume")
    assert (answer.status, answer.json["code"]) == (409, "NOT_HALTED")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"action": "halt", "instrument_id": "NOPE"}, 404, "INSTRUMENT_NOT_FOUND"),
        ({"action": "halt", "underlying_id": "NOPE"}, 404, "UNDERLYING_NOT_FOUND"),
        ({"action": "halt", "underlying_id": "SPX", "instrument_id": "SPX"}, 400, "INVALID_FIELD"),
        ({"action": "resume", "halt_s": 5}, 400, "INVALID_FIELD"),
        ({"action": "stop"}, 400, "INVALID_FIELD"),
        ({"action": "halt", "halt_s": 0}, 400, "INVALID_FIELD"),
        ({"action": "halt", "reason": "x" * 201}, 400, "INVALID_FIELD"),
    ],
)
async def test_a_halt_that_means_nothing_is_refused(
    house: House, body: dict[str, object], status: int, code: str
) -> None:
    answer = await halt(house, **body)
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_the_status_shows_halts_and_the_guard(house: House) -> None:
    team = await house.register("alpha")
    await halt(house, action="halt", instrument_id="SPX", halt_s=1)
    (row,) = (await team.call("GET", "/exchange/status")).json["underlyings"]
    assert row["guard_ends_us"] == 5
    assert row["halts"] == [
        {"instrument_id": "SPX", "halt_cause": "organizer", "resumes_us": 1_000_000}
    ]


async def test_a_trade_is_busted_once(house: House, market: Market) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await house.open_market()
    await maker.place("buy", 3, 10.0)
    (fill,) = (await taker.place("sell", 3, 10.0)).json["fills"]
    outputs = (output for record in house.records for output in record.outputs)
    market.executed = next(o for o in outputs if isinstance(o, TradeExecuted))
    path = f"/admin/trades/{fill['trade_id']}/bust"
    busted = await act(house, path, price=9.5, reason="fat finger")
    assert busted.status == 200, busted.body
    assert busted.json == {
        "trade_id": fill["trade_id"],
        "instrument_id": fill["instrument_id"],
        "price": 10.0,
        "adjusted_price": 9.5,
        "quantity": 3,
    }
    for team in (maker, taker):
        (told,) = (await team.call("GET", "/exchange/fills")).json["items"]
        assert (told["is_busted"], told["last_price"], told["adjusted_price"]) == (False, 10, 9.5)
    unexplained = await act(house, path)
    assert (unexplained.status, unexplained.json["code"]) == (400, "INVALID_FIELD")
    again = await act(house, path, reason="twice")
    assert (again.status, again.json["code"]) == (409, "TRADE_ALREADY_BUSTED")


async def test_a_trade_of_no_shard_is_not_found(house: House) -> None:
    for trade_id in (-1, 1 << 50):
        answer = await act(house, f"/admin/trades/{trade_id}/bust", reason="wrong one")
        assert (answer.status, answer.json["code"]) == (404, "TRADE_NOT_FOUND")


async def test_every_act_is_audited_with_its_reason_and_paged(house: House) -> None:
    await house.call("POST", "/admin/rounds/1/start?reason=on+time", key=ADMIN_KEY)
    await act(house, "/admin/phases", phase="pre_open", reason="early")
    await act(house, "/admin/teams", team_name="quants", role="hedge_fund", reason="late")
    await halt(house, action="halt", underlying_id="SPX", reason="news")
    await halt(house, action="resume", reason="over")
    await act(house, "/admin/trades/-1/bust", reason="fat finger")
    await house.call("POST", "/admin/rounds/1/resume", key=ADMIN_KEY)
    first = (await house.call("GET", "/admin/audit?limit=5", key=ADMIN_KEY)).json
    rest = f"/admin/audit?limit=5&cursor={first['next_cursor']}"
    second = (await house.call("GET", rest, key=ADMIN_KEY)).json
    rows = [*first["items"], *second["items"]]
    assert [(row["act"], row["subject"], row["reason"]) for row in rows] == [
        ("round.start", "1", "on time"),
        ("phase.move", "pre_open", "early"),
        ("team.register", "quants", "late"),
        ("market.halt", "SPX", "news"),
        ("market.resume", "", "over"),
        ("trade.bust", "-1", "fat finger"),
        ("round.resume", "1", ""),
    ]
    assert [row["seq"] for row in rows] == list(range(1, 8))
    assert [row["code"] for row in rows] == [None] * 5 + [
        "TRADE_NOT_FOUND",
        "ROUND_WRONG_STATUS",
    ]
    assert second["next_cursor"] is None


async def test_the_organizers_routes_are_closed_to_teams(house: House) -> None:
    team = await house.register("alpha")
    for method, path in (
        ("POST", "/admin/halts"),
        ("POST", "/admin/trades/1/bust"),
        ("GET", "/admin/audit"),
    ):
        answer = await team.call(method, path)
        assert (answer.status, answer.json["code"]) == (403, "SCOPE_MISSING")
