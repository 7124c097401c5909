"""Reference strategies, one per role: what a new team plays against and learns from.

Owns strategies only; each is a `Bot` of the public SDK and knows nothing that a team could not.
"""

from itg.bots.arbitrage_desk import ArbitrageDesk
from itg.bots.hedge_fund import HedgeFund
from itg.bots.market_maker import MarketMaker
from itg.client.bot import Bot
from itg.client.errors import BotFileError

_BY_ROLE: dict[str, type[Bot]] = {
    "market_maker": MarketMaker,
    "hedge_fund": HedgeFund,
    "arbitrage_desk": ArbitrageDesk,
}


def crew_bot(role: str, seed: int) -> Bot:
    """Return the reference strategy of a role; the seed sets its temper, equal seeds are equal."""
    if role not in _BY_ROLE:
        raise BotFileError(f"no reference bot plays {role}; there are {', '.join(_BY_ROLE)}")
    return _BY_ROLE[role](seed=seed)
