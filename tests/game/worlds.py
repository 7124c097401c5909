"""A whole world driven by hand: every service on one machine, time moved by the test."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from itg import scenario
from itg.compose.services import services_of
from itg.game.contract import (
    AuditTrail,
    AuthenticateKey,
    CreateGame,
    GameActRejected,
    GetAudit,
    Principal,
    RegisterTeam,
    StartRound,
    UnknownKey,
)
from itg.kernel.ids import Role
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import NS_PER_S, Nanos
from itg.runtime.cascade import Machine

ADMIN = "ad" * 32
JOIN = "c0" * 32


def fresh_machine(game: CreateGame) -> Machine:
    return Machine(services_of([shard for shard, _ in game.rules.shards]))


class World:
    """A created game; `told` collects (game time, message) of everything caused."""

    def __init__(self, game: CreateGame) -> None:
        self.game = game
        self.machine = fresh_machine(game)
        self.now = game.rules.rounds[0].start_ns
        self.told: list[tuple[Nanos, Message]] = []
        self.create_outputs = self.send(game)

    @classmethod
    def short_day(cls, folder: Path) -> "World":
        """Return the demo with half a minute of trading."""
        file = folder / "short.toml"
        file.write_text('extends = "demo"\n[session]\ncontinuous_s = 30\n', encoding="utf-8")
        return cls(scenario.load(str(file)))

    @classmethod
    def of(cls, name: str, *, seed: int | None = None) -> "World":
        return cls(scenario.load(name, seed=seed, admin_key_hash=ADMIN, join_code_hash=JOIN))

    def send(self, message: Message) -> Sequence[Message]:
        return self.apply(self.now, message)

    def apply(self, at_ns: Nanos, message: Message) -> Sequence[Message]:
        outputs = self.machine.apply(at_ns, message)
        self.told += [(at_ns, output) for output in outputs]
        return outputs

    def run_to(self, until_ns: int) -> list[Message]:
        """Fire every timer due and stand at `until_ns`; return what was caused."""
        before = len(self.told)
        while (fired := self.machine.due(Nanos(until_ns))) is not None:
            self.apply(fired.at_ns, fired)
        self.now = Nanos(max(self.now, until_ns))
        return [message for _, message in self.told[before:]]

    def seconds(self, seconds: float) -> Nanos:
        """Return an instant of the first round, in seconds from continuous trading."""
        start_ns = self.game.rules.rounds[0].session_start_ns
        return Nanos(start_ns + int(seconds * NS_PER_S))

    def ask(self, query: Query) -> Reply:
        return self.machine.query(query)

    def register(
        self, name: str, role: str = "hedge_fund", *, key_hash: str = "", join_code_hash: str = ""
    ) -> Sequence[Message]:
        return self.send(
            RegisterTeam(
                team_name=name,
                role=Role(role),
                key_hash=key_hash or name,
                join_code_hash=join_code_hash,
            )
        )

    def start(self, round_id: int | None = None) -> Sequence[Message]:
        return self.send(StartRound(round_id=round_id))

    def events(self, kind: type[Message]) -> Iterator[tuple[Nanos, Message]]:
        return ((at_ns, message) for at_ns, message in self.told if type(message) is kind)


def audit(world: World) -> list[tuple[str, str, str, str | None]]:
    reply = world.ask(GetAudit())
    assert isinstance(reply, AuditTrail)
    return [(e.act, e.subject, e.reason, e.refusal_code) for e in reply.entries]


def code(told: object) -> str:
    assert isinstance(told, tuple)
    (rejected,) = told
    assert isinstance(rejected, GameActRejected)
    return rejected.refusal.code


def of(kind: type[Message], told: object) -> list[Message]:
    assert isinstance(told, tuple | list)
    return [message for message in told if isinstance(message, kind)]


def whose(world: World, key_hash: str) -> int | None:
    """Return which of a team's keys a digest is, None for nobody's."""
    reply = world.ask(AuthenticateKey(key_hash=key_hash))
    if isinstance(reply, UnknownKey):
        return None
    assert isinstance(reply, Principal)
    return reply.key_number
