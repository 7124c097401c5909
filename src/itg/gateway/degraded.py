"""Trading while a service is down: what can be said at once, and the way out that is left.

    exchange down    an order for it is not sent: 503, unless one of its name may have been taken
    positions down   a cancel goes straight to the exchange, unmetered; all else is 503

503 says that nothing happened, so it is said of what was not sent. Positions learns of what was
canceled without it from the exchange's rows, and tells the owner when it is back.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec.structs import replace

from itg.exchange.contract import (
    CancelOrder,
    CancelRejected,
    MassCancel,
    MassCanceled,
    OrderCanceled,
)
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.directory import Directory
from itg.gateway.flood import Metered
from itg.gateway.pending import Compose
from itg.gateway.problems import RefusedError, busy, problem_of, problem_of_refusal
from itg.gateway.reach import EXCHANGE, POSITIONS, Reach
from itg.gateway.reasons import PROCESSING_TIMEOUT
from itg.gateway.working_orders import WorkingOrders
from itg.kernel.ids import InstrumentId, OrderId, Shard, UnderlyingId, shard_of_id
from itg.kernel.messages import Command, Query, Reply
from itg.kernel.words import OrderStatus
from itg.positions.contract import (
    CLIENT_ORDER_ID_CONFLICT,
    FoundOrder,
    GetOrder,
    OrderState,
    QuoteState,
    RequestCancel,
    RequestMassCancel,
    RequestQuotePull,
    ReserveOrder,
    ReserveQuotes,
    ReserveReplace,
    ValidateOrder,
    Verdict,
)
from itg.runtime.envelope import Record
from itg.runtime.pump_port import PumpPort
from itg.translate.orders import order_body, quote_body
from itg.wire.v1.orders import MassCancelBody, QuotesBody
from itg.wire.v1.problems import Problem


class Doors(Protocol):
    """What of a gateway trading needs while a service is down."""

    pump: PumpPort
    reach: Reach
    working: WorkingOrders

    @property
    def directory(self) -> Directory:
        """Return what is known by heart."""

    def send(
        self, call: Call, command: Command, compose: Compose, metered: Metered = Metered.ORDER
    ) -> None:
        """Send a command at once."""

    def look(
        self, call: Call, queries: tuple[Query, ...], then: Callable[[Sequence[Reply]], None]
    ) -> None:
        """Ask, and go on with the replies."""


class Degraded:
    """Serves commands of teams while a service is down."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def trade(self, call: Call, command: Command, compose: Compose, metered: Metered) -> None:
        """Serve a command; raises `RefusedError` where it is certain that nothing happened."""
        if not self._doors.reach.to(POSITIONS):
            self._cancel_straight(call, command)
            return
        directory = self._doors.directory
        match command:
            case ReserveOrder():
                shards = self._shards_of([command.instrument_id])
                name = command.client_order_id
                if name is not None and self._missing(shards):
                    self._place_again(call, command, compose)
                    return
            case ReserveReplace() | RequestCancel():
                if command.order_id is None and self._missing(directory.shards.values()):
                    self._find_first(call, command, compose, metered)
                    return
                shards = [] if command.order_id is None else [shard_of_id(command.order_id)]
            case ReserveQuotes():
                shards = self._shards_of(terms.instrument_id for terms in command.quotes)
            case _:
                # What gets a team out is kept by positions until the exchange is back.
                shards = []
        self._assert_reached(shards)
        self._doors.send(call, command, compose, metered)

    def _shards_of(self, instruments: Iterable[InstrumentId]) -> list[Shard]:
        found = (self._doors.directory.shard_of(instrument_id) for instrument_id in instruments)
        return [shard for shard in found if shard is not None]  # others are positions' to refuse

    def _missing(self, shards: Iterable[Shard]) -> list[UnderlyingId]:
        directory = self._doors.directory
        known = set(directory.shards.values())
        return [
            directory.underlying_of(shard)
            for shard in shards
            if shard in known and not self._doors.reach.to(EXCHANGE, shard)
        ]

    def _assert_reached(self, shards: Iterable[Shard]) -> None:
        missing = self._missing(shards)
        if missing:
            raise RefusedError(_unsent(f"the exchange of {missing[0]} does not answer"))

    def _place_again(self, call: Call, order: ReserveOrder, compose: Compose) -> None:
        """Refuse an order for an exchange that is down, unless positions knows its name.

        Then the first of that name may have been taken, and to say that nothing happened would be
        wrong: its answer is given, or that there is none yet.
        """
        # Of a name that is known, another body is a conflict: the one answer that tells.
        other = replace(order, quantity=order.quantity + 1)
        queries = (
            GetOrder(account_id=order.account_id, client_order_id=order.client_order_id),
            ValidateOrder(order=other, game_ns=self._doors.pump.clock.game_ns()),
        )

        def go_on(replies: Sequence[Reply]) -> None:
            found, verdict = replies
            is_answered = isinstance(found, FoundOrder) and (found.order or found.refusal)
            if is_answered:
                self._send_late(call, order, compose, Metered.ORDER)
            elif _is_conflict(verdict):
                call.reply(refused(problem_of(PROCESSING_TIMEOUT)))
            else:
                detail = "the exchange of this instrument does not answer"
                call.reply(refused(_unsent(detail)))

        self._doors.look(call, queries, go_on)

    def _find_first(
        self,
        call: Call,
        command: ReserveReplace | RequestCancel,
        compose: Compose,
        metered: Metered,
    ) -> None:
        """Find an order by its owner's name for it, and so its exchange."""
        name = command.orig_client_order_id
        query = GetOrder(account_id=command.account_id, client_order_id=name)

        def go_on(replies: Sequence[Reply]) -> None:
            found = replies[0]
            order = found.order if isinstance(found, FoundOrder) else None
            missing = [] if order is None else self._missing([shard_of_id(order.order_id)])
            if missing:
                call.reply(refused(_unsent(f"the exchange of {missing[0]} does not answer")))
            else:
                self._send_late(call, command, compose, metered)

        self._doors.look(call, (query,), go_on)

    def _send_late(self, call: Call, command: Command, compose: Compose, metered: Metered) -> None:
        try:
            self._doors.send(call, command, compose, metered)
        except RefusedError as error:
            call.reply(refused(error.problem))

    def _cancel_straight(self, call: Call, command: Command) -> None:
        match command:
            case RequestCancel():
                self._cancel_one(call, command)
            case RequestMassCancel():
                shards = self._shards_named(command.instrument_id, command.underlying_id)
                sweep = MassCancel(
                    shard=Shard(0),
                    account_id=command.account_id,
                    instrument_id=command.instrument_id,
                    side=command.side,
                    tag=command.tag,
                    orders=command.orders,
                    quotes=command.quotes,
                    reason=command.reason,
                    in_freeze=command.in_freeze,
                )
                self._sweep(call, sweep, shards, self._canceled_orders)
            case RequestQuotePull():
                shards = self._shards_named(command.instrument_id, None)
                sweep = MassCancel(
                    shard=Shard(0),
                    account_id=command.account_id,
                    instrument_id=command.instrument_id,
                    orders=False,
                )
                self._sweep(call, sweep, shards, _pulled_quotes)
            case _:
                raise RefusedError(_unsent("positions, which vets every order, does not answer"))

    def _shards_named(
        self, instrument_id: InstrumentId | None, underlying_id: UnderlyingId | None
    ) -> list[Shard]:
        directory = self._doors.directory
        if instrument_id is not None:
            return self._shards_of([instrument_id])
        return [s for u, s in directory.shards.items() if underlying_id in {None, u}]

    def _cancel_one(self, call: Call, command: RequestCancel) -> None:
        known = self._doors.working.find(
            command.account_id, command.order_id, command.orig_client_order_id
        )
        order_id = command.order_id if known is None else known.order_id
        if order_id is None:
            raise RefusedError(_unsent("positions, which knows your names, does not answer"))
        shard = shard_of_id(order_id)
        if shard not in self._doors.directory.shards.values():
            raise RefusedError(_unsent("positions, which knows your orders, does not answer"))
        self._assert_reached([shard])
        cancel = CancelOrder(shard=shard, account_id=command.account_id, order_id=order_id)

        def compose(record: Record) -> Answer:
            return _one_canceled(record, order_id, known)

        self._doors.send(call, cancel, compose, Metered.CANCEL)

    def _sweep(
        self,
        call: Call,
        sweep: MassCancel,
        shards: Sequence[Shard],
        body: Callable[[Sequence[OrderCanceled]], MassCancelBody | QuotesBody],
    ) -> None:
        """Send a sweep to each shard that it names, and answer when all have answered."""
        reached = [shard for shard in shards if self._doors.reach.to(EXCHANGE, shard)]
        if shards and not reached:
            self._assert_reached(shards)
        swept: list[OrderCanceled] = []

        def finish(problems: Sequence[Answer]) -> None:
            if problems:
                call.reply(problems[0])
            elif len(reached) < len(shards):
                detail = "one exchange does not answer; orders of the others are canceled"
                call.reply(refused(problem_of(PROCESSING_TIMEOUT, detail)))
            else:
                call.reply(done(body(swept)))

        def compose(record: Record) -> Answer:
            swept.extend(_swept(record))
            return Answer(200)

        parts = _Parts(len(reached), finish)
        for shard in reached:
            part = call.answered_by(parts.take)
            self._send_late(part, replace(sweep, shard=shard), compose, Metered.FREE)

    def _canceled_orders(self, swept: Sequence[OrderCanceled]) -> MassCancelBody:
        working = self._doors.working
        return MassCancelBody(order_ids=[e.order_id for e in swept if working.has(e.order_id)])


class _Parts:
    """Collects the answers to parts of a call, and goes on with the problems among them."""

    def __init__(self, count: int, finish: Callable[[Sequence[Answer]], None]) -> None:
        self._left = count
        self._finish = finish
        self._problems: list[Answer] = []
        if not count:
            finish(())

    def take(self, answer: Answer) -> None:
        """Take one part's answer."""
        self._left -= 1
        if answer.problem is not None:
            self._problems.append(answer)
        if not self._left:
            self._finish(self._problems)


def _unsent(why: str) -> Problem:
    return replace(busy(), detail=f"{why}; nothing was sent")


def _is_conflict(verdict: Reply) -> bool:
    refusal = verdict.refusal if isinstance(verdict, Verdict) else None
    return refusal is not None and refusal.code == CLIENT_ORDER_ID_CONFLICT.code


def _one_canceled(record: Record, order_id: OrderId, known: OrderState | None) -> Answer:
    for event in record.outputs:
        match event:
            case CancelRejected() if event.order_id == order_id:
                return refused(problem_of_refusal(event.refusal))
            case OrderCanceled() if event.order_id == order_id:
                if known is not None and known.leaves_quantity == event.quantity:
                    left = replace(known, status=OrderStatus.CANCELED, leaves_quantity=0)
                    return done(order_body(left))
                detail = "it is out of the book; what it filled is told when positions is back"
                return refused(problem_of(PROCESSING_TIMEOUT, detail))
            case _:
                pass
    raise AssertionError("every cancel is answered")


def _swept(record: Record) -> list[OrderCanceled]:
    # What was due by the time of the input ran before it; its own is named by its end.
    own = {
        order_id
        for event in record.outputs
        if isinstance(event, MassCanceled)
        for order_id in event.order_ids
    }
    return [e for e in record.outputs if isinstance(e, OrderCanceled) and e.order_id in own]


def _pulled_quotes(swept: Sequence[OrderCanceled]) -> QuotesBody:
    names = dict.fromkeys(event.instrument_id for event in swept)
    return QuotesBody(quotes=[quote_body(QuoteState(instrument_id=name)) for name in names])
