"""What two teams trade with one another: what of it counts, and for whom."""

import pytest
from msgspec.structs import replace
from tests.game.scoring.recorded import START, a_second, drawn, headline, of, scored
from tests.game.scoring.test_scores import FUND_1, MAKER_1, flat, one_second

from itg.game.hearing import Heard
from itg.kernel.ids import AccountId, TradeId
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.positions.contract import MarkedTrade, TradesMarked

PPM = 1_000_000
ROUNDS = {0: drawn(0)}


def test_trades_of_two_teams_far_from_fair_value_move_no_kpi() -> None:
    # One gives the other 300 USD; what it costs and brings is in both P&Ls, and in no window's.
    far = replace(
        next(t for t in ROUNDS[0].trades),
        maker_account_id=FUND_1,
        taker_account_id=MAKER_1,
        mark_price=Price(100_000),
        price=Price(130_000),
        half_spread=Price(6_000),
        quantity=1,
        traded_ns=Nanos(START + 100 * NS_PER_S + 1),
    )
    events: list[tuple[Nanos, Heard]] = [(START, headline(1))]
    for second in range(700):
        moved = 3_000_000 if second > 100 else 0
        sign = 1 if far.aggressor_side.value == "buy" else -1
        events.append(one_second(second, flat(FUND_1, sign * moved), flat(MAKER_1, -sign * moved)))
    events.append((Nanos(START + 700 * NS_PER_S), TradesMarked(trades=(far,))))
    fund, maker = of(scored(events), FUND_1), of(scored(events), MAKER_1)
    windows = fund.components[0]
    assert (windows.name, windows.measured) == ("windows", 0)
    assert maker.components[0].measured is None
    assert fund.unscored.pnl != 0


def between_teams(number: int, **terms: object) -> MarkedTrade:
    """Return a trade at 100 USD fair value in which the maker's order stood for the fund."""
    trade = replace(
        ROUNDS[0].trades[0],
        trade_id=TradeId(number),
        maker_account_id=MAKER_1,
        taker_account_id=FUND_1,
        aggressor_side=Side.BUY,
        mark_price=Price(1_000_000),
        marks_later=(Price(1_000_000),) * 4,
        half_spread=Price(50_000),
        quantity=Quantity(1),
        traded_ns=Nanos(START + 100 * NS_PER_S + 1),
    )
    return replace(trade, **terms)


@pytest.mark.parametrize(("price", "counted"), [(960_000, 0), (1_040_000, -400)])
def test_what_a_team_pays_another_within_the_half_spread_is_its_loss_and_nobody_s_gain(
    price: int, counted: int
) -> None:
    trade = between_teams(1, price=Price(price))
    moved = (1_000_000 - price) * 100
    events: list[tuple[Nanos, Heard]] = [(START, headline(1))]
    for second in range(700):
        pnl = moved if second > 100 else 0
        events.append(one_second(second, flat(FUND_1, pnl), flat(MAKER_1, -pnl)))
    events.append((Nanos(START + 700 * NS_PER_S), TradesMarked(trades=(trade,))))
    fund = of(scored(events), FUND_1)
    assert (fund.components[0].name, fund.components[0].measured) == ("windows", counted * PPM)
    assert fund.unscored.pnl == moved


def test_however_much_one_team_trades_with_a_maker_it_is_a_third_of_what_counts() -> None:
    # Both makers made ten with small investors; the first one washes a thousand with a friend.
    small = [
        between_teams(
            number,
            maker_account_id=maker,
            taker_account_id=AccountId("small1"),
            price=Price(1_010_000),
        )
        for number, maker in enumerate([MAKER_1, AccountId("maker2")] * 10)
    ]
    washed = [between_teams(100 + n, price=Price(1_050_000)) for n in range(1_000)]
    now = Nanos(START + 700 * NS_PER_S)
    scores = scored(
        [a_second(), (START, headline(1)), (now, TradesMarked(trades=(*small, *washed)))]
    )
    terms = {c.name: c.measured for c in of(scores, MAKER_1).components}
    # 10 / 0.7 against 10, and a capture of 0.7 × 0.2 + 0.3 × 1.
    assert terms["volume"] == round(2 * PPM / 1.7)
    assert terms["capture"] == 440_000
