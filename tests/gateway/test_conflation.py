"""State, private facts, public facts: what each kind of reader gets of each."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, json
from tests.gateway.readers import Json, Reader

from itg.client import Book
from itg.client.frames import Frame
from itg.client.streams import Streams, Verdict
from itg.exchange.contract import BookDelta
from itg.gateway.channels import Channel, Delivery, channel_of
from itg.gateway.fanout import Fanout
from itg.gateway.framing import Fact, Framer
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import InstrumentId, Seq, Shard
from itg.kernel.times import Nanos
from itg.runtime.clock import VirtualClock
from itg.translate.market import book_delta_push, raw_delta_push
from itg.wire.v1.market import BookPush, PhasePush, RawBookPush, TopPush, TopsPush
from itg.wire.v1.orders import Body

X = InstrumentId("X")
Levels = tuple[tuple[int, int, int], ...]


def fanout() -> Fanout:
    return Fanout(Framer(1, VirtualClock(Nanos(0))))


def publish(fan: Fanout, channel: Channel, kind: str, data: Body) -> None:
    channel.seq += 1
    if channel.subscribers:
        fan.publish(channel, Fact(kind, data, (0, 0)))


def entered(fan: Fanout, settings: GatewaySettings, *channels: Channel) -> Reader:
    reader = Reader(settings)
    fan.enter(reader.session)
    for channel in channels:
        fan.join(reader.session, channel)
    return reader


def top(price: float) -> TopsPush:
    row = TopPush(instrument_id="X", bid=price, bid_quantity=1, ask=None, ask_quantity=0)
    return TopsPush(tops=[row])


async def test_state_that_changed_once_is_told_as_it_was_and_twice_as_it_ended() -> None:
    fan, channel = fanout(), channel_of("bbo.SPX")
    reader = entered(fan, GatewaySettings(), channel)
    publish(fan, channel, "tops", top(1.0))
    fan.flush()
    publish(fan, channel, "tops", top(2.0))
    publish(fan, channel, "tops", top(3.0))
    fan.flush()
    single, merged = reader.take()
    assert (single["seq"], "conflated" in single, "first_seq" in single) == (1, False, False)
    assert (merged["first_seq"], merged["seq"], merged["conflated"]) == (2, 3, True)
    assert [row["bid"] for row in merged["data"]["tops"]] == [3.0]


async def test_phases_merged_without_a_delta_name_the_book_they_are_of() -> None:
    fan, channel = fanout(), channel_of("book.X")
    reader = entered(fan, GatewaySettings(), channel)
    for instrument_id, quantity in ((None, None), ("X", 0)):
        moved = PhasePush(
            underlying_id="U", instrument_id=instrument_id, phase="continuous", previous=None,
            next_phase=None, next_transition_us=None, quantity=quantity,
        )  # fmt: skip
        publish(fan, channel, "phase", moved)
    fan.flush()
    (merged,) = reader.take()
    assert (merged["data"]["instrument_id"], merged["data"]["phase"]) == ("X", "continuous")


async def test_one_frame_is_encoded_for_all_who_keep_up() -> None:
    fan, channel = fanout(), channel_of("bbo.SPX")
    readers = [entered(fan, GatewaySettings(), channel) for _ in range(3)]
    for price in (1.0, 2.0):
        publish(fan, channel, "tops", top(price))
    fan.flush()
    for reader in readers:
        reader.session.write_out()
    frames = [reader.wire.frames for reader in readers]
    assert all(len(each) == 1 and each[0] is frames[0][0] for each in frames)


async def test_everything_of_a_turn_leaves_in_one_write() -> None:
    fan, channel = fanout(), channel_of("trades.*")
    reader = entered(fan, GatewaySettings(), channel)
    for _ in range(20):
        publish(fan, channel, "trade", top(1.0))
    await asyncio.sleep(0)
    assert (reader.wire.writes, len(reader.wire.frames)) == (1, 20)


async def test_a_subscriber_in_the_middle_of_an_interval_gets_what_its_snapshot_has_not() -> None:
    fan, channel = fanout(), channel_of("bbo.SPX")
    early = entered(fan, GatewaySettings(), channel)
    publish(fan, channel, "tops", top(1.0))
    middle = entered(fan, GatewaySettings(), channel)
    publish(fan, channel, "tops", top(2.0))
    late = entered(fan, GatewaySettings(), channel)
    fan.flush()
    spans = [[(f["first_seq"], f["seq"]) for f in r.take()] for r in (early, middle, late)]
    assert spans == [[(1, 2)], [(2, 2)], []]


async def test_state_of_a_slow_reader_waits_merged_and_comes_when_it_reads() -> None:
    fan, channel = fanout(), channel_of("bbo.SPX")
    slow = entered(fan, GatewaySettings(), channel)
    slow.stop()
    for price in range(1, 100):
        publish(fan, channel, "tops", top(float(price)))
        fan.flush()
        slow.session.write_out()
    assert slow.session.waiting_bytes < 400, "the one frame that found the socket full"
    slow.go_on()
    fan.flush()
    first, rest = slow.take()
    assert (first["seq"], rest["first_seq"], rest["seq"]) == (1, 2, 99)
    assert not fan.has_unflushed


async def test_public_facts_beyond_a_slow_readers_share_are_announced_as_a_gap() -> None:
    fan, channel = fanout(), channel_of("trades.*")
    slow = entered(fan, GatewaySettings(public_bytes_max=1_000), channel)
    quick = entered(fan, GatewaySettings(public_bytes_max=1_000), channel)
    slow.stop()
    for _ in range(50):
        publish(fan, channel, "trade", top(1.0))
        slow.session.write_out()
    assert slow.session.waiting_bytes < 1_400
    slow.go_on()
    publish(fan, channel, "trade", top(1.0))
    assert [f["seq"] for f in quick.take()] == list(range(1, 52))
    frames = slow.take()
    gap = frames[-2]
    assert (gap["channel"], gap["type"]) == ("system", "gap")
    lost = range(gap["data"]["first_seq"], gap["data"]["last_seq"] + 1)
    seen = [f["seq"] for f in frames if f["channel"] == "trades.*"]
    assert sorted([*seen, *lost]) == list(range(1, 52))
    assert fan.numbers.lost == len(lost)


async def test_a_loss_at_the_end_is_announced_before_the_next_heartbeat() -> None:
    fan, channel = fanout(), channel_of("trades.*")
    slow = entered(fan, GatewaySettings(public_bytes_max=100), channel)
    slow.stop()
    for _ in range(9):
        publish(fan, channel, "trade", top(1.0))
        slow.session.write_out()
    slow.go_on()
    fan.beat()
    gap, beat = slow.take()[-2:]
    assert (gap["type"], gap["data"]["last_seq"]) == ("gap", 9)
    assert (beat["type"], beat["data"]["channels"]) == ("heartbeat", {"trades.*": 9})


async def test_private_facts_all_wait_until_the_bound_ends_the_session() -> None:
    fan, channel = fanout(), Channel("private", Delivery.PRIVATE)
    settings = GatewaySettings(outbox_bytes_max=20_000, public_bytes_max=100)
    slow = entered(fan, settings, channel)
    slow.stop()
    while slow.session.close_code is None:
        publish(fan, channel, "fill", top(1.0))
        slow.session.write_out()
        assert slow.session.waiting_bytes <= 20_400
    assert (slow.session.close_code, channel.seq > 60) == (4008, True)


async def test_a_burst_within_one_turn_ends_no_session_that_reads() -> None:
    fan, channel = fanout(), Channel("private", Delivery.PRIVATE)
    reader = entered(fan, GatewaySettings(outbox_bytes_max=1_000), channel)
    for _ in range(100):
        publish(fan, channel, "fill", top(1.0))
    assert [frame["seq"] for frame in reader.take()] == list(range(1, 101))
    assert reader.session.close_code is None


async def test_a_socket_that_takes_nothing_for_too_long_ends_its_session() -> None:
    reader = Reader(GatewaySettings(stalled_s=0.01))
    reader.stop()

    class Stuck:
        def write_now(self, frames: Sequence[bytes]) -> bool:
            return False

        async def write(self, frames: Sequence[bytes]) -> None:
            await asyncio.Event().wait()

        def unsent_bytes(self) -> int:
            return 7

        async def close(self, code: int, last: bytes = b"") -> None: ...

    reader.session.wire = Stuck()
    writing = asyncio.create_task(reader.session.write_blocked())
    reader.session.push(b"{}")
    await asyncio.wait_for(reader.session.closing.wait(), 5)
    assert reader.session.close_code == 4008
    await writing


async def test_in_lock_step_nobody_is_spared() -> None:
    fan, state, public = fanout(), channel_of("bbo.SPX"), channel_of("trades.*")
    fan.in_lock_step = True
    slow = entered(fan, GatewaySettings(public_bytes_max=10), state, public)
    slow.stop()
    for _ in range(5):
        publish(fan, state, "tops", top(1.0))
        publish(fan, public, "trade", top(1.0))
        fan.flush()
        slow.session.write_out()
    slow.go_on()
    frames = slow.take()
    assert [f["seq"] for f in frames if f["channel"] == "bbo.SPX"] == [1, 2, 3, 4, 5]
    assert [f["seq"] for f in frames if f["channel"] == "trades.*"] == [1, 2, 3, 4, 5]


PRICES = st.integers(1, 12)
SIDES = st.lists(st.tuples(PRICES, st.integers(0, 4), st.integers(1, 3)), max_size=4).map(tuple)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("delta"), SIDES, SIDES),
        st.tuples(st.just("indicative"), PRICES, st.integers(0, 9)),
        st.tuples(st.just("uncross"), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(["flush", "stop", "go_on", "join", "beat"]), SIDES, SIDES),
    ),
    max_size=40,
)


class Truth:
    """The book as the exchange has it."""

    def __init__(self) -> None:
        self.bids: dict[float, tuple[int, int]] = {}
        self.asks: dict[float, tuple[int, int]] = {}
        self.indicative: tuple[float | None, int] = (None, 0)
        self.phase = "pre_open"

    def fold(self, push: RawBookPush) -> None:
        for side, levels in ((self.bids, push.bids), (self.asks, push.asks)):
            for price, quantity, order_count in levels:
                side[price] = (quantity, order_count)
                if not quantity:
                    del side[price]

    def snapshot(self) -> BookPush:
        return BookPush(
            instrument_id=X,
            bids=[(price, level[0]) for price, level in self.bids.items()],
            asks=[(price, level[0]) for price, level in self.asks.items()],
            phase=self.phase,  # type: ignore[arg-type]  # one of the words
            indicative_price=self.indicative[0],
            indicative_quantity=self.indicative[1],
        )

    def raw_snapshot(self) -> RawBookPush:
        return RawBookPush(
            instrument_id=X,
            bids=[(price, *level) for price, level in self.bids.items()],
            asks=[(price, *level) for price, level in self.asks.items()],
            phase=self.phase,  # type: ignore[arg-type]  # one of the words
            indicative_price=self.indicative[0],
            indicative_quantity=self.indicative[1],
        )


class Follower:
    """A client: positions and a book, folded from what its session was sent."""

    def __init__(self, fan: Fanout, channel: Channel, snapshot: Callable[[], Body]) -> None:
        self.fan = fan
        self.channel = channel
        self.reader = Reader(GatewaySettings(public_bytes_max=600))
        self.book = Book(X)
        self.streams = Streams()
        self.lost = False
        self.snapshot = snapshot
        fan.enter(self.reader.session)
        self.subscribe()

    def subscribe(self) -> None:
        framer, channel = self.fan.framer, self.channel
        fact = framer.present("snapshot", self.snapshot())
        self.reader.session.push(framer.frame(channel.name, channel.seq, fact))
        self.fan.join(self.reader.session, channel)

    def read(self) -> None:
        for sent in self.reader.take():
            if sent["channel"] == "system":
                self.hear(sent)
                continue
            frame = Frame(**{**sent, "data": Raw(json.encode(sent["data"]))})
            verdict = self.streams.admit(frame)
            assert verdict in {Verdict.DELIVER, Verdict.WAIT}, sent
            if verdict is Verdict.DELIVER:
                self.book.fold(frame)

    def hear(self, sent: Json) -> None:
        if sent["type"] == "gap":
            gap = sent["data"]
            assert gap["first_seq"] == self.streams.seq_of(self.channel.name) + 1
            self.lost = not self.streams.skip(gap["channel"], gap["last_seq"])
        elif sent["type"] == "heartbeat" and not self.lost:
            assert self.streams.behind(sent["data"]["channels"]) == []

    def settle(self) -> None:
        """Read everything; after an announced loss subscribe anew, as a client does."""
        self.reader.go_on()
        self.fan.flush()
        self.fan.beat()
        self.read()
        if self.lost:
            self.lost = False
            self.fan.part(self.reader.session, self.channel.name)
            self.subscribe()
            self.read()


def act(
    truth: Truth, fan: Fanout, channel: Channel, step: tuple[str, Levels, Levels], seq: int
) -> None:
    kind, first, second = step
    is_raw = channel.name.endswith(".raw")
    if kind == "delta":
        # One input tells each level once.
        bids = tuple({price: (price * 100, q, n) for price, q, n in first}.values())
        asks = tuple({price: (price * 100, q, n) for price, q, n in second}.values())
        delta = BookDelta(shard=Shard(0), instrument_id=X, book_seq=Seq(seq), bids=bids, asks=asks)
        truth.fold(raw := raw_delta_push(delta))
        publish(fan, channel, "delta", raw if is_raw else book_delta_push(delta))
    elif kind == "indicative":
        truth.indicative = (first / 1, second)  # type: ignore[assignment,operator]  # of this kind
        push = BookPush(
            instrument_id=X, bids=[], asks=[],
            indicative_price=truth.indicative[0], indicative_quantity=truth.indicative[1],
        )  # fmt: skip
        publish(fan, channel, "indicative", push)
    else:
        truth.indicative, truth.phase = (None, 0), "continuous"
        uncross = PhasePush(
            underlying_id="U", instrument_id=X, phase="continuous", previous=None,
            next_phase=None, next_transition_us=None, clearing_price=1.0, quantity=1,
        )  # fmt: skip
        publish(fan, channel, "uncross", uncross)


@pytest.mark.parametrize("suffix", ["", ".raw"])
@given(steps=STEPS)
async def test_a_snapshot_and_what_follows_it_is_the_book_however_slow_the_reader(
    suffix: str, steps: list[tuple[str, Levels, Levels]]
) -> None:
    fan, truth = fanout(), Truth()
    channel = channel_of(f"book.X{suffix}")
    snapshot = truth.raw_snapshot if suffix else truth.snapshot
    followers = [Follower(fan, channel, snapshot)]
    for seq, step in enumerate(steps):
        match step[0]:
            case "flush":
                fan.flush()
            case "beat":
                fan.beat()
            case "stop":
                followers[0].reader.stop()
            case "go_on":
                followers[0].reader.go_on()
            case "join":
                followers.append(Follower(fan, channel, snapshot))
            case _:
                act(truth, fan, channel, step, seq)
        for follower in followers:
            follower.read()
    for follower in followers:
        follower.settle()
        follower.settle()
        book = follower.book
        assert dict(book.bids) == {price: level[0] for price, level in truth.bids.items()}
        assert dict(book.asks) == {price: level[0] for price, level in truth.asks.items()}
        assert (book.indicative_price, book.indicative_quantity) == truth.indicative
        assert book.phase == truth.phase
        if suffix:
            counts = {price: book.order_count("buy", price) for price in truth.bids}
            assert counts == {price: level[1] for price, level in truth.bids.items()}
        assert follower.streams.seq_of(channel.name) == channel.seq
