"""A data directory made ready before anybody listens: checked scenario, secrets, commitment."""

import shlex

from msgspec import Struct

from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings, create_command
from itg.compose.journals import holds_game
from itg.game.contract import GameRules
from itg.kernel.errors import ConfigurationError


class Prepared(Struct, frozen=True, kw_only=True):
    """What lies in a fresh data directory."""

    directory: DataDirectory
    rules: GameRules
    scenario_hash: str
    commitment: str
    command: str  # which serves it


def prepare(settings: SoloSettings) -> Prepared:
    """Write the organizer's key, the join code and the commitment of a game still to be served.

    Raises `ConfigurationError` for a scenario that cannot be, naming file, table and key, and for a
    directory that is played or holds a game. Again with the same scenario it changes nothing.
    """
    # Before anything is written: a wrong scenario leaves no directory behind.
    create_command(settings, None)
    directory = DataDirectory(settings.data)
    directory.hold()
    try:
        if holds_game(directory.path):
            raise ConfigurationError(
                f"--data {directory.path} holds a game already: continue it with `itg serve`, or "
                "name another directory"
            )
        create = create_command(settings, directory)
        commitment = Commitment.to(create, settings.scenario, settings.seed, directory)
        commitment.refuse_another()
    finally:
        directory.release()
    return Prepared(
        directory=directory,
        rules=create.rules,
        scenario_hash=create.scenario_hash,
        commitment=commitment.hash,
        command=_command(settings),
    )


def _command(settings: SoloSettings) -> str:
    words = ["itg", "serve", "--scenario", settings.scenario, "--data", str(settings.data)]
    return shlex.join(words if settings.seed is None else [*words, "--seed", str(settings.seed)])
