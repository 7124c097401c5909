"""A round's scores: terms that add up, bounds, corrections, and what does not move a score."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace
from tests.game.scoring.recorded import (
    DESK,
    FUND,
    MAKER,
    ROLES,
    START,
    TEAMS,
    Recorded,
    a_second,
    busted,
    classic,
    drawn,
    headline,
    hear,
    of,
    scored,
    scoring,
    told,
    tracked,
)
from tests.game.scoring.reference import moves_excluded

from itg.game.contract import ComponentGroup, Ranking, RoundScore, ScoreComponent, TeamScore
from itg.game.core.scoring.keeper import Scoring
from itg.game.core.scoring.points import points_of, ratio
from itg.game.hearing import Heard
from itg.kernel.ids import AccountId, TradeId
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import PricesStepped
from itg.positions.contract import (
    AccountMeasure,
    AccountsMeasured,
    MarkedTrade,
    PnlParts,
    ReseatAccount,
    TradesMarked,
)

PPM = 1_000_000
HUNDRED = 100 * PPM
ROUNDS = {seed: drawn(seed) for seed in range(3)}
MAKER_1, FUND_1 = AccountId("maker1"), AccountId("fund1")
few = settings(max_examples=10, deadline=None)
seeds = st.sampled_from(sorted(ROUNDS))


def group_points(team: TeamScore, group: ComponentGroup) -> int:
    ours = [one for one in team.components if one.group is group]
    return ratio(
        sum(one.weight_ppm * one.points for one in ours), sum(one.weight_ppm for one in ours)
    )


def assert_adds_up(scores: RoundScore) -> None:
    for team in scores.teams:
        kpi, compliance, risk = (group_points(team, group) for group in ComponentGroup)
        assert (kpi, compliance, risk) == (team.kpi, team.compliance, team.risk)
        whole = (40 * kpi + 15 * compliance + 15 * risk) * team.activity
        assert team.is_zeroed or team.measured == ratio(whole, 70 * PPM)
        assert team.par is not None
        assert team.spread is not None
        apart = ratio(20 * PPM * (team.measured - team.par), team.spread)
        score = 50 * PPM + max(-50 * PPM, min(apart, 50 * PPM))
        assert team.score == (0 if team.is_zeroed else score)
        for component in team.components:
            assert_component_adds_up(component)


def assert_component_adds_up(component: ScoreComponent) -> None:
    if component.measured is None:
        assert component.points == 50 * PPM
        assert component.sources == ()
        return
    anchors = component.zero, component.half, component.full
    assert component.points == points_of(component.measured, anchors)
    total = sum(source.value for source in component.sources)
    assert abs(total - component.measured) <= len(component.sources), component.name


@pytest.mark.parametrize("seed", ROUNDS)
def test_terms_add_up_to_the_score(seed: int) -> None:
    assert_adds_up(scored(ROUNDS[seed].events))


@few
@given(seeds, st.data())
def test_a_score_is_between_0_and_100_whatever_was_heard(seed: int, data: st.DataObject) -> None:
    events = ROUNDS[seed].events
    kept = data.draw(st.lists(st.sampled_from(range(len(events))), max_size=300, unique=True))
    scores = scored([a_second(), *(events[n] for n in sorted(kept))])
    assert_adds_up(scores)
    for team in scores.teams:
        assert team.score is not None
        for points in (team.score, team.kpi, team.compliance, team.risk, team.measured):
            assert 0 <= points <= HUNDRED
        assert 0 <= team.activity <= PPM
    assert min(team.rank for team in scores.teams) == 1


@few
@given(seeds, st.data())
def test_a_snapshot_in_the_middle_gives_the_same_scores(seed: int, data: st.DataObject) -> None:
    events = ROUNDS[seed].events
    cut = data.draw(st.integers(0, len(events)))
    kept = scoring()
    for now, event in events[:cut]:
        hear(kept, now, event)
    packed = msgpack.encode(kept)
    restored = msgpack.decode(packed, type=Scoring)
    assert msgpack.encode(restored) == packed
    for now, event in events[cut:]:
        hear(kept, now, event)
        hear(restored, now, event)
    assert told(restored) == told(kept) == scored(events)


def is_about_trades(event: Heard) -> bool:
    return isinstance(event, TradesMarked)


@pytest.mark.parametrize("seed", ROUNDS)
def test_the_order_of_unrelated_events_does_not_matter(seed: int) -> None:
    # Trades are about another time than what is told beside them, prices about what is sampled.
    events = ROUNDS[seed].events
    by_time: dict[Nanos, list[Heard]] = {}
    for now, event in events:
        by_time.setdefault(now, []).append(event)
    turned = []
    for now, heard in by_time.items():
        first = [event for event in heard if isinstance(event, PricesStepped)]
        last = [event for event in heard if is_about_trades(event)]
        between = [event for event in heard if event not in first and event not in last]
        turned += [(now, event) for event in [*first, *between, *last]]
    assert turned != events
    assert scored(turned) == scored(events)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_trade_that_is_busted_counts_as_if_it_had_never_been(seed: int) -> None:
    record = ROUNDS[seed]
    kept = scoring()
    # What P&L counts of trades between teams was told before and is told back: not here.
    victims = [trade for trade in record.trades[::3] if not is_told_back(trade)]
    assert len(victims) > 50
    gone = {trade.trade_id for trade in victims}
    for now, event in record.events:
        hear(kept, now, event)
    for trade in victims:
        hear(kept, Nanos(START + 9_000 * NS_PER_S), busted(trade))
    without = [(now, _without(event, gone)) for now, event in record.events]
    assert told(kept) == scored(without)


def is_told_back(trade: MarkedTrade) -> bool:
    pair = trade.maker_account_id, trade.taker_account_id
    return any(moves_excluded(trade, account) for account in pair)


def _without(event: Heard, gone: set[TradeId]) -> Heard:
    if not isinstance(event, TradesMarked):
        return event
    return TradesMarked(trades=tuple(t for t in event.trades if t.trade_id not in gone))


def test_a_trade_that_is_moved_captures_by_its_new_price() -> None:
    record = ROUNDS[0]
    kept = scoring()
    assert kept.current is not None
    trade = next(
        t for t in record.trades if t.maker_account_id == "small1" and t.taker_account_id == MAKER_1
    )
    moved = replace(trade, price=Price(trade.mark_price))
    for now, event in record.events:
        hear(kept, now, event)
    hear(kept, Nanos(START + 9_000 * NS_PER_S), busted(trade, moved.price))
    other = [
        (now, TradesMarked(trades=tuple(moved if t is trade else t for t in event.trades)))
        if isinstance(event, TradesMarked)
        else (now, event)
        for now, event in record.events
    ]
    mine, wanted = of(told(kept), MAKER_1), of(scored(other), MAKER_1)
    assert mine.components[0].measured == wanted.components[0].measured
    assert mine.measured == wanted.measured


def test_a_correction_after_the_round_tells_its_scores_again_and_only_then() -> None:
    record = ROUNDS[0]
    kept = scoring()
    for now, event in record.events:
        hear(kept, now, event)
    told(kept)
    late = Nanos(START + 20_000 * NS_PER_S)
    assert kept.scored(late) is None
    trade = next(t for t in record.trades if MAKER_1 in {t.maker_account_id, t.taker_account_id})
    hear(kept, late, busted(trade))
    again = kept.scored(late)
    assert again is not None
    assert [each.round_id for each in kept.told] == [1]
    assert kept.scored(late) is None


def one_second(second: int, *measures: AccountMeasure) -> tuple[Nanos, Heard]:
    now = Nanos(START + second * NS_PER_S)
    return now, AccountsMeasured(is_trading=True, measures=measures)


def flat(
    account: AccountId, pnl: int = 0, *, equity: int = 10**11, delta: int = 0, obliged: int = 0
) -> AccountMeasure:
    return AccountMeasure(
        account_id=account,
        equity=Cash(equity),
        pnl=PnlParts(residual=Cash(pnl)),
        delta=delta,
        obliged=obliged,
    )


def test_who_does_nothing_has_no_points_where_there_was_something_to_do() -> None:
    events: list[tuple[Nanos, Heard]] = [(START, headline(1)), (START, tracked(1, "open"))]
    for second in range(1_200):
        quiet = [flat(account, obliged=second * 60) for account in ROLES]
        events.append(one_second(second, *quiet))
    for team in scored(events).teams:
        assert (team.activity, team.measured) == (0, 0)


def test_where_nothing_happened_every_term_has_fifty_points_and_no_score_is_told() -> None:
    kept = scoring()
    live = kept.scores(None, TEAMS).round
    assert live is not None
    for team in live.teams:
        assert {c.points for c in team.components} == {50 * PPM}
        assert team.measured == 50 * PPM
    kept.end()
    assert kept.scored(START) is None
    assert kept.told == []


def test_equity_below_half_zeroes_the_round_and_asks_for_a_new_seat_once() -> None:
    kept = scoring()
    start = 20_000_000 * 10_000
    asked: list[Message] = []
    for second, equity in enumerate([start, start // 2, start // 2 - 1, start // 3, start]):
        asked += hear(kept, *one_second(second, flat(FUND_1, equity=equity)))
    assert asked == [
        ReseatAccount(account_id=FUND_1, role=FUND, counterparty_id=AccountId("house"))
    ]
    scores = told(kept)
    fund = of(scores, FUND_1)
    assert (fund.is_zeroed, fund.measured, fund.score) == (True, 0, 0)
    assert fund.rank == len(TEAMS)


@pytest.mark.parametrize("ranking", [Ranking.RANK, Ranking.RANK_SQUARED])
def test_by_rank_a_role_s_scores_are_the_share_it_beat(ranking: Ranking) -> None:
    scores = scored(ROUNDS[0].events, replace(classic(), ranking=ranking))
    for role in (MAKER, FUND, DESK):
        own = sorted((t for t in scores.teams if t.role == role), key=lambda t: t.measured)
        assert own[0].measured != own[1].measured
        assert [team.score for team in own] == [0, HUNDRED]


def test_by_pnl_a_score_is_thousandths_of_the_starting_cash_around_fifty() -> None:
    rules = replace(classic(), ranking=Ranking.PNL)
    events = [one_second(n, flat(FUND_1, pnl=200_000 * 10_000)) for n in range(3)]
    scores = scored(events, rules)
    assert of(scores, FUND_1).score == 60 * PPM
    assert of(scores, "fund2").score == 50 * PPM


def test_what_is_not_told_one_by_one_is_said_to_be_cut() -> None:
    numbers = replace(classic().numbers, sources_max=3)
    record = ROUNDS[0]
    short = of(scored(record.events, replace(classic(), numbers=numbers)), MAKER_1)
    full = of(scored(record.events), MAKER_1)
    for one, other in zip(short.components, full.components, strict=True):
        assert (one.measured, one.points) == (other.measured, other.points)
        if len(other.sources) > 3:
            first = one.sources[0]
            assert (first.kind, first.source_id) == ("earlier", len(other.sources) - 3)
            assert_component_adds_up(one)


@given(st.integers(-5 * PPM, 5 * PPM), st.sampled_from([(-1, 0, 1), (2, 1, 0), (6, 8, 10)]))
def test_points_are_linear_between_the_anchors(
    measured: int, anchors: tuple[int, int, int]
) -> None:
    zero, half, full = (anchor * PPM for anchor in anchors)
    points = points_of(measured, (zero, half, full))
    exact = 50 * Fraction(measured - zero, half - zero)
    if (measured - half) * (full - half) > 0:
        exact = 50 + 50 * Fraction(measured - half, full - half)
    assert abs(points - max(Fraction(0), min(exact, Fraction(100))) * PPM) <= Fraction(1, 2)


def assert_recorded(record: Recorded) -> None:
    assert record.trades
    assert record.windows


def test_the_drawn_rounds_have_trades_and_windows() -> None:
    for record in ROUNDS.values():
        assert_recorded(record)
