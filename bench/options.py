"""What a chain of 60 and of 120 options costs: Greeks and implied volatilities, ours and others'.

    python -m bench.run options

A chain is as many strikes as half its options, calls and puts, from 90 to 110 % of spot, twelve
sessions before the expiry. Ours takes it at once; vollib and QuantLib are called as their pages
show, option by option, for value, delta, gamma, vega and theta. Rounds of all three take turns and
the best of each counts: the machine is shared, and what disturbs only adds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import sqrt
from time import perf_counter_ns
from typing import NamedTuple

import numpy as np
import QuantLib
from bench.figures import Figure, Goal, Peer
from vollib.black_scholes import black_scholes
from vollib.black_scholes.greeks import analytical
from vollib.black_scholes.implied_volatility import implied_volatility

from itg.market_data.core.implied import implied_deviation
from itg.market_data.core.normal import Floats
from itg.market_data.core.pricing import Greeks, Horizons, Pricer

SIZES = (60, 120)
SPOT = 4400.0
YEARS = 12 / 252
VOLATILITY = 0.2
ACCURACY = 1e-10  # of QuantLib's search, whose default is 1e-6; ours ends beyond 1e-12
ROUNDS = 15
ROUND_NS = 10_000_000
# Of 120 options.
GOALS = {"greeks": Goal(name="options", at_most=15), "implied": Goal(name="options", at_most=148)}

Act = Callable[[], object]


class Option(NamedTuple):
    """One option as the peers take it: their flag, their payoff, its strike and value."""

    flag: str
    payoff: QuantLib.PlainVanillaPayoff
    strike: float
    value: float


def measure_options() -> Iterator[Figure]:
    """Yield the microseconds a chain takes, ours beside each peer."""
    for size in SIZES:
        chain = options(size)
        acts: dict[str, dict[str, Act]] = {
            "greeks": {
                "ours": our_greeks(size),
                "vollib": partial(_each, vollib_greeks, chain),
                "QuantLib": partial(_each, quantlib_greeks, chain),
            },
            "implied": {
                "ours": our_implied(chain),
                "vollib": partial(_each, vollib_implied, chain),
                "QuantLib": partial(_each, quantlib_implied, chain),
            },
        }
        for kind, contenders in acts.items():
            times = best_us(contenders)
            for peer in ("vollib", "QuantLib"):
                yield Figure(
                    name=f"options {kind} of {size}, beside {peer}",
                    value=times["ours"],
                    unit="us",
                    is_less_better=True,
                    goal=GOALS[kind] if size == max(SIZES) else None,
                    peer=Peer(name=peer, value=times[peer]),
                )


def _each(act: Callable[[Option], object], chain: Sequence[Option]) -> None:
    for one in chain:
        act(one)


def best_us(acts: dict[str, Act]) -> dict[str, float]:
    """Return the least microseconds of one call, the acts taking turns."""
    calls = {name: max(1, ROUND_NS // once_ns(act)) for name, act in acts.items()}
    best = dict.fromkeys(acts, float("inf"))
    for _ in range(ROUNDS):
        for name, act in acts.items():
            started = perf_counter_ns()
            for _ in range(calls[name]):
                act()
            taken = (perf_counter_ns() - started) / calls[name] / 1e3
            best[name] = min(best[name], taken)
    return best


def once_ns(act: Act) -> int:
    act()
    started = perf_counter_ns()
    act()
    return perf_counter_ns() - started


def strikes_of(size: int) -> Floats:
    return SPOT * np.linspace(0.9, 1.1, size // 2)


def figures(size: int) -> tuple[Pricer, Floats, Horizons]:
    same = np.ones(size // 2)
    return (
        Pricer(size // 2),
        strikes_of(size),
        Horizons(SPOT * same, sqrt(YEARS) * same, VOLATILITY * same),
    )


def our_greeks(size: int) -> Callable[[], Greeks]:
    # A strike's call and put share everything but the payoff; both are told.
    pricer, strikes, horizons = figures(size)

    def act() -> Greeks:
        greeks = pricer.greeks(strikes, np.log(strikes / horizons.spot), horizons)
        payoff = horizons.spot - strikes
        np.maximum(payoff, 0.0) + greeks.value
        np.maximum(-payoff, 0.0) + greeks.value
        return greeks

    return act


def our_implied(chain: list[Option]) -> Act:
    strikes = np.array([one.strike for one in chain])
    values = np.array([one.value for one in chain])
    signs = np.array([1.0 if one.flag == "c" else -1.0 for one in chain])
    root = sqrt(YEARS)

    def act() -> object:
        value = values - np.maximum((SPOT - strikes) * signs, 0.0)
        near, far = np.minimum(SPOT, strikes), np.maximum(SPOT, strikes)
        return implied_deviation(value, near, far) / root

    return act


def options(size: int) -> list[Option]:
    pricer, strikes, horizons = figures(size)
    values = pricer.greeks(strikes, np.log(strikes / SPOT), horizons).value
    chain = []
    for strike, value in zip(strikes.tolist(), values.tolist(), strict=True):
        for flag, right, sign in (("c", QuantLib.Option.Call, 1), ("p", QuantLib.Option.Put, -1)):
            payoff = QuantLib.PlainVanillaPayoff(right, strike)
            worth = value + max(sign * (SPOT - strike), 0.0)
            chain.append(Option(flag, payoff, strike, worth))
    return chain


def vollib_greeks(one: Option) -> list[float]:
    terms = (one.flag, SPOT, one.strike, YEARS, 0.0, VOLATILITY)
    return [
        black_scholes(*terms),
        analytical.delta(*terms),
        analytical.gamma(*terms),
        analytical.vega(*terms),
        analytical.theta(*terms),
    ]


def vollib_implied(one: Option) -> float:
    return float(implied_volatility(one.value, SPOT, one.strike, YEARS, 0.0, one.flag))


def quantlib_greeks(one: Option) -> list[float]:
    black = QuantLib.BlackCalculator(one.payoff, SPOT, VOLATILITY * sqrt(YEARS), 1.0)
    return [
        black.value(),
        black.delta(SPOT),
        black.gamma(SPOT),
        black.vega(YEARS),
        black.theta(SPOT, YEARS),
    ]


def quantlib_implied(one: Option) -> float:
    right = QuantLib.Option.Call if one.flag == "c" else QuantLib.Option.Put
    terms = (right, one.strike, SPOT, one.value, 1.0, 0.0, QuantLib.nullDouble(), ACCURACY)
    found = QuantLib.blackFormulaImpliedStdDev(*terms)
    return float(found / sqrt(YEARS))
