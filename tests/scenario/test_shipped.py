"""The shipped scenarios: they load, they say what the rules say, and their hashes stand still."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.scenario.compiled import setup_of

from itg import scenario
from itg.exchange.contract import ConfigureExchange, ListInstrument
from itg.game.contract import CreateGame
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Instrument, Phase
from itg.market_data.contract import ConfigureMarketData, TrackSeries
from itg.positions.contract import ConfigurePositions, OpenAccount, PositionLimit
from itg.retail.contract import ConfigureRetail

GOLDEN = Path(__file__).parent / "golden_hashes.json"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CHICAGO = ZoneInfo("America/Chicago")


def instruments_of(game: CreateGame) -> list[Instrument]:
    return [c.instrument for c in setup_of(game) if isinstance(c, ListInstrument)]


def civil(at_ns: int) -> str:
    moment = datetime.fromtimestamp(at_ns // NS_PER_S, tz=UTC).astimezone(CHICAGO)
    return moment.strftime("%a %Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("name", scenario.available())
def test_every_shipped_scenario_loads_to_its_golden_hash(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    assert scenario.load(name).scenario_hash == golden[name]


def test_hashes_do_not_depend_on_the_process() -> None:
    script = (
        "from itg import scenario; import json;"
        "print(json.dumps({n: scenario.load(n).scenario_hash for n in scenario.available()}))"
    )
    for hash_seed in ("0", "12345"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert json.loads(done.stdout) == json.loads(GOLDEN.read_text())


def test_accounts_of_roles_that_teams_can_take_are_measured_by_the_session() -> None:
    game = scenario.load("demo")
    (setup,) = (c for c in setup_of(game) if isinstance(c, ConfigurePositions))
    measured = {rules.role for rules in setup.roles if rules.is_measured}
    assert measured == set(game.rules.registrable_roles) < {rules.role for rules in setup.roles}
    assert setup.session_ns == 30 * 60 * NS_PER_S


def test_the_hash_covers_seed_and_speed_and_no_secret() -> None:
    plain = scenario.load("demo")
    assert scenario.load("demo", seed=8).scenario_hash != plain.scenario_hash
    assert scenario.load("demo", speed=2).scenario_hash != plain.scenario_hash
    secret = scenario.load("demo", admin_key_hash="ab" * 32, join_code_hash="cd" * 32)
    assert secret.scenario_hash == plain.scenario_hash
    assert secret.admin_key_hash == "ab" * 32
    assert scenario.load("demo", seed=7, speed=10.0, lock_step=False) == plain


def test_a_join_code_is_kept_only_where_registration_is_closed() -> None:
    assert scenario.load("classic", join_code_hash="cd").join_code_hash == "cd"
    assert scenario.load("demo", join_code_hash="cd").join_code_hash == ""


def test_classic_lists_sixty_series_and_two_underlyings() -> None:
    names = [i.instrument_id for i in instruments_of(scenario.load("classic"))]
    assert len(names) == len(set(names)) == 62
    assert names[0] == "SPX"
    assert {"SPY", "SPX-20261217-C-4400", "SPY-20261217-P-435.6"} <= set(names)
    strikes = {n.split("-")[3] for n in names if n.startswith("SPX-")}
    assert strikes == {"4312", "4356", "4400", "4444", "4488"}


def test_every_expiry_of_classic_is_the_close_of_its_weeks_last_trading_day() -> None:
    options = [i.option for i in instruments_of(scenario.load("classic")) if i.option]
    closes = {civil(option.expires_ns) for option in options}
    assert closes == {
        "Thu 2026-12-03 15:00:00",
        "Thu 2026-12-10 15:00:00",
        "Thu 2026-12-17 15:00:00",
    }
    assert {option.expiry_date for option in options} == {close[4:14] for close in closes}


def test_classic_keeps_the_civil_schedule() -> None:
    rounds = scenario.load("classic").rules.rounds
    assert [plan.trading_day for plan in rounds] == ["2026-12-01", "2026-12-03"]
    for plan, day in zip(rounds, ("Tue 2026-12-01", "Thu 2026-12-03"), strict=True):
        assert [(civil(b.at_ns), b.phase) for b in plan.boundaries] == [
            (f"{day} 08:00:00", Phase.PRE_OPEN),
            (f"{day} 09:29:30", Phase.OPENING_AUCTION),
            (f"{day} 09:30:00", Phase.CONTINUOUS),
            (f"{day} 15:00:00", Phase.CLOSED),
        ]
        assert plan.start_ns == plan.boundaries[0].at_ns
        assert plan.session_start_ns == plan.boundaries[2].at_ns
        assert plan.session_end_ns == plan.boundaries[3].at_ns
        assert plan.end_ns == plan.session_end_ns + NS_PER_S


def test_sessions_close_until_the_last_expiry() -> None:
    game = scenario.load("classic")
    days = [civil(end_ns)[:14] for end_ns in game.rules.session_ends_ns]
    assert days == [f"Tue 2026-12-{d:02}" if d % 7 == 1 else f"Thu 2026-12-{d:02}"
                    for d in (1, 3, 8, 10, 15, 17)]  # fmt: skip


def test_demo_is_a_minute_a_freeze_and_half_an_hour_at_ten_times() -> None:
    rules = scenario.load("demo").rules
    (plan,) = rules.rounds
    seconds = [(b.at_ns - plan.session_start_ns) // NS_PER_S for b in plan.boundaries]
    assert seconds == [-70, -10, 0, 1800]
    assert rules.speed == 10
    assert rules.open_registration
    roles = [str(team.role) for team in rules.teams]
    assert [roles.count(r) for r in ("market_maker", "hedge_fund", "arbitrage_desk")] == [2, 2, 2]
    configured = next(c for c in setup_of(scenario.load("demo")) if isinstance(c, ConfigureRetail))
    assert configured.flow is not None
    assert configured.flow.orders_per_minute == 40


def test_bare_is_an_exchange_and_fees() -> None:
    game = scenario.load("bare")
    commands = setup_of(game)
    names = [i.instrument_id for i in instruments_of(game)]
    assert names == ["SPX", "SPX-20261203-C-4400", "SPX-20261203-P-4400"]
    absent = (ConfigureMarketData, ConfigureRetail, OpenAccount, TrackSeries)
    assert not [c for c in commands if isinstance(c, absent)]
    assert len([c for c in commands if isinstance(c, ConfigureExchange)]) == 1
    (configured,) = [c for c in commands if isinstance(c, ConfigurePositions)]
    assert all(not role.constraints and role.taker_fee > 0 for role in configured.roles)
    assert not game.rules.has_market
    assert not game.rules.has_retail
    assert game.rules.rounds[0].boundaries == ()
    assert game.rules.rounds[0].end_ns is None


@pytest.mark.parametrize(
    ("role", "fees", "cash", "first_limit"),
    [
        ("market_maker", (-200, 100), 10_000_000, 50),
        ("hedge_fund", (-100, 200), 20_000_000, 150),
        ("arbitrage_desk", (-100, 200), 10_000_000, 100),
        ("retail", (100, 300), 10_000_000, 50),
    ],
)
def test_classic_has_the_roles_of_the_rules(
    role: str, fees: tuple[int, int], cash: int, first_limit: int
) -> None:
    commands = setup_of(scenario.load("classic"))
    (configured,) = [c for c in commands if isinstance(c, ConfigurePositions)]
    (rules,) = [r for r in configured.roles if r.role == role]
    assert (rules.maker_fee, rules.taker_fee) == fees
    assert rules.starting_cash == cash * 10_000
    limits = [c.max_quantity for c in rules.constraints if isinstance(c, PositionLimit)]
    assert limits == [first_limit]
    assert rules.quotes_allowed == (role == "market_maker")


def test_the_committed_schema_is_the_models() -> None:
    committed = json.loads((REFERENCE / "scenario.schema.json").read_text())
    assert committed == json.loads(json.dumps(scenario.json_schema()))
