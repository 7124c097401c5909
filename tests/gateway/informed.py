"""A house where news comes and a role is warned of it; leads are short, so that no test waits."""

from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.gateway.house import ADMIN_KEY, Answered, House

from itg.game.contract import CreateGame
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import Role
from itg.news.contract import ArrivalModel, ConfigureNews, Headline, HourWeight, JumpSign
from itg.runtime.journal import Journal
from itg.signals.contract import ConfigureSignals, VolatilityForecast

SPEED = 20.0
LEAD_S = 2
WARNED = "hedge_fund"
TABLE = (
    Headline(
        headline_id="emergency-fed-meeting",
        headline="Fed calls an emergency meeting",
        shift=0.85,
        jump=0.6,
        size_min=0.01,
        size_max=0.03,
    ),
    Headline(
        headline_id="calm-before-data",
        headline="Markets calm before the data",
        weight=2.0,
        shift=0.05,
        jump=0.0,
        sign=JumpSign.UP,
    ),
)
ARRIVALS = ArrivalModel(
    mean_gap_s=1_000_000.0,
    gap_min_s=500_000.0,
    gap_max_s=4_000_000.0,
    weights=(HourWeight(start_s=0, weight=1.0),),
)


def informed(create: CreateGame) -> CreateGame:
    """Return a game with this table and forecasts of its news."""
    news = ConfigureNews(seed=1, headlines=TABLE, arrivals=ARRIVALS, session_seconds=86_400)
    forecast = VolatilityForecast(roles=(Role(WARNED),), lead_s_min=LEAD_S, lead_s_max=LEAD_S)
    signals = ConfigureSignals(seed=1, volatility=forecast)
    encode = msgpack.Encoder().encode
    return replace(
        create,
        rules=replace(create.rules, has_news=True, has_signals=True),
        setup=(*create.setup, Raw(encode(news)), Raw(encode(signals))),
    )


class InformedHouse(House):
    """A bare house with news; its clock runs at twenty times the wall's speed."""

    def __init__(
        self, *, journal: Journal | None = None, settings: GatewaySettings | None = None
    ) -> None:
        super().__init__(amend=informed, speed=SPEED, journal=journal, settings=settings)

    async def organize(self, method: str, path: str, body: object = None) -> Answered:
        return await self.call(method, path, body, key=ADMIN_KEY)

    async def trigger(self, headline_id: str = TABLE[0].headline_id, **more: object) -> Answered:
        body = {"headline_id": headline_id, **more}
        return await self.organize("POST", "/events/trigger", body)
