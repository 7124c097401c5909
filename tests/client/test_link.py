import asyncio

import pytest
from msgspec import json
from tests.client.venue import KEY, Peer, Venue, problem, running
from tests.waiting import until

from itg.client import (
    AccessDeniedError,
    ConflictError,
    ConnectionFailedError,
    LimitExceededError,
    Link,
    LinkOptions,
    NotFoundError,
    OrderRejectedError,
    OutcomeUnknownError,
    RateLimitedError,
    Session,
    SessionClosedError,
    WrongPhaseError,
)
from itg.client.frames import Frame

FAST = LinkOptions(backoff_first_s=0.001, backoff_max_s=0.01)


def eager(seconds: float = 6.0) -> LinkOptions:
    return LinkOptions(deadline_s=seconds, backoff_first_s=0.001, backoff_max_s=0.01)


async def test_an_unknown_key_is_refused_when_connecting() -> None:
    async with running(Venue()) as venue:
        with pytest.raises(AccessDeniedError, match="API key"):
            await Link(venue.url, "wrong").open()


async def test_a_missing_server_is_reported_when_connecting() -> None:
    async with running(Venue()) as venue:
        url = venue.url
    with pytest.raises(ConnectionFailedError, match=f"no server at {url}: Connection refused$"):
        await Link(url, KEY).open()


async def test_an_order_is_answered_with_its_state() -> None:
    async with running(Venue(seed=2)) as venue, Session(venue.url, KEY) as session:
        order = await session.place("SPX", "buy", 3, 4400.0)
    assert (order.order_id, order.instrument_id, order.quantity) == (1, "SPX", 3)


async def test_client_order_ids_start_with_the_connection_number_and_never_repeat() -> None:
    async with running(Venue()) as venue:
        for number in (1, 2):
            async with Session(venue.url, KEY) as session:
                ids = [(await session.place("SPX", "buy", 1, 1.0)).client_order_id for _ in "ab"]
            assert ids == [f"{number}-1", f"{number}-2"]


async def test_an_order_without_a_price_is_a_market_order() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        await session.place("SPX", "sell", 1)
        await session.place("SPX", "sell", 1, 4400.0, time_in_force="ioc", tag="hedge")
    sent = [params for method, params in venue.received if method == "order.place"]
    assert [order["order_type"] for order in sent] == ["market", "limit"]
    assert (sent[1]["time_in_force"], sent[1]["tag"]) == ("ioc", "hedge")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("WRONG_PHASE", 409, WrongPhaseError),
        ("POSITION_LIMIT_EXCEEDED", 422, LimitExceededError),
        ("RATE_LIMIT_EXCEEDED", 429, RateLimitedError),
        ("INVALID_PRICE", 422, OrderRejectedError),
        ("CLIENT_ORDER_ID_CONFLICT", 409, ConflictError),
        ("ORDER_NOT_FOUND", 404, NotFoundError),
        ("PROCESSING_TIMEOUT", 504, OutcomeUnknownError),
    ],
)
async def test_a_refusal_is_raised_by_its_situation(
    code: str, status: int, error: type[Exception]
) -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.refusals["order.place"] = problem(code, status)
        with pytest.raises(error) as raised:
            await session.place("SPX", "buy", 1, 1.0)
    assert raised.value.problem.code == code  # type: ignore[attr-defined]  # every RefusedError


async def test_a_request_without_an_answer_ends_at_its_deadline_with_unknown_outcome() -> None:
    async with running(Venue()) as venue, Link(venue.url, KEY, options=eager(0.05)) as link:
        venue.silent_methods.add("ping")
        with pytest.raises(OutcomeUnknownError, match="deadline"):
            await link.request("ping")


async def test_an_order_in_a_broken_connection_is_sent_again_and_placed_once() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY, options=FAST) as session:

        def break_first(peer: Peer, method: str) -> None:
            if method == "order.place" and venue.connections == 1:
                peer.break_off()

        venue.on_request = break_first
        order = await session.place("SPX", "buy", 3, 4400.0)
    assert order.client_order_id == "1-1"
    assert venue.order_count == 1
    assert [method for method, _ in venue.received].count("order.place") == 2


async def test_a_cancel_in_a_broken_connection_has_an_unknown_outcome() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY, options=FAST) as session:
        venue.on_request = lambda peer, _: peer.break_off()
        with pytest.raises(OutcomeUnknownError, match="broke"):
            await session.cancel(7)


async def test_requests_made_while_disconnected_wait_for_the_next_connection() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY, options=FAST) as session:
        await session.ping()
        venue.peers[0].break_off()
        await until(lambda: not venue.peers)
        await asyncio.gather(*(session.ping() for _ in range(3)))
    assert venue.connections == 2


async def test_a_closed_session_fails_what_waits() -> None:
    async with running(Venue()) as venue:
        session = Session(venue.url, KEY)
        await session.open()
        venue.silent_methods.add("ping")
        waiting = asyncio.create_task(session.ping())
        await until(lambda: ("ping", {}) in venue.received)
        await session.close()
        with pytest.raises(SessionClosedError):
            await waiting
        with pytest.raises(SessionClosedError):
            await session.ping()


async def test_a_close_for_good_ends_the_link() -> None:
    async with running(Venue()) as venue, Link(venue.url, KEY, options=FAST) as link:
        await venue.peers[0].socket.close(code=4001)
        with pytest.raises(SessionClosedError, match="4001"):
            await link.wait_closed()
    assert venue.connections == 1


async def test_a_gap_is_healed_with_a_fresh_snapshot() -> None:
    channel = "book.SPX"
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [[4400.0, 5]], "asks": []}
        book = await session.follow_book("SPX")
        venue.public.setdefault(channel, []).append({})  # a delta that nobody was told
        venue.bodies[channel]["bids"] = [[4399.0, 2]]
        change = {"instrument_id": "SPX", "bids": [], "asks": [[4401.0, 1]]}
        await venue.publish(channel, "delta", change)
        await until(lambda: book.bid == (4399.0, 2))
    assert book.asks == []


async def test_a_gap_at_the_end_is_found_by_the_heartbeat() -> None:
    channel = "book.SPX"
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [], "asks": []}
        book = await session.follow_book("SPX")
        venue.public.setdefault(channel, []).append({})
        venue.bodies[channel]["asks"] = [[4401.0, 3]]
        await venue.beat()
        await until(lambda: book.ask == (4401.0, 3))


async def test_a_new_epoch_starts_over_with_a_snapshot() -> None:
    channel = "book.SPX"
    async with running(Venue()) as venue, Session(venue.url, KEY, options=FAST) as session:
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [[4400.0, 5]], "asks": []}
        book = await session.follow_book("SPX")
        venue.epoch, venue.public = 2, {}
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [[4398.0, 1]], "asks": []}
        venue.peers[0].break_off()
        await until(lambda: book.bid == (4398.0, 1))
        change = {"instrument_id": "SPX", "bids": [[4398.0, 4]], "asks": []}
        await venue.publish(channel, "delta", change)
        await until(lambda: book.bid == (4398.0, 4))


async def test_frames_of_a_member_reach_the_handler_of_its_family() -> None:
    heard: list[Frame] = []
    async with running(Venue()) as venue, Link(venue.url, KEY) as link:
        await link.subscribe(["trades.*"], heard.append)
        venue.peers[0].channels.add("trades.SPX")
        await venue.publish("trades.SPX", "trade", {"price": 1.0})
        await until(lambda: len(heard) == 1)
    assert json.decode(heard[0].data) == {"price": 1.0}


async def test_an_announced_loss_on_a_public_channel_is_accepted() -> None:
    heard: list[int] = []
    async with running(Venue()) as venue, Link(venue.url, KEY) as link:
        await link.subscribe(["trades.*"], lambda frame: heard.append(frame.seq))
        await venue.publish("trades.*", "trade", {})
        venue.public["trades.*"] += [{}, {}]
        await venue.system("gap", {"channel": "trades.*", "first_seq": 2, "last_seq": 3})
        await venue.publish("trades.*", "trade", {})
        await until(lambda: len(heard) == 2)
    assert heard == [1, 4]
    assert len(venue.subscriptions) == 1


async def test_an_announced_loss_in_a_book_is_healed_with_a_fresh_snapshot() -> None:
    channel = "book.SPX.raw"
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [[4400.0, 5, 1]], "asks": []}
        book = await session.follow_book("SPX", is_raw=True)
        venue.public.setdefault(channel, []).extend([{}, {}])
        venue.bodies[channel]["bids"] = [[4399.0, 2, 2]]
        await venue.system("gap", {"channel": channel, "first_seq": 1, "last_seq": 2})
        await until(lambda: book.bid == (4399.0, 2))
    assert book.order_count("buy", 4399.0) == 2


async def test_a_conflated_frame_is_no_gap() -> None:
    channel = "book.SPX"
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.bodies[channel] = {"instrument_id": "SPX", "bids": [], "asks": []}
        book = await session.follow_book("SPX")
        venue.public.setdefault(channel, []).extend([{}, {}])
        change = {"instrument_id": "SPX", "bids": [[4398.0, 4]], "asks": []}
        await venue.publish(channel, "delta", change, conflated=True, first_seq=1)
        await until(lambda: book.bid == (4398.0, 4))
    assert len(venue.subscriptions) == 1


async def test_a_connection_closed_as_too_slow_comes_back_and_misses_nothing() -> None:
    seqs: list[int] = []
    async with running(Venue()) as venue, Link(venue.url, KEY, options=FAST) as link:
        await link.subscribe(["private"], lambda frame: seqs.append(frame.seq))
        await venue.tell("limit", {})
        await until(lambda: seqs == [0, 1])
        peer = venue.peers[0]
        peer.channels.clear()  # it reads no more
        await venue.tell("limit", {})
        await venue.system("slow", {"waiting_bytes": 5, "limit_bytes": 4})
        await peer.socket.close(code=4008)
        await until(lambda: len(seqs) == 3)
        await venue.tell("limit", {})
        await until(lambda: len(seqs) == 4)
    assert seqs == [0, 1, 2, 3]


async def test_what_is_canceled_when_the_team_is_gone_is_asked_at_every_connection() -> None:
    options = LinkOptions(backoff_first_s=0.001, cancel_on_disconnect="all")
    async with running(Venue()) as venue, Link(venue.url, KEY, options=options):
        asked = [venue.peers[0].request.query]
        venue.peers[0].break_off()
        await until(lambda: venue.connections == 2)
        asked.append(venue.peers[-1].request.query)
    assert [query["cancel_on_disconnect"] for query in asked] == ["all", "all"]


async def test_a_refused_channel_is_not_subscribed_again() -> None:
    async with running(Venue()) as venue, Link(venue.url, KEY, options=FAST) as link:
        venue.refusals["subscribe"] = problem("UNKNOWN_CHANNEL", 404)
        with pytest.raises(NotFoundError):
            await link.subscribe(["nonsense"], lambda _: None)
        venue.refusals.clear()
        venue.peers[0].break_off()
        await link.request("ping", is_repeatable=True)
    assert venue.subscriptions == []


async def test_an_unsubscribed_channel_is_silent() -> None:
    heard: list[Frame] = []
    async with running(Venue()) as venue, Link(venue.url, KEY) as link:
        await link.subscribe(["prices"], heard.append)
        await link.unsubscribe(["prices"])
        await venue.publish("prices", "prices", {"prices": []})
        await link.request("ping")
    assert heard == []


async def test_an_exception_in_a_handler_ends_the_link_with_it() -> None:
    def fail(frame: Frame) -> None:
        raise ValueError(frame.channel)

    async with running(Venue()) as venue, Link(venue.url, KEY) as link:
        await link.subscribe(["prices"], fail)
        await venue.publish("prices", "prices", {"prices": []})
        with pytest.raises(ValueError, match="prices"):
            await link.wait_closed()


async def test_reconnecting_pauses_longer_each_time_with_jitter() -> None:
    link = Link("http://nowhere", KEY, jitter=lambda: 0.5)
    pauses = [link._pause(failures) for failures in range(8)]
    assert pauses == pytest.approx([0.075, 0.15, 0.3, 0.6, 1.2, 2.4, 3.75, 3.75])


async def test_a_server_that_does_not_come_back_ends_the_link() -> None:
    options = LinkOptions(backoff_first_s=0.001, backoff_max_s=0.001, attempts_max=3)
    async with running(Venue()) as venue:
        link = Link(venue.url, KEY, options=options)
        await link.open()
    with pytest.raises(ConnectionFailedError):
        await link.wait_closed()


async def test_a_silent_connection_is_given_up_for_a_fresh_one() -> None:
    options = LinkOptions(backoff_first_s=0.001, silence_s=0.02)
    async with running(Venue()) as venue, Link(venue.url, KEY, options=options) as link:
        await until(lambda: venue.connections == 2)
        assert link.connects >= 1


async def test_a_deadman_is_set_and_stopped_over_the_socket() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        await session.set_deadman(5_000)
        await session.clear_deadman()
    assert venue.received == [("deadman.set", {"timeout_ms": 5_000}), ("deadman.clear", {})]
