"""A toy world with all a pump routes: two shards, an unsharded listener, cascades, timers."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec.msgpack import Decoder, Encoder

from itg.kernel.ids import Shard
from itg.kernel.messages import Command, Event, Message, Query, Reply
from itg.kernel.times import Nanos
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.journal import Header, Journal, MemoryJournal
from itg.runtime.pump import Pump, PumpLimits
from itg.runtime.recovery import recover
from itg.runtime.service import Service, StartTimer, StopTimer, TimerFired, node_name

START = Nanos(1_000_000_000)
HEADER = Header(code_fingerprint="toy", numeric_fingerprint="toy")


class Deposit(Command, frozen=True, kw_only=True):
    shard: Shard
    account: str
    amount: int


class Deposited(Event, frozen=True, kw_only=True):
    shard: Shard
    account: str
    amount: int
    balance: int


class Salute(Command, frozen=True, kw_only=True):
    to: str
    times: int = 1


class Saluted(Event, frozen=True, kw_only=True):
    to: str
    times_left: int


class Wave(Command, frozen=True, kw_only=True):
    shard: Shard
    to: str


class Waved(Event, frozen=True, kw_only=True):
    shard: Shard
    to: str


class Remind(Command, frozen=True, kw_only=True):
    shard: Shard
    key: str
    at_ns: Nanos | None = None  # None stops the timer
    again_ns: int = 0


class Reminded(Event, frozen=True, kw_only=True):
    shard: Shard
    key: str
    at_ns: Nanos


class Explode(Command, frozen=True, kw_only=True):
    """Make the bank raise."""

    shard: Shard


class GetBalance(Query, frozen=True, kw_only=True):
    shard: Shard
    account: str


class Balance(Reply, frozen=True, kw_only=True):
    amount: int


class GetTotal(Query, frozen=True, kw_only=True):
    pass


class Bank:
    """Keeps balances of one shard, waves and sets timers."""

    name: ClassVar[str] = "bank"
    accepts: ClassVar[tuple[type[Message], ...]] = (Deposit, Wave, Remind, Explode, TimerFired)
    emits: ClassVar[tuple[type[Message], ...]] = (Deposited, Waved, Reminded, StartTimer, StopTimer)
    answers: ClassVar[tuple[type[Query], ...]] = (GetBalance,)

    def __init__(self, shard: Shard) -> None:
        self.shard: Shard | None = shard
        self.number = shard
        self.balances: dict[str, int] = {}
        self.owner = node_name(self.name, shard)

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        match message:
            case Deposit():
                balance = self.balances.get(message.account, 0) + message.amount
                self.balances[message.account] = balance
                return [
                    Deposited(
                        shard=self.number,
                        account=message.account,
                        amount=message.amount,
                        balance=balance,
                    )
                ]
            case Wave():
                return [Waved(shard=self.number, to=message.to)]
            case Remind():
                if message.at_ns is None:
                    return [StopTimer(owner=self.owner, key=message.key)]
                key = f"{message.key}+{message.again_ns}" if message.again_ns else message.key
                return [StartTimer(owner=self.owner, key=key, at_ns=message.at_ns)]
            case TimerFired():
                return self.remind(now, message)
            case Explode():
                raise ArithmeticError("the toy bank was told to explode")
            case _:
                raise AssertionError(message)

    def remind(self, now: Nanos, fired: TimerFired) -> Sequence[Message]:
        assert now == fired.at_ns
        reminded = Reminded(shard=self.number, key=fired.key, at_ns=fired.at_ns)
        _, _, again_ns = fired.key.partition("+")
        if not again_ns:
            return [reminded]
        at_ns = Nanos(fired.at_ns + int(again_ns))
        return [reminded, StartTimer(owner=self.owner, key=fired.key, at_ns=at_ns)]

    def query(self, query: Query) -> Reply:
        assert isinstance(query, GetBalance)
        return Balance(amount=self.balances.get(query.account, 0))

    def snapshot(self) -> bytes:
        return Encoder().encode(self.balances)

    def restore(self, data: bytes) -> None:
        self.balances = Decoder(dict[str, int]).decode(data)


class Herald:
    """Salutes by asking every shard to wave; hears everything that happens."""

    name: ClassVar[str] = "herald"
    accepts: ClassVar[tuple[type[Message], ...]] = (Salute, Saluted, Waved, Deposited)
    emits: ClassVar[tuple[type[Message], ...]] = (Saluted, Wave, Salute)
    answers: ClassVar[tuple[type[Query], ...]] = (GetTotal,)

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shard: Shard | None = None
        self.shards = tuple(shards)
        self.total = 0
        self.heard: list[str] = []

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        self.heard.append(type(message).__name__)
        match message:
            case Salute():
                waves = [Wave(shard=shard, to=message.to) for shard in self.shards]
                return [*waves, Saluted(to=message.to, times_left=message.times - 1)]
            case Saluted() if message.times_left:
                return [Salute(to=message.to, times=message.times_left)]
            case Deposited():
                self.total += message.amount
            case _:
                pass
        return ()

    def query(self, query: Query) -> Reply:
        assert isinstance(query, GetTotal)
        return Balance(amount=self.total)

    def snapshot(self) -> bytes:
        return Encoder().encode((self.total, self.heard))

    def restore(self, data: bytes) -> None:
        self.total, self.heard = Decoder(tuple[int, list[str]]).decode(data)


SHARDS = (Shard(0), Shard(1))


def services() -> list[Service]:
    return [*(Bank(shard) for shard in SHARDS), Herald(SHARDS)]


def machine() -> Machine:
    return Machine(services())


def deposit(amount: int = 1, *, account: str = "ada", shard: int = 0) -> Deposit:
    return Deposit(shard=Shard(shard), account=account, amount=amount)


def remind(key: str, at_ns: int | None, *, again_ns: int = 0, shard: int = 0) -> Remind:
    at = None if at_ns is None else Nanos(at_ns)
    return Remind(shard=Shard(shard), key=key, at_ns=at, again_ns=again_ns)


class World:
    """A toy machine behind a pump that the test drives, with what it released."""

    def __init__(self, journal: Journal | None = None, limits: PumpLimits | None = None) -> None:
        journal = journal if journal is not None else MemoryJournal()
        journal.open(HEADER)
        toys = machine()
        self.recovered = recover(journal, toys)
        self.wire(journal, toys, limits)

    def wire(self, journal: Journal, toys: Machine, limits: PumpLimits | None) -> None:
        self.clock = VirtualClock(max(START, toys.game_ns))
        self.machine = toys
        self.journal = journal
        self.batches: list[list[Record]] = []
        self.pump = Pump(toys, journal, self.clock, on_release=self.keep, limits=limits)

    def keep(self, records: Sequence[Record]) -> None:
        self.batches.append(list(records))

    @property
    def released(self) -> list[Record]:
        return [record for batch in self.batches for record in batch]

    @property
    def outputs(self) -> list[Message]:
        return [output for record in self.released for output in record.outputs]

    def run(self, *messages: Message) -> list[Record]:
        """Submit, run, and return what this released."""
        before = len(self.released)
        for message in messages:
            self.pump.submit(message)
        self.pump.run_until_idle()
        return self.released[before:]
