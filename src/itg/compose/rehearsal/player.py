"""One fake team: orders at its role's full rate over a socket that is cut now and then.

It keeps the promises a good client keeps. After a break it resumes its private stream after the
last number it saw, and sends again, under the same client order id, every order without an answer.
It trusts nothing: each private number must follow the one before.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import aiohttp
from msgspec import Struct, json

from itg.client.connection import KEY_HEADER, socket_url
from itg.client.dice import Dice
from itg.client.frames import Frame, decode_frame
from itg.compose.rehearsal.figures import Reconnect, WorkerReport
from itg.compose.rehearsal.plan import QUOTED_SERIES, QUOTES_PER_S, Seat
from itg.wire.v1.market import TopPush, TopsPush
from itg.wire.v1.orders import OrderBody
from itg.wire.v1.socket import CLOSE_SLOW, SUBPROTOCOL, GapData, ResumePoint, SubscribedBody

RETRY_S = 0.05
SOCKET_DEADLINE_S = 10.0
LAST_ANSWERS_S = 15.0
WORKING_MAX = 6
TAKING = 0.3  # of the orders meet the other side
_US = 1_000_000
_decode_tops = json.Decoder(TopsPush).decode
_decode_order = json.Decoder(OrderBody).decode
_decode_points = json.Decoder(SubscribedBody).decode
_decode_gap = json.Decoder(GapData).decode
_encode = json.Encoder().encode


class Waiting(Struct):
    """An order without an answer yet."""

    text: str
    client_order_id: str
    sent_s: float
    is_repeat: bool = False


class Market:
    """What a process of fake teams knows of the books: one memory for all its teams."""

    def __init__(self) -> None:
        self.tops: dict[str, TopPush] = {}
        self.names: list[str] = []

    def fold(self, tops: list[TopPush]) -> None:
        """Take in tops that changed."""
        for top in tops:
            if top.instrument_id not in self.tops:
                self.names.append(top.instrument_id)
            self.tops[top.instrument_id] = top


class Player:
    """A seat that is played from `begin_s` to `end_s` of the steady clock."""

    def __init__(self, seat: Seat, url: str, channels: list[str], report: WorkerReport) -> None:
        self.seat = seat
        self.report = report
        self.market = Market()
        self.is_connected = asyncio.Event()
        self._url = url
        self._channels = channels
        self._dice = Dice(seat.index * 7_919 + 1)
        self._socket: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._waiting: dict[int, Waiting] = {}
        self._working: list[int] = []
        self._private: ResumePoint | None = None
        self._lost_s: float | None = None
        self._ids = 0
        self._subscribe_id = -1
        self._pings: dict[int, float] = {}
        self._note: Callable[[str], None] = lambda _: None
        self._end_s = 0.0
        self._point_asked = -1
        self._has_point = asyncio.Event()
        self._all_answered = asyncio.Event()
        self._is_over = False

    async def play(self, life: int, span: tuple[float, float], ledger: int) -> None:
        """Connect, trade through the span, wait for the last answers, and compare the end."""
        begin_s, self._end_s = span
        self._note = lambda line: _append(ledger, line)
        reading = asyncio.create_task(self._stay_connected(), name="fake team")
        try:
            await asyncio.wait_for(self.is_connected.wait(), SOCKET_DEADLINE_S * 3)
            await self._until(begin_s)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send_orders(life))
                tasks.create_task(self._cut(begin_s))
                if self.seat.has_quotes:
                    tasks.create_task(self._send_quotes())
            await self._finish()
        except TimeoutError:
            self.report.failures.append(f"{self.seat.team_name} waited in vain for a connection")
        finally:
            self._is_over = True
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def ping(self) -> None:
        """Ask for the server's time; its answer passes the server's loop like an order's."""
        self._ids += 1
        self._pings[self._ids] = monotonic()
        await self._write(f'{{"id":{self._ids},"method":"ping"}}')

    async def _until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, at_s - monotonic()))

    async def _finish(self) -> None:
        with suppress(TimeoutError):
            if self._waiting:
                await asyncio.wait_for(self._all_answered.wait(), LAST_ANSWERS_S)
        self.report.unanswered += len(self._waiting)
        self._waiting.clear()
        await asyncio.wait_for(self.is_connected.wait(), LAST_ANSWERS_S)
        # The answer tells the last private number that was sent before it.
        self._ids += 1
        self._point_asked = self._ids
        await self._write(f'{{"id":{self._ids},"method":"unsubscribe","params":{{"channels":[]}}}}')
        try:
            await asyncio.wait_for(self._has_point.wait(), LAST_ANSWERS_S)
        except TimeoutError:
            self.report.failures.append(f"{self.seat.team_name} was not told where it stands")

    async def _send_orders(self, life: int) -> None:
        pause_s = 1.0 / self.seat.orders_per_s
        due_s = monotonic() + pause_s * self._dice.uniform()
        self.report.planned += self.seat.orders_per_s * (self._end_s - monotonic())
        count = 0
        while due_s < self._end_s:
            await self._until(due_s)
            # Who was away does not make up for it: the rate is a bound at every instant.
            due_s = max(due_s + pause_s, monotonic())
            if self.is_connected.is_set() and self.market.names:
                count += 1
                await self._place(f"{life}-{count}")
                await self._cancel_oldest()

    async def _send_quotes(self) -> None:
        while monotonic() < self._end_s:
            if self.is_connected.is_set() and self.market.names:
                self._ids += 1
                body = _encode({"quotes": self._quotes(), "others": "pull"}).decode()
                self.report.quotes += 1
                await self._write(f'{{"id":{self._ids},"method":"quote.set","params":{body}}}')
            await asyncio.sleep(1.0 / QUOTES_PER_S)

    async def _cut(self, begin_s: float) -> None:
        for at_s in self.seat.cuts_s:
            if begin_s + at_s > monotonic():
                await self._until(begin_s + at_s)
                self._break()

    def _break(self) -> None:
        # Without a word to the server, as a cable that is pulled.
        if self._socket is not None:
            connection = self._socket._response.connection  # noqa: SLF001 - no public way to abort
            if connection is not None and connection.transport is not None:
                connection.transport.abort()

    async def _place(self, client_order_id: str) -> None:
        self._ids += 1
        order = self._order(client_order_id)
        text = f'{{"id":{self._ids},"method":"order.place","params":{_encode(order).decode()}}}'
        self._waiting[self._ids] = Waiting(text, client_order_id, monotonic())
        self.report.sent += 1
        await self._write(text)

    def _order(self, client_order_id: str) -> dict[str, object]:
        top, number = self._some_top()
        takes = self._dice.uniform() < TAKING
        side = "buy" if (number % 2 == 0) == self.seat.is_one_sided or takes else "sell"
        if not self.seat.is_one_sided:
            side = ("buy", "sell")[self._dice.below(2)]
        bid, ask = top.bid or 0.05, top.ask or (top.bid or 0.05) + 0.10
        price = (ask if side == "buy" else bid) if takes else (bid if side == "buy" else ask)
        return {
            "instrument_id": top.instrument_id,
            "side": side,
            "quantity": 1,
            "price": f"{price:.2f}",
            "time_in_force": "ioc" if takes else "day",
            "client_order_id": client_order_id,
        }

    def _some_top(self) -> tuple[TopPush, int]:
        names = self.market.names
        number = self._dice.below(len(names))
        return self.market.tops[names[number]], number

    def _quotes(self) -> list[dict[str, object]]:
        names = self.market.names
        first = self.seat.index * QUOTED_SERIES
        chosen = {names[(first + n) % len(names)] for n in range(QUOTED_SERIES)}
        rows: list[dict[str, object]] = []
        for name in names:
            top = self.market.tops[name]
            if name not in chosen or top.bid is None or top.ask is None:
                continue
            middle = (top.bid + top.ask) / 2
            half = max(0.03, 0.045 * middle)
            if half < middle:
                bid, ask = f"{middle - half:.2f}", f"{middle + half:.2f}"
                quote = {"bid": bid, "bid_quantity": 10, "ask": ask, "ask_quantity": 10}
                rows.append({"instrument_id": name, **quote})
        return rows

    async def _cancel_oldest(self) -> None:
        if len(self._working) > WORKING_MAX:
            self._ids += 1
            order_id = self._working.pop(0)
            self.report.cancels += 1
            params = f'{{"order_id":{order_id}}}'
            await self._write(f'{{"id":{self._ids},"method":"order.cancel","params":{params}}}')

    async def _write(self, text: str) -> None:
        if self._socket is not None:
            with suppress(aiohttp.ClientError, ConnectionError):
                await self._socket.send_str(text)

    async def _stay_connected(self) -> None:
        async with aiohttp.ClientSession() as http:
            while not self._is_over:
                with suppress(aiohttp.ClientError, ConnectionError, TimeoutError, OSError):
                    await self._live(http)
                self.is_connected.clear()
                self._socket = None
                if self._lost_s is None:
                    self._lost_s = monotonic()
                await asyncio.sleep(RETRY_S)

    async def _live(self, http: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(SOCKET_DEADLINE_S):
            socket = await http.ws_connect(
                socket_url(self._url),
                headers={KEY_HEADER: self.seat.api_key},
                protocols=(SUBPROTOCOL,),
                max_msg_size=0,
                decode_text=False,
            )
        async with socket:
            self._socket = socket
            await self._resume()
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(decode_frame(message.data))
            self.report.slow_closes += socket.close_code == CLOSE_SLOW

    async def _resume(self) -> None:
        self._ids += 1
        self._subscribe_id = self._ids
        resume = {} if self._private is None else {"private": self._private}
        self.report.resumes += bool(resume)
        body = _encode({"channels": self._channels, "resume": resume}).decode()
        await self._write(f'{{"id":{self._ids},"method":"subscribe","params":{body}}}')
        for waiting in list(self._waiting.values()):
            waiting.is_repeat = True
            await self._write(waiting.text)

    def _take(self, frame: Frame) -> None:
        self.report.frames += 1
        if frame.channel == "private":
            self._take_private(frame)
        elif frame.channel.startswith("bbo."):
            self.market.fold(_decode_tops(frame.data).tops)
        elif frame.channel == "system" and frame.type == "gap":
            gap = _decode_gap(frame.data)
            self.report.lost_public += gap.last_seq - gap.first_seq + 1
        elif isinstance(frame.id, int) and not frame.channel:
            self._take_answer(frame.id, frame)

    def _take_private(self, frame: Frame) -> None:
        last = self._private
        if frame.type in ("snapshot", "resume.too_old"):
            self.report.too_old += frame.type == "resume.too_old"
        elif last is not None and frame.seq != last.seq + 1:
            self.report.gaps += 1
        self._private = ResumePoint(epoch=frame.epoch, seq=frame.seq)

    def _take_answer(self, request_id: int, frame: Frame) -> None:
        waiting = self._waiting.pop(request_id, None)
        if waiting is not None:
            self._take_order(waiting, frame)
            if not self._waiting and monotonic() >= self._end_s:
                self._all_answered.set()
        elif request_id == self._subscribe_id:
            self._come_back(frame)
        elif request_id in self._pings:
            took_s = monotonic() - self._pings.pop(request_id)
            self.report.ping_us.append(int(took_s * _US))
        elif request_id == self._point_asked:
            point = _decode_points(frame.result).channels["private"].seq
            seen = 0 if self._private is None else self._private.seq
            self.report.missed += point - seen
            self._has_point.set()

    def _come_back(self, frame: Frame) -> None:
        if frame.error is not None:
            self.report.failures.append(f"{self.seat.team_name} cannot subscribe: {frame.error}")
            return
        now_s = monotonic()
        if self._lost_s is not None and self.report.resumes:
            took_s = now_s - self._lost_s
            self.report.reconnects.append(Reconnect(self._lost_s, took_s))
            self.report.planned -= self.seat.orders_per_s * took_s
        self._lost_s = None
        self.is_connected.set()

    def _take_order(self, waiting: Waiting, frame: Frame) -> None:
        report = self.report
        report.answered += 1
        if waiting.is_repeat:
            report.late += 1
        else:
            report.ack_us.append(int((monotonic() - waiting.sent_s) * _US))
        if frame.error is not None:
            report.refusals[frame.error.code] = report.refusals.get(frame.error.code, 0) + 1
            return
        order = _decode_order(frame.result)
        report.accepted += 1
        self._note(f"{self.seat.index} {waiting.client_order_id} {order.order_id}\n")
        if order.status in ("working", "partially_filled"):
            self._working.append(order.order_id)


def _append(ledger: int, line: str) -> None:
    # Straight to the file: what was acknowledged stays known when this process is killed.
    os.write(ledger, line.encode())
