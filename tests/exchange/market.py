"""A shard to act on in tests: prices in ticks, accounts by name, events back."""

from typing import Any, TypeVar

from msgspec import UNSET

from itg.exchange.contract import (
    AuctionUncrossed,
    BookSnapshot,
    CancelOrder,
    ConfigureExchange,
    ExchangeStatus,
    GetBook,
    GetExchangeStatus,
    GetTrades,
    ListInstrument,
    MassCancel,
    OrderAccepted,
    OrderActivated,
    OrderCanceled,
    OrderPreview,
    OrderRejected,
    PlaceOrder,
    PreviewOrder,
    PublicTrade,
    PublicTrades,
    ReplaceOrder,
    SetPhase,
    SetQuote,
    SetSchedule,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import AccountId, InstrumentId, OrderId, ReservationId, Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    InFreeze,
    Instrument,
    OptionRight,
    OptionTerms,
    OrderType,
    Phase,
    PhaseBoundary,
    SelfTradePolicy,
    Side,
    TimeInForce,
)
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice
from itg.runtime.service import TimerFired

TICK = 100
SHARD = Shard(0)
FIRST, SECOND = InstrumentId("U"), InstrumentId("U-C")
RESERVATION = ReservationId(1)
ALLOW = SelfTradePolicy.ALLOW

CALL = OptionTerms(
    right=OptionRight.CALL,
    strike=Price(1_000),
    expiry_date="2026-12-03",
    expires_ns=Nanos(10**18),
)

E = TypeVar("E", bound=Message)
Events = list[Message]


class Market:
    """One shard with two instruments; `now` moves only when a test moves it."""

    def __init__(
        self, phase: Phase = Phase.CLOSED, close: int | None = None, **config: Any
    ) -> None:
        self.service = ExchangeService(SHARD)
        self.now = 1
        self.send(ConfigureExchange(shard=SHARD, underlying_id=UnderlyingId("U"), **config))
        for instrument_id in (FIRST, SECOND):
            listed = Instrument(
                instrument_id=instrument_id,
                underlying_id=UnderlyingId("U"),
                shard=SHARD,
                multiplier=100,
                tick_size=Price(TICK),
                option=CALL if instrument_id == SECOND else UNSET,
            )
            previous = None if close is None else Price(close)
            self.send(ListInstrument(shard=SHARD, instrument=listed, previous_close=previous))
        for step in (Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CONTINUOUS):
            if self.phase is not phase:
                self.move(step)

    def send(self, message: Message) -> Events:
        return list(self.service.handle(Nanos(self.now), message))

    def buy(self, account: str, quantity: int, price: int | None = None, **terms: Any) -> Events:
        return self.place(Side.BUY, account, quantity, price, **terms)

    def sell(self, account: str, quantity: int, price: int | None = None, **terms: Any) -> Events:
        return self.place(Side.SELL, account, quantity, price, **terms)

    def place(
        self, side: Side, account: str, quantity: int, price: int | None, **terms: Any
    ) -> Events:
        return self.send(self.order(side, account, quantity, price, **terms))

    def preview(self, account: str, quantity: int, price: int, **terms: Any) -> OrderPreview:
        """Ask what a buy order would do."""
        order = self.order(Side.BUY, account, quantity, price, **terms)
        reply = self.service.query(PreviewOrder(shard=SHARD, order=order, game_ns=Nanos(self.now)))
        assert isinstance(reply, OrderPreview)
        return reply

    def order(
        self,
        side: Side,
        account: str,
        quantity: int,
        price: int | None,
        *,
        instrument_id: InstrumentId = FIRST,
        time_in_force: TimeInForce | None = None,
        stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING,
        tag: str = "",
        stop: int | None = None,
        display: int | None = None,
        expires_ns: int | None = None,
        post_only: bool = False,
    ) -> PlaceOrder:
        kinds = {
            (True, False): OrderType.MARKET,
            (False, False): OrderType.LIMIT,
            (True, True): OrderType.STOP,
            (False, True): OrderType.STOP_LIMIT,
        }
        return PlaceOrder(
            shard=SHARD,
            reservation_id=RESERVATION,
            account_id=AccountId(account),
            instrument_id=instrument_id,
            side=side,
            quantity=Quantity(quantity),
            order_type=kinds[price is None, stop is not None],
            price=None if price is None else Price(price * TICK),
            time_in_force=time_in_force,
            stp=stp,
            tag=tag,
            stop_price=None if stop is None else Price(stop * TICK),
            display_quantity=None if display is None else Quantity(display),
            expires_ns=None if expires_ns is None else Nanos(expires_ns),
            post_only=post_only,
        )

    def cancel(self, account: str, order_id: OrderId) -> Events:
        return self.send(CancelOrder(shard=SHARD, account_id=AccountId(account), order_id=order_id))

    def replace(
        self, account: str, order_id: OrderId, *, price: int | None = None, quantity: int
    ) -> Events:
        return self.send(
            ReplaceOrder(
                shard=SHARD,
                reservation_id=RESERVATION,
                account_id=AccountId(account),
                order_id=order_id,
                price=None if price is None else Price(price * TICK),
                quantity=Quantity(quantity),
            )
        )

    def quote(
        self,
        account: str,
        bid: tuple[int, int] | None,
        ask: tuple[int, int] | None,
        instrument_id: InstrumentId = FIRST,
        *,
        post_only: bool = False,
    ) -> Events:
        return self.send(
            SetQuote(
                shard=SHARD,
                reservation_id=RESERVATION,
                account_id=AccountId(account),
                instrument_id=instrument_id,
                bid=None if bid is None else Price(bid[0] * TICK),
                bid_quantity=0 if bid is None else bid[1],
                ask=None if ask is None else Price(ask[0] * TICK),
                ask_quantity=0 if ask is None else ask[1],
                post_only=post_only,
            )
        )

    def mass_cancel(
        self,
        account: str,
        *,
        instrument_id: InstrumentId | None = None,
        side: Side | None = None,
        tag: str | None = None,
        in_freeze: InFreeze = InFreeze.SKIP,
    ) -> Events:
        return self.send(
            MassCancel(
                shard=SHARD,
                account_id=AccountId(account),
                instrument_id=instrument_id,
                side=side,
                tag=tag,
                in_freeze=in_freeze,
            )
        )

    def step(self, spot: int, *, is_moving: bool = True) -> Events:
        """Let the simulated price of the underlying be `spot` ticks."""
        price = Price(spot * TICK)
        prices = (SpotPrice(UnderlyingId("U"), price, price),)
        return self.send(PricesStepped(step=1, prices=prices, is_moving=is_moving))

    def mark(self, theory: int, vega: int = 0) -> Events:
        """Let theory of the option be `theory` ticks, and its vega so many 1e-6 USD a point."""
        mark = Mark(SECOND, Price(theory * TICK), 200_000, 500_000, 0, vega, 0)
        return self.send(MarksPublished(step=1, marks=(mark,)))

    def fire_timer(self, now: int) -> Events:
        self.now = now
        return self.send(TimerFired(owner="exchange.0", key="due", at_ns=Nanos(now)))

    def move(self, phase: Phase, instrument_id: InstrumentId | None = None) -> Events:
        return self.send(SetPhase(shard=SHARD, phase=phase, instrument_id=instrument_id))

    def schedule(self, *boundaries: tuple[int, Phase]) -> Events:
        return self.send(
            SetSchedule(
                shard=SHARD,
                boundaries=tuple(
                    PhaseBoundary(at_ns=Nanos(at_ns), phase=phase) for at_ns, phase in boundaries
                ),
            )
        )

    @property
    def status(self) -> ExchangeStatus:
        reply = self.service.query(GetExchangeStatus(shard=SHARD))
        assert isinstance(reply, ExchangeStatus)
        return reply

    @property
    def phase(self) -> Phase:
        return self.status.phase

    def book(self, instrument_id: InstrumentId = FIRST) -> BookSnapshot:
        reply = self.service.query(GetBook(shard=SHARD, instrument_id=instrument_id))
        assert isinstance(reply, BookSnapshot)
        return reply

    def trades(self) -> tuple[PublicTrade, ...]:
        reply = self.service.query(GetTrades(shard=SHARD))
        assert isinstance(reply, PublicTrades)
        return reply.trades


def of(kind: type[E], events: Events) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def id_of(events: Events) -> OrderId:
    (accepted,) = of(OrderAccepted, events)
    return accepted.order_id


def trades(events: Events) -> list[tuple[str, str, int, int]]:
    """Return (maker's account, taker's account, price in ticks, quantity) of each trade."""
    return [
        (e.maker_account_id, e.taker_account_id, e.price // TICK, e.quantity)
        for e in of(TradeExecuted, events)
    ]


def ends(events: Events) -> list[tuple[str, int, str]]:
    """Return (account, quantity left, reason) of each cancel."""
    return [(e.account_id, e.quantity, e.cancel_reason.value) for e in of(OrderCanceled, events)]


def cleared(events: Events) -> tuple[int | None, int]:
    """Return price in ticks and quantity of the first instrument's one uncross."""
    (uncrossed,) = [e for e in of(AuctionUncrossed, events) if e.instrument_id == FIRST]
    price = uncrossed.clearing_price
    return None if price is None else price // TICK, uncrossed.quantity


def refused(events: Events) -> tuple[str, str | None]:
    """Return code and field of the one refusal."""
    (rejected,) = of(OrderRejected, events)
    return rejected.refusal.code, rejected.refusal.field


def activated(events: Events) -> list[OrderId]:
    return [event.order_id for event in of(OrderActivated, events)]


def is_pending(events: Events) -> bool:
    (accepted,) = of(OrderAccepted, events)
    return accepted.is_pending
