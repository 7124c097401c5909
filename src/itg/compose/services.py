"""The services of a game, in routing order: who hears a message first."""

from collections.abc import Sequence

from itg.compose.alpha_models import alpha_models
from itg.exchange.service import ExchangeService
from itg.game.service import GameService
from itg.kernel.ids import Shard
from itg.market_data.service import MarketDataService
from itg.news.service import NewsService
from itg.positions.service import PositionsService
from itg.retail.service import RetailService
from itg.runtime.service import Service
from itg.signals.core.alphas import Plugins
from itg.signals.service import SignalsService


def services_of(shards: Sequence[Shard], plugins: Plugins = alpha_models) -> list[Service]:
    """Return fresh services, one exchange per shard; `plugins` finds alpha models.

    News reaches the market before the step it acts in. Prices reach positions (which marks) before
    retail (which quotes on the marks), and the house requotes in the cascade of the step that moved
    the price.
    """
    return [
        GameService(),
        NewsService(),
        MarketDataService(),
        *(ExchangeService(shard) for shard in shards),
        PositionsService(),
        SignalsService(plugins),
        RetailService(),
    ]
