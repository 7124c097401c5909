"""The session for scripts and notebooks: every call blocks until its answer is there.

An event loop in a thread of its own carries the session, so that heartbeats, reconnects and the
folded account go on while the script thinks.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, Literal, Self, TypeVar, Unpack

from itg.client.account import Account
from itg.client.book import Book
from itg.client.link import LinkOptions
from itg.client.rest import Rest
from itg.client.session import CancelFilters, OrderTerms, Session
from itg.wire.v1.explaining import ExplanationBody, OrderEventsBody, PreviewBody
from itg.wire.v1.orders import (
    BatchBody,
    KillSwitchBody,
    OrderBody,
    PlaceOrderRequest,
    ProtectionBody,
    QuoteRequest,
    QuotesBody,
    SideWord,
)
from itg.wire.v1.socket import DeadmanBody

T = TypeVar("T")
JOIN_TIMEOUT_S = 10.0


class SyncSession:
    """A blocking session; opened on construction, used in a `with`.

    Raises `LockStepError` for a game in lock step. `account` and followed books change between
    calls, as the market does.
    """

    def __init__(self, url: str, api_key: str, *, options: LinkOptions | None = None) -> None:
        self._url = url
        self._api_key = api_key
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="itg session", daemon=True)
        self._thread.start()
        try:
            self._session, self.account = self._wait(self._open(options))
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket and end the thread; again does nothing."""
        if self._thread.is_alive():
            self._wait(self._session.close())
            self._stop()

    def place(
        self,
        instrument_id: str,
        side: SideWord,
        quantity: int,
        price: float | None = None,
        **terms: Unpack[OrderTerms],
    ) -> OrderBody:
        """Place an order and return it with what it traded at once."""
        return self._wait(self._session.place(instrument_id, side, quantity, price, **terms))

    def replace(
        self,
        order: int | str,
        *,
        price: float | None = None,
        quantity: int | None = None,
        expected_revision: int | None = None,
    ) -> OrderBody:
        """Change an order, named by its id or client order id; `quantity` is the new total."""
        return self._wait(
            self._session.replace(
                order, price=price, quantity=quantity, expected_revision=expected_revision
            )
        )

    def cancel(self, order: int | str) -> OrderBody:
        """Cancel an order, named by its id or client order id."""
        return self._wait(self._session.cancel(order))

    def cancel_all(self, **filters: Unpack[CancelFilters]) -> list[int]:
        """Cancel every order that matches all filters; return their ids. Quotes stay."""
        return self._wait(self._session.cancel_all(**filters))

    def place_batch(self, orders: Sequence[PlaceOrderRequest]) -> BatchBody:
        """Place up to 100 orders in turn; each item is an order or the problem that refused it."""
        return self._wait(self._session.place_batch(orders))

    def preview(
        self,
        instrument_id: str,
        side: SideWord,
        quantity: int,
        price: float | None = None,
        **terms: Unpack[OrderTerms],
    ) -> PreviewBody:
        """Ask what `place` with these arguments would do now; advisory, nothing is sent."""
        return self._wait(self._session.preview(instrument_id, side, quantity, price, **terms))

    def order_events(self, order: int | str) -> OrderEventsBody:
        """Read what was recorded of an order, named by its id or client order id."""
        return self._wait(self._session.order_events(order))

    def explain(self, order: int | str) -> ExplanationBody:
        """Read why an order was refused, filled, ended or waits."""
        return self._wait(self._session.explain(order))

    def set_quotes(
        self,
        quotes: Sequence[QuoteRequest],
        *,
        others: Literal["pull", "keep"] = "pull",
        post_only: bool = False,
    ) -> QuotesBody:
        """Make these the account's quotes; those in other instruments are pulled, or kept.

        With `post_only` a side that would take at once is left out.
        """
        return self._wait(self._session.set_quotes(quotes, others=others, post_only=post_only))

    def pull_quotes(self, instrument_id: str | None = None) -> QuotesBody:
        """Pull the quote in one instrument, or all."""
        return self._wait(self._session.pull_quotes(instrument_id))

    def set_protection(
        self,
        window_ms: int,
        *,
        contracts_max: int | None = None,
        delta_max: float | None = None,
    ) -> ProtectionBody:
        """Have all quotes pulled once they trade this much within a window; no limit: off."""
        return self._wait(
            self._session.set_protection(
                window_ms, contracts_max=contracts_max, delta_max=delta_max
            )
        )

    def reset_protection(self) -> ProtectionBody:
        """Quote again after the protection pulled all quotes."""
        return self._wait(self._session.reset_protection())

    def protection(self) -> ProtectionBody:
        """Read the market-maker protection and what its window holds."""
        return self._wait(self._session.protection())

    def kill_switch(self, *, is_active: bool = True) -> KillSwitchBody:
        """Cancel everything and refuse what comes, in every phase; `is_active=False` ends that."""
        return self._wait(self._session.kill_switch(is_active=is_active))

    def set_deadman(self, timeout_ms: int) -> DeadmanBody:
        """Let everything be canceled unless this is called again in time (1,000 to 60,000 ms)."""
        return self._wait(self._session.set_deadman(timeout_ms))

    def clear_deadman(self) -> None:
        """Stop the dead-man timer."""
        self._wait(self._session.clear_deadman())

    def follow_book(self, instrument_id: str) -> Book:
        """Return a book that stays equal to the server's."""
        return self._wait(self._session.follow_book(instrument_id))

    def read(self, call: Callable[[Rest], Coroutine[Any, Any, T]]) -> T:
        """Read over REST: `session.read(Rest.instruments)`."""
        return self._wait(self._read(call))

    async def _open(self, options: LinkOptions | None) -> tuple[Session, Account]:
        session = Session(self._url, self._api_key, options=options)
        try:
            await session.open()
            session.refuse_lock_step()
            return session, await session.follow_account()
        except BaseException:
            await session.close()
            raise

    async def _read(self, call: Callable[[Rest], Coroutine[Any, Any, T]]) -> T:
        async with Rest(self._url, self._api_key) as rest:
            return await call(rest)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_TIMEOUT_S)
        self._loop.close()
