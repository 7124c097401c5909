"""One order's life, from the journal alone: no server is asked and no collector is needed.

The journal is read row by row; a row is decoded only where it holds what names the order, so that a
long game costs its bytes once and no memory.
"""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from heapq import nlargest, nsmallest
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.msgpack import Encoder

from itg.compose.order_steps import (
    Sought,
    Step,
    client_order_ids_of,
    order_ids_of,
    steps_of,
)
from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import OrderAccepted, QuoteAccepted
from itg.game.contract import TeamRegistered
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, ClientOrderId, OrderId, Seq
from itg.positions.contract import AccountOrderUpdated, ReserveOrder
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import Journal, SealedBatch, checked_rows
from itg.runtime.trails import request_ids_of
from itg.scenario.nearest import nearest

_encode: Final = Encoder().encode
_REGISTERED: Final = b"TeamRegistered"
_ACCEPTED: Final = (b"OrderAccepted", b"QuoteAccepted")
_NEAR: Final = 3
_SHOWN: Final = 8


class OrderTrace(Struct, frozen=True, kw_only=True):
    """An order's life, oldest first; `order_id` is None where it was refused before it had one."""

    order_id: OrderId | None
    account_id: AccountId | None
    team_name: str | None
    client_order_id: ClientOrderId | None
    steps: list[Step]


def trace_order(
    data: Path, order: str, *, team: str | None = None, as_team: bool = False
) -> OrderTrace:
    """Return the life of an order: an order id, with `team` a client order id, else a trace id.

    `as_team` leaves out what the team's own feed leaves out: whom it traded with, and what others
    asked for. Raises `ConfigurationError` where there is no such order, naming what is near, and
    where a name means several. Reads only; the game may be running.
    """
    journal = opened_for_reading(data)
    try:
        return _Reading(journal).trace(order, team, as_team=as_team)
    finally:
        journal.close()


class _Reading:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._codec: Codec = machine_of(journal).codec
        self._names: dict[AccountId, str] = {}

    def trace(self, order: str, team: str | None, *, as_team: bool) -> OrderTrace:
        if team is not None:
            sought = self._by_client_order_id(order, team)
        elif order.isdecimal():
            sought = Sought(order_id=OrderId(int(order)))
        else:
            sought = self._by_trace_id(order)
        sought.names = self._names
        if as_team and sought.account_id is None:
            self._life(sought)  # whose it is stands in its acceptance, which may be a quote's
        sought.as_team = as_team
        steps = self._life(sought)
        if not steps:
            raise ConfigurationError(f"no order {order}{self._near_order(int(order))}")
        return OrderTrace(
            order_id=sought.order_id,
            account_id=sought.account_id,
            team_name=None
            if sought.account_id is None
            else self._names.get(sought.account_id, sought.account_id),
            client_order_id=sought.called,
            steps=steps,
        )

    def _life(self, sought: Sought) -> list[Step]:
        steps: list[Step] = []
        before_us: int | None = None
        for row in self._rows():
            if not may_concern(row.body, sought):
                continue
            for record in self._records(row):
                found = steps_of(record, sought, before_us)
                if found:
                    steps += found
                    before_us = found[0].ts_us
        return steps

    def _by_client_order_id(self, text: str, team: str) -> Sought:
        name = ClientOrderId(text)
        ids: dict[OrderId, None] = {}
        is_known = False
        account_id: AccountId | None = None
        for row in self._rows():
            account_id = account_id or self._account_of(team)
            if account_id is None or text.encode() not in row.body:
                continue
            for record in self._records(row):
                for message in (record.body, *record.outputs):
                    if getattr(message, "account_id", None) != account_id:
                        continue
                    is_known = is_known or name in client_order_ids_of(message)
                    if isinstance(message, AccountOrderUpdated):
                        ids |= dict.fromkeys(_ids_called(message, name))
        if account_id is None:
            raise ConfigurationError(f"no team {team}{nearest(team, [*self._names.values()])}")
        if not is_known:
            near = self._near_client_order_id(text, account_id)
            raise ConfigurationError(f"{team} has no client order id {text}{near}")
        return Sought(
            order_id=_only(f"client order id {text} of {team}", [*ids]),
            account_id=account_id,
            client_order_id=name,
            called=name,
        )

    def _by_trace_id(self, text: str) -> Sought:
        asked = self._asked(text)
        text = asked[0].trace_id
        ids: dict[OrderId, None] = {}
        for record in asked:
            for message in (record.body, *record.outputs):
                if not record.actor or getattr(message, "account_id", None) == record.actor:
                    ids.update(dict.fromkeys(map(OrderId, order_ids_of(message))))
        owner = AccountId(asked[0].actor) if asked[0].actor else None
        if owner is None and not ids:
            raise ConfigurationError(f"request {text} touched no order and is no account's")
        return Sought(
            order_id=_only(f"request {text}", [*ids]),
            account_id=owner,
            trace_id=text if not ids else None,
        )

    def _asked(self, trace_id: str) -> list[Record]:
        asked: list[Record] = []
        callers: set[str] = set()
        spellings = request_ids_of(trace_id)
        for row in self._rows():
            if not any(spelling.encode() in row.body for spelling in spellings):
                continue
            for record in self._records(row):
                if record.trace_id in spellings:
                    asked.append(record)
                elif ClientOrderId(trace_id) in client_order_ids_of(record.body):
                    callers.add(record.actor)
        if not asked:
            theirs = ", ".join(sorted(self._names.get(AccountId(c), c) for c in callers))
            hint = f"; it is a client order id of {theirs}: add --team" if callers else ""
            near = hint or "; an order id is a number, a client order id needs --team"
            raise ConfigurationError(f"no request has the trace id {trace_id}{near}")
        return asked

    def _account_of(self, team: str) -> AccountId | None:
        for account_id, name in self._names.items():
            if team == account_id or team.casefold() == name.casefold():
                return account_id
        return None

    def _near_order(self, number: int) -> str:
        ids = nsmallest(_NEAR, self._accepted(), key=lambda known: (abs(known - number), known))
        return f"; the nearest are {_listed(sorted(ids))}" if ids else "; none was accepted yet"

    def _accepted(self) -> Iterator[int]:
        for row in self._rows():
            if any(name in row.body for name in _ACCEPTED):
                for record in self._records(row):
                    for output in record.outputs:
                        if isinstance(output, OrderAccepted | QuoteAccepted):
                            yield from order_ids_of(output)

    def _near_client_order_id(self, text: str, account_id: AccountId) -> str:
        close = nlargest(_NEAR, self._client_order_ids(text, account_id))
        names = [name for likeness, name in close if likeness > 0]
        return f"; the nearest are {_listed(names)}" if names else "; it never named an order"

    def _client_order_ids(self, text: str, account_id: AccountId) -> Iterator[tuple[float, str]]:
        for row in self._rows():
            if b"ReserveOrder" not in row.body:
                continue
            for record in self._records(row):
                body = record.body
                if isinstance(body, ReserveOrder) and body.account_id == account_id:
                    known = body.client_order_id
                    if known is not None:
                        yield SequenceMatcher(None, text, known).ratio(), known

    def _rows(self) -> Iterator[SealedBatch]:
        for row in checked_rows(self._journal, Seq(0)):
            if _REGISTERED in row.body:
                self._hear_names(row)
            yield row

    def _hear_names(self, row: SealedBatch) -> None:
        for record in self._records(row):
            for output in record.outputs:
                if isinstance(output, TeamRegistered):
                    self._names[output.account_id] = output.team_name

    def _records(self, row: SealedBatch) -> Iterable[Record]:
        return self._codec.decode_records(row.body)


def may_concern(body: bytes, sought: Sought) -> bool:
    """Tell whether a row can hold something of the order; never wrong when it says no."""
    if sought.order_id is not None:
        number = _encode(sought.order_id)
        if b"order_id" + number in body or (b"order_ids" in body and number in body):
            return True
    name = sought.client_order_id
    if name is not None and b"client_order_id" + _encode(name) in body:
        return True
    return sought.trace_id is not None and sought.trace_id.encode() in body


def _ids_called(told: AccountOrderUpdated, name: ClientOrderId) -> list[OrderId]:
    return [told.order.order_id] if told.order.client_order_id == name else []


def _only(what: str, ids: list[OrderId]) -> OrderId | None:
    if len(ids) > 1:
        raise ConfigurationError(f"{what} means {len(ids)} orders: {_listed(ids)}; name one by id")
    return ids[0] if ids else None


def _listed(ids: Iterable[object]) -> str:
    words = [str(one) for one in ids]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
