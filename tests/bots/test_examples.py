"""The examples and the code of the pages are run, not only read."""

import re
from pathlib import Path

import pytest
from tests.bots.paper import FUND, MAKER, PaperMarket, phase
from tests.bots.test_signals import STORM, YEARS, headline, volatility
from tests.client.venue import KEY, Venue, running

from itg.client import Bot, load_bot

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "bots"


def code_of(page: str, word: str = "") -> str:
    """Return the first Python block of a page with a word in it."""
    found: list[str] = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return next(code for code in found if word in code)


def example(name: str) -> Bot:
    return load_bot(EXAMPLES / f"{name}.py")()


def test_hello_buys_one_call_when_the_market_is_open(
    capsys: pytest.CaptureFixture[str],
) -> None:
    market = PaperMarket(example("hello"), FUND, 1)
    market.run(2)
    market.tell("phase", "phase", phase("SPX", "continuous"))
    market.run(2)
    (deal,) = market.log
    market.bot.on_stop()
    assert (deal["instrument_id"], deal["signed"]) == ("SPX-1-call-4400", 1)
    assert "SPX is now continuous" in capsys.readouterr().out


def test_the_quoter_quotes_the_nearest_series_within_the_rules() -> None:
    market = PaperMarket(example("quoter"), MAKER, 1)
    market.run(60)
    assert market.quotes
    assert {market.instruments[name].strike for name in market.quotes} <= {4400.0, 440.0}
    assert market.log


def test_the_straddle_buys_and_stays_near_neutral() -> None:
    market = PaperMarket(example("straddle"), FUND, 1)
    market.run(120)
    held = {name for name, net in market.nets.items() if net > 0}
    assert {"SPX-1-call-4400", "SPX-1-put-4400"} & held
    assert abs(market.nets["SPX"]) <= 20


def test_the_tutorial_s_bot_trades(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(code_of("docs/tutorials/first-bot.md"))
    market = PaperMarket(load_bot(file)(), FUND, 1)
    market.run(60)
    assert market.nets["SPX"] == 5


def test_the_reference_s_forecaster_holds_an_option_until_the_forecast_s_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "forecaster.py"
    file.write_text(code_of("docs/reference/client.md", "Forecaster"))
    market = PaperMarket(load_bot(file)(), FUND, 1, years=YEARS)
    market.run(5)
    volatility(market, "medium", STORM)
    market.tell("events", "news", headline(market.game_us))
    market.run(30)
    (held,) = [name for name, net in market.nets.items() if net]
    assert market.nets[held] == 5
    market.run(120)
    assert market.nets[held] == 0
    assert capsys.readouterr().out == "news: Any\n"


async def test_the_reference_s_session_trades(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(compile(code_of("docs/reference/client.md", "Session"), "client.md", "exec"), names)
    buy = names["buy"]
    assert callable(buy)
    async with running(Venue(seed=3)) as venue:
        await buy(venue.url, KEY)
    assert capsys.readouterr().out.split()[0] in ("working", "filled")
