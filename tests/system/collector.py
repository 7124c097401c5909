"""A collector for tests: takes OTLP over HTTP on loopback and keeps the spans."""

import gzip
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WAIT_S = 20.0
# The library waits so long for more before it sends.
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50"}


class Span(NamedTuple):
    """A span as it came; ids in hexadecimal digits, times in ns."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    is_error: bool
    told: Mapping[str, str | int]


class Collector:
    """Listens while it is entered."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.paths: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self._came = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, dict(self.headers), body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """Return what makes a program send here."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {**SOON, "OTEL_EXPORTER_OTLP_ENDPOINT": url}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        packed = headers.get("Content-Encoding") == "gzip"
        request = ExportTraceServiceRequest()
        request.ParseFromString(gzip.decompress(body) if packed else body)
        with self._came:
            self.paths.add(path)
            self.headers.append(headers)
            for resource in request.resource_spans:
                service = told_of(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    self.spans += [span_of(str(service), span) for span in scope.spans]
            self._came.notify_all()

    def trace(self, trace_id: str, spans: int = 1) -> dict[str, Span]:
        """Return a trace by the names of its spans, once it has so many."""
        deadline = time.monotonic() + WAIT_S
        with self._came:
            while True:
                found = [span for span in self.spans if span.trace_id == trace_id]
                if len(found) >= spans:
                    return {span.name: span for span in found}
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"{len(found)} spans of {trace_id} came: {self.spans}"
                self._came.wait(left_s)


def told_of(attributes: object) -> dict[str, str | int]:
    told: dict[str, str | int] = {}
    for pair in attributes:  # type: ignore[attr-defined] # the library's generated type
        value = pair.value
        told[pair.key] = value.int_value if value.HasField("int_value") else value.string_value
    return told


def span_of(service: str, span: object) -> Span:
    assert hasattr(span, "trace_id")
    return Span(
        service=service,
        name=span.name,  # type: ignore[attr-defined]
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),  # type: ignore[attr-defined]
        parent_id=span.parent_span_id.hex(),  # type: ignore[attr-defined]
        start_ns=span.start_time_unix_nano,  # type: ignore[attr-defined]
        end_ns=span.end_time_unix_nano,  # type: ignore[attr-defined]
        is_error=span.status.code == 2,  # type: ignore[attr-defined]
        told=told_of(span.attributes),  # type: ignore[attr-defined]
    )
