"""The REST side: registration and reads, each answer decoded into its wire type."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Self, TypeVar
from urllib.parse import quote

import aiohttp
from msgspec import DecodeError, Struct, json

from itg.client.connection import KEY_HEADER, cause_of, sendable_key
from itg.client.errors import ConnectionFailedError, error_of
from itg.wire.v1.account import PositionsBody, RiskLimitsBody
from itg.wire.v1.chain import CandlePage, ChainBody, SurfaceBody
from itg.wire.v1.explaining import ExplanationBody, OrderEventsBody, PreviewBody
from itg.wire.v1.game import (
    RegisteredBody,
    RegisterRequest,
    RoundPage,
    RulesBody,
    TeamPage,
    TimeBody,
)
from itg.wire.v1.market import (
    BookBody,
    ExchangeStatusBody,
    InstrumentBody,
    InstrumentPage,
    PricePage,
    TradePage,
)
from itg.wire.v1.news import HeadlineTableBody, NewsPage
from itg.wire.v1.orders import (
    BatchBody,
    BatchRequest,
    FillPage,
    KillSwitchBody,
    KillSwitchRequest,
    OrderPage,
    PlaceOrderRequest,
    ProtectionBody,
    ProtectionRequest,
    RateLimitsBody,
    ValidateBody,
)
from itg.wire.v1.problems import Problem
from itg.wire.v1.scores import ParRequest, ParsBody, ScoresBody, TeamScoreBody
from itg.wire.v1.signals import SignalPage

T = TypeVar("T")
Parameters = Mapping[str, str | int]

DEADLINE_S = 10.0
ATTEMPTS = 4  # of a read, when the server is busy or restarting
RETRY_S = 0.25
PAGE = 1000
encode = json.Encoder().encode
decode_problem = json.Decoder(Problem).decode


class Rest:
    """Reads and registration over HTTP. A read is tried again while the server says 503."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self._base = url.rstrip("/")
        self._headers = {KEY_HEADER: sendable_key(api_key)} if api_key else {}
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            headers=self._headers, timeout=aiohttp.ClientTimeout(total=DEADLINE_S)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def register(
        self, team_name: str, role: str, join_code: str | None = None
    ) -> RegisteredBody:
        """Register a team; the answer carries its key, this once."""
        request = RegisterRequest(team_name=team_name, role=role, join_code=join_code)
        return await self._post("/game/teams/register", request, RegisteredBody)

    async def validate(self, order: PlaceOrderRequest) -> ValidateBody:
        """Ask what placing an order would meet now; advisory."""
        return await self._post("/positions/validate", order, ValidateBody)

    async def place_batch(self, orders: Sequence[PlaceOrderRequest]) -> BatchBody:
        """Place up to 100 orders in turn; each item is an order or the problem that refused it."""
        return await self._post("/exchange/orders/batch", BatchRequest(orders=[*orders]), BatchBody)

    async def preview(self, order: PlaceOrderRequest) -> PreviewBody:
        """Ask what an order would do now: limits, fees, fills; advisory."""
        return await self._post("/exchange/orders/preview", order, PreviewBody)

    async def order_events(self, order: int | str) -> OrderEventsBody:
        """Read what was recorded of an order, named by its id or client order id."""
        return await self.read(f"{_path_of(order)}/events", OrderEventsBody)

    async def explain(self, order: int | str) -> ExplanationBody:
        """Read why an order was refused, filled, ended or waits."""
        return await self.read(f"{_path_of(order)}/explanation", ExplanationBody)

    async def protection(self) -> ProtectionBody:
        """Read the caller's market-maker protection."""
        return await self.read("/exchange/quotes/protection", ProtectionBody)

    async def set_protection(self, protection: ProtectionRequest) -> ProtectionBody:
        """Set the caller's market-maker protection; without either limit it is off."""
        return await self._send("PUT", "/exchange/quotes/protection", protection, ProtectionBody)

    async def reset_protection(self) -> ProtectionBody:
        """Quote again after the protection pulled all quotes."""
        path = "/exchange/quotes/protection/reset"
        return _answer(*await self._exchange("POST", path), json.Decoder(ProtectionBody).decode)

    async def kill_switch(self, switch: KillSwitchRequest | None = None) -> KillSwitchBody:
        """Cancel everything of a team and refuse what comes, or end that; default: one's own."""
        request = switch or KillSwitchRequest()
        return await self._post("/exchange/kill-switch", request, KillSwitchBody)

    async def rules(self) -> RulesBody:
        """Read the rules of the game."""
        return await self.read("/game/rules", RulesBody)

    async def time(self) -> TimeBody:
        """Read both clocks and the phase."""
        return await self.read("/game/time", TimeBody)

    async def teams(self) -> TeamPage:
        """Read the teams."""
        return await self.read("/game/teams", TeamPage)

    async def rounds(self) -> RoundPage:
        """Read the rounds."""
        return await self.read("/game/rounds", RoundPage)

    async def status(self) -> ExchangeStatusBody:
        """Read the market's phase and what comes next."""
        return await self.read("/exchange/status", ExchangeStatusBody)

    async def instruments(self) -> list[InstrumentBody]:
        """Read every instrument, in listing order."""
        found: list[InstrumentBody] = []
        parameters: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = await self.read("/exchange/instruments", InstrumentPage, parameters)
            found += page.items
            if page.next_cursor is None:
                return found
            parameters["cursor"] = page.next_cursor

    async def orderbook(self, instrument_id: str) -> BookBody:
        """Read one book."""
        return await self.read(f"/exchange/orderbook/{instrument_id}", BookBody)

    async def prices(self) -> PricePage:
        """Read every underlying's last print."""
        return await self.read("/prices", PricePage)

    async def price_history(
        self, underlying_id: str, parameters: Parameters | None = None
    ) -> CandlePage:
        """Read the last candles of an underlying; `interval` is `1m` unless said otherwise."""
        return await self.read(f"/prices/{underlying_id}/history", CandlePage, parameters)

    async def chain(self, underlying_id: str) -> ChainBody:
        """Read an underlying's series: book, last trade, fair value, volatility, greeks."""
        return await self.read(f"/market/chains/{underlying_id}", ChainBody)

    async def surface(self, underlying_id: str) -> SurfaceBody:
        """Read an underlying's fair volatility by expiry and strike."""
        return await self.read(f"/market/surface/{underlying_id}", SurfaceBody)

    async def events(self, parameters: Parameters | None = None) -> NewsPage:
        """Read a page of published headlines, oldest first."""
        return await self.read("/events", NewsPage, parameters)

    async def headlines(self) -> HeadlineTableBody:
        """Read the table of headlines and their chances."""
        return await self.read("/events/table", HeadlineTableBody)

    async def signals(self, parameters: Parameters | None = None) -> SignalPage:
        """Read a page of the signals of the caller's role, oldest first."""
        return await self.read("/signals", SignalPage, parameters)

    async def scores(self, round_id: int | None = None) -> ScoresBody:
        """Read a round's scores, the newest that began unless it is named."""
        return await self.read("/game/scores", ScoresBody, _round(round_id))

    async def score(self, team_id: str = "me", round_id: int | None = None) -> TeamScoreBody:
        """Read one team's score; the caller's own has every term."""
        path = f"/game/scores/{quote(team_id, safe='')}"
        return await self.read(path, TeamScoreBody, _round(round_id))

    async def set_par(self, request: ParRequest) -> ParsBody:
        """Set what scores are measured against, as the organizer."""
        return await self._post("/admin/par", request, ParsBody)

    async def rate_limits(self) -> RateLimitsBody:
        """Read the caller's rate budgets."""
        return await self.read("/exchange/limits", RateLimitsBody)

    async def positions(self) -> PositionsBody:
        """Read the caller's positions, cash and fees."""
        return await self.read("/positions/me", PositionsBody)

    async def risk_limits(self) -> RiskLimitsBody:
        """Read the caller's risk limits with their headroom."""
        return await self.read("/positions/me/limits", RiskLimitsBody)

    async def orders(self, parameters: Parameters | None = None) -> OrderPage:
        """Read a page of own orders, oldest first; `status` is working, done or all."""
        return await self.read("/exchange/orders", OrderPage, parameters)

    async def fills(self, parameters: Parameters | None = None) -> FillPage:
        """Read a page of own fills, oldest first."""
        return await self.read("/exchange/fills", FillPage, parameters)

    async def trades(self, parameters: Parameters | None = None) -> TradePage:
        """Read a page of the public tape, oldest first."""
        return await self.read("/exchange/trades", TradePage, parameters)

    async def read(self, path: str, body: type[T], parameters: Parameters | None = None) -> T:
        """Read any path into a wire type."""
        decode = json.Decoder(body).decode
        for attempt in range(ATTEMPTS):
            status, content = await self._exchange("GET", path, parameters=parameters)
            if status != 503 or attempt == ATTEMPTS - 1:
                return _answer(status, content, decode)
            await asyncio.sleep(RETRY_S * 2.0**attempt)
        raise AssertionError("the loop returns on its last attempt")

    async def _post(self, path: str, request: Struct, body: type[T]) -> T:
        return await self._send("POST", path, request, body)

    async def _send(self, method: str, path: str, request: Struct, body: type[T]) -> T:
        status, content = await self._exchange(method, path, content=encode(request))
        return _answer(status, content, json.Decoder(body).decode)

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        parameters: Parameters | None = None,
    ) -> tuple[int, bytes]:
        assert self._http is not None, "use the client in an `async with`"
        headers = {"Content-Type": "application/json"} if content is not None else {}
        url = self._base + path
        try:
            async with self._http.request(
                method, url, data=content, params=parameters, headers=headers
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionFailedError(f"{method} {url}: {cause_of(error)}") from error


def _path_of(order: int | str) -> str:
    if isinstance(order, int):
        return f"/exchange/orders/{order}"
    return f"/exchange/orders/by-client-id/{quote(order, safe='')}"


def _answer(status: int, content: bytes, decode: Callable[[bytes], T]) -> T:
    if status < 400:
        return decode(content)
    raise error_of(_problem(status, content))


def _problem(status: int, content: bytes) -> Problem:
    try:
        return decode_problem(content)
    except DecodeError:
        text = content[:200].decode(errors="replace")
        return Problem(
            type="about:blank", title="No problem document", status=status, detail=text, code="HTTP"
        )


def _round(round_id: int | None) -> Parameters:
    return {} if round_id is None else {"round_id": round_id}
