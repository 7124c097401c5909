"""Each measure is what its definition over the recorded lists says."""

from collections.abc import Sequence
from math import isclose, sqrt
from statistics import fmean, stdev

import pytest
from tests.game.scoring import reference
from tests.game.scoring.recorded import ROLES, classic, drawn, of, scored

SEEDS = range(6)
PPM = 1_000_000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kpi_of_every_role_is_its_reference(seed: int) -> None:
    record = drawn(seed)
    scores = scored(record.events)
    for account in ROLES:
        for component in of(scores, account).components:
            if component.name not in reference.BY_NAME:
                continue
            wanted = reference.BY_NAME[component.name](record, account)
            place = f"{account} {component.name}"
            if wanted is None:
                assert component.measured is None, place
            else:
                assert component.measured is not None, place
                assert abs(component.measured - wanted * PPM) <= 1, place


def test_every_kpi_is_measured_in_some_drawn_round() -> None:
    seen = set()
    for seed in SEEDS:
        for team in scored(drawn(seed).events).teams:
            seen |= {c.name for c in team.components if c.measured is not None}
    assert seen >= set(reference.BY_NAME)


@pytest.mark.parametrize("seed", SEEDS)
def test_risk_is_half_of_each_reference_s_multiple(seed: int) -> None:
    record = drawn(seed)
    scores = scored(record.events)
    for of_role in classic().roles:
        for account in [one for one, role in ROLES.items() if role == of_role.role]:
            team = of(scores, account)
            fallen = reference.drawdown_by_the_minute(record, account)
            deviated = sqrt(reference.downside_square(record, account))
            wanted = fallen / 10_000 / of_role.drawdown_reference / 2
            wanted += deviated / of_role.deviation_reference / 2
            risk = next(c for c in team.components if c.name == "risk")
            assert risk.measured is not None
            assert isclose(risk.measured / PPM, wanted, abs_tol=2e-6)
            assert team.unscored.drawdown == reference.drawdown(record, account)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_not_scored_is_its_reference(seed: int) -> None:
    record = drawn(seed, minutes=12)
    scores = scored(record.events)
    for role in dict.fromkeys(ROLES.values()):
        own = [account for account in ROLES if ROLES[account] == role]
        minutes = {
            account: [pnl for pnl, *_ in reference.intervals(record, account, every=1)]
            for account in own
        }
        means = [fmean(minute) for minute in zip(*minutes.values(), strict=True)]
        for account in own:
            told = of(scores, account).unscored
            active = [one - mean for one, mean in zip(minutes[account], means, strict=True)]
            assert told.sharpe is not None
            assert told.information_ratio is not None
            assert isclose(told.sharpe / PPM, ratio_of(minutes[account]), abs_tol=2e-6)
            assert isclose(told.information_ratio / PPM, ratio_of(active), abs_tol=2e-6)
            fives = sorted(pnl for pnl, *_ in reference.intervals(record, account))
            assert told.value_at_risk == max(0, -fives[len(fives) // 20])
            assert told.pnl == reference.pnl_of(record.seconds[-1][2][account])


def ratio_of(values: Sequence[float]) -> float:
    return fmean(values) / stdev(values) * sqrt(len(values))
