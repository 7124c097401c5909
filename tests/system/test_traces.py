"""A sampled request is a trace at a real collector, by the id that the journal has of it."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.system.collector import Collector, Span
from tests.system.server import GatewayProcess, Server

from itg.adapters.nats_server import NatsServer
from itg.cli import app, exits
from itg.kernel.errors import ConfigurationError
from itg.runtime.trails import trace_id_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

INSIDE = ("wait", "commit", "publish")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"
ALL = ("--trace-share", "1")


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Return a collector; programs started meanwhile send to it."""
    with Collector() as collector:
        for name, value in collector.environment.items():
            monkeypatch.setenv(name, value)
        yield collector


def placed(server: Server, key: str, headers: dict[str, str], price: float = 4400.0) -> str:
    """Place an order and return the request's id as the answer names it."""
    body = json.dumps({"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": price})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(
            "POST",
            "/exchange/orders",
            body,
            {"X-API-Key": key, "Content-Type": "application/json", **headers},
        )
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
        return str(answer.headers["X-Request-Id"])
    finally:
        connection.close()


def assert_whole(trace: dict[str, Span], root: str = "POST /exchange/orders") -> Span:
    request = trace[root]
    times = [request.start_ns]
    for name in INSIDE:
        span = trace[name]
        assert span.parent_id == request.span_id
        times += [span.start_ns, span.end_ns]
    assert times == sorted(times), "one after another"
    assert trace["wait"].end_ns == trace["commit"].start_ns
    assert trace["commit"].end_ns == trace["publish"].start_ns
    assert trace["publish"].end_ns <= request.end_ns
    assert trace["commit"].end_ns > trace["commit"].start_ns
    assert not request.is_error
    return request


def test_a_request_is_a_trace_from_the_door_to_the_journal_and_back(
    collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "day-1"
    with Server(data, "bare", *ALL) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        request_id = placed(server, key, {})
        trace = collector.trace(trace_id_of(request_id), spans=4)
        request = assert_whole(trace)
        assert request.parent_id == ""
        assert request.service == "itg-node"
        assert request.trace_id == request_id.replace("-", "")
        assert request.told == {
            "http.request.method": "POST",
            "http.route": "/exchange/orders",
            "http.response.status_code": 201,
            "itg.request_id": request_id,
        }
        # From the trace to the journal: by the trace's id, and to the very input.
        capsys.readouterr()
        assert app(["trace", request.trace_id, "--data", str(data), "--json"]) == exits.DONE
        steps = json.loads(capsys.readouterr().out)["steps"]
        assert steps[0]["trace_id"] == request_id
        assert steps[0]["seq"] == trace["commit"].told["itg.seq"]
        assert steps[0]["ts_us"] == trace["commit"].start_ns // 1_000
        assert server.stop() == exits.DONE
    assert collector.paths == {"/v1/traces"}


def test_a_clients_trace_is_taken_over(
    collector: Collector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "day-1"
    with Server(data, "bare", *ALL) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        given = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}
        assert placed(server, key, given) == TRACE_ID, "no id of its own: the trace's"
        assert assert_whole(collector.trace(TRACE_ID, spans=4)).parent_id == SPAN_ID
        assert app(["trace", TRACE_ID, "--data", str(data)]) == exits.DONE
        assert f"trace={TRACE_ID}" in capsys.readouterr().out
        # An id of its own stays the journal's; the trace is the client's, and says which it is.
        other = "0af7651916cd43dd8448eb211c80319c"
        given = {"traceparent": f"00-{other}-{SPAN_ID}-01", "X-Request-Id": "mine-1"}
        assert placed(server, key, given) == "mine-1"
        request = assert_whole(collector.trace(other, spans=4))
        assert request.told["itg.request_id"] == "mine-1"
        # Without a trace the journal tells the one that an id of its own stands for.
        assert placed(server, key, {"X-Request-Id": "mine-2"}) == "mine-2"
        spans = assert_whole(collector.trace(trace_id_of("mine-2"), spans=4)).trace_id
        assert app(["trace", "mine-2", "--data", str(data)]) == exits.DONE
        assert f"otel={spans}" in capsys.readouterr().out
        # What the client does not sample, and what is no traceparent, changes nothing.
        unsampled = "1" * 32
        placed(server, key, {"traceparent": f"00-{unsampled}-{SPAN_ID}-00"})
        request_id = placed(server, key, {"traceparent": f"00-{TRACE_ID}-{'0' * 16}-01"})
        collector.trace(trace_id_of(request_id), spans=4)
        server.stop()
    assert unsampled not in {span.trace_id for span in collector.spans}


async def ask_on_a_socket(server: Server, key: str) -> None:
    headers = {"X-API-Key": key}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{server.url}/ws") as socket,
    ):
        params = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400}
        await socket.send_json({"id": 1, "method": "order.place", "params": params})
        while (await socket.receive_json()).get("id") != 1:
            continue


async def test_a_request_on_a_socket_and_each_order_of_a_batch_are_followed(
    collector: Collector, tmp_path: Path
) -> None:
    with Server(tmp_path / "day-1", "bare", *ALL) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        await ask_on_a_socket(server, key)
        order = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400}
        status, _ = server.call("POST", "/exchange/orders/batch", {"orders": [order] * 3}, key)
        assert status in {200, 201, 207}
        server.stop()  # exports what is left
    (request,) = [span for span in collector.spans if span.name == "ws order.place"]
    assert_whole(collector.trace(request.trace_id, spans=4), "ws order.place")
    assert request.told["rpc.method"] == "order.place"
    (batch,) = [span for span in collector.spans if span.name == "POST /exchange/orders/batch"]
    inside = [span.name for span in collector.spans if span.parent_id == batch.span_id]
    assert sorted(inside) == sorted(INSIDE * 3)


@pytest.mark.nats
def test_a_gateway_in_another_process_gives_the_same_trace(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = NatsServer(tmp_path / "nats")
    broker.start()
    monkeypatch.setenv("ITG_BUS", broker.url)
    monkeypatch.setenv("ITG_TRACE_SHARE", "1")
    data = tmp_path / "day-1"
    try:
        with Server(data) as node, GatewayProcess(data) as door:
            key = node.register("team", "market_maker")[1]
            node.open_market()
            there = collector.trace(trace_id_of(placed(node, key, {})), spans=4)
            given = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}
            placed(door, key, given)
            here = collector.trace(TRACE_ID, spans=4)
            assert here.keys() == there.keys()
            assert assert_whole(here).service == "itg-gateway"
            assert assert_whole(there).service == "itg-node"
            assert here["commit"].told.keys() == there["commit"].told.keys()
            assert app(["trace", TRACE_ID, "--data", str(data)]) == exits.DONE
            door.stop()
            node.stop()
    finally:
        broker.stop()


def test_the_usual_variables_say_where_spans_go_and_whose_they_are(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "finals")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=course")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with Server(tmp_path / "day-1", "bare", *ALL) as server:
        server.register("team", "market_maker")
        server.stop()
    assert {span.service for span in collector.spans} == {"finals"}
    assert {headers.get("x-tenant") for headers in collector.headers} == {"course"}
    assert {headers.get("Content-Encoding") for headers in collector.headers} == {"gzip"}


def test_a_share_of_the_requests_is_followed_and_none_unless_asked(
    collector: Collector, tmp_path: Path
) -> None:
    asked = 300
    for flags, least, most in (((), 0, 0), (("--trace-share", "0.1"), 5, 80)):
        with Server(tmp_path / "day-1", "bare", *flags) as server:
            for _ in range(asked):
                server.call("GET", "/game/schedule")
            server.stop()
        came = [span for span in collector.spans if span.name.startswith("GET /game")]
        assert least <= len(came) <= most


def test_a_collector_that_is_away_costs_the_game_nothing_and_its_end_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    with Server(tmp_path / "day-1", "bare", *ALL) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        placed(server, key, {})
        assert server.stop() == exits.DONE


def test_what_cannot_be_asked_for_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["serve", "--scenario", "bare", "--data", str(tmp_path / "d"), "--port", "0"]
    for share in ("2", "-1"):
        with pytest.raises(ConfigurationError, match="is no share of the requests"):
            app([*command, "--trace-share", share], exit_on_error=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(ConfigurationError, match="spans leave as http/protobuf only"):
        app([*command, *ALL], exit_on_error=False)
