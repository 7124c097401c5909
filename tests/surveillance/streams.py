"""Hand-made streams of records: a small market in which a test says what happens."""

from collections.abc import Sequence
from typing import Any

from itg.exchange.contract import (
    BookDelta,
    InstrumentListed,
    JumpGuardOpened,
    OrderAccepted,
    OrderCanceled,
    PhaseChanged,
    QuoteAccepted,
    TradeExecuted,
)
from itg.game.contract import RoundStarted, StartRound, TeamRegistered, TeamReseated
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    ReservationId,
    Role,
    Seq,
    Shard,
    TeamId,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import CancelReason, Instrument, OptionRight, OptionTerms, Phase, Side
from itg.lab.surveillance import Case, Surveillance, Thresholds
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import AccountPositionChanged, Position
from itg.runtime.envelope import Record

SHARD = Shard(0)
SPX = UnderlyingId("SPX")
CALL = InstrumentId("SPX-20261217-C-4400")
PUT = InstrumentId("SPX-20261217-P-4400")
MARK = 400_000  # 40.00 USD
ROLE = Role("market_maker")


class Stream:
    """Grows record by record; `at_s` moves game time."""

    def __init__(self, teams: int = 4) -> None:
        self.records: list[Record] = []
        self.now_ns = Nanos(0)
        self._seq = 1
        self._order_id = 0
        self.round_id = 0
        self._positions: dict[tuple[str, str], int] = {}
        self.tell(*(team(number) for number in range(1, teams + 1)))
        self.tell(*(InstrumentListed(shard=SHARD, instrument=option(n)) for n in (CALL, PUT)))
        self.start("2026-12-01")

    def start(self, day: str) -> None:
        self.tell(self.started(day))
        self.mark()

    def started(self, day: str) -> RoundStarted:
        self.round_id += 1
        return RoundStarted(
            round_id=self.round_id, trading_day=day, start_ns=self.now_ns, speed=1.0
        )

    def tell(self, *outputs: Message) -> Record:
        now = self.now_ns
        record = Record(Seq(self._seq), now, now, "", "", StartRound(), tuple(outputs))
        self._seq += len(outputs) + 1
        self.records.append(record)
        return record

    def at_s(self, second: float) -> None:
        self.now_ns = Nanos(round(second * NS_PER_S))

    def mark(self, price: int = MARK) -> None:
        rows = tuple(
            Mark(
                instrument_id=name,
                mark_price=Price(price),
                implied_vol=0,
                delta=0,
                gamma=0,
                vega=0,
                theta=0,
            )
            for name in (CALL, PUT)
        )
        self.tell(MarksPublished(step=0, marks=rows))

    def book(self, bid: int | None, ask: int | None, name: InstrumentId = CALL) -> None:
        """Let the book have these two levels beside those it has."""
        bids = () if bid is None else ((bid, 10, 1),)
        asks = () if ask is None else ((ask, 10, 1),)
        self.tell(BookDelta(shard=SHARD, instrument_id=name, book_seq=Seq(1), bids=bids, asks=asks))

    def empty(self, bid: int, ask: int) -> None:
        """Take both levels out of the book."""
        bids, asks = ((bid, 0, 0),), ((ask, 0, 0),)
        self.tell(BookDelta(shard=SHARD, instrument_id=CALL, book_seq=Seq(2), bids=bids, asks=asks))

    def order(
        self, account: str, side: Side, quantity: int, price: int | None, name: InstrumentId = CALL
    ) -> OrderId:
        self._order_id += 1
        order_id = OrderId(self._order_id)
        self.tell(accepted(order_id, account, side, quantity, price, name))
        return order_id

    def quote(self, account: str, bid: int, ask: int, name: InstrumentId = CALL) -> OrderId:
        self._order_id += 2
        ids = OrderId(self._order_id - 1), OrderId(self._order_id)
        self.tell(quoted(account, ids, bid, ask, name))
        return ids[0]

    def cancel(
        self,
        account: str,
        order_id: OrderId,
        quantity: int,
        reason: CancelReason = CancelReason.REQUESTED,
        name: InstrumentId = CALL,
    ) -> None:
        self.tell(
            OrderCanceled(
                shard=SHARD,
                order_id=order_id,
                account_id=AccountId(account),
                instrument_id=name,
                quantity=Quantity(quantity),
                cancel_reason=reason,
            )
        )

    def trade(
        self,
        maker: tuple[str, OrderId],
        taker: tuple[str, OrderId],
        quantity: int,
        price: int = MARK,
        **terms: Any,
    ) -> None:
        """Let two orders meet; the taker buys unless `side` says otherwise."""
        side = terms.pop("side", Side.BUY)
        name = terms.pop("name", CALL)
        executed = TradeExecuted(
            shard=SHARD,
            trade_id=TradeId(len(self.records)),
            instrument_id=name,
            price=Price(price),
            quantity=Quantity(quantity),
            aggressor_side=side,
            maker_order_id=maker[1],
            maker_account_id=AccountId(maker[0]),
            taker_order_id=taker[1],
            taker_account_id=AccountId(taker[0]),
            **terms,
        )
        sign = 1 if side is Side.BUY else -1
        changes = [(taker[0], sign * quantity), (maker[0], -sign * quantity)]
        self.tell(executed, *(self._moved(who, name, by) for who, by in changes))

    def meet(
        self, maker: str, taker: str, quantity: int, price: int = MARK, *, side: Side = Side.BUY
    ) -> None:
        """Let the maker show an order and the taker take it, at once."""
        other = Side.SELL if side is Side.BUY else Side.BUY
        shown = self.order(maker, other, quantity, price)
        taken = self.order(taker, side, quantity, price)
        self.trade((maker, shown), (taker, taken), quantity, price, side=side)

    def hold(self, account: str, net_quantity: int, name: InstrumentId = CALL) -> None:
        self._positions[account, name] = 0
        self.tell(self._moved(account, name, net_quantity))

    def jump(self) -> None:
        self.tell(JumpGuardOpened(shard=SHARD, underlying_id=SPX, ends_ns=self.now_ns))

    def close(self) -> None:
        self.tell(phase(Phase.CLOSED))

    def cases(self, thresholds: Thresholds | None = None) -> list[Case]:
        return cases_of(self.records, thresholds)

    def _moved(self, account: str, name: InstrumentId, by: int) -> AccountPositionChanged:
        net = self._positions.get((account, name), 0) + by
        self._positions[account, name] = net
        return moved(account, name, net)


def cases_of(records: Sequence[Record], thresholds: Thresholds | None = None) -> list[Case]:
    watch = Surveillance(thresholds)
    for record in records:
        watch.hear(record)
    return watch.cases()


def team(number: int) -> TeamRegistered:
    return TeamRegistered(
        team_id=TeamId(f"t{number}"),
        account_id=AccountId(f"a{number}"),
        team_name=f"Team {number}",
        role=ROLE,
    )


def reseated(account: str, role: str) -> TeamReseated:
    return TeamReseated(
        team_id=TeamId(f"t{account[1:]}"),
        account_id=AccountId(account),
        role=Role(role),
        previous_role=ROLE,
    )


def option(name: InstrumentId) -> Instrument:
    terms = OptionTerms(
        right=OptionRight.CALL,
        strike=Price(44_000_000),
        expiry_date="2026-12-17",
        expires_ns=Nanos(10**15),
    )
    return Instrument(
        instrument_id=name,
        underlying_id=SPX,
        shard=SHARD,
        multiplier=100,
        tick_size=Price(100),
        option=terms,
    )


def accepted(  # noqa: PLR0917 - an order's terms in their usual order
    order_id: OrderId,
    account: str,
    side: Side,
    quantity: int,
    price: int | None,
    name: InstrumentId = CALL,
) -> OrderAccepted:
    return OrderAccepted(
        shard=SHARD,
        order_id=order_id,
        reservation_id=ReservationId(0),
        account_id=AccountId(account),
        instrument_id=name,
        side=side,
        quantity=Quantity(quantity),
        price=None if price is None else Price(price),
    )


def quoted(
    account: str, ids: tuple[OrderId, OrderId], bid: int, ask: int, name: InstrumentId = CALL
) -> QuoteAccepted:
    return QuoteAccepted(
        shard=SHARD,
        reservation_id=ReservationId(0),
        account_id=AccountId(account),
        instrument_id=name,
        bid_order_id=ids[0],
        bid=Price(bid),
        bid_quantity=10,
        ask_order_id=ids[1],
        ask=Price(ask),
        ask_quantity=10,
    )


def moved(account: str, name: InstrumentId, net: int) -> AccountPositionChanged:
    position = Position(
        instrument_id=name,
        net_quantity=net,
        average_price=None,
        realized_pnl=Cash(0),
        unrealized_pnl=None,
        fees=Cash(0),
    )
    return AccountPositionChanged(
        account_id=AccountId(account), private_seq=Seq(1), position=position, cash=Cash(0)
    )


def phase(now: Phase) -> PhaseChanged:
    return PhaseChanged(shard=SHARD, underlying_id=SPX, phase=now, previous=Phase.CONTINUOUS)
