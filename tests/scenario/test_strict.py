"""What a scenario file may not say, and how it is told."""

from pathlib import Path

import pytest

from itg import scenario
from itg.kernel.errors import ConfigurationError


def load(folder: Path, text: str, base: str = "demo") -> None:
    file = folder / "mine.toml"
    file.write_text(f'extends = "{base}"\n{text}', encoding="utf-8")
    scenario.load(str(file))


ROLE = '[[roles]]\nrole = "a"\nregistrable = true\nmaker_fee = 0\ntaker_fee = 0\n'
TEAM = '[[teams]]\nname = "Some"\nrole = "hedge_fund"\n'
UNDERLYING = 'without = ["signals"]\n[[underlyings]]\nid = "SPX"\n'
BANDS = "bands = [{ error_min = 0.0015, accuracy = 0.75 }]\n"
TRACKING = (
    '[[signals.tracking]]\nroles = ["arbitrage_desk"]\nunderlying = "SPY"\nopens_above = 0.0015\n'
    "closes_below = 0.0005\naverage_s = 5\nhorizon_s = 420\n"
)
ALPHA = '[[signals.alphas]]\nmodel = "trend"\nunderlying = "SPX"\nhorizon_s = 60\n'
NEWS = '[[news.headlines]]\nid = "one"\nheadline = "One"\n'
INFORMATION = [
    ("[news]\nmean_gap = 3", "unknown key `mean_gap` in table [news]; did you mean 'mean_gap_s'?"),
    (NEWS + "shft = 1", "unknown key `shft` in table [news.headlines[0]]; did you mean 'shift'?"),
    (NEWS + "shift = 1.1", "news.headlines[0].shift: Expected `float` <= 1.0"),
    (NEWS + 'sign = "sideways"', "news.headlines[0].sign: Invalid enum value 'sideways'"),
    (NEWS + "jump = 0.1\nsize_min = 0.02\nsize_max = 0.01", "one: size_min is above size_max"),
    (NEWS + "size_max = 0.01", "news.headlines.one: sizes of a jump that never comes"),
    (NEWS + NEWS, "news.headlines.one: listed twice"),
    ("[news]\ngap_max_s = 400", "news.mean_gap_s: 480 is not between gap_min_s 300 and gap_max_s"),
    ("[news]\ngap_min_s = 200", "news.gap_min_s: 200 is below lead_s 300"),
    ("[news]\nlead_s = 200", "signals.volatility.lead_s_max: 300 is above news.lead_s 200"),
    (
        "[news]\nhours = [{ starts = 12:00:00, weight = 1 }, { starts = 09:00:00, weight = 2 }]",
        "news.hours: 09:00:00 does not come after 12:00:00",
    ),
    (
        "[news]\ndestinations = [[0, 0.7, 0.2], [0.1, 0, 0.9], [0.1, 0.9, 0]]",
        "news.destinations[0]: probabilities sum to 0.9, not 1",
    ),
    (
        "[news]\ndestinations = [[0, 0.7, 0.3], [0.1, 0, 0.9], [0.05, 0.85, 0.1]]",
        "news.destinations[2]: a shift leaves its regime",
    ),
    (
        '[signals.volatility]\nroles = ["hedge_found"]',
        "signals.volatility.roles: no 'hedge_found'; did you mean 'hedge_fund'?",
    ),
    ("[signals.volatility]\nlead_s_min = 301", "signals.volatility.lead_s_min is above lead_s_max"),
    (
        TRACKING.replace("420", "421") + BANDS,
        "horizon_s: 421 is above the 420 of underlyings.SPY.tracking.ahead_s",
    ),
    (
        TRACKING.replace("SPY", "SPX") + BANDS,
        "signals.tracking[0].underlying: no 'SPX'; did you me",
    ),
    (TRACKING.replace("0005", "0015") + BANDS, "closes_below is not below opens_above"),
    (
        TRACKING + BANDS.replace("0.0015", "0.0020"),
        "signals.tracking[0].bands: the first begins above opens_above 0.0015",
    ),
    (
        TRACKING + BANDS.replace("}]", "}, { error_min = 0.001, accuracy = 0.8 }]"),
        "signals.tracking[0].bands: error_min must rise",
    ),
    (TRACKING, "table [signals.tracking[0]] misses the key `bands`"),
    (ALPHA + 'roles = ["hedge_fund", "hedge_fund"]', "alphas[0].roles: 'hedge_fund' twice"),
    (ALPHA + 'roles = ["hedge_fund"]\nparameters = { a = "b" }', "parameters[...]: Expected `flo"),
    ('without = ["news"]', "signals.volatility tells of news to come: it needs the table [news]"),
    ('without = ["market"]', "needs the table [market]"),
    ('without = ["nws"]', "without: nws: nothing to take out; did you mean 'news'?"),
    ('without = ["news.mean_gap_s"]', "news: arrivals also need mean_gap_s; leave out"),
    ('without = "news"', "without: expected an array of names, got 'news'"),
    ("[retail.behaviors]\npanik = 1", "unknown key `panik` in table [retail.behaviors]; did you"),
    ("[retail.behaviors]\npanic = 2", "retail.behaviors.panic: Expected `float` <= 1.0"),
    (
        "[retail]\nhours = [{ starts = 09:00:00, factor = 1 }, { starts = 09:00:00, factor = 2 }]",
        "retail.hours: 09:00:00 does not come after 09:00:00",
    ),
    ('fee_sign = "minus"', "fee_sign: Invalid enum value 'minus'"),
]
WRONG = [
    *INFORMATION,
    ('rotation = "latin_square"', "unknown key `rotation` in the file; it is a key of table [reg"),
    ("sed = 3", "unknown key `sed` in the file; did you mean 'seed'?"),
    ("[market]\nstep_m = 250", "unknown key `step_m` in table [market]; did you mean 'step_ms'?"),
    ("[market.regimes]\nvols = [1]", "unknown key `vols` in table [market.regimes]"),
    ("[zzz]\na = 1", "unknown key `zzz` in the file; known: title, "),
    ('seed = "three"', "seed: Expected `int`, got `str`"),
    ("seed = -1", "seed: Expected `int` >= 0"),
    ("[market]\nstep_ms = 5", "market.step_ms: Expected `int` >= 10"),
    ("[clock]\nspeed = 0", "clock.speed: Expected `float` > 0.0"),
    (
        "first_day = 2026-12-02",
        "first_day: 2026-12-02 is no trading day; the next",
    ),
    ('[session]\nkind = "tmed"', "session.kind: no kind 'tmed'; did you mean 'timed'?"),
    ('[calendar]\nzone = "America/Chicgo"', "calendar.zone: no time zone 'America/Chicgo'"),
    (
        '[calendar]\nweekdays = ["tusday"]',
        "calendar.weekdays: no day 'tusday'; did you mean 'tuesday'?",
    ),
    (
        '[matching]\nauction = "midpont"',
        "matching.auction: no rule 'midpont'; known: maximum_volume, midpoint",
    ),
    (
        '[matching]\nauction_order = "dice"',
        "matching.auction_order: no rule 'dice'; known: time, draw",
    ),
    (
        "[series]\nstrikes_max = 4",
        "series.strikes_max is below strikes, or below strikes_each_side on both sides",
    ),
    ("[series]\nexpiries = 0", "series.rolls: it needs at least one of series.expiries"),
    (
        "[session]\nclosing_auction_s = 1800",
        "session: closing_auction_s takes the whole session",
    ),
    ('[clock]\nnext_round = "later"', "clock.next_round: Invalid enum value 'later'"),
    ('[house]\nrole = "hous"', "house.role: no such role 'hous'; did you mean 'house'?"),
    (
        "[market.regimes]\ntransition = [[0.9, 0.2, 0], [0, 1, 0], [0, 0, 1]]",
        "market.regimes.transition[0]: probabilities sum to 1.1, not 1",
    ),
    (
        "[market.regimes]\ntransition = [[1, 0, 0], [0.3, 0.4, 0.3], [0, 0, 1]]",
        "market.regimes.transition[1]: a regime stays with more than 0.5",
    ),
    ("[house]\nleader_half_spread_min = 0.25001", "0.25001 USD has more than 4 decimals"),
    ('[[teams]]\nname = "AB"\nrole = "hedge_fund"', "teams[0].name: Expected `str` of length >= 3"),
    ('[[teams]]\nname = "Some"\nrole = "retail"', "teams.Some: no such role 'retail'"),
    (
        TEAM + TEAM.replace("Some", "SOME"),
        "teams: 'Some' twice",
    ),
    (TEAM + TEAM.replace("Some", "Ｓome"), "teams: 'Some' twice"),
    (TEAM.replace("Some", "t12"), "teams: 't12' is written as a team's id is"),
    (
        ROLE + 'constraints = [{ kind = "position_limt", max_quantity = 1 }]',
        "roles[0].constraints[0].kind: no kind 'position_limt'; did you mean 'position_limit'?",
    ),
    (
        ROLE + 'constraints = [{ kind = "position_limit", max_quantity = 1, burst = 2 }]',
        "unknown key `burst` in table [roles[0].constraints[0]]",
    ),
    (
        ROLE + "constraints = [{ max_quantity = 1 }]",
        "roles[0].constraints[0] needs the key `kind`; known: position_limit, ",
    ),
    ("extends = 3", "is not TOML"),
    (
        UNDERLYING + "start_price = 4400\nstrike_step = 44.003",
        "underlyings.SPX.strike_step is not on the grid of tick_size",
    ),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told[:40] for _, told in WRONG])
def test_a_wrong_file_is_refused_with_its_place_and_what_would_be_right(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"mine\.toml") as refused:
        load(tmp_path, text)
    assert told in str(refused.value)


def test_an_unknown_scenario_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="no scenario 'clasic'; did you mean 'classic'"):
        scenario.load("clasic")


def test_a_file_that_extends_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b.toml"')
    (tmp_path / "b.toml").write_text('extends = "b.toml"')
    with pytest.raises(ConfigurationError, match=r"extends itself: .*b\.toml → b\.toml"):
        scenario.load(str(tmp_path / "a.toml"))


def test_a_house_needs_a_market(tmp_path: Path) -> None:
    house = (Path(__file__).parents[2] / "src/itg/scenarios/classic.toml").read_text()
    table = "[house]" + house.split("[house]")[1].split("[retail]")[0]
    with pytest.raises(ConfigurationError, match=r"needs the table \[market\]"):
        load(tmp_path, table.replace('role = "house"', 'role = "hedge_fund"'), base="bare")


def test_half_a_protection_is_refused_with_the_keys_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="halt also needs halt_window_s, halt_s"):
        load(tmp_path, "[protection]\nhalt_move = 0.02\n", base="bare")


def test_a_chain_that_rolls_needs_a_market(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"series\.rolls: .* the table \[market\]"):
        load(tmp_path, "[series]\nrolls = true\n", base="bare")


def test_overrides_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="seed: -1"):
        scenario.load("demo", seed=-1)
    with pytest.raises(ConfigurationError, match="speed: 0"):
        scenario.load("demo", speed=0)
    with pytest.raises(ConfigurationError, match="days: 0"):
        scenario.load("demo", days=0)
    with pytest.raises(ConfigurationError, match="game time ends with the year 2261"):
        scenario.load("demo", days=99_999)
    with pytest.raises(ConfigurationError, match="days: the organizer's session"):
        scenario.load("bare", days=2)


def test_tables_merge_key_by_key_and_another_kind_replaces_the_table(tmp_path: Path) -> None:
    load(tmp_path, '[session]\nkind = "organizer"\nstarts = 10:00:00\nsession_s = 60\n')
    load(tmp_path, "[session]\ncontinuous_s = 60\n")
    with pytest.raises(ConfigurationError, match="pre_open_s"):
        load(tmp_path, '[session]\nkind = "timed"\ndays = 1\n', base="classic")


def test_a_week_that_ends_in_a_holiday_expires_on_its_last_trading_day(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "demo"\nfirst_day = 2026-12-22\n')
    game = scenario.load(str(file))
    names = [bytes(raw) for raw in game.setup]
    assert any(b"SPX-20261222-C-4400" in name for name in names)
    assert not any(b"SPX-20261224" in name for name in names)
