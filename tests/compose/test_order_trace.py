"""One order's life out of the journal: whole, found by any name, told to whom it may be told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import msgpack, to_builtins
from tests.compose.recorded import TICK, RecordedGame

from itg.cli import app, exits
from itg.compose.order_trace import OrderTrace, trace_order
from itg.exchange.contract import QuoteAccepted, SetQuote
from itg.game.contract import MoveKillSwitch
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MS, Nanos
from itg.kernel.words import Side
from itg.positions.contract import QuoteTerms, RequestCancel, ReserveOrder, ReserveQuotes

BUYER, SELLER = AccountId("t2"), AccountId("t3")
PAUSE_US = 7_000


class Played:
    """A game with a scripted start and much at random, whose writer still holds the journal."""

    def __init__(self, data: Path, days: int = 1) -> None:
        self.data = data
        self.game = RecordedGame(data, days=days)
        self.game.start()
        self.game.open()
        self.order(BUYER, Side.BUY, "cheap", "req-1")
        self.order(SELLER, Side.SELL, "dear", "req-2")
        self.order(BUYER, Side.BUY, "regretted", "req-3")
        self.ask(cancel("regretted"), "req-4", BUYER)
        self.ask(cancel("regretted"), "req-5", BUYER)
        self.order(BUYER, Side.BUY, "lost", "req-6", instrument="NOT-LISTED")
        self.order(BUYER, Side.BUY, "killed", "req-7")
        kill = MoveKillSwitch(account_id=BUYER, is_active=True, reason="a test", by="kim")
        self.ask(kill, "req-8")
        for number in range(60):  # what follows at random touches none of these
            self.ask(cancel("nothing"), f"req-9-{number}", BUYER)
        self.ask(MoveKillSwitch(account_id=BUYER, is_active=False, reason="over"), "req-10")
        self.game.trade(220)

    def order(
        self,
        account: AccountId,
        side: Side,
        name: str,
        trace_id: str,
        instrument: str | None = None,
    ) -> None:
        listed = self.game.instruments[0].instrument_id
        order = ReserveOrder(
            account_id=account,
            instrument_id=listed if instrument is None else InstrumentId(instrument),
            side=side,
            quantity=5,
            price=Price(TICK * 1_000),
            client_order_id=ClientOrderId(name),
        )
        self.ask(order, trace_id, account)

    def ask(self, message: Message, trace_id: str, actor: str = "") -> None:
        self.game.clock.advance_to(Nanos(self.game.clock.game_ns() + PAUSE_US * NS_PER_MS // 1000))
        self.game._pump.submit(message, actor=actor, trace_id=trace_id)
        self.game._pump.run_until_idle()

    def life(self, order: str, team: str | None = None, *, as_team: bool = False) -> OrderTrace:
        return trace_order(self.data, order, team=team, as_team=as_team)


def cancel(name: str) -> RequestCancel:
    return RequestCancel(account_id=BUYER, orig_client_order_id=ClientOrderId(name))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    played = Played(tmp_path_factory.mktemp("played"))
    yield played
    played.game.close()


def ids_in(value: object, name: str = "") -> Iterator[int]:
    """Return every order id in a message as the journal spells it: the slow way."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ids_in(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from ids_in(inner, name.removesuffix("s"))
    elif name.endswith("order_id") and isinstance(value, int):
        yield value


def types_of(trace: OrderTrace) -> list[str]:
    return [step.type for step in trace.steps]


def test_every_message_that_names_an_order_is_in_its_life(played: Played) -> None:
    naming: dict[int, set[int]] = {}
    for record in played.game.records:
        for number, message in enumerate((record.body, *record.outputs), start=record.seq):
            for order_id in ids_in(msgpack.decode(msgpack.encode(message))):
                naming.setdefault(order_id, set()).add(number)
    assert len(naming) > 50
    for order_id in sorted(naming)[::5]:
        told = {step.seq for step in played.life(str(order_id)).steps}
        assert naming[order_id] <= told


def test_a_fill_is_told_from_the_request_to_the_position_with_the_command_behind_each(
    played: Played,
) -> None:
    trace = played.life("cheap", "basis points")
    assert (trace.account_id, trace.team_name) == (BUYER, "Basis Points")
    answered = [(step.type, step.command) for step in trace.steps]
    assert answered == [
        ("ReserveOrder", ""),
        ("PlaceOrder", "ReserveOrder"),
        ("OrderAccepted", "PlaceOrder"),
        ("AccountOrderUpdated", "ReserveOrder"),
        ("ReserveOrder", ""),
        ("TradeExecuted", "PlaceOrder"),
        ("AccountFilled", "ReserveOrder"),
        ("AccountPositionChanged", "ReserveOrder"),
    ]
    asked, met = [step for step in trace.steps if step.is_input]
    assert (asked.who.account_id, asked.trace_id, asked.after_us) == (BUYER, "req-1", None)
    assert (met.who.account_id, met.who.name, met.trace_id) == (SELLER, "Vega Bonds", "req-2")
    assert met.after_us == PAUSE_US
    assert all(step.ts_us and step.game_us for step in trace.steps)
    trade = next(step for step in trace.steps if step.type == "TradeExecuted")
    assert trade.data["taker_account_id"] == SELLER


def test_an_event_of_many_quotes_answers_the_command_of_its_own_instrument(tmp_path: Path) -> None:
    played = Played(tmp_path)
    first, second = (one.instrument_id for one in played.game.instruments[-2:])
    quotes = tuple(
        QuoteTerms(
            instrument_id=instrument_id,
            bid=Price(TICK * 500),
            bid_quantity=10,
            ask=Price(TICK * 520),
            ask_quantity=10,
        )
        for instrument_id in (first, second)
    )
    played.ask(ReserveQuotes(account_id=AccountId("t1"), quotes=quotes), "many", "t1")
    record = played.game.records[-1]
    commands = {m.instrument_id: n for n, m in enumerate(record.outputs) if isinstance(m, SetQuote)}
    told = [m for m in record.outputs if isinstance(m, QuoteAccepted)]
    assert {quote.instrument_id for quote in told} == {first, second}
    for quote in told:
        (step,) = (
            step
            for step in played.life(str(quote.bid_order_id)).steps
            if step.type == "QuoteAccepted" and step.input_seq == record.seq
        )
        assert step.command_seq == record.seq + 1 + commands[quote.instrument_id]
    played.game.close()


def test_a_refused_cancel_stands_in_the_life_of_the_order_it_named(played: Played) -> None:
    kinds = types_of(played.life("regretted", BUYER))
    assert kinds.count("RequestCancel") == 2
    assert kinds[-1] == "AccountCancelRejected"
    assert "OrderCanceled" in kinds


def test_an_organizers_act_is_the_organizers_and_timers_and_the_game_are_the_systems(
    played: Played,
) -> None:
    trace = played.life("killed", BUYER)
    last = [step for step in trace.steps if step.is_input][-1]
    assert (last.type, last.who.kind, last.who.name) == ("MoveKillSwitch", "organizer", "kim")
    assert last.data["reason"] == "a test"
    assert types_of(trace)[-1] == "AccountOrderUpdated"
    unnamed = [r for r in played.game.records if not r.trace_id and not r.actor]
    order_id = next(
        i for r in unnamed for o in r.outputs for i in ids_in(msgpack.decode(msgpack.encode(o)))
    )
    assert {step.who.kind for step in played.life(str(order_id)).steps} <= {"system", "organizer"}


def test_an_order_that_got_no_id_is_found_by_its_name_and_by_its_request(played: Played) -> None:
    by_name, by_request = played.life("lost", BUYER), played.life("req-6")
    assert by_name.order_id is by_request.order_id is None
    assert types_of(by_name) == types_of(by_request) == ["ReserveOrder", "AccountOrderRejected"]


def test_a_request_leads_to_the_whole_life_of_the_order_it_named(played: Played) -> None:
    trace = played.life("req-1")
    assert trace.order_id is not None
    assert (
        trace.steps == played.life("cheap", BUYER).steps == played.life(str(trace.order_id)).steps
    )


def test_as_the_team_sees_it_nobody_else_is_named_and_nothing_of_its_own_is_missing(
    played: Played,
) -> None:
    hidden = {"t1", "t3", "Tulip Traders", "Vega Bonds", "req-2", "req-8", "kim"}
    seen_others = False
    for order in ("cheap", "killed"):
        shown = played.life(order, BUYER, as_team=True)
        words = set(json.dumps(to_builtins(shown.steps)).replace('"', " ").split())
        assert not hidden & {word.strip(",") for word in words}
        seen_others |= any(step.who.kind == "another" for step in shown.steps)
        mine = [s.seq for s in played.life(order, BUYER).steps if s.type.startswith("Account")]
        assert mine == [step.seq for step in shown.steps if step.type.startswith("Account")]
    assert seen_others
    trade = next(s for s in played.life("cheap", BUYER, as_team=True).steps if "Trade" in s.type)
    assert not [name for name in trade.data if name.startswith("taker")]


@pytest.mark.parametrize(
    ("order", "team", "told"),
    [
        ("999999", None, "no order 999999; the nearest are "),
        ("cheep", "t2", "t2 has no client order id cheep; the nearest are cheap"),
        ("cheap", "Basis Point", "no team Basis Point; did you mean 'Basis Points'?"),
        ("cheap", None, "it is a client order id of Basis Points: add --team"),
        ("req-99", None, "no request has the trace id req-99"),
        ("req-10", None, "request req-10 touched no order"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is_near(
    played: Played, order: str, team: str | None, told: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        played.life(order, team)
    assert told in str(refused.value)


def test_a_name_of_two_days_means_two_orders_and_each_keeps_to_its_own(tmp_path: Path) -> None:
    played = Played(tmp_path, days=2)
    played.game.end(1)
    played.game.start(2)
    played.game.open()
    played.order(SELLER, Side.SELL, "dear", "second-day")
    with pytest.raises(ConfigurationError, match=r"dear of t3 means 2 orders: \d+, \d+; name one"):
        played.life("dear", SELLER)
    first, second = (played.life(request) for request in ("req-2", "second-day"))
    assert first.client_order_id == second.client_order_id == "dear"
    assert not {step.seq for step in first.steps} & {step.seq for step in second.steps}
    played.game.close()


def test_the_command_prints_a_running_games_order_as_a_table_and_as_json(
    played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(played.data)]
    assert app(["trace", "req-1", *where], result_action="return_value") == exits.DONE
    printed = capsys.readouterr().out
    heading, *rows = printed.splitlines()
    assert "Basis Points (t2), client order id cheap" in heading
    assert "price=10.00" in printed
    starts = {row.index("exchange") for row in rows if " exchange " in row}
    assert len(starts) == 1
    assert app(["trace", "req-1", "--json", *where], result_action="return_value") == exits.DONE
    told = json.loads(capsys.readouterr().out)
    order_id = OrderId(told["order_id"])
    assert len(told["steps"]) == len(played.life(str(order_id)).steps)
