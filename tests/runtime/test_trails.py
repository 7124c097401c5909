import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.gateway.trace_ids import TraceIds
from itg.kernel.times import Nanos
from itg.runtime.trails import Parent, Trail, Trails, parent_of, request_ids_of, trace_id_of

HEX = "0123456789abcdef"
TRACE = st.text(HEX, min_size=32, max_size=32).filter(lambda text: set(text) != {"0"})
SPAN = st.text(HEX, min_size=16, max_size=16).filter(lambda text: set(text) != {"0"})
REQUESTS = 20_000


@given(TRACE, SPAN, st.integers(0, 255))
def test_a_traceparent_names_trace_span_and_whether_it_is_sampled(
    trace_id: str, span_id: str, flags: int
) -> None:
    told = parent_of(f"00-{trace_id}-{span_id}-{flags:02x}".encode())
    assert told == Parent(trace_id, span_id, is_sampled=flags % 2 == 1)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ],
)
def test_what_the_standard_calls_invalid_names_no_parent(header: str) -> None:
    assert parent_of(header.encode()) is None


def test_a_later_version_may_say_more() -> None:
    header = b"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what"
    told = parent_of(header)
    assert told is not None
    assert told.span_id == "00f067aa0ba902b7"


@given(st.binary(max_size=80))
def test_no_header_whatever_breaks_the_reading(header: bytes) -> None:
    parent_of(header)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64))
def test_every_request_id_stands_for_one_valid_trace(request_id: str) -> None:
    trace_id = trace_id_of(request_id)
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    assert trace_id != "0" * 32
    assert trace_id == trace_id_of(trace_id)


def test_a_request_is_found_by_the_id_of_its_trace() -> None:
    ids = TraceIds(lambda: Nanos(1_700_000_000_000_000_000))
    request_id = ids.fresh()
    assert request_id in request_ids_of(trace_id_of(request_id))
    assert ids.of(b"mine", Parent("a" * 32, "b" * 16, is_sampled=True)) == "mine"
    assert ids.of(None, Parent("a" * 32, "b" * 16, is_sampled=True)) == "a" * 32


@pytest.mark.parametrize("share", [0.01, 0.25, 1.0])
def test_so_large_a_share_is_sampled_and_the_same_at_every_gateway(share: float) -> None:
    ids = TraceIds(lambda: Nanos(1_700_000_000_000_000_000))
    taken = [ids.fresh() for _ in range(REQUESTS)]
    first, second = (
        [Trails(share, lambda: Nanos(1), lambda _: None).begin(each, "a") for each in taken]
        for _ in range(2)
    )
    count = sum(trail is not None for trail in first)
    assert abs(count - share * REQUESTS) <= 0.1 * share * REQUESTS
    assert [trail is None for trail in first] == [trail is None for trail in second]


def test_a_trail_is_handed_over_once_and_its_times_do_not_run_backward() -> None:
    told: list[Trail] = []
    trail = Trails(1.0, lambda: Nanos(10**18), told.append).begin("id", "a")
    assert trail is not None
    times = [trail.started_ns, trail.now_ns(), trail.now_ns()]
    assert times == sorted(times)
    trail.end(201)
    trail.end(504)
    assert [(each.status, each.ended_ns >= times[-1]) for each in told] == [(201, True)]
