"""A market of two underlyings, told to a bot and to a page, and what each of them knows."""

from typing import Any

from tests.gateway.readers import Json, Reader

from itg.exchange.contract import BookDelta, TradeBusted, TradeExecuted
from itg.gateway.directory import Directory
from itg.gateway.feed import Feed
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import (
    AccountId,
    OrderId,
    Seq,
    Shard,
    TradeId,
    UnderlyingId,
    first_id_of_shard,
)
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.translate.chain import is_option

FIRST, SECOND = UnderlyingId("SPX"), UnderlyingId("SPY")
NOW = Nanos(1_000_000)


class Market:
    """A feed with a bot and a page that hear everything of two underlyings, and what they heard."""

    def __init__(self, directory: Directory) -> None:
        self.feed = Feed(1, VirtualClock(NOW))
        self.feed.begin(directory)
        self.directory = directory
        of = list(directory.instruments.values())
        self.instruments = [
            next(i.instrument_id for i in of if i.underlying_id == u and is_option(i))
            for u in (FIRST, SECOND)
        ]
        self.bot = self._reader(
            *(f"bbo.{u}" for u in (FIRST, SECOND)),
            *(f"chain.{u}" for u in (FIRST, SECOND)),
            *(f"book.{i}" for i in self.instruments),
            *("prices", "trades.*"),
        )
        self.page = self._reader(
            *(f"ui.{u}" for u in (FIRST, SECOND)), *(f"ui.book.{i}" for i in self.instruments)
        )
        self.seq = self.steps = 0
        self.told = Told()
        self.shown = Told()

    def _reader(self, *channels: str) -> Reader:
        reader = Reader(GatewaySettings())
        self.feed.fanout.enter(reader.session)
        for name in channels:
            if name.startswith(("bbo.", "ui.")) and ".book." not in name:
                self.feed.tops(UnderlyingId(name.partition(".")[2]), ())
            self.feed.join(reader.session, self.feed.channel(name))
        return reader

    def publish(self, *outputs: Message) -> None:
        self.seq += 1
        record = Record(Seq(self.seq), NOW, NOW, "", "", outputs[0], outputs)
        self.feed.publish(record)

    def act(self, kind: str, which: int, number: int) -> None:
        instrument_id, shard = self.instruments[which], Shard(which)
        if kind == "book":
            level = ((10_000 * (1 + number % 3), number % 4, 1),)
            bids, asks = (
                (level, ()) if number % 2 else ((), ((90_000 + level[0][0], *level[0][1:]),))
            )
            delta = BookDelta(
                shard=shard,
                instrument_id=instrument_id,
                book_seq=Seq(self.seq),
                bids=bids,
                asks=asks,
            )
            self.publish(delta)
        elif kind in {"trade", "bust"}:
            self.seq += kind == "trade"
            self.publish(self._trade(kind, which))
        elif kind == "prices":
            self.steps += 1
            prices = tuple(
                SpotPrice(u, Price(number), Price(50_000 + number)) for u in (FIRST, SECOND)
            )
            self.publish(PricesStepped(step=self.steps, prices=prices))
        elif kind == "marks":
            self.steps += 1
            marks = tuple(
                Mark(i, Price(number * (n + 1)), 1, 2, 3, 4, 5)
                for n, i in enumerate(self.instruments)
            )
            self.publish(MarksPublished(step=self.steps, marks=marks))
        else:
            self.feed.fanout.flush(paced=kind == "flush pages")

    def _trade(self, kind: str, which: int) -> TradeExecuted | TradeBusted:
        number = TradeId(first_id_of_shard(Shard(which)) + self.seq)
        fields: dict[str, Any] = {
            "shard": Shard(which),
            "trade_id": number,
            "instrument_id": self.instruments[which],
            "price": Price(20_000),
            "quantity": Quantity(1),
            "aggressor_side": Side.BUY,
            "maker_order_id": OrderId(1),
            "maker_account_id": AccountId("t1"),
            "taker_order_id": OrderId(2),
            "taker_account_id": AccountId("t2"),
        }
        return TradeExecuted(**fields) if kind == "trade" else TradeBusted(**fields)

    def read(self) -> None:
        """Read as the bot first, then as the page, which must know nothing else."""
        for frame in self.bot.take():
            self.told.hear(frame)
        for frame in self.page.take():
            rows = rows_of(frame)
            unheard = [row for row in rows if row not in self.told.ever]
            assert not unheard, (frame["channel"], unheard)
            self.shown.hear(frame)


class Told:
    """What a client knows: every row it was ever told, and the last of each thing."""

    def __init__(self) -> None:
        self.ever: list[tuple[str, Any]] = []
        self.last: dict[tuple[str, Any], Any] = {}
        self.trades: list[int] = []

    def hear(self, frame: Json) -> None:
        for kind, row in rows_of(frame):
            self.ever.append((kind, row))
            if kind == "trade":
                self.trades.append(row["trade_id"])
            else:
                self.last[kind, key_of(kind, row)] = row


def rows_of(frame: Json) -> list[tuple[str, Any]]:
    """Return what a frame says, piece by piece, in the words of no channel."""
    data, kind = frame["data"], frame["type"]
    if "levels" in data or "bids" in data:
        sides = ((side, level) for side in ("bids", "asks") for level in data[side])
        return [("level", (data["instrument_id"], side, *level)) for side, level in sides]
    if kind in {"trade", "bust"}:
        return [(kind, data)]
    lists = ("tops", "marks", "prices", "trades", "busts")
    return [(name[:-1], row) for name in lists for row in data.get(name, ())]


def key_of(kind: str, row: Any) -> object:
    if kind == "level":
        return row[:3]
    return row.get("instrument_id") or row["underlying_id"]
