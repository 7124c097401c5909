"""Spans of trails, for a collector that speaks OTLP over HTTP; the variables OTEL_* say where.

A thread makes them, so that the loop hands over a trail and goes on; the library's own thread sends
them. What is too much is dropped: nobody waits for a collector.
"""

import os
from queue import SimpleQueue
from threading import Thread, Timer

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from itg import __version__
from itg.kernel.errors import ConfigurationError
from itg.runtime.guard import Guard
from itg.runtime.trails import Parent, Passage, Trail

log = structlog.get_logger()

PROTOCOL = "http/protobuf"
TRAILS_MAX = 4_096
_FINISH_S = 2.0
_FAULTS_FROM = 500


class _Ids(RandomIdGenerator):
    """Gives a trace without a parent the id that was named beforehand."""

    def __init__(self) -> None:
        super().__init__()
        self.trace_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id


class SpanExport:
    """Takes trails and exports them as spans until it is closed."""

    def __init__(self, service: str) -> None:
        _check_protocol()
        self._ids = _Ids()
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=_resource_of(service),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("itg", __version__)
        self._queue: SimpleQueue[Trail | None] = SimpleQueue()
        self._dropped = 0
        self._thread = Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def offer(self, trail: Trail) -> None:
        """Take a finished trail, or drop it where too many wait."""
        if self._queue.qsize() < TRAILS_MAX:
            self._queue.put(trail)
        else:
            self._dropped += 1

    def close(self) -> None:
        """Export what is left, for some seconds at most."""
        self._queue.put(None)
        self._thread.join(_FINISH_S)
        # A collector that does not answer is tried again and again, but not beyond this.
        giving_up = Timer(_FINISH_S, self._exporter.shutdown)
        giving_up.start()
        self._provider.shutdown()
        giving_up.cancel()
        if self._dropped:
            log.warning("trails_dropped", count=self._dropped)

    def _run(self) -> None:
        while (trail := self._queue.get()) is not None:
            with Guard(_log_failure):
                self._export(trail)

    def _export(self, trail: Trail) -> None:
        self._ids.trace_id = int(trail.trace_id, 16)
        request = self._tracer.start_span(
            trail.name,
            context=_context_of(trail.parent),
            kind=SpanKind.SERVER,
            attributes={**trail.attributes, "itg.request_id": trail.request_id},
            start_time=trail.started_ns,
        )
        inside = set_span_in_context(request)
        for passage in tuple(trail.passages):
            self._export_passage(passage, inside)
        if trail.status >= _FAULTS_FROM:
            request.set_status(Status(StatusCode.ERROR))
        request.end(trail.ended_ns)

    def _export_passage(self, passage: Passage, inside: Context) -> None:
        # Another machine's clock may be behind: no span ends before it began.
        handled_ns = max(passage.handled_ns, passage.submitted_ns)
        released_ns = max(passage.released_ns, handled_ns)
        published_ns = max(passage.published_ns, released_ns)
        times = (passage.submitted_ns, handled_ns, released_ns, published_ns)
        told: dict[str, int] = {"itg.seq": passage.seq}
        for number, name in enumerate(("wait", "commit", "publish")):
            attributes = {**told, "itg.events": passage.events} if name == "commit" else told
            span = self._tracer.start_span(
                name, context=inside, attributes=attributes, start_time=times[number]
            )
            span.end(times[number + 1])


def _log_failure(error: Exception) -> None:
    log.error("spans_failed", exc_info=error)


def _context_of(parent: Parent | None) -> Context:
    if parent is None:
        return Context()
    theirs = SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(theirs), Context())


def _resource_of(service: str) -> Resource:
    named = OTELResourceDetector().detect()
    own = Resource({"service.version": __version__})
    if SERVICE_NAME not in named.attributes:
        own = own.merge(Resource({SERVICE_NAME: service}))
    return Resource.create().merge(own).merge(named)


def _check_protocol() -> None:
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        asked = os.environ.get(name, PROTOCOL)
        if asked != PROTOCOL:
            raise ConfigurationError(f"{name} is {asked}: spans leave as {PROTOCOL} only")
