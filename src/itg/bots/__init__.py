"""Reference strategies, one per role: what a new team plays against and learns from.

Owns strategies only; each is a `Bot` of the public SDK and knows nothing that a team could not. A
blind twin plays its role without what its signals say, to measure what they are worth.
"""

from collections.abc import Callable

from itg.bots.arbitrage_desk import ArbitrageDesk
from itg.bots.hedge_fund import HedgeFund
from itg.bots.market_maker import MarketMaker
from itg.client.bot import Bot
from itg.client.errors import BotFileError

ROLE_OF: dict[str, str] = {
    "market_maker": "market_maker",
    "hedge_fund": "hedge_fund",
    "hedge_fund_blind": "hedge_fund",
    "arbitrage_desk": "arbitrage_desk",
    "arbitrage_desk_blind": "arbitrage_desk",
}
"""The role each reference bot plays, by the bot's name; a role's own bot is named as the role."""

_BOTS: dict[str, Callable[[int], Bot]] = {
    "market_maker": lambda seed: MarketMaker(seed=seed),
    "hedge_fund": lambda seed: HedgeFund(seed=seed),
    "hedge_fund_blind": lambda seed: HedgeFund(seed=seed, uses_signals=False),
    "arbitrage_desk": lambda seed: ArbitrageDesk(seed=seed),
    "arbitrage_desk_blind": lambda seed: ArbitrageDesk(seed=seed, uses_signals=False),
}


def reference_bot(name: str, seed: int) -> Bot:
    """Return a reference bot by its name; the seed sets its temper, equal seeds are equal."""
    if name not in _BOTS:
        raise BotFileError(f"no reference bot is called {name}; there are {', '.join(_BOTS)}")
    return _BOTS[name](seed)


def crew_bot(role: str, seed: int) -> Bot:
    """Return the reference strategy of a role; the seed sets its temper, equal seeds are equal."""
    if ROLE_OF.get(role) != role:
        roles = ", ".join(dict.fromkeys(ROLE_OF.values()))
        raise BotFileError(f"no reference bot plays {role}; there are {roles}")
    return reference_bot(role, seed)
