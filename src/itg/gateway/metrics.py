"""The page Prometheus reads. No label names a team or an instrument."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from itg.gateway.gateway import Gateway
from itg.gateway.health import behind_of
from itg.kernel.times import NS_PER_S, NS_PER_US, to_micros
from itg.runtime.calls import CalleeNumbers
from itg.runtime.metrics import Histogram

# From a commit to memory to one on a sick disk.
COMMIT_NS_MIN, COMMIT_NS_MAX = 10 * NS_PER_US, 2 * NS_PER_S
_US_PER_S = 1_000_000
_CALLS: tuple[tuple[Callable[[CalleeNumbers], int], str, str], ...] = (
    (lambda of: of.sent, "itg_calls_sent", "Calls sent, each once"),
    (lambda of: of.overdue, "itg_calls_overdue", "Calls without an answer by their deadline"),
    (lambda of: of.dropped, "itg_calls_dropped", "Calls that came too late and were dropped"),
    (lambda of: of.retried, "itg_calls_retried", "Queries asked once more"),
)
CONTENT_TYPE = "text/plain; version=0.0.4"


class _Collector(Collector):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        yield from self._pump()
        yield from self._handlers()
        yield from self._requests()
        yield from self._sockets()
        yield from self._bus()
        yield from self._backups()
        yield from self._calls()

    def _pump(self) -> Iterator[Metric]:
        pump, numbers = self._gateway.pump, self._gateway.pump.numbers
        yield _counter("itg_pump_inputs", "Inputs handled", numbers.inputs)
        yield _counter("itg_pump_events", "Inputs and outputs released", numbers.events)
        yield _counter("itg_pump_batches", "Group commits", numbers.batches)
        yield _counter("itg_pump_overloads", "Inputs refused", numbers.overloads)
        yield _counter("itg_pump_snapshots", "Snapshots taken", numbers.snapshots)
        yield _gauge("itg_pump_depth", "Inputs that wait", pump.depth)
        yield _gauge("itg_pump_lag_events", "Events handled, not yet durable", pump.lag_events)
        yield _gauge(
            "itg_pump_batch_size", "Inputs per commit, average", numbers.batch_size_average
        )
        yield HistogramMetricFamily(
            "itg_journal_commit_seconds",
            "Duration of a commit",
            buckets=_seconds(numbers.commit_times),
            sum_value=numbers.commit_times.total_ns / NS_PER_S,
        )

    def _bus(self) -> Iterator[Metric]:
        told = self._gateway.bus
        if told is None:
            return
        behind = behind_of(self._gateway, told)
        yield _gauge("itg_bus_up", "1 while the message bus takes facts", told.is_up)
        yield _gauge("itg_bus_behind_events", "Events released, not yet on the bus", behind)
        yield _counter("itg_bus_events", "Events handed to the bus", told.events)
        yield _counter("itg_bus_faults", "Times the bus or the relay failed", told.faults)

    def _backups(self) -> Iterator[Metric]:
        told = self._gateway.backups
        if told is None:
            return
        now_us = to_micros(self._gateway.pump.clock.wall_ns())
        age_s = (now_us - (told.made_us or told.since_us)) / _US_PER_S
        yield _gauge("itg_backup_up", "1 unless the last backup failed", not told.fault)
        yield _gauge("itg_backup_age_seconds", "Since the newest backup, or the start", age_s)
        yield _counter("itg_backups", "Backups made", told.count)
        yield _counter("itg_backup_faults", "Backups that failed", told.faults)

    def _calls(self) -> Iterator[Metric]:
        callees = self._gateway.reach.callees
        if not callees:
            return
        yield _by_callee(
            GaugeMetricFamily(
                "itg_breaker_state", "0 closed, 1 half open, 2 open", labels=("callee",)
            ),
            {name: callee.state for name, callee in callees.items()},
        )
        yield _by_callee(
            GaugeMetricFamily(
                "itg_calls_in_flight", "Calls without an answer yet", labels=("callee",)
            ),
            {name: callee.in_flight for name, callee in callees.items()},
        )
        for count, name, text in _CALLS:
            family = CounterMetricFamily(name, text, labels=("callee",))
            yield _by_callee(family, {n: count(each.numbers) for n, each in callees.items()})
        refused = CounterMetricFamily(
            "itg_calls_refused", "Calls that were not sent", labels=("callee", "reason")
        )
        for name, callee in callees.items():
            numbers = callee.numbers
            refused.add_metric((name, "open"), numbers.open)
            refused.add_metric((name, "full"), numbers.full)
            refused.add_metric((name, "silent"), numbers.silent)
        yield refused

    def _handlers(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "itg_handler_seconds", "Time in handlers", labels=("message", "quantile")
        )
        times = self._gateway.pump.times
        for name, quantiles in sorted(times.quantiles_ns().items()) if times else ():
            for quantile, value in zip(("0.5", "0.99"), quantiles, strict=True):
                family.add_metric((name, quantile), value / NS_PER_S)
        yield family

    def _requests(self) -> Iterator[Metric]:
        numbers = self._gateway.numbers
        requests = CounterMetricFamily(
            "itg_http_requests", "REST requests", labels=("method", "route", "status")
        )
        for (method, route, status), count in sorted(numbers.requests.items()):
            requests.add_metric((method, route, str(status)), count)
        yield requests
        latencies = HistogramMetricFamily(
            "itg_http_request_seconds",
            "REST requests, from first byte to answer",
            labels=("route",),
        )
        for route, latency in sorted(numbers.latencies.items()):
            latencies.add_metric((route,), latency.buckets(), latency.total_s)
        yield latencies
        gap_s = self._gateway.feed.fanout.numbers.beat_gap_s()
        lag_s = max(gap_s - self._gateway.settings.heartbeat_s, 0.0)
        yield _gauge("itg_loop_lag_seconds", "Latest of the last ten heartbeats", lag_s)
        yield _gauge("itg_requests_waiting", "Requests that wait", len(self._gateway.waiting))
        yield _counter("itg_request_timeouts", "Requests answered 504", numbers.timeouts)

    def _sockets(self) -> Iterator[Metric]:
        numbers = self._gateway.numbers
        family = CounterMetricFamily(
            "itg_socket_requests", "WebSocket requests", labels=("method",)
        )
        for name, count in sorted(numbers.socket_requests.items()):
            family.add_metric((name,), count)
        yield family
        yield _counter("itg_slow_sessions", "Sockets closed as too slow", numbers.slow_sessions)
        yield from self._fanout()

    def _fanout(self) -> Iterator[Metric]:
        sessions, told = self._gateway.feed.sessions, self._gateway.feed.fanout.numbers
        waiting = sum(session.waiting_bytes for session in sessions)
        blocked = sum(session.is_blocked for session in sessions)
        yield _gauge("itg_sessions", "Open sockets", len(sessions))
        yield _gauge("itg_sessions_blocked", "Open sockets that take nothing now", blocked)
        yield _gauge("itg_outbox_bytes", "Bytes that wait for readers", waiting)
        yield _counter("itg_frames", "Frames handed to sockets", told.frames)
        yield _counter("itg_frames_conflated", "Publications merged into a later one", told.merged)
        yield _counter("itg_frames_held", "State kept from sockets that do not read", told.held)
        yield _counter("itg_frames_lost", "Public facts that sockets did not get", told.lost)


def _seconds(times: Histogram) -> list[tuple[str, float]]:
    rows: list[tuple[str, float]] = []
    for edge_ns, seen in times.cumulative():
        if COMMIT_NS_MIN <= edge_ns <= COMMIT_NS_MAX:
            rows.append((str(edge_ns / NS_PER_S), seen))
    return [*rows, ("+Inf", sum(times.counts))]


def _by_callee(
    family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, float]
) -> Metric:
    for name, value in values.items():
        family.add_metric((name,), value)
    return family


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


class MetricsPage:
    """The gateway's numbers in Prometheus's text format."""

    def __init__(self, gateway: Gateway) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collector(gateway))

    def text(self) -> bytes:
        return generate_latest(self._registry)
