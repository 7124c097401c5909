"""A team's session: order entry with answers, and state that follows the server's."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, Self, TypedDict, Unpack

from msgspec import json, structs

from itg.client.account import Account
from itg.client.book import Book
from itg.client.errors import LockStepError, RateLimitedError
from itg.client.frames import Frame
from itg.client.link import Link, LinkOptions
from itg.client.pacing import SECOND_US, Pacer
from itg.client.rest import Rest
from itg.client.streams import PRIVATE
from itg.wire.v1.explaining import ExplanationBody, OrderEventsBody, PreviewBody
from itg.wire.v1.game import RulesBody
from itg.wire.v1.orders import (
    BatchBody,
    KillSwitchBody,
    KillSwitchRequest,
    MassCancelBody,
    OrderBody,
    OrderTypeWord,
    PlaceOrderRequest,
    ProtectionBody,
    ProtectionRequest,
    QuoteRequest,
    QuotesBody,
    QuotesRequest,
    RateLimitsBody,
    SideWord,
    StpWord,
    TimeInForceWord,
)
from itg.wire.v1.socket import (
    CancelAllParams,
    CancelParams,
    DeadmanBody,
    DeadmanParams,
    HelloData,
    PlaceParams,
    PongBody,
    PullParams,
    ReplaceParams,
)

decode_canceled = json.Decoder(MassCancelBody).decode
decode_deadman = json.Decoder(DeadmanBody).decode
decode_order = json.Decoder(OrderBody).decode
decode_pong = json.Decoder(PongBody).decode
decode_protection = json.Decoder(ProtectionBody).decode
decode_quotes = json.Decoder(QuotesBody).decode


class OrderTerms(TypedDict, total=False):
    """What an order may say beyond instrument, side, quantity and price."""

    order_type: OrderTypeWord
    time_in_force: TimeInForceWord
    post_only: bool
    stp: StpWord
    client_order_id: str
    tag: str
    stop_price: float
    expires_us: int
    display_quantity: int


class CancelFilters(TypedDict, total=False):
    """Which orders a mass cancel takes; every filter given must match."""

    instrument_id: str
    underlying: str
    side: Literal["buy", "sell"]
    tag: str


class Session:
    """Order entry that waits for its answer, on a link that comes back when it breaks.

    A refusal is raised as an exception named by the situation, with the server's problem in it. A
    request is held back while its rate budget is used up; in lock step nothing is held back, for
    game time moves only when every bot has answered.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        options: LinkOptions | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.link = Link(url, api_key, options=options, jitter=jitter)
        self._rest = partial(Rest, url, api_key)
        self._pacer = Pacer()
        self._speed = 0.0
        self._heard_us = 0  # game time of the newest frame
        self._heard_at = 0.0  # loop time of it
        self._order_count = 0
        self.rules: RulesBody | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> HelloData:
        """Connect, read the rules and the rate budgets."""
        self.link.on_system(self._hear)
        hello = await self.link.open()
        async with self._rest() as rest:
            self.rules = await rest.rules()
            if not hello.lock_step and hello.account_id is not None:
                self.pace(await rest.rate_limits(), self.rules.speed)
        return hello

    async def close(self) -> None:
        """Close the socket; requests that wait fail with `SessionClosedError`."""
        await self.link.close()

    def pace(self, limits: RateLimitsBody, speed: float) -> None:
        """Hold requests to these budgets; `speed` is game seconds per wall second."""
        self._pacer = Pacer(limits.budgets)
        self._speed = speed

    async def place(
        self,
        instrument_id: str,
        side: SideWord,
        quantity: int,
        price: float | None = None,
        **terms: Unpack[OrderTerms],
    ) -> OrderBody:
        """Place an order and return it with what it traded at once.

        Without a price it is a market order, with a stop price a stop or stop_limit; without a
        client order id it gets the next of `<connection>-<counter>`. Sent again after a broken
        connection: the id makes that harmless.
        """
        await self._afford("orders", 1)
        terms.setdefault("client_order_id", self.fresh_client_order_id())
        params = order_params(instrument_id, side, quantity, price, terms)
        answer = await self._metered("orders", "order.place", params, is_repeatable=True)
        return decode_order(answer.result)

    async def replace(
        self,
        order: int | str,
        *,
        price: float | None = None,
        quantity: int | None = None,
        expected_revision: int | None = None,
    ) -> OrderBody:
        """Change an order, named by its id or client order id; `quantity` is the new total."""
        await self._afford("orders", 1)
        params = replace_params(order, price, quantity, expected_revision)
        return decode_order((await self._metered("orders", "order.replace", params)).result)

    async def cancel(self, order: int | str) -> OrderBody:
        """Cancel an order, named by its id or client order id."""
        await self._afford("cancels", 1)
        answer = await self._metered("cancels", "order.cancel", cancel_params(order))
        return decode_order(answer.result)

    async def cancel_all(self, **filters: Unpack[CancelFilters]) -> list[int]:
        """Cancel every order that matches all filters; return their ids. Quotes stay."""
        answer = await self.link.request("order.cancel_all", CancelAllParams(**filters))
        return decode_canceled(answer.result).order_ids

    async def place_batch(self, orders: Sequence[PlaceOrderRequest]) -> BatchBody:
        """Place up to 100 orders in turn; each item is an order or the problem that refused it.

        Orders without a client order id get one. None undoes another.
        """
        await self._afford("orders", len(orders))
        named = [
            order
            if order.client_order_id is not None
            else structs.replace(order, client_order_id=self.fresh_client_order_id())
            for order in orders
        ]
        async with self._rest() as rest:
            return await rest.place_batch(named)

    async def preview(
        self,
        instrument_id: str,
        side: SideWord,
        quantity: int,
        price: float | None = None,
        **terms: Unpack[OrderTerms],
    ) -> PreviewBody:
        """Ask what `place` with these arguments would do now; advisory, nothing is sent."""
        async with self._rest() as rest:
            return await rest.preview(order_params(instrument_id, side, quantity, price, terms))

    async def order_events(self, order: int | str) -> OrderEventsBody:
        """Read what was recorded of an order, named by its id or client order id."""
        async with self._rest() as rest:
            return await rest.order_events(order)

    async def explain(self, order: int | str) -> ExplanationBody:
        """Read why an order was refused, filled, ended or waits."""
        async with self._rest() as rest:
            return await rest.explain(order)

    async def set_quotes(
        self,
        quotes: Sequence[QuoteRequest],
        *,
        others: Literal["pull", "keep"] = "pull",
        post_only: bool = False,
    ) -> QuotesBody:
        """Make these the account's quotes; those in other instruments are pulled, or kept.

        With `post_only` a side that would take at once is left out.
        """
        await self._afford("quotes", len(quotes))
        params = QuotesRequest(quotes=list(quotes), others=others, post_only=post_only)
        answer = await self._metered("quotes", "quote.set", params, is_repeatable=True)
        return decode_quotes(answer.result)

    async def pull_quotes(self, instrument_id: str | None = None) -> QuotesBody:
        """Pull the quote in one instrument, or all."""
        params = PullParams(instrument_id=instrument_id)
        answer = await self.link.request("quote.pull", params, is_repeatable=True)
        return decode_quotes(answer.result)

    async def set_protection(
        self,
        window_ms: int,
        *,
        contracts_max: int | None = None,
        delta_max: float | None = None,
    ) -> ProtectionBody:
        """Have all quotes pulled once they trade this much within a window; no limit: off."""
        params = ProtectionRequest(
            window_ms=window_ms, contracts_max=contracts_max, delta_max=delta_max
        )
        answer = await self.link.request("quote.protection_set", params, is_repeatable=True)
        return decode_protection(answer.result)

    async def reset_protection(self) -> ProtectionBody:
        """Quote again after the protection pulled all quotes."""
        return decode_protection((await self.link.request("quote.protection_reset")).result)

    async def protection(self) -> ProtectionBody:
        """Read the market-maker protection and what its window holds."""
        answer = await self.link.request("quotes.protection", is_repeatable=True)
        return decode_protection(answer.result)

    async def kill_switch(self, *, is_active: bool = True) -> KillSwitchBody:
        """Cancel everything and refuse what comes, in every phase; `is_active=False` ends that."""
        async with self._rest() as rest:
            return await rest.kill_switch(KillSwitchRequest(is_active=is_active))

    async def ping(self) -> PongBody:
        """Ask the server for both its clocks."""
        return decode_pong((await self.link.request("ping", is_repeatable=True)).result)

    async def follow_account(self) -> Account:
        """Return the account's state once it is complete; it stays equal to the server's."""
        account = Account()
        await self._follow(PRIVATE, account.fold)
        return account

    async def follow_book(self, instrument_id: str, *, is_raw: bool = False) -> Book:
        """Return a book once it is complete; it stays equal to the server's.

        `is_raw`: with every change on its own and the number of orders at each price, instead of
        what changed every 50 ms.
        """
        book = Book(instrument_id)
        await self._follow(f"book.{instrument_id}{'.raw' * is_raw}", book.fold)
        return book

    async def set_deadman(self, timeout_ms: int) -> DeadmanBody:
        """Let everything be canceled unless this is called again in time (1,000 to 60,000 ms)."""
        params = DeadmanParams(timeout_ms=timeout_ms)
        answer = await self.link.request("deadman.set", params, is_repeatable=True)
        return decode_deadman(answer.result)

    async def clear_deadman(self) -> None:
        """Stop the dead-man timer."""
        await self.link.request("deadman.clear", is_repeatable=True)

    def fresh_client_order_id(self) -> str:
        """Return `<connection number>-<counter>`, unique within the account's trading day."""
        self._order_count += 1
        number = self.link.hello.connection_number if self.link.hello else 0
        return f"{number}-{self._order_count}"

    def refuse_lock_step(self) -> None:
        """Raise `LockStepError` when the game waits for every bot at every step."""
        if self.link.hello is not None and self.link.hello.lock_step:
            raise LockStepError(
                "this game runs in lock step: nobody gets an answer before every bot is ready for "
                "the next step, so a session that waits would wait for itself. Write a Bot and "
                "start it with `itg bot run FILE`, or join a game without lock step."
            )

    async def _follow(self, channel: str, fold: Callable[[Frame], None]) -> None:
        has_started = asyncio.Event()

        def take(frame: Frame) -> None:
            fold(frame)
            if frame.type == "snapshot":
                has_started.set()

        await self.link.subscribe([channel], take)
        async with asyncio.timeout(self.link.options.deadline_s):
            await has_started.wait()

    async def _metered(
        self,
        kind: str,
        method: str,
        params: PlaceParams | ReplaceParams | CancelParams | QuotesRequest,
        *,
        is_repeatable: bool = False,
    ) -> Frame:
        try:
            return await self.link.request(method, params, is_repeatable=is_repeatable)
        except RateLimitedError as error:
            # Another session of the team spends from the same budget: wait as long as told.
            wait_us = (error.problem.retry_after_ms or 0) * 1000
            self._pacer.block(kind, self._game_us() + wait_us)
            raise

    async def _afford(self, kind: str, count: int) -> None:
        while not self._pacer.take(kind, count, self._game_us()):
            wait_us = self._pacer.wait_us(kind, count, self._game_us())
            await asyncio.sleep(max(wait_us / SECOND_US / max(self._speed, 1.0), 0.001))

    def _hear(self, frame: Frame) -> None:
        self._heard_us = frame.game_us
        self._heard_at = asyncio.get_running_loop().time()

    def _game_us(self) -> int:
        # The game clock may stand still: past the heartbeat interval nothing is assumed.
        hello = self.link.hello
        ceiling_s = hello.heartbeat_ms / 1000 if hello is not None else 0.0
        passed_s = min(asyncio.get_running_loop().time() - self._heard_at, ceiling_s)
        return self._heard_us + int(passed_s * self._speed * SECOND_US)


def order_params(
    instrument_id: str, side: SideWord, quantity: int, price: float | None, terms: OrderTerms
) -> PlaceParams:
    """Build an order: market without a price, limit with one; a stop price makes it wait."""
    if "stop_price" in terms:
        terms.setdefault("order_type", "stop" if price is None else "stop_limit")
    terms.setdefault("order_type", "market" if price is None else "limit")
    return PlaceParams(
        instrument_id=instrument_id,
        side=side,
        quantity=quantity,
        price=price,
        **terms,
    )


def replace_params(
    order: int | str, price: float | None, quantity: int | None, expected_revision: int | None
) -> ReplaceParams:
    """Build a replace of an order named by its id or client order id."""
    return ReplaceParams(
        order_id=order if isinstance(order, int) else None,
        client_order_id=order if isinstance(order, str) else None,
        price=price,
        quantity=quantity,
        expected_revision=expected_revision,
    )


def cancel_params(order: int | str) -> CancelParams:
    """Build a cancel of an order named by its id or client order id."""
    if isinstance(order, int):
        return CancelParams(order_id=order)
    return CancelParams(client_order_id=order)
