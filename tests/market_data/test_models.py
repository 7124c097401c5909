"""Price models: moments, martingales and variance against closed forms, at 99.9 % bounds."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from math import exp, log, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace
from tests.market_data.models import Run, classic, session_of, stepping, without_jumps

from itg.kernel.errors import ConfigurationError
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import ConfigureMarketData, PricesStepped, StopMarket
from itg.market_data.core.models.registry import BUILT_IN, built, settled
from itg.market_data.core.paths import Walk
from itg.market_data.service import MarketDataService, price_model
from itg.runtime.cascade import Machine

Z = 3.29  # two-sided 99.9 %
SESSION_S = 19_800
# Large moves, so that a missing compensator or a wrong term shows.
WILD: dict[str, dict[str, float]] = {
    "gbm": {"volatility": 5.0},
    "regime_gbm": {},
    "jump_diffusion": {"jumps_per_session": 10.0, "jump_mean": -0.06, "jump_std": 0.1},
    "heston": {
        "initial_volatility": 5.0,
        "long_run_volatility": 2.5,
        "mean_reversion": 500.0,
        "volatility_of_variance": 20.0,
    },
}


def modelled(
    name: str, parameters: dict[str, float] | None = None, *, step_s: float = 60.0, seed: int = 31
) -> ConfigureMarketData:
    """Return the model alone: no jumps of the market's, no follower."""
    config = without_jumps(stepping(classic(seed), step_s))
    given_parameters = WILD.get(name, {}) if parameters is None else parameters
    return replace(
        config, model=name, parameters=given_parameters, underlyings=config.underlyings[:1]
    )


class Sample:
    """One model stepped session after session, each from the model's start."""

    def __init__(self, config: ConfigureMarketData) -> None:
        self.model = built(config)
        walk = Walk(config, self.model)
        self.dice = walk.dice({})
        self.jumps = 0
        self.steps = round(SESSION_S * NS_PER_S / config.step_ns)

    def session(self, state: list[float] | None = None) -> Iterator[list[float]]:
        """Yield each step's log returns: the model's own, then its jumps."""
        state = self.model.begun(1) if state is None else state
        for _ in range(self.steps):
            jumps: list[float] = []
            own = self.model.step(state, self.dice, jumps)
            self.jumps += len(jumps)
            yield [own, *jumps]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def standard_error(values: list[float]) -> float:
    centre = mean(values)
    return sqrt(sum((v - centre) ** 2 for v in values) / (len(values) - 1) / len(values))


@pytest.mark.parametrize("name", list(WILD))
def test_every_model_is_a_martingale(name: str) -> None:
    sample = Sample(modelled(name, step_s=600.0))
    ratios = [exp(sum(sum(step) for step in sample.session())) for _ in range(1_000)]
    assert abs(mean(ratios) - 1.0) < Z * standard_error(ratios)
    # The sample is fine enough to see a drift of half the variance, were it left out.
    uncompensated = mean([ratio * exp(0.5 * _session_variance(sample)) for ratio in ratios])
    if name != "regime_gbm":
        assert abs(uncompensated - 1.0) > Z * standard_error(ratios)


def _session_variance(sample: Sample) -> float:
    year_s = 252 * SESSION_S
    return sample.model.expected_variance(sample.model.begun(1), SESSION_S)[0] / year_s


@pytest.mark.gate
@pytest.mark.parametrize("name", list(WILD))
def test_the_variance_a_model_expects_is_the_variance_it_makes(name: str) -> None:
    sample = Sample(modelled(name, step_s=100.0))
    quarters: list[list[float]] = [[], [], []]
    for _ in range(300):
        squares = [sum(r * r for r in step) for step in sample.session()]
        for share, made in zip((4, 2, 1), quarters, strict=True):
            made.append(sum(squares[: sample.steps // share]))
    year_s = 252 * SESSION_S
    for share, made in zip((4, 2, 1), quarters, strict=True):
        state = sample.model.begun(1)
        expected = sample.model.expected_variance(state, SESSION_S / share)[0] / year_s
        assert abs(mean(made) - expected) < Z * standard_error(made)


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "replay"])
@given(st.floats(0.0, 60_000.0))
def test_what_is_expected_at_the_end_is_the_slope_of_what_is_expected_until_it(
    name: str, seconds: float
) -> None:
    model = built(modelled(name))
    state = model.begun(1)
    _, at_end = model.expected_variance(state, seconds)
    before, after = (model.expected_variance(state, seconds + h)[0] for h in (0.0, 1.0))
    assert after - before == pytest.approx(at_end, rel=2e-3)
    assert model.expected_variance(state, 0.0)[0] == 0.0


def test_one_volatility_makes_normal_returns_of_it_without_memory() -> None:
    sample = Sample(modelled("gbm", {"volatility": 0.3}, step_s=2.0))
    returns = [step[0] for step in sample.session()]
    n, deviation = len(returns), 0.3 * sqrt(2.0 / (252 * SESSION_S))
    scaled = [r / deviation + 0.5 * deviation for r in returns]
    assert abs(mean(scaled)) < Z / sqrt(n)
    assert abs(mean([z * z for z in scaled]) - 1) < Z * sqrt(2 / n)
    assert abs(mean([z**3 for z in scaled])) < Z * sqrt(15 / n)
    assert abs(mean([z**4 for z in scaled]) - 3) < Z * sqrt(96 / n)
    assert abs(mean([a * b for a, b in pairwise(scaled)])) < Z / sqrt(n)


def test_mertons_jumps_are_poisson_with_their_mean_and_deviation() -> None:
    sample = Sample(modelled("jump_diffusion", step_s=600.0))
    counts, sizes = [], []
    for _ in range(400):
        jumps = [jump for step in sample.session() for jump in step[1:]]
        counts.append(float(len(jumps)))
        sizes += jumps
    n = len(counts)
    assert abs(mean(counts) - 10.0) < Z * sqrt(10.0 / n)
    variance = standard_error(counts) ** 2 * n
    assert abs(variance / 10.0 - 1) < Z * sqrt((2 + 1 / 10.0) / n)
    assert abs(mean(sizes) + 0.06) < Z * 0.1 / sqrt(len(sizes))
    assert abs(standard_error(sizes) * sqrt(len(sizes)) / 0.1 - 1) < Z / sqrt(2 * len(sizes))


@pytest.mark.gate
def test_hestons_variance_has_its_stationary_mean_and_deviation_and_its_leverage() -> None:
    # Relaxation of 1/κ = 1/16 session; the stationary law is gamma (Cox, Ingersoll, Ross 1985).
    kappa, xi, theta, rho = 4_032.0, 10.0, 0.04, -0.7
    parameters = {"mean_reversion": kappa, "volatility_of_variance": xi, "correlation": rho}
    sample = Sample(modelled("heston", parameters, step_s=5.0))
    state = sample.model.begun(1)
    variances, products, shakes, moves = [], [], [], []
    dt = 5.0 / (252 * SESSION_S)
    for _ in range(8):
        before = state[0]
        for (own,) in sample.session(state):
            truncated = max(before, 0.0)
            variances.append(truncated)
            shake = state[0] - before - kappa * (theta - truncated) * dt
            move = own + 0.5 * truncated * dt
            shakes.append(shake * shake)
            moves.append(move * move)
            products.append(shake * move)
            before = state[0]
    effective = len(variances) * kappa * dt / 2
    spread = sqrt(xi * xi * theta / (2 * kappa))
    assert abs(mean(variances) - theta) < Z * spread / sqrt(effective)
    made = standard_error(variances) * sqrt(len(variances))
    # Kurtosis of that gamma law: 3 + 6 / shape, shape = 2κθ/ξ².
    kurtosis = 3 + 6 * xi * xi / (2 * kappa * theta)
    assert abs(made / spread - 1) < Z * sqrt((kurtosis - 1) / 4 / (effective * 2))
    correlation = mean(products) / sqrt(mean(shakes) * mean(moves))
    assert abs(correlation - rho) < Z * (1 - rho * rho) * sqrt(3 / len(products))


def recorded(count: int) -> tuple[Price, ...]:
    return tuple(Price(44_000_000 + 100 * (n * n * 37 % 91)) for n in range(count))


def test_a_replay_passes_each_recorded_price_at_its_second_and_then_stands_still() -> None:
    recording = recorded(50)
    config = replace(modelled("replay", step_s=0.25), recording=recording, session_seconds=60)
    run = Walk(config)
    paths, dice = run.begun(recording[0] / 10_000, 1), run.dice({})
    run.open_session(paths, dice, after_night=False)
    for step in range(1, 241):
        run.step(paths, dice, step * 0.25)
        second, quarter = divmod(step, 4)
        if second >= 49:
            assert paths.leader == pytest.approx(recording[-1] / 10_000, rel=1e-12)
            assert run.second_vol_ppm(paths) == 0
            continue
        share = quarter / 4
        expected = (1 - share) * log(recording[second]) + share * log(recording[second + 1])
        assert log(paths.leader * 10_000) == pytest.approx(expected, abs=1e-12)
    squares = sum(log(b / a) ** 2 for a, b in pairwise(recording))
    ((variance, at_end),) = run.expected_variances(paths, [10.0])
    assert at_end == pytest.approx(squares / 49 * 252 * 60)
    assert variance == pytest.approx(10.0 * at_end)


@pytest.mark.parametrize("recording", [(), (Price(5),), (Price(5), Price(0))])
def test_a_replay_without_a_path_is_refused(recording: tuple[Price, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"recording: .* needs two or more, all above 0"):
        built(replace(modelled("replay"), recording=recording))


def test_a_recording_nobody_follows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="use 'replay'"):
        built(replace(modelled("gbm"), recording=recorded(3)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"volatilty": 0.2}, r"parameters\.volatilty: 0\.2: .*nearest: volatility; known: "),
        ({"volatility": 9.0}, r"parameters\.volatility: 9\.0: .*takes 0\.0 to 5\.0"),
        ({"volatility": float("nan")}, r"parameters\.volatility: nan"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_would_be_right(
    parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        built(modelled("gbm", parameters))


def test_a_model_without_parameters_says_so() -> None:
    with pytest.raises(ConfigurationError, match="it takes no parameters"):
        built(modelled("regime_gbm", {"volatility": 0.2}))


def test_parameters_left_out_have_their_defaults() -> None:
    for name, kind in BUILT_IN.items():
        values = settled(name, kind.parameters, {})
        assert values == {p.name: p.default for p in kind.parameters}
        assert all(p.minimum <= p.default <= p.maximum for p in kind.parameters)


def test_the_default_model_makes_the_prices_it_always_made() -> None:
    run = Run(stepping(classic(seed=2), 10.0))
    prices = [[[round(usd * 10_000) for usd in pair] for pair in run.session()] for _ in range(2)]
    digest = sha256(msgpack.encode([prices, run.regimes])).hexdigest()
    assert digest[:16] == "693b971096a2168c"


class Desk:
    """A market service alone, of any model; half a minute of session a day."""

    def __init__(self, config: ConfigureMarketData) -> None:
        self.machine = Machine([MarketDataService()])
        self.told: list[PricesStepped] = []
        self.now = Nanos(session_of(0, 30).session_start_ns - NS_PER_S)
        self.machine.apply(self.now, config)

    def day(self, day: int, seconds: float) -> "Desk":
        self.machine.apply(max(self.now, self.starts_ns(day)), session_of(day, 30))
        return self.run_to(day, seconds)

    def run_to(self, day: int, seconds: float) -> "Desk":
        until_ns = Nanos(self.starts_ns(day) + int(seconds * NS_PER_S))
        while (fired := self.machine.due(until_ns)) is not None:
            told = self.machine.apply(fired.at_ns, fired)
            self.told += [m for m in told if isinstance(m, PricesStepped)]
        self.now = until_ns
        return self

    def starts_ns(self, day: int) -> Nanos:
        return session_of(day, 30).session_start_ns


def served(name: str) -> ConfigureMarketData:
    config = replace(classic(seed=41), model=name, parameters=WILD.get(name, {}))
    recording = recorded(45) if name == "replay" else ()
    return replace(config, session_seconds=30, recording=recording)


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_a_snapshot_of_any_model_goes_on_identically(name: str) -> None:
    desk = Desk(served(name)).day(0, 12.25)
    state = desk.machine.snapshot()
    again = Desk(served("gbm"))
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    ends = []
    for each in (desk, again):
        each.told.clear()
        each.run_to(0, 31.0)
        each.machine.apply(each.now, StopMarket())
        ends.append((each.day(1, 20.0).told, each.machine.snapshot()))
    assert ends[0] == ends[1]
    assert len({step.prices for step in ends[0][0]}) > 50


PLUG_IN = """
class Staircase:
    parameters = ()
    streams = ("stairs",)

    def __init__(self, config, parameters):
        self.rise = 0.001

    def begun(self, regime):
        return [0.0]

    def step(self, state, dice, jumps):
        state[0] += dice["stairs"].uniform()
        return self.rise

    def volatility(self, state):
        return 0.1

    def regime(self, state):
        return None

    def enter(self, state, regime):
        return None

    def expected_variance(self, state, seconds):
        return 0.01 * seconds, 0.01
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "staircase_plug_in.py").write_text(PLUG_IN, encoding="utf-8")
    record = tmp_path / "staircase-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: staircase\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text(
        "[itg.price_models]\nstaircase = staircase_plug_in:Staircase\n"
        "broken = staircase_plug_in:Ladder\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("_installed")
def test_an_installed_package_adds_a_model_with_dice_of_its_own() -> None:
    config = without_jumps(replace(served("gbm"), model="staircase", parameters={}))
    desk = Desk(config).day(0, 10.0)
    leader = [step.prices[0].spot_price for step in desk.told if step.is_moving]
    assert leader[-1] == pytest.approx(44_000_000 * exp(0.04), abs=100)
    again = Desk(served("gbm"))
    again.machine.restore(desk.machine.snapshot())
    assert again.run_to(0, 20.0).machine.snapshot() == desk.run_to(0, 20.0).machine.snapshot()


@pytest.mark.usefixtures("_installed")
def test_an_unknown_or_broken_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"'hestom' is not known; known: gbm, .*staircase"):
        price_model(replace(served("gbm"), model="hestom"))
    with pytest.raises(ConfigurationError, match="staircase_plug_in:Ladder cannot be loaded"):
        price_model(replace(served("gbm"), model="broken"))
