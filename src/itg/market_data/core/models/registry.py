"""The built-in price models by name, and what a scenario may say of any."""

from difflib import get_close_matches
from math import isfinite

from itg.kernel.errors import ConfigurationError
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.diffusion import Gbm, RegimeGbm
from itg.market_data.core.models.heston import Heston
from itg.market_data.core.models.jump_diffusion import JumpDiffusion
from itg.market_data.core.models.protocol import Parameter, PriceModel
from itg.market_data.core.models.replay import Replay

BUILT_IN: dict[str, type[PriceModel]] = {
    "gbm": Gbm,
    "regime_gbm": RegimeGbm,
    "jump_diffusion": JumpDiffusion,
    "heston": Heston,
    "replay": Replay,
}


def built(config: ConfigureMarketData, plug_in: type[PriceModel] | None = None) -> PriceModel:
    """Return the configuration's model, of the house or `plug_in`.

    `ConfigurationError` naming the key, its value and what would be right.
    """
    kind = plug_in or BUILT_IN.get(config.model)
    if kind is None:
        known = ", ".join(BUILT_IN)
        raise ConfigurationError(f"model: {config.model!r} is not built in; known: {known}")
    if config.recording and kind is not Replay and plug_in is None:
        raise ConfigurationError(
            f"recording: {len(config.recording)} prices, but the model {config.model!r} follows "
            "none; use 'replay'"
        )
    return kind(config, settled(config.model, kind.parameters, config.parameters))


def settled(model: str, known: tuple[Parameter, ...], given: dict[str, float]) -> dict[str, float]:
    """Return every parameter's value, its default where it is not given.

    `ConfigurationError` for an unknown key or a value out of bounds.
    """
    names = [parameter.name for parameter in known]
    for key, value in given.items():
        if key not in names:
            raise ConfigurationError(
                f"parameters.{key}: {value}: the model {model!r} has no such key; "
                f"{_nearest(key, names)}"
            )
    values = {}
    for name, default, minimum, maximum in known:
        value = float(given.get(name, default))
        if not isfinite(value) or not minimum <= value <= maximum:
            raise ConfigurationError(
                f"parameters.{name}: {value}: the model {model!r} takes {minimum} to {maximum}"
            )
        values[name] = value
    return values


def _nearest(key: str, names: list[str]) -> str:
    if not names:
        return "it takes no parameters"
    close = get_close_matches(key, names, n=1, cutoff=0.0)
    return f"nearest: {close[0]}; known: {', '.join(names)}"
