"""The lengths of a configuration's step and year, in session time."""

from itg.market_data.contract import ConfigureMarketData

_NS = 1e-9


def step_seconds(config: ConfigureMarketData) -> float:
    """Return the seconds of one step."""
    return config.step_ns * _NS


def year_seconds(config: ConfigureMarketData) -> float:
    """Return the session seconds of a year."""
    return float(config.sessions_per_year * config.session_seconds)


def step_years(config: ConfigureMarketData) -> float:
    """Return the years of one step."""
    return step_seconds(config) / year_seconds(config)
