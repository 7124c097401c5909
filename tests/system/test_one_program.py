"""A served game is one process with one pump: what many ask at once happens in one order."""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.system.desk import called
from tests.system.server import Json, Server

from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import TradeExecuted
from itg.runtime.journal import read

pytestmark = pytest.mark.system

LIMIT, QUANTITY, CLIENTS, ORDERS = 50, 3, 8, 40
LIMITED = f"""
extends = "bare"
title = "Limited"
[[roles]]
role = "hedge_fund"
registrable = true
maker_fee = -0.01
taker_fee = 0.02
constraints = [{{ kind = "position_limit", max_quantity = {LIMIT} }}]
[[roles]]
role = "market_maker"
registrable = true
maker_fee = -0.02
taker_fee = 0.01
"""


class Game(NamedTuple):
    server: Server
    option: str
    limited: str
    free: tuple[str, str]


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    folder = tmp_path_factory.mktemp("served")
    scenario = folder / "limited.toml"
    scenario.write_text(LIMITED, encoding="utf-8")
    with Server(folder / "data", str(scenario)) as server:
        server.open_market()
        _, limited = server.register("Limited", "hedge_fund")
        buyer, seller = (server.register(name, "market_maker")[1] for name in ("Buyer", "Seller"))
        _, page = server.call("GET", "/exchange/instruments", key=limited)
        options = [i for i in page["items"] if i["right"] is not None]  # type: ignore[attr-defined]
        yield Game(server, options[0]["instrument_id"], limited, (buyer, seller))


class Answer(NamedTuple):
    sent: Json
    status: int
    body: Json


def at_once(
    server: Server, key: str, order: Callable[[int, int], Json], orders: int = ORDERS
) -> list[Answer]:
    """Let each of the clients send its orders over a connection of its own, all at once."""

    def send(client: int) -> list[Answer]:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        answers = []
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as line:
            for number in range(orders):
                sent = order(client, number)
                line.request("POST", "/exchange/orders", json.dumps(sent), headers)
                response = line.getresponse()
                answers.append(Answer(sent, response.status, json.loads(response.read())))
        return answers

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [answer for page in clients.map(send, range(CLIENTS)) for answer in page]


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked up in /proc")
def test_a_served_game_is_one_process_that_calls_nobody(game: Game) -> None:
    process = game.server.pid
    children = Path(f"/proc/{process}/task").glob("*/children")
    assert "".join(file.read_text() for file in children) == ""
    sockets = {
        str(fd.readlink()) for fd in Path(f"/proc/{process}/fd").iterdir() if fd.is_symlink()
    }
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
    ]
    own = [row for row in rows if f"socket:[{row[9]}]" in sockets]
    assert own, "it listens at least"
    assert {int(row[1].rpartition(":")[2], 16) for row in own} == {game.server.port}


def test_its_status_tells_of_one_pump(game: Game) -> None:
    told = called("status", "--url", game.server.url, "--json")
    status = json.loads(told.said)
    assert status["status"] == "ready"
    assert set(status["pump"]) >= {"depth", "lag_events", "inputs"}
    assert [name for name, value in status.items() if isinstance(value, (dict, list))] == ["pump"]


def test_clients_of_one_team_at_its_limit_never_pass_it(game: Game) -> None:
    def bid(client: int, number: int) -> Json:
        price = 1 + client + number / 100
        return {
            "instrument_id": game.option,
            "side": "buy",
            "quantity": QUANTITY,
            "price": round(price, 2),
        }

    answers = at_once(game.server, game.limited, bid)
    taken = [answer for answer in answers if answer.status == 201]
    assert len(taken) == LIMIT // QUANTITY
    refused = {(a.status, a.body["code"]) for a in answers if a.status != 201}
    assert refused == {(422, "POSITION_LIMIT_EXCEEDED")}
    _, page = game.server.call("GET", "/exchange/orders?limit=1000", key=game.limited)
    working = [order["leaves_quantity"] for order in page["items"]]  # type: ignore[attr-defined]
    assert sum(working) == QUANTITY * len(taken) <= LIMIT


@pytest.mark.parametrize(
    "orders", [ORDERS, pytest.param(10_000, marks=[pytest.mark.gate, pytest.mark.timeout(600)])]
)
def test_every_request_of_many_at_once_gets_its_own_answer(game: Game, orders: int) -> None:
    def unmatched(client: int, number: int) -> Json:
        return {
            "instrument_id": "SPX",
            "side": "buy",
            "quantity": 1 + number % 100,
            "price": 1.0 + client,
            "time_in_force": "ioc",
            "client_order_id": f"{orders}/{client}/{number}",
        }

    answers = at_once(game.server, game.free[0], unmatched, orders)
    assert {answer.status for answer in answers} == {201}
    told = ("client_order_id", "quantity", "price")
    for answer in answers:
        assert [answer.body[name] for name in told] == [answer.sent[name] for name in told]
    assert len({answer.body["order_id"] for answer in answers}) == CLIENTS * orders


def test_trades_happen_in_the_order_of_the_journal(game: Game) -> None:
    buyer, seller = game.free
    ask = {"instrument_id": "SPX", "side": "sell", "quantity": 1000, "price": 4400.0}
    assert game.server.call("POST", "/exchange/orders", ask, seller)[0] == 201

    def take(client: int, _: int) -> Json:
        return {"instrument_id": "SPX", "side": "buy", "quantity": 1 + client, "price": 4400.0}

    answers = at_once(game.server, buyer, take)
    assert sum(int(str(a.body["filled_quantity"])) for a in answers) == 1000
    _, page = game.server.call("GET", "/exchange/trades?instrument_id=SPX&limit=1000", key=buyer)
    told = [(t["trade_id"], t["quantity"]) for t in page["items"]]  # type: ignore[attr-defined]
    with closing(opened_for_reading(game.server.data)) as journal:
        recorded = [
            (str(output.trade_id), output.quantity)
            for record in read(journal, machine_of(journal).codec)
            for output in record.outputs
            if isinstance(output, TradeExecuted)
        ]
    assert len(recorded) > CLIENTS
    assert [(str(trade), quantity) for trade, quantity in told] == recorded
