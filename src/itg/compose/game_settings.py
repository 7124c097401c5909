"""How a game is to be run in one process, and what it is made of then."""

from pathlib import Path

from msgspec import Struct

from itg import scenario
from itg.adapters.postgres_url import PostgresUrl
from itg.compose.backup_child import BackupPlan
from itg.compose.data_directory import DataDirectory, digest_of
from itg.compose.journals import open_journal
from itg.compose.models import refuse_unknown_models
from itg.compose.relay_child import BusSettings
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.runtime.journal import Journal

# Where one process serves its organizer: none that it starts may want the same port.
ADMIN_VARIABLES = ("ITG_ADMIN_PORT", "ITG_ADMIN_HOST")


class Address(Struct, frozen=True):
    """Where to listen; `port` 0 takes a free one."""

    host: str
    port: int


class SoloSettings(Struct, frozen=True, kw_only=True):
    """How to run a game in one process; None leaves a value to the scenario."""

    scenario: str
    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    admin: Address | None = None  # the organizer's own listener; None: the first is it too
    seed: int | None = None
    speed: float | None = None
    lock_step: bool | None = None
    days: int | None = None
    unsafe: bool = False
    bus: BusSettings | None = None  # where the facts go; None: nowhere
    postgres: PostgresUrl | None = None  # where the journal is; None: in `data`
    trace_share: float = 0.0  # of the requests, as spans for a collector
    backups: BackupPlan | None = None  # None: none are made by the process that plays
    standby: bool = False  # follow the game while another leads it

    @property
    def public(self) -> Address:
        """Return where the game is served."""
        return Address(self.host, self.port)


def journal_of(settings: SoloSettings) -> Journal:
    """Return the game's journal, made if there is none."""
    return open_journal(settings.data, settings.postgres, unsafe=settings.unsafe)


def assert_made_by(create: CreateGame, journal: Journal, directory: DataDirectory) -> None:
    """Raise `ConfigurationError` if a journal's game began with another first input."""
    held = [start.header.scenario_hash for start in journal.epochs()]
    if held and held[0] != create.scenario_hash:
        raise ConfigurationError(
            f"{directory.path} holds a game of another scenario, seed or speed "
            f"than {create.rules.scenario}: name another --data or what made it"
        )


def create_command(settings: SoloSettings, directory: DataDirectory | None) -> CreateGame:
    """Return the game's first input; its secrets are the directory's, empty without one."""
    admin_key = join_code = ""
    if directory is not None:
        admin_key = digest_of(directory.secret(directory.admin_key, "itg_", 32))
        join_code = digest_of(directory.secret(directory.join_code, "", 6))
    create = scenario.load(
        settings.scenario,
        seed=settings.seed,
        speed=settings.speed,
        lock_step=settings.lock_step,
        days=settings.days,
        admin_key_hash=admin_key,
        join_code_hash=join_code,
    )
    refuse_unknown_models(create)
    return create
