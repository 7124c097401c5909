"""What of an account grows with the day, encoded once: done orders, their answers, posted events.

A done order changes no more, nor does the first answer that it gave, nor an event that was posted.
So they are encoded a few at a time between batches, and a snapshot encodes what works alone. What
was packed when leaves no trace: the rows are those a fresh packing makes of the same state.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from msgspec import Raw
from msgspec.msgpack import Encoder

from itg.kernel.ids import AccountId, OrderId, Seq
from itg.positions.core.accounts import Account, Answer
from itg.positions.core.mailbox import MAILBOX_EVENTS_MAX
from itg.positions.core.orders import Order, Ticket
from itg.positions.store.rows import AnswerRow, OrderPlace, OrderRow, TicketRow

_encode = Encoder().encode
_UNPACKED = Raw()


class Packing:
    """The packed rows of one desk's accounts; a restored desk begins with an empty one."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        self._accounts: dict[AccountId, AccountPacking] = {}

    def of(self, account: Account) -> "AccountPacking":
        """Return an account's packing."""
        packing = self._accounts.get(account.account_id)
        if packing is None:
            packing = self._accounts[account.account_id] = AccountPacking(account)
        return packing

    def advance(self, accounts: Iterable[Account], incoming: Answer | None) -> None:
        """Pack what has settled since the last time."""
        for account in accounts:
            self.of(account).advance(incoming)


class AccountPacking:
    """The packed rows of one account."""

    __slots__ = ("_account", "_answers", "_done", "_events", "_first", "_seq", "_unsettled")

    def __init__(self, account: Account) -> None:
        self._account = account
        self._first: Answer | None = None
        self._answers: list[Raw] = []  # in the order the account keeps them
        self._unsettled: dict[int, Answer] = {}  # by place there
        self._done: dict[OrderId, Raw] = {}
        self._events: deque[Raw] = deque(maxlen=MAILBOX_EVENTS_MAX)
        self._seq = Seq(0)  # of the last event packed

    def advance(self, incoming: Answer | None) -> None:
        """Take in what is new; `incoming` is the answer that may still grow."""
        self._follow_day()
        for answer in islice(self._account.answers.values(), len(self._answers), None):
            if answer is not incoming and _is_settled(answer):
                self._answers.append(_packed(_answer_row(answer)))
            else:
                self._unsettled[len(self._answers)] = answer
                self._answers.append(_UNPACKED)
        mailbox = self._account.mailbox
        if self._seq != mailbox.seq:
            self._events.extend(map(_packed, mailbox.after(self._seq)))
            self._seq = mailbox.seq

    def answers(self, incoming: Answer | None) -> list[Raw]:
        """Return every answer's row."""
        self.advance(incoming)
        for place, answer in list(self._unsettled.items()):
            self._answers[place] = _packed(_answer_row(answer))
            if answer is not incoming and _is_settled(answer):
                del self._unsettled[place]
        return self._answers

    def orders(self) -> list[Raw]:
        """Return where each known order stands, in the order they were accepted."""
        self._follow_day()
        before, self._done = self._done, {}
        rows = []
        for order_id, order in self._account.orders.items():
            row = before.get(order_id)
            if row is None:
                row = _packed(place_of(self._account, order))
            if order.leaves == 0:
                self._done[order_id] = row
            rows.append(row)
        return rows

    def events(self, incoming: Answer | None) -> list[Raw]:
        """Return the mailbox."""
        self.advance(incoming)
        return list(self._events)

    def _follow_day(self) -> None:
        # Answers are forgotten all at once, when a trading day begins, and never one by one.
        first = next(iter(self._account.answers.values()), None)
        if first is not self._first:
            self._first = first
            self._answers = []
            self._unsettled = {}
            self._done = {}  # an order may have stood in an answer that is forgotten


def _packed(row: object) -> Raw:
    return Raw(_encode(row))


def place_of(account: Account, order: Order) -> OrderPlace:
    """Return an order's row, or the client order id of the answer of today that has it."""
    key = order.body.client_order_id
    answer = None if key is None else account.answers.get(key)
    if key is None or answer is None or answer.order is not order:
        return order_row(order)
    return key


def _is_settled(answer: Answer) -> bool:
    order = answer.order
    return bool(answer.events) if order is None else order.leaves == 0


def _answer_row(answer: Answer) -> AnswerRow:
    assert answer.body.client_order_id is not None
    return AnswerRow(
        answer.body.client_order_id,
        answer.body,
        None if answer.order is None else order_row(answer.order),
        answer.events,
    )


def order_row(order: Order) -> OrderRow:
    """Return an order's row."""
    return OrderRow(
        ticket_row(order),
        order.body,
        order.stp,
        order.reserved,
        order.revision,
        order.accepted_ns,
        order.accepted_seq,
    )


def ticket_row(ticket: Ticket) -> TicketRow:
    """Return what an order or a quote side has in common."""
    return TicketRow(
        ticket.holding.listing.instrument_id,
        ticket.side,
        ticket.order_id,
        ticket.status,
        ticket.price,
        ticket.quantity,
        ticket.leaves,
        ticket.filled,
        ticket.filled_value,
        ticket.fees,
    )
