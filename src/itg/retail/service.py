"""Maps messages to the house and the small investors, and their wishes to positions."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, assert_never

from itg.exchange.contract import (
    InstrumentDelisted,
    InstrumentListed,
    JumpGuardOpened,
    PhaseChanged,
)
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import OrderType, Side
from itg.market_data.contract import MarksPublished, PricesStepped
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AccountSettled,
    QuoteTerms,
    RequestCancel,
    RequestQuotePull,
    ReserveOrder,
    ReserveQuotes,
)
from itg.retail import store
from itg.retail.contract import (
    ConfigureRetail,
    GetCalibration,
    GetRetailReport,
    StartFlow,
    StopFlow,
)
from itg.retail.core.chains import Market
from itg.retail.core.choice import Dice
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.house import House, QuoteWish
from itg.retail.core.state import RetailState
from itg.runtime.service import StartTimer, StopTimer, TimerFired

OWN_EVENTS = (
    *(AccountFilled, AccountOrderUpdated, AccountSettled),
    *(AccountQuoteRejected, AccountQuoteUpdated),
)
OwnEvent = (
    AccountFilled
    | AccountOrderUpdated
    | AccountQuoteRejected
    | AccountQuoteUpdated
    | AccountSettled
)
ARRIVAL = "arrival"
TAG = "retail"


class RetailService:
    """Owner of the house's quotes and the investors' orders."""

    name: ClassVar[str] = "retail"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        *(ConfigureRetail, StartFlow, StopFlow, TimerFired),
        *(InstrumentListed, InstrumentDelisted, PhaseChanged, JumpGuardOpened),
        *(PricesStepped, MarksPublished),
        *OWN_EVENTS,
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        *(ReserveQuotes, RequestQuotePull, ReserveOrder, RequestCancel),
        *(StartTimer, StopTimer),
    )
    answers: ClassVar[tuple[type[Query], ...]] = (GetRetailReport, GetCalibration)

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._set(RetailState.configured(ConfigureRetail(seed=0)))

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        state = self._state
        match message:
            case PricesStepped():
                return [*self._step(now, message)]
            case MarksPublished():
                theories = {mark.instrument_id: mark.mark_price for mark in message.marks}
                return self._quotes(state.mark(now, theories))
            case (
                AccountFilled()
                | AccountOrderUpdated()
                | AccountQuoteRejected()
                | AccountQuoteUpdated()
                | AccountSettled()
            ):
                self._note(now, message)
            case TimerFired():
                return [*self._arrive(now)]
            case PhaseChanged():
                moved = (message.shard, message.phase, message.instrument_id)
                return self._quotes(state.move(now, *moved))
            case JumpGuardOpened():
                return self._quotes(state.guard(now))
            case InstrumentListed():
                state.listings.add(message.instrument)
            case InstrumentDelisted():
                state.delist(message.instrument_id)
            case _:
                return [*self._obey(now, message)]
        return ()

    def query(self, query: Query) -> Reply:
        if isinstance(query, GetCalibration):
            return self._state.calibration()
        assert isinstance(query, GetRetailReport)
        return self._state.report()

    def snapshot(self) -> bytes:
        self._state.counters = self._dice.counters()
        return store.encode(self._state)

    def restore(self, data: bytes) -> None:
        self._set(store.decode(data))

    def _set(self, state: RetailState) -> None:
        self._state = state
        self._dice = Dice(state.config.seed, state.counters)
        self._market = Market()

    def _obey(self, now: Nanos, ask: Message) -> Iterator[Message]:
        state = self._state
        match ask:
            case ConfigureRetail():
                self._set(RetailState.configured(ask))
            case StartFlow():
                state.is_active = True
                if state.flow is not None:
                    state.flow.open(ask.flow_start_ns, ask.flow_end_ns)
                    yield self._timer(state.flow.next_arrival(now, self._dice))
            case StopFlow():
                state.is_active = False
                yield StopTimer(owner=self.name, key=ARRIVAL)
                if state.house is not None:
                    state.house.forget(list(state.house.standing))
                    yield RequestQuotePull(account_id=state.house.config.account_id)
            case _:
                raise AssertionError(ask)

    def _step(self, now: Nanos, stepped: PricesStepped) -> Iterator[Message]:
        state, flow = self._state, self._state.flow
        spots = {price.underlying_id: price.spot_price for price in stepped.prices}
        yield from self._quotes(state.step(now, spots, stepped.second_vol_ppm))
        if flow is None or not state.is_active:
            return
        if flow.hear(now, stepped.prices[0].spot_price):
            yield self._timer(flow.arrivals.due)
        if state.begins_second(now):
            for account_id, order_id in flow.give_up(now, state.listings):
                yield RequestCancel(account_id=account_id, order_id=order_id)
            closings = flow.look_around(now, self._dice, state.listings, state.theories)
            yield from map(_order, closings)

    def _quotes(self, wishes: Sequence[QuoteWish]) -> Sequence[Message]:
        house = self._state.house
        if not wishes or house is None:
            return ()
        asked = []
        for post_only in (False, True):
            terms = tuple(_terms(wish) for wish in wishes if wish.post_only is post_only)
            if terms:
                account_id = house.config.account_id
                asked.append(
                    ReserveQuotes(account_id=account_id, quotes=terms, post_only=post_only)
                )
        return asked

    def _arrive(self, now: Nanos) -> Iterator[Message]:
        state, flow = self._state, self._state.flow
        assert flow is not None
        market = self._market.look(now, state.listings, state.spots, state.theories)
        if (wish := flow.arrive(now, self._dice, market)) is not None:
            yield _order(wish)
        yield self._timer(flow.next_arrival(now, self._dice))

    def _timer(self, at_ns: Nanos | None) -> Message:
        if at_ns is None:
            return StopTimer(owner=self.name, key=ARRIVAL)
        return StartTimer(owner=self.name, key=ARRIVAL, at_ns=at_ns)

    def _note(self, now: Nanos, event: OwnEvent) -> None:
        house, flow = self._state.house, self._state.flow
        if house is not None and event.account_id == house.config.account_id:
            _note_house(now, house, event)
        elif flow is not None and flow.owns(event.account_id):
            _note_investor(now, flow, event)


def _terms(wish: QuoteWish) -> QuoteTerms:
    return QuoteTerms(
        instrument_id=wish.instrument_id,
        bid=wish.bid,
        bid_quantity=wish.bid_quantity,
        ask=wish.ask,
        ask_quantity=wish.ask_quantity,
    )


def _note_house(now: Nanos, house: House, event: OwnEvent) -> None:
    match event:
        case AccountFilled(fill=fill):
            house.note_fill(now, fill.instrument_id, fill.side, fill.last_quantity)
        case AccountQuoteRejected():
            house.forget([event.instrument_id])
        case AccountQuoteUpdated(quote=quote):
            if event.cancel_reason is None:
                house.note_standing(
                    quote.instrument_id,
                    has_bid=quote.bid is not None,
                    has_ask=quote.ask is not None,
                )
        case AccountOrderUpdated() | AccountSettled():
            pass
        case _:
            assert_never(event)


def _note_investor(now: Nanos, flow: Flow, event: OwnEvent) -> None:
    match event:
        case AccountFilled(fill=fill):
            account_id, instrument_id = event.account_id, fill.instrument_id
            signed = fill.last_quantity if fill.side is Side.BUY else -fill.last_quantity
            flow.holdings.note_fill(now, account_id, instrument_id, signed, fill.last_price)
            flow.counts.contracts_filled += fill.last_quantity
            flow.note_rest(now, fill.order_id, account_id, instrument_id, event.leaves_quantity)
        case AccountOrderUpdated(order=order):
            leaves = order.leaves_quantity
            flow.note_rest(now, order.order_id, event.account_id, order.instrument_id, leaves)
        case AccountSettled():
            flow.holdings.settle(event.account_id, event.instrument_id)
        case AccountQuoteRejected() | AccountQuoteUpdated():
            pass
        case _:
            assert_never(event)


def _order(wish: OrderWish) -> ReserveOrder:
    return ReserveOrder(
        account_id=wish.account_id,
        instrument_id=wish.instrument_id,
        side=wish.side,
        quantity=wish.quantity,
        order_type=OrderType.MARKET if wish.price is None else OrderType.LIMIT,
        price=wish.price,
        tag=TAG,
    )
