"""The judge itself, on small examples worked out by hand from the rules."""

from typing import Any

from tests.exchange.reference import ReferenceExchange
from tests.exchange.reference_auction import clearing
from tests.exchange.reference_market import Collar, Fact, Listing, Rules, levels

FIRST, SECOND = "U", "U-C"
GUARDED = Rules(guard=(3_000, 10))


class Scene:
    """A judge to talk to in short words; `tell` ends a message and returns its facts."""

    def __init__(self, rules: Rules | None = None, phase: str = "continuous") -> None:
        listings = [Listing(FIRST, "U"), Listing(SECOND, "U", is_option=True)]
        self.judge = ReferenceExchange(rules or Rules(), listings)
        self.shard, self.now = self.judge.shard, 0
        self.move("pre_open")
        if phase != "pre_open":
            self.move(phase)

    def begin(self, now: int | None = None) -> ReferenceExchange:
        self.now = self.now if now is None else now
        self.judge.at(self.now)
        return self.judge

    def place(self, side: str, quantity: int, price: int | None = None, **more: Any) -> list[Fact]:
        stop = more.get("stop")
        kind = (
            ("stop" if stop else "market") if price is None else "stop_limit" if stop else "limit"
        )
        terms = {
            "account": "ann", "instrument": FIRST, "side": side, "type": kind, "price": price,
            "stop": None, "quantity": quantity, "tif": None, "post_only": False, "stp": "allow",
            "display": None, "expires": None, **more,
        }  # fmt: skip
        self.begin().place(terms)
        return self.judge.finish()

    def move(self, phase: str) -> list[Fact]:
        self.begin().set_phase(phase)
        return self.judge.finish()

    def step(self, price: int) -> list[Fact]:
        self.begin().prices({"U": price}, is_moving=True)
        return self.judge.finish()

    def wait(self, now: int) -> list[Fact]:
        self.begin(now)
        return self.judge.finish()


def told(kind: str, facts: list[Fact]) -> list[Fact]:
    return [fact[1:] for fact in facts if fact[0] == kind]


def trades(facts: list[Fact]) -> list[tuple[int, int, int, int]]:
    return [(maker, taker, price, n) for _, _, maker, taker, price, n, _ in told("trade", facts)]


def test_a_fired_stop_fires_the_next_behind_those_already_due() -> None:
    scene = Scene()
    for price in (10, 11, 12):
        scene.place("sell", 1, price)
    scene.place("buy", 1, stop=10)
    scene.place("buy", 1, stop=11)
    facts = scene.place("buy", 1)
    assert trades(facts) == [(1, 6, 10, 1), (2, 4, 11, 1), (3, 5, 12, 1)]
    assert told("activated", facts) == [(4, "stop"), (5, "stop")]
    assert scene.shard.deepest == 2


def test_a_stop_already_through_the_last_trade_fires_on_entry() -> None:
    scene = Scene()
    scene.place("sell", 2, 10)
    scene.place("buy", 1, 10)
    facts = scene.place("buy", 1, stop=9)
    assert told("accepted", facts) == [(3, False)]
    assert trades(facts) == [(1, 3, 10, 1)]


def test_an_iceberg_refreshes_to_the_back_and_may_be_met_again_in_one_sweep() -> None:
    scene = Scene()
    scene.place("sell", 5, 10, display=2)
    scene.place("sell", 1, 10)
    assert levels(scene.shard.listings[0], "sell") == [(10, 3, 2)]
    facts = scene.place("buy", 4, 10)
    assert trades(facts) == [(1, 3, 10, 2), (2, 3, 10, 1), (1, 3, 10, 1)]
    assert levels(scene.shard.listings[0], "sell") == [(10, 1, 1)]


def test_a_fok_counts_what_is_hidden() -> None:
    scene = Scene()
    scene.place("sell", 5, 10, display=1)
    assert sum(n for *_, n in trades(scene.place("buy", 5, 10, tif="fok"))) == 5


def test_an_expiry_precedes_the_boundary_of_its_instant() -> None:
    scene = Scene(phase="pre_open")
    scene.place("buy", 1, 10, tif="gtt", expires=5)
    scene.place("sell", 1, 10)
    scene.begin().schedule([(5, "continuous")])
    facts = scene.wait(5)
    assert [fact[0] for fact in facts[:2]] == ["expired", "phase"]
    assert not trades(facts)


def test_opg_takes_part_in_the_opening_and_expires_after_it() -> None:
    scene = Scene(phase="pre_open")
    scene.place("buy", 3, 10, tif="opg")
    scene.place("sell", 1, 10)
    facts = scene.move("continuous")
    assert trades(facts) == [(1, 2, 10, 1)]
    assert told("expired", facts) == [(1, 2, "opg")]


def test_cls_waits_for_the_closing_auction_and_expires_after_it() -> None:
    scene = Scene()
    assert told("accepted", scene.place("buy", 2, 10, tif="cls")) == [(1, True)]
    assert told("activated", scene.move("closing_auction")) == [(1, "closing_auction")]
    assert told("expired", scene.move("closed")) == [(1, 2, "cls")]


def test_a_market_order_stops_at_the_edge_of_the_collar() -> None:
    scene = Scene(Rules(collar=Collar(underlying_ppm=100_000)), "pre_open")
    scene.step(1_000)
    scene.place("sell", 1, 11)
    scene.place("sell", 1, 12)
    scene.move("continuous")
    facts = scene.place("buy", 3)
    assert trades(facts) == [(1, 3, 11, 1)]
    assert told("canceled", facts) == [(3, 2, "price_band")]
    assert told("rejected", scene.place("buy", 1, 12)) == [("PRICE_OUTSIDE_BAND", "price")]


def test_an_opening_outside_the_collar_waits_for_its_theory() -> None:
    scene = Scene(Rules(collar=Collar(underlying_ppm=100_000), opening_delay=50), "pre_open")
    for side in ("buy", "sell"):
        scene.place(side, 1, 20)
    scene.step(1_000)
    assert told("delayed", scene.move("continuous")) == [(FIRST, 20, 50)]
    assert trades(scene.step(2_000)) == [(1, 2, 20, 1)]


def test_an_opening_outside_the_collar_is_forced_in_the_end() -> None:
    scene = Scene(Rules(collar=Collar(underlying_ppm=100_000), opening_delay=50), "pre_open")
    for side in ("buy", "sell"):
        scene.place(side, 1, 20)
    scene.step(1_000)
    scene.move("continuous")
    assert not scene.wait(49)
    assert trades(scene.wait(50)) == [(1, 2, 20, 1)]


def test_a_large_move_halts_and_the_halt_reopens_by_auction() -> None:
    scene = Scene(Rules(move_halt=(20_000, 60, 120)))
    scene.step(10_000)
    assert told("halted", scene.step(10_200)) == [(None, "price_move", 120)]
    scene.place("buy", 1, 10)
    scene.place("sell", 1, 10)
    facts = scene.wait(120)
    assert [fact[0] for fact in facts[:3]] == ["resumed", "phase", "uncrossed"]
    assert trades(facts) == [(1, 2, 10, 1)]


def test_the_guard_lets_the_held_in_by_arrival_over_all_instruments() -> None:
    scene = Scene(GUARDED)
    for name in (FIRST, SECOND):
        scene.place("sell", 1, 10, instrument=name)
    scene.step(10_000)
    assert told("guard_opened", scene.step(10_031)) == [(10,)]
    for name in (SECOND, FIRST):
        assert told("accepted", scene.place("buy", 1, 10, instrument=name))[0][1]
    facts = scene.wait(10)
    assert [name for _, name, *_ in told("trade", facts)] == [SECOND, FIRST]


def test_a_further_jump_moves_the_guards_end_once() -> None:
    scene = Scene(GUARDED)
    for now, price in ((0, 10_000), (1, 10_100), (2, 10_200), (3, 10_300)):
        scene.now = now
        scene.step(price)
    assert scene.shard.guard_ends_at == 12


def test_midpoint_goes_up_at_half_a_tick_with_a_surplus_of_bids_alone() -> None:
    def order(side: str, price: int, quantity: int) -> dict[str, Any]:
        return {"side": side, "price": price, "quantity": quantity, "filled": 0}

    assert clearing([order("buy", 11, 2), order("sell", 10, 1)], None, "midpoint") == (11, 1, 1)
    assert clearing([order("buy", 11, 1), order("sell", 10, 2)], None, "midpoint") == (10, 1, -1)
    assert clearing([order("buy", 11, 1), order("sell", 10, 1)], None, "midpoint") == (10, 1, 0)


def test_a_deferred_mass_cancel_acts_right_after_the_uncross() -> None:
    scene = Scene(phase="pre_open")
    scene.place("buy", 3, 10)
    scene.place("sell", 1, 10, account="ben")
    scene.move("opening_auction")
    terms = {"account": "ann", "instrument": None, "side": None, "quotes": True, "orders": True}
    scene.begin().mass_cancel({**terms, "reason": "deadman", "in_freeze": "defer"})
    assert scene.judge.finish() == [("mass_canceled", ())]
    facts = scene.move("continuous")
    assert trades(facts) == [(1, 2, 10, 1)]
    assert told("canceled", facts) == [(1, 2, "deadman")]


def test_a_trade_is_busted_once() -> None:
    scene = Scene()
    scene.place("sell", 1, 10)
    scene.place("buy", 1, 10)
    for kind in ("busted", "bust_rejected"):
        scene.begin().bust(1, None)
        assert told(kind, scene.judge.finish())
