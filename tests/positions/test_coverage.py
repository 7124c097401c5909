"""The obligation to quote: what is asked for, what counts, and what falling short of it does."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.positions.obliged import OBLIGED, SERIES, Obliged, makers
from tests.positions.scene import ALICE, CAROL, of, only

from itg.exchange.contract import JumpGuardOpened
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.positions.contract import (
    AccountFilled,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    Coverage,
    GetCoverage,
    GetLimits,
    Limits,
    LimitUse,
    RequestQuotePull,
    halved_rebate,
)
from itg.positions.core.coverage import series_seconds
from itg.translate.game import role_body

NEAR = SERIES[:4]  # strikes 4300 and 4400, nearest to 4390
ONE = NEAR[0]
GUARD = JumpGuardOpened(shard=Shard(0), underlying_id=UnderlyingId("SPX"), ends_ns=Nanos(0))
WHOLE = replace(OBLIGED, grace_ns=Nanos(0))


def kinds(told: Sequence[Message]) -> list[str]:
    return [event.kind for event in of(AccountLimitWarned, told)]


def pull(market: Obliged, name: InstrumentId) -> None:
    market.send(RequestQuotePull(account_id=CAROL, instrument_id=name))


def test_calls_and_puts_of_the_strikes_nearest_to_spot_are_asked_for() -> None:
    market = Obliged(WHOLE)
    market.seconds(1)
    assert market.asked() == list(NEAR)
    assert len(market.coverage().series) == 4


def test_of_two_strikes_equally_near_the_lower_is_asked_for() -> None:
    market = Obliged(replace(WHOLE, strikes=1), spot=4_350)
    market.seconds(1)
    assert market.asked() == list(SERIES[:2])


def test_series_are_chosen_anew_and_new_ones_have_their_grace() -> None:
    market = Obliged()
    market.seconds(3)
    assert market.asked() == []
    market.seconds(1)
    assert market.asked() == list(NEAR)
    market.spot = 4_490
    market.seconds(16)
    assert market.asked() == list(NEAR)
    market.seconds(1)  # the twentieth second after the first choice
    assert market.asked() == list(SERIES[2:4])
    market.seconds(3)
    assert market.asked() == list(SERIES[2:])


def test_a_quote_counts_once_it_has_stood_for_a_second() -> None:
    market = Obliged(WHOLE)
    market.mark()
    market.mark(500 * NS_PER_MS)
    market.quote(ONE)
    market.mark(500 * NS_PER_MS)
    assert market.covered() == []
    market.mark()
    assert market.covered() == [ONE]


def test_replacing_a_quote_is_no_break_and_pulling_it_for_a_moment_is() -> None:
    market = Obliged(WHOLE)
    market.quote(*NEAR[:2])
    market.seconds(2)
    market.quote(ONE, sides=(985, 1_020))
    pull(market, NEAR[1])
    market.quote(NEAR[1])
    market.mark()
    assert market.covered() == [*NEAR[:2]]  # at one instant: stood for the second since
    market.mark(500 * NS_PER_MS)
    market.quote(ONE)
    pull(market, NEAR[1])
    market.quote(NEAR[1])
    market.mark(500 * NS_PER_MS)
    assert market.covered() == [ONE]


@pytest.mark.parametrize("sides", [((0, 0), (1_010, 10)), ((990, 10), (0, 0))])
def test_a_side_alone_does_not_count(sides: tuple[tuple[int, int], tuple[int, int]]) -> None:
    market = Obliged(WHOLE)
    market.show(ONE, *sides)
    market.seconds(3)
    assert market.covered() == []


def test_a_side_that_fills_left_too_small_counts_again_a_second_after_it_is_renewed() -> None:
    market = Obliged(WHOLE)
    market.quote(ONE)
    market.seconds(2)
    market.take(ONE, Side.BUY, 5)
    market.mark()
    assert market.covered() == [ONE]
    market.take(ONE, Side.BUY, 1)
    market.mark()
    assert market.covered() == []
    market.mark(500 * NS_PER_MS)
    market.quote(ONE)
    market.mark(500 * NS_PER_MS)
    assert market.covered() == []
    market.mark()
    assert market.covered() == [ONE]


def test_after_a_jump_a_quote_may_be_twice_as_wide_and_no_longer() -> None:
    market = Obliged(WHOLE)
    market.mark()
    market.positions.handle(market.now, GUARD)
    market.quote(ONE, sides=(920, 1_080))
    market.seconds(2)
    assert market.covered() == [ONE]
    market.mark()
    assert market.covered() == []


def test_an_ask_alone_counts_where_theory_is_below_a_nickel_and_the_ask_is_near_it() -> None:
    market = Obliged(WHOLE)
    market.theories[ONE] = market.theories[NEAR[1]] = 300
    market.theories[NEAR[2]] = 600
    for name, ask in ((ONE, 8), (NEAR[1], 9), (NEAR[2], 8)):
        market.show(name, (0, 0), (ask, 10))
    market.seconds(2)
    assert market.covered() == [ONE]
    market.theories[ONE] = 600
    market.mark()
    assert market.covered() == []


def test_below_its_share_the_rebate_of_the_next_fill_is_the_published_half() -> None:
    market = Obliged(WHOLE)
    market.quote(*NEAR)
    market.seconds(20)
    told = market.take(NEAR[3], Side.BUY, 1)
    assert only(AccountFilled, told).fill.fee == -200
    pull(market, NEAR[3])
    told = market.seconds(20)
    assert market.coverage().coverage_ppm == 750_000
    assert kinds(told) == ["quote_coverage", "maker_rebate"]
    assert [w.limit for w in of(AccountLimitWarned, told)] == [800_000, 800_000]
    assert market.coverage().is_rebate_halved
    fill = only(AccountFilled, market.take(ONE, Side.BUY, 2)).fill
    row = role_body(makers(), can_register=True).constraints[-1]
    assert row["maker_fee_halved"] == -0.01
    assert fill.fee == 2 * halved_rebate(makers().maker_fee) == -200
    market.quote(*NEAR)
    market.seconds(20)
    assert not market.coverage().is_rebate_halved
    assert only(AccountFilled, market.take(ONE, Side.BUY, 1)).fill.fee == -200


@pytest.mark.parametrize(("whole", "half"), [(-200, -100), (-201, -100), (-1, 0), (0, 0), (50, 50)])
def test_half_a_rebate_is_rounded_against_its_maker_and_a_fee_stays(whole: int, half: int) -> None:
    assert halved_rebate(replace(makers(), maker_fee=whole).maker_fee) == half


def test_below_three_fifths_it_is_flagged_once_and_cleared_when_it_is_met_again() -> None:
    market = Obliged(WHOLE)
    assert not of(AccountLimitBreached, market.seconds(4))
    breached = only(AccountLimitBreached, market.seconds(10))
    assert (breached.kind, breached.used, breached.limit) == ("quote_coverage", 0, 600_000)
    market.quote(*NEAR)
    told = market.seconds(20)
    assert not of(AccountLimitBreached, told)
    cleared = only(AccountLimitCleared, told)
    assert (cleared.used, cleared.limit) == (600_000, 600_000)


def test_nobody_is_judged_in_the_first_minute_of_a_day() -> None:
    market = Obliged(
        replace(OBLIGED, judged_after_ns=Nanos(60 * NS_PER_S), window_ns=Nanos(10**12))
    )
    assert market.seconds(62) == []
    assert len(of(AccountLimitBreached, market.seconds(1))) == 1


def fill_up(market: Obliged, name: InstrumentId, quantity: int) -> None:
    """Let Carol buy."""
    while quantity:
        part = min(quantity, 10)
        market.show(name, (990, 10), (1_010, 10))
        market.take(name, Side.SELL, part)
        quantity -= part


def test_a_full_series_counts_by_its_reducing_side_near_theory() -> None:
    market = Obliged(replace(WHOLE, relief_max_ppm=1_000_000))
    fill_up(market, ONE, 16)
    market.show(ONE, (0, 0), (1_010, 10))
    market.seconds(2)
    assert market.covered() == [ONE]
    market.show(ONE, (0, 0), (1_101, 10))
    market.seconds(2)
    assert market.covered() == []
    market.show(ONE, (990, 5), (0, 0))
    market.seconds(2)
    assert market.covered() == []


def test_a_series_with_room_on_both_sides_needs_both() -> None:
    market = Obliged(replace(WHOLE, relief_max_ppm=1_000_000))
    fill_up(market, ONE, 15)
    market.show(ONE, (0, 0), (1_010, 10))
    market.seconds(2)
    assert market.covered() == []


def test_flat_series_are_excused_only_at_the_portfolio_limit() -> None:
    market = Obliged(replace(WHOLE, relief_max_ppm=1_000_000))
    fill_up(market, ONE, 20)
    pull(market, ONE)
    market.seconds(2)
    assert market.covered() == []
    fill_up(market, NEAR[1], 10)
    pull(market, NEAR[1])
    market.seconds(2)
    assert market.covered() == [*NEAR[2:]]
    market.show(ONE, (0, 0), (1_010, 10))
    market.seconds(2)
    assert market.covered() == [ONE, *NEAR[2:]]
    market.show(NEAR[1], (0, 0), (1_010, 10))
    market.seconds(2)
    assert market.covered() == list(NEAR)


def test_relief_is_half_of_what_the_day_has_asked_for_at_most() -> None:
    market = Obliged(WHOLE)
    fill_up(market, ONE, 20)
    fill_up(market, NEAR[1], 10)
    pull(market, ONE)
    pull(market, NEAR[1])
    market.spot = 4_600  # the two strikes without a position
    market.seconds(10)
    assert market.coverage().relief_ppm == 500_000
    assert market.coverage().coverage_ppm == 500_000
    account = market.positions._desk.accounts[CAROL]
    assert series_seconds(account) == (40, 20)


def test_the_window_stands_still_while_nothing_trades() -> None:
    market = Obliged(WHOLE)
    market.quote(*NEAR)
    market.seconds(10)
    before = market.coverage()
    market.enter(Phase.CLOSING_AUCTION)
    assert market.seconds(60) == []
    assert market.coverage() == before


def test_a_day_begins_with_an_empty_window_a_whole_rebate_and_no_flag() -> None:
    market = Obliged(WHOLE)
    market.seconds(10)
    assert market.coverage().is_rebate_halved
    market.enter(Phase.CLOSED)
    cleared, _ = of(AccountLimitCleared, market.enter(Phase.PRE_OPEN))
    assert (cleared.account_id, cleared.used) == (CAROL, 1_000_000)
    coverage = market.coverage()
    assert (coverage.coverage_ppm, coverage.is_rebate_halved) == (None, False)
    assert series_seconds(market.positions._desk.accounts[CAROL]) == (0, 0)


def test_what_is_counted_survives_a_restart_in_the_middle_of_a_second() -> None:
    market, other = Obliged(), Obliged()
    for each in (market, other):
        each.quote(*NEAR[:3])
        each.seconds(24)
        each.quote(ONE, sides=(980, 1_010))
        each.mark(500 * NS_PER_MS)
        if each is market:
            each.restart()
        pull(each, NEAR[1])
        each.seconds(9)
    assert market.coverage() == other.coverage()
    assert market.positions.snapshot() == other.positions.snapshot()


def test_the_share_stands_among_the_limits_as_a_floor() -> None:
    market = Obliged(WHOLE)

    def rows() -> list[LimitUse]:
        reply = market.ask(GetLimits(account_id=CAROL))
        assert isinstance(reply, Limits)
        return [use for use in reply.limits if use.kind == "quote_coverage"]

    assert rows() == []
    market.quote(*NEAR)
    market.seconds(10)
    pull(market, ONE)
    market.seconds(2)
    assert rows() == [
        LimitUse(
            kind="quote_coverage",
            instrument_id=None,
            limit=800_000,
            used=958_333,  # 46 of 48
            worst_case=958_333,
            headroom=158_333,
            is_floor=True,
        )
    ]


def test_a_role_without_the_obligation_is_asked_for_nothing() -> None:
    market = Obliged(WHOLE)
    market.seconds(10)
    assert market.ask(GetCoverage(account_id=ALICE)) == Coverage(
        account_id=ALICE, coverage_ppm=None
    )
