"""Alpha models that other packages bring along, and one that is asked for by name."""

import runpy
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from msgspec import Raw, Struct, msgpack
from msgspec.structs import replace

from itg.game.asking import Setup
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Role
from itg.market_data.contract import ConfigureMarketData
from itg.signals.contract import AlphaFactory, AlphaForecast, ConfigureSignals
from itg.signals.core.alphas import Plugins

GROUP = "itg.alpha_models"
SUFFIX = ".py"


class AskedAlpha(Struct, frozen=True, kw_only=True):
    """A model a person asks for, the game it forecasts in, and how the services find it."""

    forecast: AlphaForecast
    create: CreateGame
    plugins: Plugins


def alpha_models() -> dict[str, Callable[[], AlphaFactory]]:
    """Return how to load each installed model, by name; nothing is loaded yet."""
    return {point.name: point.load for point in entry_points(group=GROUP)}


def with_alpha(create: CreateGame, asked: str) -> AskedAlpha:
    """Add a model to a game: `NAME`, `NAME:ROLE`, `FILE.py:CLASS` or `FILE.py:CLASS:ROLE`.

    A model the scenario has keeps its settings there; another forecasts the first underlying with
    its own defaults. Without a role it is for the scenario's, else the first a team can take. Dice
    and turns stay those of the game without it, and so does its hash. Raises `ConfigurationError`.
    """
    name, role, plugins = _parsed(asked)
    setup = [msgpack.Decoder(Setup).decode(raw) for raw in create.setup]
    market = next((c for c in setup if isinstance(c, ConfigureMarketData)), None)
    if market is None:
        raise ConfigurationError(f"alpha: {create.rules.scenario} simulates no prices to forecast")
    signals = next(
        (c for c in setup if isinstance(c, ConfigureSignals)), ConfigureSignals(seed=market.seed)
    )
    known = next((alpha for alpha in signals.alphas if alpha.model == name), None)
    forecast = known or AlphaForecast(
        roles=create.rules.registrable_roles[:1],
        model=name,
        underlying_id=market.underlyings[0].underlying_id,
    )
    if role:
        forecast = replace(forecast, roles=(_known(role, create),))
    others = tuple(alpha for alpha in signals.alphas if alpha.model != name)
    signals = replace(signals, alphas=(*others, forecast))
    kept = [c for c in setup if not isinstance(c, ConfigureSignals)]
    encode = msgpack.Encoder().encode
    return AskedAlpha(
        forecast=forecast,
        create=replace(
            create,
            rules=replace(create.rules, has_signals=True),
            setup=tuple(Raw(encode(command)) for command in (*kept, signals)),
        ),
        plugins=plugins,
    )


def _parsed(asked: str) -> tuple[str, str, Plugins]:
    file, _, rest = asked.partition(":")
    if not file.endswith(SUFFIX):
        return file, rest, alpha_models
    name, _, role = rest.partition(":")
    if not name:
        raise ConfigurationError(f"alpha: {asked!r} names no class; give FILE.py:CLASS")

    def plugins() -> Mapping[str, Callable[[], AlphaFactory]]:
        return {name: lambda: _class_in(Path(file), name)}

    return name, role, plugins


def _class_in(file: Path, name: str) -> AlphaFactory:
    try:
        found = runpy.run_path(str(file), run_name="alpha_file")
    except (OSError, SyntaxError) as error:
        raise ConfigurationError(f"alpha: {file} cannot be run: {error}") from error
    if name not in found:
        raise ConfigurationError(f"alpha: {file} has no class {name!r}")
    factory: AlphaFactory = found[name]
    return factory


def _known(role: str, create: CreateGame) -> Role:
    roles = create.rules.registrable_roles
    if role not in roles:
        raise ConfigurationError(f"alpha: no team plays {role!r} here; roles: {', '.join(roles)}")
    return Role(role)
