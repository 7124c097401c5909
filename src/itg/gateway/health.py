"""Is the process alive, is it ready, how does it do."""

from msgspec import Struct

from itg.gateway.gateway import Gateway
from itg.kernel.times import NS_PER_MS, to_micros
from itg.runtime.bus import BusNumbers
from itg.runtime.pump_port import PumpPort


class PumpHealth(Struct, frozen=True, kw_only=True):
    """How the pump does; averages over the last batches."""

    depth: int
    lag_events: int
    inputs: int
    commit_ms: float
    batch_size: float


class BusHealth(Struct, frozen=True, kw_only=True):
    """How the facts reach the message bus; the market waits for none of it.

    `behind` counts the journal's numbers that the bus does not have yet.
    """

    game: str
    address: str
    is_up: bool
    behind: int
    events: int
    fault: str


class BackupHealth(Struct, frozen=True, kw_only=True):
    """The newest backup of a game whose process makes some; None: there is none yet.

    `fault` says what the last try failed of, "" where it did not.
    """

    to: str
    made_us: int | None
    head_seq: int
    is_verified: bool
    is_running: bool
    next_us: int
    faults: int
    fault: str


class Health(Struct, frozen=True, kw_only=True):
    """`status` is `ready`, or why it is not."""

    status: str
    scenario: str | None = None
    phase: str | None = None
    ts_us: int
    game_us: int
    speed: float = 0.0
    sessions: int
    pump: PumpHealth
    bus: BusHealth | None = None
    backup: BackupHealth | None = None


def health_of(gateway: Gateway) -> Health:
    """Return how a gateway and its pump do."""
    pump, clock = gateway.pump, gateway.pump.clock
    numbers = pump.numbers
    state = PumpHealth(
        depth=pump.depth,
        lag_events=pump.lag_events,
        inputs=numbers.inputs,
        commit_ms=round(numbers.commit_ns_average / NS_PER_MS, 3),
        batch_size=round(numbers.batch_size_average, 1),
    )
    times = (to_micros(clock.wall_ns()), to_micros(clock.game_ns()))
    sessions = len(gateway.feed.sessions)
    if not gateway.is_ready:
        status = "starting or stopping" if pump.failure is None else "failed"
        return Health(
            status=status,
            ts_us=times[0],
            game_us=times[1],
            sessions=sessions,
            pump=state,
            bus=_bus_of(gateway),
            backup=_backup_of(gateway),
        )
    directory = gateway.directory
    return Health(
        status=_status_of(pump),
        scenario=directory.game.scenario,
        phase=directory.phase().value,
        ts_us=times[0],
        game_us=times[1],
        speed=directory.game.rules.speed if directory.is_running else 0.0,
        sessions=sessions,
        pump=state,
        bus=_bus_of(gateway),
        backup=_backup_of(gateway),
    )


def _status_of(pump: PumpPort) -> str:
    if pump.failure is not None:
        return "failed"
    return "ready" if pump.is_live else "the node is silent"


def _bus_of(gateway: Gateway) -> BusHealth | None:
    told = gateway.bus
    if told is None:
        return None
    return BusHealth(
        game=told.game,
        address=told.address,
        is_up=told.is_up,
        behind=behind_of(gateway, told),
        events=told.events,
        fault=told.fault,
    )


def _backup_of(gateway: Gateway) -> BackupHealth | None:
    told = gateway.backups
    if told is None:
        return None
    return BackupHealth(
        to=told.to,
        made_us=told.made_us or None,
        head_seq=told.head_seq,
        is_verified=told.is_verified,
        is_running=told.is_running,
        next_us=told.next_us,
        faults=told.faults,
        fault=told.fault,
    )


def behind_of(gateway: Gateway, told: BusNumbers) -> int:
    """Return how many released numbers the bus has not been told."""
    return max(gateway.pump.released_seq - told.seq, 0)
