"""A team's rate is the game's: as many gateways as it likes, or the lab, refuse the same orders."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.gateway.doors import doors_of
from tests.gateway.house import ADMIN_KEY, House, Team

from itg import scenario
from itg.client.bot import Bot
from itg.client.commands import BotCommand, Lanes
from itg.client.pacing import Pacer
from itg.compose.services import services_of
from itg.kernel.ids import Role
from itg.lab import LabRun, Seat
from itg.runtime.cascade import Machine
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.market import PhasePush

DOORS, SENT, RATE = 3, 30, 10
# So slow that all of a test's orders come within a hundredth of a second of the game.
STANDING = 1e-3
SAME = [201] * RATE + [429] * (SENT - RATE)


async def begun(house: House) -> Team:
    team = await house.register("alpha", "market_maker")
    assert (await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)).status == 200
    return team


async def orders_at(house: House, team: Team, urls: Sequence[str]) -> list[int]:
    """Send orders round the doors, one after the other, and return how each was answered."""
    statuses = []
    for number in range(SENT):
        url = urls[number % len(urls)]
        body = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 1.0 + number}
        headers = {"X-API-Key": team.key}
        async with house.http.post(f"{url}/exchange/orders", json=body, headers=headers) as answer:
            statuses.append(answer.status)
    return statuses


async def test_through_three_gateways_the_same_orders_are_refused_as_through_one() -> None:
    async with House("demo", speed=STANDING) as alone:
        assert await orders_at(alone, await begun(alone), [alone.url]) == SAME
    async with House("demo", speed=STANDING) as house, doors_of(house, DOORS) as urls:
        assert await orders_at(house, await begun(house), urls) == SAME


async def test_at_three_gateways_at_once_a_team_has_one_rate() -> None:
    async with House("demo", speed=STANDING) as house, doors_of(house, DOORS) as urls:
        team = await begun(house)
        pages = await asyncio.gather(*(orders_at(house, team, [url]) for url in urls))
        assert sorted(status for page in pages for status in page).count(201) == RATE


class Impatient(Lanes):
    """Commands that wait for no budget."""

    def release(self, pacer: Pacer, game_us: int) -> list[BotCommand]:
        del pacer
        return super().release(Pacer(), game_us)


class Flood(Bot):
    """Sends its orders at one instant and notes what became of them."""

    def __init__(self) -> None:
        super().__init__(seed=0)
        self.lanes = Impatient()
        self.codes: list[str] = []

    def on_phase(self, phase: PhasePush) -> None:
        is_shard = phase.instrument_id is None and phase.underlying_id == "SPX"
        if is_shard and phase.phase == "continuous":
            for number in range(SENT):
                self.place("SPX", "buy", 1, 4300.0 + number)

    def on_reject(self, rejected: RejectedPush) -> None:
        self.codes.append(rejected.code)


def test_in_the_lab_as_many_orders_are_refused_as_at_a_gateway(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text('extends = "demo"\n[session]\ncontinuous_s = 5\n', encoding="utf-8")
    create = scenario.load(str(file), lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    flood = Flood()
    LabRun(machine, create, [Seat(team_name="flood", role=Role("market_maker"), bot=flood)]).run()
    assert flood.codes == ["RATE_LIMIT_EXCEEDED"] * (SENT - RATE)
