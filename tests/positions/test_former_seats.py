"""A trade from before a new seat, undone or moved: the new seat has no part in it."""

from collections.abc import Callable

import pytest
from msgspec.structs import astuple
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    DAVE,
    MAKER,
    MULTIPLIER,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    role,
    usd,
)
from tests.positions.stream import bust_of

from itg.exchange.contract import InstrumentSettled, TradeExecuted
from itg.kernel.ids import AccountId, Role, Shard
from itg.kernel.messages import Message
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.contract import (
    AccountFillBusted,
    AccountPositionChanged,
    AccountsMeasured,
    Balances,
    GetBalances,
    GetMarkouts,
    GetPnl,
    Markouts,
    MeasureAccounts,
    PnlHistory,
    PrivateEvent,
    ReseatAccount,
)
from itg.positions.service import PositionsService

HOUSE = CAROL
FEES = (100, 200)
START_CASH = 10_000_000_0000
EVERYBODY = (ALICE, BOB, CAROL, DAVE)


def scene() -> Scene:
    """Everybody is measured; a trader pays 0.01 as maker, 0.02 as taker."""
    market = Scene(
        role(TRADER, fees=FEES, measured=True), role(MAKER, fees=(300, 400), measured=True)
    )
    market.send(marks(call="10.00"))
    return market


def reseat(account_id: AccountId = ALICE, role_name: Role = MAKER) -> ReseatAccount:
    return ReseatAccount(account_id=account_id, role=role_name, counterparty_id=HOUSE)


def trade(
    market: Scene, quantity: int, price: str, buyer: AccountId = ALICE, seller: AccountId = BOB
) -> TradeExecuted:
    market.rest(order(seller, "sell", quantity, price))
    return only(TradeExecuted, market.send(order(buyer, "buy", quantity, price)))


def money(market: Scene) -> dict[AccountId, tuple[int, int, int, int]]:
    """Return cash, position, P&L and fees of everybody."""
    found: dict[AccountId, tuple[int, int, int, int]] = {}
    for account_id in EVERYBODY:
        held = market.holdings(account_id)
        assert held.unrealized_pnl is not None
        pnl = held.realized_pnl + held.unrealized_pnl
        found[account_id] = (held.cash, market.net(account_id), pnl, held.fees)
    return found


def heard(told: tuple[Message, ...], account_id: AccountId) -> list[type[PrivateEvent]]:
    return [type(event) for event in of(PrivateEvent, told) if event.account_id == account_id]


def test_undoing_a_trade_of_a_former_seat_moves_nothing_of_the_new_one() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(marks(call="12.00"))
    market.send(reseat())
    market.send(bust_of(done, None))
    mine = market.holdings(ALICE)
    assert (mine.cash, mine.positions, mine.fees) == (START_CASH, (), 0)


def test_what_the_seat_handed_over_goes_back_at_the_price_of_the_handover() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(marks(call="12.00"))
    market.send(reseat())
    market.send(marks(call="15.00"))
    market.send(bust_of(done, None))
    house, other = market.holdings(HOUSE), market.holdings(BOB)
    assert (market.net(HOUSE), house.cash) == (0, START_CASH)
    assert (market.net(BOB), other.cash, other.fees) == (0, START_CASH, 0)


def test_an_adjusted_trade_of_a_former_seat_moves_its_other_side_alone() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(reseat())
    before = money(market)
    market.send(bust_of(done, usd("9.00")))
    after = money(market)
    cash, net, pnl, fees = before.pop(BOB)
    lost = 7 * usd("1.00") * MULTIPLIER
    assert after.pop(BOB) == (cash - lost, net, pnl - lost, fees)
    assert after == before


def test_a_trade_of_the_new_seat_is_undone_in_it() -> None:
    market = scene()
    trade(market, 7, "10.00")
    market.send(reseat())
    before = money(market)
    market.send(bust_of(trade(market, 2, "11.00"), None))
    assert money(market) == before


def test_a_trade_goes_back_to_who_took_over_the_seat_it_was_made_in() -> None:
    market = scene()
    first = trade(market, 7, "10.00")
    market.send(reseat(role_name=TRADER))
    second = trade(market, 2, "10.00")
    market.send(ReseatAccount(account_id=ALICE, role=TRADER, counterparty_id=DAVE))
    market.send(bust_of(second, None))
    assert (market.net(HOUSE), market.net(DAVE)) == (7, 0)
    market.send(bust_of(first, None))
    assert (market.net(HOUSE), market.net(DAVE), market.net(BOB)) == (0, 0, 0)


def test_the_owner_is_told_that_a_former_seat_was_meant_and_gets_no_fee_back() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(reseat())
    told = market.send(bust_of(done, None))
    assert heard(told, ALICE) == [AccountFillBusted]
    assert heard(told, BOB) == [AccountFillBusted, AccountPositionChanged]
    assert heard(told, HOUSE) == [AccountPositionChanged]
    events = {event.account_id: event for event in of(AccountFillBusted, told)}
    assert (events[ALICE].is_former_seat, events[ALICE].fee_returned) == (True, 0)
    assert (events[BOB].is_former_seat, events[BOB].fee_returned) == (False, 7 * FEES[0])


def test_a_trade_with_oneself_in_a_former_seat_moves_nothing_at_all() -> None:
    market = scene()
    market.rest(order(ALICE, "sell", 2, "11.00"))
    told = market.send(order(ALICE, "buy", 2, "11.00", stp="allow"))
    market.send(reseat())
    before = money(market)
    market.send(bust_of(only(TradeExecuted, told), None))
    assert money(market) == before


def test_trades_of_a_former_seat_count_in_no_markout_of_the_new_one() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(reseat(role_name=TRADER))
    for _ in range(62):
        market.send(marks(call="12.00"), NS_PER_S)
    assert (markouts(market, ALICE), markouts(market, BOB)) == ([], [1])
    market.send(bust_of(done, None))
    assert (markouts(market, ALICE), markouts(market, BOB)) == ([], [])


def test_undoing_a_marked_trade_takes_nothing_from_the_markouts_of_the_new_seat() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    for _ in range(62):
        market.send(marks(call="12.00"), NS_PER_S)
    market.send(reseat(role_name=TRADER))
    market.send(bust_of(done, None))
    assert markouts(market, ALICE) == []


def markouts(market: Scene, account_id: AccountId, seat_at_ns: Nanos | None = None) -> list[int]:
    reply = market.ask(GetMarkouts(account_id=account_id, seat_at_ns=seat_at_ns))
    assert isinstance(reply, Markouts)
    return [row.trades for row in reply.rows]


def by_instrument(
    market: Scene, account_id: AccountId, seat_at_ns: Nanos | None = None
) -> dict[str, int]:
    reply = market.ask(GetPnl(account_id=account_id, seat_at_ns=seat_at_ns))
    assert isinstance(reply, PnlHistory)
    return {row.instrument_id: row.pnl for row in reply.instruments}


def test_what_a_seat_came_to_is_read_after_it_was_left() -> None:
    market = scene()
    trade(market, 7, "10.00")
    for _ in range(62):
        market.send(marks(call="12.00"), NS_PER_S)
    before = (by_instrument(market, ALICE), markouts(market, ALICE))
    assert before == ({CALL: 7 * (2_0000 * MULTIPLIER - FEES[1])}, [1])
    left_ns = market.now
    market.send(reseat())
    trade(market, 1, "10.00")
    market.send(marks(call="13.00"), NS_PER_S)
    restored = PositionsService()
    restored.restore(market.positions.snapshot())
    market.positions = restored
    assert (by_instrument(market, ALICE, left_ns), markouts(market, ALICE, left_ns)) == before
    later = Nanos(left_ns + 1)
    assert by_instrument(market, ALICE, later) == by_instrument(market, ALICE) != before[0]
    assert markouts(market, ALICE, later) == []


def test_totals_of_seats_that_were_left_are_told_apart() -> None:
    market = scene()
    trade(market, 7, "10.00")
    market.send(marks(call="12.00"))
    market.send(reseat(role_name=TRADER))
    trade(market, 2, "12.00")
    market.send(marks(call="13.00"))
    market.send(reseat())
    reply = market.ask(GetBalances())
    assert isinstance(reply, Balances)
    alice = reply.accounts[0]
    assert alice.left_realized_pnl == (7 * 2_0000 + 2 * 1_0000) * MULTIPLIER
    assert (alice.left_fees, alice.left_contracts_traded) == (9 * FEES[1], 9)
    assert (alice.realized_pnl, alice.fees, alice.contracts_traded) == (0, 0, 0)
    assert reply.accounts[1].left_realized_pnl == 0


@pytest.mark.parametrize("seed", range(12))
def test_everybody_has_what_they_would_have_without_the_trade(seed: int) -> None:
    compare(seed, lambda _market: None, lambda market: trade(market, 5, "11.00"), None)


@pytest.mark.parametrize("seed", range(12))
def test_everybody_has_what_they_would_have_at_the_adjusted_price(seed: int) -> None:
    compare(
        seed,
        lambda market: trade(market, 5, "8.00"),
        lambda market: trade(market, 5, "11.00"),
        "8.00",
    )


def compare(
    seed: int,
    as_it_should_be: Callable[[Scene], object],
    as_it_was: Callable[[Scene], TradeExecuted],
    adjusted: str | None,
) -> None:
    """Play the same day twice, and correct one of them at its end."""
    reference, market = scene(), scene()
    first, second = Rng(seed, "seats"), Rng(seed, "seats")
    play(reference, first)
    play(market, second)
    as_it_should_be(reference)
    done = as_it_was(market)
    play(reference, first)
    play(market, second)
    restored = PositionsService()
    restored.restore(market.positions.snapshot())
    market.positions = restored
    market.send(bust_of(done, usd(adjusted) if adjusted else None))
    assert money(market) == money(reference)
    measured = only(AccountsMeasured, market.send(MeasureAccounts()))
    assert measured.measures
    for one in measured.measures:
        assert sum(astuple(one.pnl)) == one.equity - START_CASH
    again = PositionsService()
    again.restore(market.positions.snapshot())
    assert again.snapshot() == market.positions.snapshot()


def play(market: Scene, rng: Rng) -> None:
    for _ in range(12):
        match rng.below(3):
            case 0:
                account_id = (ALICE, BOB)[rng.below(2)]
                market.send(reseat(account_id, (TRADER, MAKER)[rng.below(2)]))
            case 1:
                market.send(marks(call=f"{rng.below(9) + 6}.00"))
            case _:
                pair = (ALICE, BOB, DAVE)
                buyer = pair[rng.below(3)]
                seller = next(each for each in pair if each is not buyer)
                trade(market, rng.below(4) + 1, f"{rng.below(9) + 6}.00", buyer, seller)


def test_settled_contracts_go_back_at_the_settlement() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    settle(market, "13.00")
    market.send(reseat())
    market.send(bust_of(done, None))
    assert market.net(BOB) == market.net(HOUSE) == 0
    assert {market.holdings(a).cash for a in EVERYBODY} == {START_CASH}


def test_contracts_settled_after_the_handover_are_settled_for_the_difference() -> None:
    market = scene()
    done = trade(market, 7, "10.00")
    market.send(marks(call="12.00"))
    market.send(reseat())
    settle(market, "13.00")
    market.send(bust_of(done, None))
    assert market.net(BOB) == market.net(HOUSE) == 0
    assert {market.holdings(a).cash for a in EVERYBODY} == {START_CASH}


def settle(market: Scene, price: str) -> None:
    settled = InstrumentSettled(
        shard=Shard(0),
        instrument_id=CALL,
        settlement_price=usd(price),
        official_close=usd("4400"),
    )
    market.send(settled)
