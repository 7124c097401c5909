"""Alpha models scored in the lab: by name, from a file, and what their numbers mean."""

import json
import re
import sys
from collections.abc import Iterator
from math import log, sqrt
from pathlib import Path

import pytest
from tests.installed_alpha import MODULE, install

from itg import scenario
from itg.cli import app, exits
from itg.compose.alpha_models import with_alpha
from itg.compose.lab import LabSettings, play
from itg.exchange.contract import TradeExecuted
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Role, Seq, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.lab.alphas import AlphaWatch, pooled, score_of, wilson
from itg.market_data.contract import PricesStepped, SpotPrice
from itg.runtime.envelope import Record
from itg.signals.contract import AlphaForecast, AlphaSignaled, SignalJudged, SignalKind

EXAMPLE = Path(__file__).parents[2] / "examples" / "alpha"
FILE = EXAMPLE / "src" / "mean_reversion" / "__init__.py"
FUND, DESK = Role("hedge_fund"), Role("arbitrage_desk")
SPX = UnderlyingId("SPX")
FORECAST = AlphaForecast(roles=(FUND, DESK), model="m", underlying_id=SPX, horizon_s=10)
SHORT = """
extends = "demo"
[session]
continuous_s = {seconds}
[[signals.alphas]]
roles = ["arbitrage_desk"]
model = "MeanReversion"
underlying = "SPY"
horizon_s = 5
parameters = {{ steps = 40, distance = 0.0005 }}
"""
Capture = pytest.CaptureFixture[str]


def short(folder: Path, seconds: int = 40) -> str:
    file = folder / "short.toml"
    file.write_text(SHORT.format(seconds=seconds), encoding="utf-8")
    return str(file)


def heard(watch: AlphaWatch, second: int, price: int, *others: Message) -> None:
    spot = SpotPrice(SPX, Price(price), Price(price))
    stepped = PricesStepped(step=second, prices=(spot,))
    now = Nanos(second * NS_PER_S)
    watch.hear(Record(Seq(second), now, now, "", "", stepped, (stepped, *others)))


def signaled(signal_id: int, second: int, return_ppm: int) -> list[AlphaSignaled]:
    return [
        AlphaSignaled(
            signal_id=signal_id,
            role=role,
            signal_seq=1,
            model="m",
            underlying_id=SPX,
            return_ppm=return_ppm,
            confidence_ppm=500_000,
            horizon_ns=Nanos((second + FORECAST.horizon_s) * NS_PER_S),
        )
        for role in FORECAST.roles
    ]


def judged(signal_id: int, *, is_correct: bool) -> SignalJudged:
    return SignalJudged(
        signal_id=signal_id,
        kind=SignalKind.ALPHA,
        regime=VolRegime.LOW,
        predicted="up",
        truth="up" if is_correct else "down",
        is_correct=is_correct,
    )


def test_a_forecast_captures_the_return_in_its_direction_once_for_all_its_roles() -> None:
    watch = AlphaWatch(FORECAST)
    for second in range(1, 41):
        events: list[Message] = []
        if second == 5:
            events = [*signaled(1, 5, -300)]
        elif second == 8:
            events = [*signaled(2, 8, 300)]
        elif second == 15:
            events = [judged(1, is_correct=False), judged(99, is_correct=True)]
        elif second == 18:
            events = [judged(2, is_correct=True)]
        heard(watch, second, 44_000_000 + second * 1_000, *events)
    tally = watch.tally
    assert (tally.signals, tally.apart) == (2, 1)
    assert (tally.judged, tally.correct, tally.reached) == (2, 1, 2)
    gains = [-log(44_015_000 / 44_005_000), log(44_018_000 / 44_008_000)]
    score = score_of(FORECAST, tally)
    assert score.captured == pytest.approx(1e4 * sum(gains) / 2)
    assert score.accuracy == 0.5
    assert score.coverage == pytest.approx(13 / 40)
    both = pooled([score, score])
    assert both.tally.signals == 4
    assert both.captured == pytest.approx(score.captured)


def test_a_model_that_says_nothing_has_no_accuracy() -> None:
    watch = AlphaWatch(FORECAST)
    heard(watch, 1, 44_000_000)
    score = score_of(FORECAST, watch.tally)
    assert (score.accuracy, score.captured, score.accuracy_low) == (None, None, None)


@pytest.mark.parametrize(("share", "count"), [(0.66, 500), (0.0, 20), (1.0, 7), (0.5, 1)])
def test_the_interval_is_where_the_normal_test_does_not_refuse_the_share(
    share: float, count: int
) -> None:
    for end in wilson(share, count):
        deviation = sqrt(max(end * (1 - end), 0) / count)
        assert abs(share - end) == pytest.approx(3.2905 * deviation, abs=1e-6)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    install(tmp_path, monkeypatch)
    yield
    sys.modules.pop(MODULE, None)


@pytest.mark.usefixtures("installed")
def test_an_installed_model_is_found_by_name_and_tells_the_role_it_is_given() -> None:
    asked = with_alpha(scenario.load("demo"), "mean_reversion:arbitrage_desk")
    assert asked.forecast == AlphaForecast(
        roles=(DESK,), model="mean_reversion", underlying_id=SPX, horizon_s=300
    )
    assert "mean_reversion" in asked.plugins()
    assert asked.create.scenario_hash == scenario.load("demo").scenario_hash
    first = with_alpha(scenario.load("demo"), "momentum").forecast
    assert first.roles == scenario.load("demo").rules.registrable_roles[:1]


def test_a_model_from_a_file_is_scored_and_moves_no_other_stream(tmp_path: Path) -> None:
    name = short(tmp_path)
    prices: dict[bool, list[PricesStepped]] = {True: [], False: []}
    trades: dict[bool, list[TradeExecuted]] = {True: [], False: []}

    def played(*, is_asked: bool) -> None:
        asked = f"{FILE}:MeanReversion:hedge_fund"

        def see(record: Record) -> None:
            prices[is_asked] += [o for o in record.outputs if isinstance(o, PricesStepped)]
            trades[is_asked] += [o for o in record.outputs if isinstance(o, TradeExecuted)]

        settings = LabSettings(
            scenario=without if not is_asked else name, seed=3, alpha=asked if is_asked else None
        )
        result = play(settings, see)
        if is_asked:
            score = result.alpha
            assert score is not None
            # The scenario's own settings of this model, but for the role that was asked for.
            assert (score.underlying_id, score.horizon_s, score.role) == ("SPY", 5, FUND)
            assert score.tally.signals > 0
            assert score.tally.judged == score.tally.reached

    plain = tmp_path / "plain.toml"
    text = SHORT.format(seconds=40).partition("[[signals.alphas]]")[0]
    plain.write_text(text, encoding="utf-8")
    without = str(plain)
    played(is_asked=True)
    played(is_asked=False)
    assert prices[True] == prices[False]
    assert len(trades[True]) > 0


def test_what_cannot_be_scored_is_refused(tmp_path: Path) -> None:
    for asked, said in (
        ("momentun", "did you mean 'momentum'"),
        ("momentum:retail", "no team plays 'retail'"),
        (f"{FILE}", "names no class"),
        (f"{FILE}:Absent", "has no class 'Absent'"),
        (f"{tmp_path / 'none.py'}:Model", "cannot be run"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            play(LabSettings(scenario="demo", alpha=asked))
    with pytest.raises(ConfigurationError, match="simulates no prices"):
        play(LabSettings(scenario="bare", alpha="momentum"))


def test_the_lab_prints_the_score_and_the_calibration(tmp_path: Path, capsys: Capture) -> None:
    plain = tmp_path / "plain.toml"
    text = SHORT.format(seconds=20).partition("[[signals.alphas]]")[0]
    plain.write_text(text, encoding="utf-8")
    words = ["lab", "run", "--scenario", str(plain), "--alpha", "momentum", "--calibration"]
    assert app(words, exit_on_error=False) == exits.DONE
    told = capsys.readouterr().out
    assert "Alpha model momentum, for market_maker: SPX 300 s ahead" in told
    assert re.search(r"^orders a minute +40 .* ok$", told, re.MULTILINE)
    assert app([*words, "--seeds", "2", "--json"], exit_on_error=False) == exits.DONE
    shown = json.loads(capsys.readouterr().out)
    assert shown["alpha"]["model"] == "momentum"
    (row,) = [row for row in shown["calibration"] if row["what"] == "orders a minute"]
    assert (row["configured"], row["seeds"], row["within"]) == (40, 2, 2)
