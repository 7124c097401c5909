"""A scenario's headlines and signals as their services' commands."""

from itg.kernel.ids import Role, UnderlyingId
from itg.market_data.contract import NewsModel
from itg.news.contract import ArrivalModel, ConfigureNews, Headline, HourWeight
from itg.scenario.expectations import jump_mean_of, jump_variance_of, shift_of
from itg.scenario.hours import opens_at, seconds_of, steps_of
from itg.scenario.model import Scenario
from itg.scenario.plan import session_seconds
from itg.scenario.tables.information import (
    AlphaSignal,
    HeadlineTable,
    News,
    TrackingSignal,
    VolatilitySignal,
)
from itg.scenario.tables.sessions import AnySession
from itg.signals.contract import (
    AccuracyBand,
    AlphaForecast,
    ConfigureSignals,
    TrackingForecast,
    VolatilityForecast,
)


def news_of(scenario: Scenario, news: News) -> ConfigureNews:
    """Return the table of headlines and their arrivals."""
    return ConfigureNews(
        seed=scenario.seed,
        headlines=tuple(_headline(row) for row in news.headlines),
        arrivals=_arrivals(news, scenario.session),
        lead_s=news.lead_s,
        session_seconds=session_seconds(scenario.session),
    )


def news_model_of(news: News) -> NewsModel | None:
    """Return what prices expect of news, None where it comes by the organizer's hand alone."""
    if news.mean_gap_s is None:
        return None
    return NewsModel(
        mean_gap_s=news.mean_gap_s,
        shift=shift_of(news.headlines),
        jump_mean=jump_mean_of(news.headlines),
        jump_variance=jump_variance_of(news.headlines),
        destinations=news.destinations,
        quiet_end_s=news.quiet_end_s,
    )


def signals_of(scenario: Scenario) -> ConfigureSignals:
    """Return who is told what; a scenario that passed the checks has what its signals tell of."""
    signals = scenario.signals
    assert signals is not None
    return ConfigureSignals(
        seed=scenario.seed,
        volatility=(
            None
            if signals.volatility is None or scenario.news is None
            else _volatility(signals.volatility, scenario.news)
        ),
        tracking=tuple(_tracking(scenario, table) for table in signals.tracking),
        alphas=tuple(_alpha(table) for table in signals.alphas),
    )


def _headline(row: HeadlineTable) -> Headline:
    return Headline(
        headline_id=row.id,
        headline=row.headline,
        weight=row.weight,
        shift=row.shift,
        jump=row.jump,
        sign=row.sign,
        size_min=row.size_min,
        size_max=row.size_max,
    )


def _arrivals(news: News, session: AnySession) -> ArrivalModel | None:
    if news.mean_gap_s is None or news.gap_min_s is None or news.gap_max_s is None:
        return None
    steps = steps_of(
        [(hour.starts, hour.weight) for hour in news.hours],
        seconds_of(opens_at(session)),
        session_seconds(session),
    )
    return ArrivalModel(
        mean_gap_s=news.mean_gap_s,
        gap_min_s=news.gap_min_s,
        gap_max_s=news.gap_max_s,
        weights=tuple(HourWeight(start_s=start_s, weight=weight) for start_s, weight in steps),
        quiet_end_s=news.quiet_end_s,
    )


def _volatility(table: VolatilitySignal, news: News) -> VolatilityForecast:
    return VolatilityForecast(
        roles=_roles(table.roles),
        accuracy=table.accuracy,
        lead_s_min=table.lead_s_min,
        lead_s_max=table.lead_s_max,
        shift=shift_of(news.headlines),
        destinations=news.destinations,
    )


def _tracking(scenario: Scenario, table: TrackingSignal) -> TrackingForecast:
    (model,) = (each.tracking for each in scenario.underlyings if each.id == table.underlying)
    assert model is not None
    return TrackingForecast(
        roles=_roles(table.roles),
        underlying_id=UnderlyingId(table.underlying),
        opens_above=table.opens_above,
        closes_below=table.closes_below,
        average_s=table.average_s,
        horizon_s=table.horizon_s,
        error_std=model.error_std,
        half_life_s=round(model.half_life_s),
        bands=tuple(
            AccuracyBand(error_min=band.error_min, accuracy=band.accuracy) for band in table.bands
        ),
    )


def _alpha(table: AlphaSignal) -> AlphaForecast:
    return AlphaForecast(
        roles=_roles(table.roles),
        model=table.model,
        parameters=table.parameters,
        underlying_id=UnderlyingId(table.underlying),
        horizon_s=table.horizon_s,
    )


def _roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return tuple(Role(name) for name in names)
