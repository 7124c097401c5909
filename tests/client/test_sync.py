"""The blocking session, from the thread of a script."""

import asyncio
from collections.abc import Callable

import pytest
from tests.client.venue import KEY, Venue, problem, running

from itg.client import LimitExceededError, LockStepError, Rest, SyncSession
from itg.wire.v1.orders import QuoteRequest


async def in_a_script(script: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, script)


async def test_a_script_trades_and_reads() -> None:
    async with running(Venue(seed=1)) as venue:

        def script() -> None:
            with SyncSession(venue.url, KEY) as session:
                order = session.place("SPX", "buy", 5, 4400.0)
                assert order.client_order_id == "1-1"
                assert session.set_quotes([QuoteRequest(instrument_id="SPX", bid=1.0)]).quotes == []
                assert session.cancel_all() == list(venue.orders) or not venue.orders
                assert session.read(Rest.rules).speed == 10.0
                assert len(session.read(Rest.instruments)) == 2
                assert session.account.net("SPX") == venue.nets.get("SPX", 0)
            session.close()

        await in_a_script(script)


async def test_a_refusal_is_raised_in_the_script() -> None:
    async with running(Venue()) as venue:
        venue.refusals["order.place"] = problem("POSITION_LIMIT_EXCEEDED", 422)

        def script() -> None:
            with SyncSession(venue.url, KEY) as session, pytest.raises(LimitExceededError):
                session.place("SPX", "buy", 5, 4400.0)

        await in_a_script(script)


async def test_a_game_in_lock_step_is_refused_with_the_way_out() -> None:
    async with running(Venue(lock_step=True)) as venue:

        def script() -> None:
            with pytest.raises(LockStepError, match="itg bot run"):
                SyncSession(venue.url, KEY)

        await in_a_script(script)
