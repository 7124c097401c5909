"""What one round leaves to the next: falls, breaches, corrections, and teams that come late."""

import pytest
from msgspec.structs import replace
from tests.game.scoring.recorded import (
    DESK,
    FUND,
    START,
    TEAMS,
    a_second,
    breached,
    busted,
    classic,
    headline,
    hear,
    of,
    scored,
    scoring,
    signal,
    told,
    tracked,
)
from tests.game.scoring.test_between_teams import between_teams
from tests.game.scoring.test_compliance import LIMIT, compliance_of, outside
from tests.game.scoring.test_scores import (
    FUND_1,
    MAKER_1,
    flat,
    one_second,
)

from itg.game.contract import TeamScore
from itg.game.core.scoring.keeper import Scoring
from itg.game.hearing import Heard
from itg.kernel.ids import AccountId, UnderlyingId
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import PricesStepped, SpotPrice
from itg.positions.contract import (
    AccountsMeasured,
    DeltaLimit,
    PortfolioLimit,
    ReseatAccount,
    RoleReplaced,
    RoleRules,
    TradesMarked,
)

PPM = 1_000_000
CASH = 20_000_000 * 10_000
DESK_1 = AccountId("desk1")
RESEAT = ReseatAccount(account_id=FUND_1, role=FUND, counterparty_id=AccountId("house"))


def planned() -> Scoring:
    """Return a game in which no round began."""
    kept = scoring()
    kept.current = None
    return kept


def worth(second: int, equity: int) -> tuple[Nanos, Heard]:
    return one_second(second, flat(FUND_1, equity=equity))


def of_fund(kept: Scoring) -> TeamScore:
    return of(told(kept), FUND_1)


def term(team: TeamScore, name: str) -> int | None:
    return next(c.measured for c in team.components if c.name == name)


def asked_last(second: int, equity: int) -> tuple[Nanos, Heard]:
    now, event = worth(second, equity)
    assert isinstance(event, AccountsMeasured)
    return now, replace(event, is_trading=False, is_asked=True)


def test_a_fall_in_practice_begins_the_seat_anew_and_costs_no_heat_its_score() -> None:
    kept = planned()
    kept.begin(1, START, TEAMS, is_scored=False)
    assert hear(kept, *worth(0, CASH)) == []
    assert hear(kept, *worth(1, CASH // 3)) == [RESEAT]
    assert hear(kept, *worth(2, CASH // 3)) == []
    kept.leave()
    kept.begin(2, Nanos(START + 10 * NS_PER_S), TEAMS)
    assert hear(kept, *worth(20, CASH)) == []
    assert not of_fund(kept).is_zeroed


def test_a_fall_when_all_is_settled_zeroes_that_round_and_not_the_next() -> None:
    kept = scoring()
    hear(kept, *a_second(0))
    kept.end()
    hear(kept, *asked_last(5, CASH // 3))
    ended = kept.scored(START)
    assert ended is not None
    assert of(ended.scores, FUND_1).is_zeroed
    kept.leave()
    kept.begin(2, Nanos(START + 10 * NS_PER_S), TEAMS)
    assert hear(kept, *worth(20, CASH // 3)) == [RESEAT]  # what it owes the house waits till now
    assert hear(kept, *worth(21, CASH)) == []
    assert not of_fund(kept).is_zeroed


@pytest.mark.parametrize("price", [960_000, 870_000])
def test_a_bust_of_the_round_before_moves_no_window_of_either(price: int) -> None:
    trade = between_teams(1, price=Price(price))
    paid = (1_000_000 - price) * 100
    kept = scoring()
    hear(kept, START, headline(1))
    for second in range(200):
        hear(kept, *one_second(second, flat(FUND_1, paid if second > 100 else 0)))
    hear(kept, Nanos(START + 199 * NS_PER_S), TradesMarked(trades=(trade,)))
    before = of_fund(kept)
    assert term(before, "windows") == 0
    kept.leave()
    kept.begin(2, Nanos(START + 300 * NS_PER_S), TEAMS)
    hear(kept, Nanos(START + 300 * NS_PER_S), headline(2))
    hear(kept, *one_second(300, flat(FUND_1)))
    hear(kept, Nanos(START + 301 * NS_PER_S), busted(trade))
    hear(kept, *one_second(302, flat(FUND_1, -paid)))
    again = kept.scored(START)
    assert again is None or term(of(again.scores, FUND_1), "windows") == 0
    assert term(of_fund(kept), "windows") == 0


def test_a_seat_that_began_anew_has_no_part_in_a_bust_of_the_round_before() -> None:
    trade = between_teams(1, price=Price(960_000))
    kept = scoring()
    hear(kept, *a_second(0))
    hear(kept, Nanos(START + 199 * NS_PER_S), TradesMarked(trades=(trade,)))
    told(kept)
    turned = [replace(team, role=DESK) if team.account_id == FUND_1 else team for team in TEAMS]
    kept.leave()
    kept.begin(2, Nanos(START + 300 * NS_PER_S), turned)
    hear(kept, *a_second(300))
    hear(kept, Nanos(START + 301 * NS_PER_S), busted(trade))
    assert kept.current is not None
    assert kept.current.books[FUND_1].excluded == []


def test_a_breach_that_lasts_from_before_the_round_counts_from_its_first_second() -> None:
    kept = scoring()
    hear(kept, *a_second(0))
    hear(kept, START, breached(FUND_1, START, LIMIT * 2, LIMIT))
    told(kept)
    kept.leave()
    kept.begin(2, Nanos(START + 300 * NS_PER_S), TEAMS)
    for second in range(300, 400):
        still = (outside(LIMIT * 13 // 10),) if second < 350 else ()
        hear(kept, *one_second(second, replace(flat(FUND_1), outside=still)))
        if second == 349:
            kept.clear(Nanos(START + 349 * NS_PER_S), FUND_1, "delta_limit")
    inside, cost = compliance_of(of_fund(kept)).sources
    assert (inside.value, cost.value) == (50 * PPM, -30 * PPM)


def test_who_comes_late_is_judged_by_what_began_after_it_came() -> None:
    teams = [team for team in TEAMS if team.account_id not in {FUND_1, DESK_1}]
    kept = planned()
    kept.begin(1, START, teams)
    late = [team for team in TEAMS if team not in teams]
    # A window closes and another is open, a headline and a signal are out: then they come.
    for at, event in (
        (0, headline(1)),
        (0, signal(1, START)),
        (1, tracked(1, "open")),
        (2, tracked(1, "close")),
        (50, tracked(2, "open")),
    ):
        hear(kept, Nanos(START + at * NS_PER_S), event)
    for second in range(60):
        hear(kept, *one_second(second, flat(MAKER_1)))
    for team in late:
        kept.join(Nanos(START + 60 * NS_PER_S), team)
    for second in range(60, 400):
        hear(kept, *one_second(second, flat(FUND_1, 7), flat(DESK_1, 7)))
    scores = told(kept)
    fund, desk = of(scores, FUND_1), of(scores, DESK_1)
    assert (term(fund, "windows"), term(fund, "signals")) == (None, None)
    assert (term(desk, "convergence"), term(desk, "response")) == (None, None)
    assert desk.activity == PPM


def test_a_slope_is_of_the_intervals_a_late_team_played() -> None:
    late = next(team for team in TEAMS if team.account_id == DESK_1)
    kept = planned()
    kept.begin(1, START, [team for team in TEAMS if team is not late])
    unit = classic().leader_multiplier
    for second in range(3_000):
        now = Nanos(START + second * NS_PER_S)
        if second == 900:
            kept.join(now, late)
        # Eight equivalents of a leader that moves by more each interval.
        spot = 44_000_000 + second * (second // 300) * 100
        hear(kept, now, moved(spot))
        pnl = 8 * unit * (spot - 44_000_000) if second >= 900 else 0
        hear(kept, *one_second(second, flat(DESK_1, pnl), flat(MAKER_1)))
    slope = term(of(told(kept), DESK_1), "beta")
    assert slope is not None
    assert abs(slope - 8 * PPM) <= 1


def moved(spot: int) -> PricesStepped:
    price = SpotPrice(
        underlying_id=UnderlyingId("SPX"), spot_price=Price(spot), index_price=Price(spot)
    )
    return PricesStepped(step=0, is_moving=True, prices=(price,))


def test_limits_that_the_organizer_moves_are_what_is_scored_from_then_on() -> None:
    held = replace(flat(FUND_1, delta=80 * PPM), options_held=100)
    events = [one_second(second, held) for second in range(100)]
    wider = RoleRules(
        role=FUND,
        maker_fee=Cash(0),
        taker_fee=Cash(0),
        starting_cash=Cash(CASH),
        constraints=(
            DeltaLimit(max_delta=100 * PPM, weights=()),
            PortfolioLimit(max_quantity=500),
        ),
    )
    change = (Nanos(START + 74 * NS_PER_S), RoleReplaced(rules=wider))
    fund = of(scored([*events[:75], change, *events[75:]]), FUND_1)
    assert term(fund, "delta") == PPM // 4
    assert term(of(scored(events), FUND_1), "delta") == 0
