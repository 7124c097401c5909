"""The session for scripts and notebooks: every call blocks until its answer is there.

An event loop in a thread of its own carries the session, so that heartbeats, reconnects and the
folded account go on while the script thinks.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, Self, TypeVar, Unpack

from itg.client.account import Account
from itg.client.book import Book
from itg.client.link import LinkOptions
from itg.client.rest import Rest
from itg.client.session import CancelFilters, OrderTerms, Session
from itg.wire.v1.orders import OrderBody, QuoteRequest, QuotesBody, SideWord

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

    def set_quotes(self, quotes: Sequence[QuoteRequest]) -> QuotesBody:
        """Make the quotes in these instruments exactly these."""
        return self._wait(self._session.set_quotes(quotes))

    def pull_quotes(self, instrument_id: str | None = None) -> QuotesBody:
        """Pull the quote in one instrument, or all."""
        return self._wait(self._session.pull_quotes(instrument_id))

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
