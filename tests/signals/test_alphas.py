"""Alpha models: what they see, when their forecasts are given, and how they are judged."""

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from tests.installed_alpha import MODULE, install
from tests.signals.desk import DESK, FOLLOWER, HEDGE_FUND, LEADER, Desk, at

from itg.compose.alpha_models import alpha_models
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.signals.contract import (
    AlphaFactory,
    AlphaForecast,
    AlphaSignaled,
    ConfigureSignals,
    ReturnForecast,
    SignalKind,
)
from itg.signals.core.alphas import Momentum

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "alpha"
Prints = Mapping[UnderlyingId, Price]


class Caller:
    """A model that forecasts what its parameter says, once, at its tenth step."""

    def __init__(self, config: AlphaForecast) -> None:
        self.return_ppm = int(config.parameters["return_ppm"])
        self.steps = 0
        self.seen: list[Prints] = []

    def step(self, prices: Prints) -> ReturnForecast | None:
        self.steps += 1
        self.seen.append(prices)
        if self.steps != 10:
            return None
        return ReturnForecast(return_ppm=self.return_ppm, confidence_ppm=600_000)

    def state(self) -> Sequence[float]:
        return [self.steps]

    def restore(self, state: Sequence[float]) -> None:
        self.steps = int(state[0])


def calling() -> dict[str, Callable[[], AlphaFactory]]:
    return {"caller": lambda: Caller}


def alpha(model: str, **parameters: float) -> AlphaForecast:
    return AlphaForecast(
        roles=(HEDGE_FUND, DESK),
        model=model,
        parameters=parameters,
        underlying_id=FOLLOWER,
        horizon_s=60,
    )


def called(return_ppm: int, *, seconds: int = 1_000) -> Desk:
    config = ConfigureSignals(seed=1, alphas=(alpha("caller", return_ppm=return_ppm),))
    desk = Desk(config, calling).start(seconds)
    for second in range(1, 12):
        desk.move(second, 0, 0, prices=(44_000_000, 4_400_000))
    return desk


def test_a_forecast_is_given_to_each_role_with_its_horizon() -> None:
    desk = called(250)
    told = [m for when, m in desk.signals() if when == at(10)]
    assert [m.role for m in told] == [HEDGE_FUND, DESK]
    assert len(desk.signals()) == 2
    assert len({m.signal_id for m in told}) == 1
    first = told[0]
    assert isinstance(first, AlphaSignaled)
    assert (first.model, first.underlying_id) == ("caller", FOLLOWER)
    assert (first.return_ppm, first.confidence_ppm) == (250, 600_000)
    assert first.horizon_ns == at(70)


@pytest.mark.parametrize(
    ("return_ppm", "price", "truth", "is_correct"),
    [
        (250, 4_400_100, "up", True),
        (250, 4_399_900, "down", False),
        (-250, 4_399_900, "down", True),
        (250, 4_400_000, "flat", False),
        (0, 4_400_000, "flat", True),
    ],
)
def test_a_forecast_is_judged_by_the_direction_of_the_print_at_its_horizon(
    return_ppm: int, price: int, truth: str, is_correct: bool
) -> None:
    desk = called(return_ppm)
    desk.move(69, 0, 0, prices=(44_000_000, 9_999_900 if return_ppm < 0 else 100))
    assert desk.judged() == []
    desk.move(70, 0, 0, prices=(44_000_000, price))
    (judged,) = desk.judged()
    assert (judged.kind, judged.truth, judged.is_correct) == (SignalKind.ALPHA, truth, is_correct)
    rows = desk.accuracy().rows
    assert [(row.role, row.judged, row.correct) for row in rows] == [
        (DESK, 1, int(is_correct)),
        (HEDGE_FUND, 1, int(is_correct)),
    ]


def test_a_forecast_past_the_session_s_end_is_dropped() -> None:
    assert called(250, seconds=69).signals() == []
    assert len(called(250, seconds=70).signals()) == 2


def test_a_model_is_stepped_with_prints_alone_and_only_while_prices_move() -> None:
    built: list[Caller] = []

    def build(config: AlphaForecast) -> Caller:
        built.append(Caller(config))
        return built[-1]

    config = ConfigureSignals(seed=1, alphas=(alpha("caller", return_ppm=1),))
    desk = Desk(config, lambda: {"caller": lambda: build}).start()
    desk.move(1, 123, 456)
    desk.move(2, 123, 456, is_moving=False)
    assert [model.seen for model in built] == [[{LEADER: 44_000_000, FOLLOWER: 4_400_000}]]


def test_a_restart_between_two_steps_changes_no_forecast() -> None:
    prices = [(44_000_000, 4_400_000 + round(9_000 * math.sin(n / 7))) for n in range(400)]
    chosen = alpha("momentum", lookback=9.0, threshold=0.0004)
    desk = Desk(ConfigureSignals(seed=4, alphas=(chosen,))).start()
    broken = Desk(ConfigureSignals(seed=4, alphas=(chosen,))).start()
    told = []
    for place, price in enumerate(prices):
        for one in (desk, broken):
            one.move(place + 1, 0, 0, prices=price)
        told += broken.told
        broken = broken.restarted()
    assert told == desk.told
    assert len(desk.signals()) > 20
    assert broken.machine.snapshot() == desk.machine.snapshot()


def test_momentum_forecasts_a_part_of_the_last_return_and_is_then_silent() -> None:
    model = Momentum(alpha("momentum", lookback=4.0, threshold=0.01, strength=0.5))
    told = [model.step({FOLLOWER: Price(price)}) for price in (100, 100, 100, 100, 101, 102, 103)]
    assert told[:4] == [None] * 4
    assert told[4] is None  # ln 1.01 is below the threshold
    assert told[5] == ReturnForecast(
        return_ppm=round(0.5e6 * math.log(1.02)), confidence_ppm=500_000
    )
    assert told[6] is None


def test_an_unknown_model_is_refused_naming_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="no alpha model 'momentun'; did you mean 'mom"):
        Desk(ConfigureSignals(seed=1, alphas=(alpha("momentun"),)))
    with pytest.raises(ConfigurationError, match="did you mean 'caller'"):
        Desk(ConfigureSignals(seed=1, alphas=(alpha("calller"),)), calling)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [({"lokback": 5.0}, "did you mean 'lookback'"), ({"lookback": 0.0}, "1 step at least")],
)
def test_a_wrong_parameter_is_refused(parameters: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Momentum(alpha("momentum", **parameters))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    install(tmp_path, monkeypatch)
    yield
    sys.modules.pop(MODULE, None)


@pytest.mark.usefixtures("installed")
def test_an_installed_package_brings_its_model_by_name() -> None:
    chosen = alpha("mean_reversion", steps=20, distance=0.001)
    desk = Desk(ConfigureSignals(seed=1, alphas=(chosen,)), alpha_models).start()
    for second in range(1, 200):
        price = 4_400_000 + (6_000 if 50 <= second < 55 else 0)
        desk.move(second, 0, 0, prices=(44_000_000, price))
    assert [(when, m.return_ppm < 0) for when, m in desk.signals()] == [(at(50), True)] * 2  # type: ignore[union-attr]
    assert [m.is_correct for m in desk.judged()] == [True]


@pytest.mark.usefixtures("installed")
def test_the_example_goes_on_from_its_state() -> None:
    model = import_module("mean_reversion").MeanReversion
    config = alpha("mean_reversion", steps=20, distance=0.001)
    whole, first = model(config), model(config)
    told = []
    for n in range(300):
        prices = {FOLLOWER: Price(4_400_000 + round(9_000 * math.sin(n / 9)))}
        told.append((whole.step(prices), first.step(prices)))
        second = model(config)
        second.restore(first.state())
        first = second
    assert all(a == b for a, b in told)
    assert any(a is not None for a, _ in told)


def test_the_how_to_shows_the_example() -> None:
    page = (ROOT / "docs" / "how-to" / "write-an-alpha-model.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    points = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert code is not None
    assert points is not None
    assert code.group(1) == (PACKAGE / "src" / "mean_reversion" / "__init__.py").read_text()
    assert points.group(1) in (PACKAGE / "pyproject.toml").read_text()
