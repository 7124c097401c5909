"""`itg bot`: runs a person's bot file, or the demo's crew."""

import asyncio
import sys
from pathlib import Path

from msgspec import Struct, json

from itg.bots import crew_bot
from itg.client.errors import ClientError
from itg.client.load import load_bot
from itg.client.rest import Rest
from itg.client.run import BotSeat, run_many
from itg.compose.demo import CrewOrders


class TeamChoice(Struct, frozen=True, kw_only=True):
    """Whose bot it is: a key, or the name of a team to register."""

    key: str | None
    team: str | None
    role: str
    join_code: str | None
