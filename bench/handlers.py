"""How long each handler takes, in memory, in batches as large as the pump takes."""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns

from bench.figures import Figure, Goal, quantile
from bench.flows import FLOWS, SIDES
from msgspec.json import Decoder

from itg import scenario
from itg.compose.services import services_of
from itg.game.contract import CreateGame, MovePhase, RegisterTeam, StartRound, TeamRegistered
from itg.kernel.ids import AccountId, Role
from itg.kernel.messages import Command, Message
from itg.kernel.times import Nanos
from itg.kernel.words import Phase
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.journal import MemoryJournal
from itg.runtime.metrics import HandlerTimes
from itg.runtime.pump import Pump
from itg.runtime.supervise import tuned_process
from itg.translate.orders import reserve_order
from itg.wire.v1.socket import PlaceParams

ORDERS = 40_000
BATCH = 128
BETWEEN_ORDERS_NS = 10_000
ROLE = Role("market_maker")
OPENING: tuple[Command, ...] = (
    StartRound(),
    MovePhase(phase=Phase.PRE_OPEN),
    MovePhase(phase=Phase.CONTINUOUS),
)
HANDLER_GOAL = Goal(name="S5", at_most=25)
VALIDATION_GOAL = Goal(name="S5", at_most=8)

Handle = Callable[[Nanos, Message], Sequence[Message]]


def measure_handlers(orders: int = ORDERS) -> Iterator[Figure]:
    """Yield the p99 of every handler an order passes, the ones called for fewer left out."""
    times = _handler_times(orders)
    for name, taken in sorted(times.taken.items()):
        if len(taken) < orders // 100:
            continue
        taken.sort()
        is_validation = name.endswith("ReserveOrder")
        yield Figure(
            name=f"{name} p99",
            value=quantile(taken, 0.99) / 1e3,
            unit="us",
            is_less_better=True,
            goal=VALIDATION_GOAL if is_validation else HANDLER_GOAL,
            note=f"p50 {quantile(taken, 0.5) / 1e3:.1f} us of {len(taken)} calls",
        )


class ExactTimes(HandlerTimes):
    """Every measured duration, where the running game keeps a histogram."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, list[int]] = {}

    def around(self, kind: type[Message], handle: Handle) -> Handle:
        owner = type(getattr(handle, "__self__", None)).__name__.removesuffix("Service")
        taken = self.taken.setdefault(f"{owner.lower()} {kind.__name__}", [])

        def timed(now: Nanos, message: Message) -> Sequence[Message]:
            started = perf_counter_ns()
            outputs = handle(now, message)
            taken.append(perf_counter_ns() - started)
            return outputs

        return timed


def _handler_times(orders: int) -> ExactTimes:
    create = scenario.load(
        "bare", seed=None, speed=None, lock_step=None, admin_key_hash="", join_code_hash=""
    )
    times = ExactTimes()
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]), times=times)
    clock = VirtualClock(create.rules.rounds[0].start_ns)
    pump = Pump(machine, MemoryJournal.opened(), clock)
    accounts = _opened(pump, create)
    decode = Decoder(PlaceParams).decode
    with tuned_process():
        for _, flow in FLOWS:
            for number, (side, text) in enumerate(flow(orders), start=1):
                clock.advance_to(Nanos(clock.game_ns() + BETWEEN_ORDERS_NS))
                pump.submit(reserve_order(accounts[side], decode(text)))
                if number % BATCH == 0:
                    pump.run_until_idle()
    return times


def _opened(pump: Pump, create: CreateGame) -> dict[str, AccountId]:
    """Bring a fresh game to continuous trading and return each side's account."""
    accounts: list[AccountId] = []

    def note(record: Record) -> None:
        accounts.extend(o.account_id for o in record.outputs if isinstance(o, TeamRegistered))

    teams: list[Command] = [
        RegisterTeam(team_name=f"team {side}", role=ROLE, key_hash=side, by_organizer=True)
        for side in SIDES
    ]
    for command in (create, *OPENING, *teams):
        pump.submit(command, on_release=note)
        pump.run_until_idle()
    return dict(zip(SIDES, accounts, strict=True))
