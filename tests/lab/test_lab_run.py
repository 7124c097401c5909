import subprocess
import sys
from pathlib import Path

import pytest

from itg import scenario
from itg.client.bot import Bot
from itg.compose.lab import LabSettings, play, seats_of
from itg.compose.services import services_of
from itg.exchange.contract import TradeExecuted
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Role
from itg.kernel.messages import Message
from itg.lab import LabRun, Seat
from itg.market_data.contract import PricesStepped
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.market import PhasePush

SHORT = """
extends = "demo"
[session]
continuous_s = {seconds}
"""
HASHED = """
import sys
from itg.compose.lab import LabSettings, play
print(play(LabSettings(scenario=sys.argv[1], seed=3)).event_digest)
"""


def short(folder: Path, seconds: int = 20) -> str:
    file = folder / "short.toml"
    file.write_text(SHORT.format(seconds=seconds), encoding="utf-8")
    return str(file)


def test_the_market_sums_to_zero(tmp_path: Path) -> None:
    result = play(LabSettings(scenario=short(tmp_path), seed=3))
    assert (result.contracts_sum, result.cash_sum) == (0, 0)
    assert result.phases == ["pre_open", "opening_auction", "continuous", "closed"]


def test_equal_seeds_give_equal_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    scenario_file = short(tmp_path)

    def digest(hash_seed: str) -> str:
        run = [sys.executable, "-c", HASHED, scenario_file]
        env = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run(run, capture_output=True, check=True, env=env, text=True)
        return done.stdout.strip()

    first = digest("0")
    assert len(first) == 64
    assert first == digest("4711")


class Listener(Bot):
    """Places one order and one that nobody can take; notes what it hears."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.heard: list[str] = []
        self.codes: list[str] = []

    def on_phase(self, phase: PhasePush) -> None:
        is_shard = phase.instrument_id is None and phase.underlying_id == "SPX"
        if is_shard and phase.phase == "continuous":
            self.place("SPX", "buy", 1)
            self.place("SPX", "buy", 1, 12.345678)
            self.place("NOWHERE", "buy", 1)
            self.cancel(4711)
            self.pull("SPX")
            self.quote("SPX", bid=(1.0, 10), ask=(2.0, 10))  # no hedge fund's to send

    def on_reject(self, rejected: RejectedPush) -> None:
        self.codes.append(rejected.code)

    def on_fill(self, fill: object) -> None:
        self.heard.append("fill")

    def on_timer(self) -> None:
        self.heard.append("timer")

    def on_stop(self) -> None:
        self.heard.append("stop")


def test_a_bot_hears_its_fills_its_timer_and_each_refusal_once(tmp_path: Path) -> None:
    create = scenario.load(short(tmp_path), seed=3, lock_step=True)
    bot = Listener()
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    seat = Seat(team_name="listener", role=Role("hedge_fund"), bot=bot)
    run = LabRun(machine, create, [seat])
    run.run()
    codes = ["INVALID_INSTRUMENT", "INVALID_PRICE", "ORDER_NOT_FOUND", "QUOTE_NOT_ALLOWED"]
    assert sorted(bot.codes) == codes
    assert bot.heard.count("fill") == 1
    assert bot.heard.count("timer") >= 20
    assert bot.account.net("SPX") == 1
    assert (bot.heard.count("stop"), bot.heard[-1]) == (1, "stop")


def prices_and_trades(
    create_file: str, seats: tuple[str, ...]
) -> tuple[list[Message], list[Message]]:
    """Return every price and every trade of a game."""
    prices: list[Message] = []
    trades: list[Message] = []

    def see(record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, PricesStepped):
                prices.append(output)
            elif isinstance(output, TradeExecuted):
                trades.append(output)

    play(LabSettings(scenario=create_file, seed=5, seats=seats), see)
    return prices, trades


def test_other_bots_move_no_stream_of_the_world(tmp_path: Path) -> None:
    file = short(tmp_path)
    makers = prices_and_trades(file, ("market_maker:2", "hedge_fund"))
    alone = prices_and_trades(file, ("market_maker",))
    assert makers[0] == alone[0]
    assert makers[1] != alone[1]


@pytest.mark.parametrize(
    ("seat", "named"),
    [("pirate", "pirate"), ("market_maker:many", "market_maker:many"), ("retail", "retail")],
)
def test_a_seat_nobody_can_take_is_named(seat: str, named: str) -> None:
    create = scenario.load("demo", lock_step=True)
    with pytest.raises(ConfigurationError, match=named):
        seats_of(create, [seat])


def test_without_seats_or_teams_two_of_each_role_play() -> None:
    create = scenario.load("classic", lock_step=True)
    roles = [seat.role for seat in seats_of(create, ())]
    assert roles == ["market_maker"] * 2 + ["hedge_fund"] * 2 + ["arbitrage_desk"] * 2
