"""Price and alpha models a scenario names, found before a game begins.

A pump that meets an unknown model or a wrong parameter stops with its game; a person who starts one
wants to read what would be right instead.
"""

from collections.abc import Callable, Iterator
from functools import partial

from msgspec import msgpack

from itg.compose.alpha_models import alpha_models
from itg.game.asking import Setup
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.protocol import Scalable
from itg.market_data.service import price_model
from itg.signals.contract import ConfigureSignals
from itg.signals.core.alphas import Plugins
from itg.signals.service import alpha_model


def setup_of(create: CreateGame) -> list[Setup]:
    """Return what a scenario asks of the services, decoded."""
    decoder = msgpack.Decoder(Setup)
    return [decoder.decode(raw) for raw in create.setup]


def model_faults(create: CreateGame, plugins: Plugins = alpha_models) -> Iterator[str]:
    """Yield what is wrong with the models a game names, and with their parameters."""
    for command in setup_of(create):
        if isinstance(command, ConfigureMarketData):
            yield from _faults("market", partial(price_model, command))
            yield from _faults("season", partial(_scalable_model, command, create))
        elif isinstance(command, ConfigureSignals):
            for alpha in command.alphas:
                yield from _faults("signals", partial(alpha_model, alpha, plugins))


def refuse_unknown_models(create: CreateGame, plugins: Plugins = alpha_models) -> None:
    """Raise `ConfigurationError` naming the first model that is unknown or wrongly set."""
    for fault in model_faults(create, plugins):
        raise ConfigurationError(f"{create.rules.scenario}: {fault}")


def _scalable_model(market: ConfigureMarketData, create: CreateGame) -> None:
    factors = sorted({plan.vol_factor for plan in create.rules.rounds} - {1.0})
    if not factors:
        return
    try:
        model = price_model(market)
    except ConfigurationError:
        return  # told as a fault of its own
    if not isinstance(model, Scalable):
        raise ConfigurationError(
            f"vol_factors: {factors[0]:g}: the model {market.model!r} moves as it does; leave "
            "[season] out, or name a model that can be scaled"
        )


def _faults(table: str, make: Callable[[], object]) -> Iterator[str]:
    try:
        make()
    except ConfigurationError as error:
        yield f"{table}.{error}"
