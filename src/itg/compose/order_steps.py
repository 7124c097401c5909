"""What in a record concerns one order, and how each such message is told to a person."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.msgpack import decode, encode
from msgspec.structs import replace

from itg.game.contract import OrganizerAct
from itg.kernel.ids import AccountId, ClientOrderId, OrderId
from itg.kernel.messages import Command, Message
from itg.kernel.times import to_micros
from itg.positions.contract import (
    AccountFillBusted,
    AccountFilled,
    AccountOrderUpdated,
    AccountQuoteUpdated,
    OrderChange,
    PrivateEvent,
)
from itg.runtime.envelope import Record

# What follows a fill in an account's mailbox beside the order itself.
_AFTER_FILL: Final = frozenset(
    {
        "AccountPositionChanged",
        "AccountLimitWarned",
        "AccountLimitBreached",
        "AccountLimitCleared",
        "AccountLossStopped",
        "AccountProtectionChanged",
    }
)
_SIDES: Final = ("maker", "taker")

Data = dict[str, object]


class Who(Struct, frozen=True, kw_only=True):
    """Who sent an input: an `account`, the `organizer` by a key's name, the `system`, `another`."""

    kind: str
    name: str = ""
    account_id: AccountId | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One message of an order's life.

    `after_us` is wall time since the input before this one that touched the order; all that one
    input causes happens at its instant. `command` is what this message answers, with its number.
    """

    seq: int
    input_seq: int
    ts_us: int
    game_us: int
    after_us: int | None
    who: Who
    trace_id: str
    service: str
    type: str
    is_input: bool
    command: str = ""
    command_seq: int | None = None
    data: Data


class Sought(Struct, kw_only=True):
    """The order that is followed: by its id, by a client order id of an account, or by a request.

    The client order id of an order is learned at its acceptance, and let go when the account gives
    it to another order.
    """

    order_id: OrderId | None = None
    account_id: AccountId | None = None
    client_order_id: ClientOrderId | None = None  # while it is this order's
    called: ClientOrderId | None = None
    trace_id: str | None = None
    names: dict[AccountId, str] = field(default_factory=dict)
    as_team: bool = False

    def is_named_by(self, message: Message) -> bool:
        """Tell whether a message names the order."""
        if self.order_id is not None and self.order_id in order_ids_of(message):
            return True
        if self.client_order_id is None or getattr(message, "account_id", None) != self.account_id:
            return False
        return self.client_order_id in client_order_ids_of(message)

    def let_go(self, record: Record) -> None:
        """Forget the client order id where the account gives it to another order."""
        mine = self.account_id, self.client_order_id
        for output in record.outputs if self.client_order_id is not None else ():
            if not isinstance(output, AccountOrderUpdated):
                continue
            theirs = output.account_id, output.order.client_order_id
            if theirs == mine and output.order.order_id != self.order_id:
                self.client_order_id = None

    def learn(self, record: Record) -> None:
        """Take from an acceptance whose the order is and what its owner calls it."""
        for output in record.outputs:
            if isinstance(output, AccountOrderUpdated):
                if output.order.order_id == self.order_id:
                    self._learn_order(output)
            elif isinstance(output, AccountQuoteUpdated):
                quote = output.quote
                if self.order_id in {quote.bid_order_id, quote.ask_order_id} - {None}:
                    self.account_id = output.account_id

    def _learn_order(self, told: AccountOrderUpdated) -> None:
        self.account_id = told.account_id
        if told.change is OrderChange.ACCEPTED:
            self.client_order_id = self.called = told.order.client_order_id


def order_ids_of(value: Struct) -> Iterator[int]:
    """Return every order id in a message, nested ones too."""
    for name in value.__struct_fields__:
        found = getattr(value, name)
        if isinstance(found, Struct):
            yield from order_ids_of(found)
        elif name.endswith("order_id") and isinstance(found, int):
            yield found
        elif name.endswith("order_ids"):
            yield from found
        elif isinstance(found, tuple):
            for item in found:
                if isinstance(item, Struct):
                    yield from order_ids_of(item)


def client_order_ids_of(message: Message) -> Iterator[ClientOrderId]:
    """Return the client order ids in a message of an account."""
    for place in (message, getattr(message, "order", None)):
        for name in ("client_order_id", "orig_client_order_id"):
            found = getattr(place, name, None)
            if found is not None:
                yield found


def steps_of(record: Record, sought: Sought, before_us: int | None) -> list[Step]:
    """Return what concerns the order in one record, the input first; nothing if nothing does."""
    chain = (record.body, *record.outputs)
    sought.let_go(record)
    named = [index for index, message in enumerate(chain) if sought.is_named_by(message)]
    if not named and (sought.trace_id is None or record.trace_id != sought.trace_id):
        return []
    sought.learn(record)
    # A rejected request of a trace id names no order: all of it is shown.
    wanted = _with_relatives(chain, named, sought) if named else list(range(len(chain)))
    ts_us = to_micros(record.ts_ns)
    who = _who(record, sought)
    steps: list[Step] = []
    for index in wanted:
        message = chain[index]
        if index and sought.as_team and not _is_own(message, sought):
            continue
        is_foreign = index == 0 and sought.as_team and not _is_own(message, sought)
        command = _command_behind(chain, index)
        steps.append(
            Step(
                seq=record.seq + index,
                input_seq=record.seq,
                ts_us=ts_us,
                game_us=to_micros(record.game_ns),
                after_us=None if before_us is None else ts_us - before_us,
                who=who,
                trace_id="" if sought.as_team and who.kind != "account" else record.trace_id,
                service=source_of_message(message),
                type="" if is_foreign and who.kind == "another" else type(message).__name__,
                is_input=index == 0,
                command="" if command is None else type(chain[command]).__name__,
                command_seq=None if command is None else record.seq + command,
                data={} if is_foreign else _data(message, sought),
            )
        )
    return steps if not sought.as_team else _without_foreign_commands(steps)


def _without_foreign_commands(steps: list[Step]) -> list[Step]:
    # The request that met the team's order is somebody's: its name would tell what they sent.
    if steps[0].who.kind != "another":
        return steps
    return [replace(step, command="", command_seq=None) for step in steps]


def source_of_message(message: Message) -> str:
    """Return the service whose contract a message is of; `runtime` for a timer."""
    return type(message).__module__.split(".")[1]


def _with_relatives(chain: tuple[Message, ...], named: list[int], sought: Sought) -> list[int]:
    reservations = {
        found
        for index in named
        if (found := getattr(chain[index], "reservation_id", None)) is not None
    }
    wanted = {0, *named}
    is_after_fill = False
    for index, message in enumerate(chain):
        is_sought = getattr(message, "account_id", None) == sought.account_id
        if isinstance(message, AccountFilled | AccountFillBusted) and is_sought:
            is_after_fill = index in wanted
        follows = is_after_fill and is_sought and type(message).__name__ in _AFTER_FILL
        if follows or getattr(message, "reservation_id", None) in reservations:
            wanted.add(index)
    return sorted(wanted)


def _command_behind(chain: tuple[Message, ...], index: int) -> int | None:
    """Return the command a message answers.

    A cascade is recorded breadth-first without its edges: an event answers the command that carries
    its reservation (a trade that of its taker), else the last command to its own service and shard
    before it, else the input.
    """
    if index == 0:
        return None
    message = chain[index]
    if isinstance(message, Command | PrivateEvent):
        return 0
    place = source_of_message(message), getattr(message, "shard", None)
    earlier = [
        number
        for number in range(index - 1, 0, -1)
        if isinstance(chain[number], Command)
        and (source_of_message(chain[number]), getattr(chain[number], "shard", None)) == place
    ]
    reservation = _reservation_of(chain, index)
    same = (n for n in earlier if getattr(chain[n], "reservation_id", None) == reservation)
    fallback = earlier[0] if earlier else 0
    return fallback if reservation is None else next(same, fallback)


def _reservation_of(chain: tuple[Message, ...], index: int) -> object:
    message = chain[index]
    taker = getattr(message, "taker_order_id", None)
    if taker is None:
        return getattr(message, "reservation_id", None)
    for accepted in chain[1:index]:
        reservation = getattr(accepted, "reservation_id", None)
        if reservation is not None and taker in order_ids_of(accepted):
            return reservation
    return None


def _who(record: Record, sought: Sought) -> Who:
    body = record.body
    if record.actor:
        if sought.as_team and record.actor != sought.account_id:
            return Who(kind="another")
        account_id = AccountId(record.actor)
        return Who(
            kind="account", name=sought.names.get(account_id, account_id), account_id=account_id
        )
    if isinstance(body, OrganizerAct):
        return Who(kind="organizer", name="" if sought.as_team else body.by)
    # What comes through a door has a request's id; timers and prices have none.
    return Who(kind="organizer" if record.trace_id else "system")


def _is_own(message: Message, sought: Sought) -> bool:
    if isinstance(message, OrganizerAct):
        return False
    if any(getattr(message, f"{side}_account_id", None) == sought.account_id for side in _SIDES):
        return True
    return getattr(message, "account_id", None) == sought.account_id


def _data(message: Message, sought: Sought) -> Data:
    data = decode(encode(message))  # as the journal spells it
    assert isinstance(data, dict)
    del data["type"]
    if sought.as_team:
        for side in _SIDES:
            if data.get(f"{side}_account_id", sought.account_id) != sought.account_id:
                data = {name: value for name, value in data.items() if not name.startswith(side)}
    return data


def told(data: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Return a message's fields flat, nested ones behind their place."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from told(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
