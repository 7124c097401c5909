"""What of an account grows with the day, encoded once: done orders, their answers, posted events.

A done order changes no more, nor does the first answer that it gave, nor an event that was posted.
So they are encoded a few at a time between batches, and a snapshot encodes what works alone. What
was packed when leaves no trace: the rows are those a fresh packing makes of the same state.
"""

from collections.abc import Iterable
from itertools import islice

from msgspec import Raw
from msgspec.msgpack import Encoder

from itg.kernel.ids import AccountId, OrderId
from itg.positions.contract import AnyPrivateEvent
from itg.positions.core.accounts import Account, Answer
from itg.positions.core.mailbox import Mailbox
from itg.positions.core.orders import Order, Ticket
from itg.positions.store.rows import AnswerRow, OrderPlace, OrderRow, TicketRow

_encode = Encoder().encode
_UNPACKED = Raw()
LEAF_EVENTS = 256


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

    __slots__ = ("_account", "_answers", "_done", "_first", "_leaf", "_leaves", "_unsettled")

    def __init__(self, account: Account) -> None:
        self._account = account
        self._first: Answer | None = None
        self._answers: list[Raw] = []  # in the order the account keeps them
        self._unsettled: dict[int, Answer] = {}  # by place there
        self._done: dict[OrderId, Raw] = {}
        self._leaves: dict[int, Raw] = {}  # whole leaves of the mailbox, by number
        self._leaf = 0  # the first not packed yet

    def advance(self, incoming: Answer | None) -> None:
        """Take in what is new; `incoming` is the answer that may still grow."""
        self._follow_day()
        for answer in islice(self._account.answers.values(), len(self._answers), None):
            if answer is not incoming and _is_settled(answer):
                self._answers.append(_packed(_answer_row(answer)))
            else:
                self._unsettled[len(self._answers)] = answer
                self._answers.append(_UNPACKED)
        self._bind_leaves()

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

    def mailbox(self) -> list[Raw]:
        """Return the mailbox in leaves, cut where the numbers of its events say."""
        self._bind_leaves()
        mailbox = self._account.mailbox
        first, last = _leaf_of(mailbox.oldest_kept()), _leaf_of(mailbox.seq)
        bound = self._leaves
        return [bound.get(leaf) or _packed(_leaf(mailbox, leaf)) for leaf in range(first, last + 1)]

    def _bind_leaves(self) -> None:
        mailbox = self._account.mailbox
        oldest = mailbox.oldest_kept()
        while (self._leaf + 1) * LEAF_EVENTS <= mailbox.seq:
            if self._leaf * LEAF_EVENTS >= oldest - 1:
                self._leaves[self._leaf] = _packed(_leaf(mailbox, self._leaf))
            self._leaf += 1
        while self._leaves and (first := next(iter(self._leaves))) * LEAF_EVENTS < oldest - 1:
            del self._leaves[first]

    def _follow_day(self) -> None:
        # Answers are forgotten all at once, when a trading day begins, and never one by one.
        first = next(iter(self._account.answers.values()), None)
        if first is not self._first:
            self._first = first
            self._answers = []
            self._unsettled = {}
            self._done = {}  # an order may have stood in an answer that is forgotten


def _leaf_of(seq: int) -> int:
    return (seq - 1) // LEAF_EVENTS


def _leaf(mailbox: Mailbox, leaf: int) -> list[AnyPrivateEvent]:
    skipped = leaf * LEAF_EVENTS + 1 - mailbox.oldest_kept()
    return list(islice(mailbox.events, max(0, skipped), max(0, skipped + LEAF_EVENTS)))


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
    order = answer.order
    if order is None:
        return AnswerRow(answer.body, None, answer.events)
    return AnswerRow(None, order_row(order), answer.events)


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
