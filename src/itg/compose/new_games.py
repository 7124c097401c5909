"""Another game made ready beside the one that is played, as `itg game new` does."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings
from itg.compose.pasted import faults_at, reaching_out
from itg.compose.preflight.game import REVEAL
from itg.compose.preparing import Prepared, prepare
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import GAME_EXISTS, INVALID_FIELD
from itg.kernel.errors import ConfigurationError
from itg.wire.v1.preparing import NewGameBody, NewGameRequest
from itg.wire.v1.problems import FieldError

_FILE = "scenario.toml"


def make_beside(played: Path, ask: NewGameRequest) -> NewGameBody:
    """Prepare a game in a directory beside that of the game that is played; slow, for a thread.

    Asked again with the same scenario and seed it changes nothing. Raises `RefusedError` for a
    scenario with faults, each named, and where something else is in that directory; neither leaves
    anything behind.
    """
    path = played.resolve().parent / ask.name
    name = ask.scenario or str(path / _FILE)
    settings = SoloSettings(scenario=name, data=path, seed=ask.seed)
    _refuse_faults(ask)
    try:
        if path.exists():
            _refuse_another(path, ask.text)
        elif ask.text is not None:
            DataDirectory(path).kept(path / _FILE, lambda: ask.text or "")
        made = prepare(settings)
    except ConfigurationError as error:
        raise RefusedError(problem_of(GAME_EXISTS, str(error))) from error
    return _body(ask.name, made)


def _refuse_faults(ask: NewGameRequest) -> None:
    if ask.text is None:
        assert ask.scenario is not None, "one of both"
        _refuse("/scenario", faults_at(ask.scenario))
        return
    with tempfile.TemporaryDirectory(prefix="itg-new-game-") as folder:
        file = Path(folder) / _FILE
        file.write_text(ask.text, encoding="utf-8")
        _refuse("/text", [*reaching_out(ask.text)] or faults_at(str(file)))


def _refuse(pointer: str, faults: Sequence[str]) -> None:
    if faults:
        errors = [FieldError(pointer=pointer, detail=fault) for fault in faults]
        raise RefusedError(problem_of(INVALID_FIELD, f"{pointer}: {faults[0]}", errors=errors))


def _refuse_another(path: Path, text: str | None) -> None:
    # Neither a stranger's folder nor a game that was played becomes this one.
    if not (path / REVEAL).is_file():
        raise ConfigurationError(f"{path} is there and is no prepared game: choose another name")
    file = path / _FILE
    kept = file.read_text(encoding="utf-8") if file.is_file() else None
    if kept != text:
        raise ConfigurationError(f"{path} was prepared from another scenario: choose another name")


def _body(name: str, made: Prepared) -> NewGameBody:
    rules, directory = made.rules, made.directory
    return NewGameBody(
        name=name,
        scenario=rules.scenario,
        scenario_hash=made.scenario_hash,
        commitment=made.commitment,
        rounds=len(rules.rounds),
        max_teams=rules.max_teams,
        data=str(directory.path),
        admin_key_file=str(directory.admin_key),
        join_code_file=None if rules.open_registration else str(directory.join_code),
        command=made.command,
    )
