"""The page of services: what each owns and does not own, takes, tells and answers.

Everything on it is read from the packages: their docstrings, the services' declarations, and the
first lines of the messages' own docstrings.
"""

import importlib
import re
import textwrap
from collections.abc import Sequence

from itg.compose.internal import LIMIT, TOKEN_FILE
from itg.compose.services import services_of
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import Shard
from itg.kernel.messages import Command, Event
from itg.runtime.calls import CallLimits
from itg.runtime.followed import ALIVE_S, SILENT_TURNS_MAX
from itg.runtime.joined import QUESTION_S_MAX
from itg.runtime.pump import PumpLimits
from itg.runtime.service import Service

WIDTH = 100
LISTS = re.compile(r"Owns: (?P<owns>.+?)\. Does not own: (?P<leaves>.+?)\.(?: (?P<more>.+))?$")


def services_page() -> str:
    """Return the whole page."""
    lines = [
        "# Services",
        "",
        *textwrap.wrap(
            "What each service owns, and its whole interface: the commands and events it takes, "
            "what it sends and tells, and the queries it answers. A service knows of another one "
            "its contract alone; a test of the repository fails on any other import, and a message "
            "that is not on this page ends the run. [Who hears what](routing.md) is the same by "
            "message. Written by `make api` from the packages.",
            WIDTH,
        ),
    ]
    for service in services_of([Shard(0)]):
        lines += section(service)
    return "\n".join([*lines, *degraded(), *calls(), *internal_port()]) + "\n"


def degraded() -> list[str]:
    """Return the table of what works while a service is down."""
    known_keys_s = GatewaySettings().known_keys_s
    rows = (
        (
            "positions | books, prices, scores, feeds of open sockets; cancels of orders and pulls "
            "of quotes, which go straight to the exchange and are not metered; who loses the "
            "connection is taken out | new orders, and what an account reads: 503. The owner's "
            "private stream tells of a cancel when positions is back. New sockets of teams: 503"
        ),
        (
            "exchange | what an account reads: orders (without `queue_ahead`), positions, fills; "
            "prices, news, scores | orders, replaces, cancels and quotes for it: 503 at once. An "
            "order whose name positions knows has its first answer, or 504 while there is none. A "
            "mass cancel is kept until the exchange is back. Books: 503"
        ),
        (
            "market_data | books, orders, positions | prices carry `is_stale: true`, and orders "
            "are held to the last ones; with `protection.stale_halt_s` the market halts until they "
            "come again; candles and chains: 503"
        ),
        "news, signals, retail | everything else | no news, no signals, no small investors",
        (
            f"game | trading, with keys that were seen at this gateway, for {known_keys_s:g} s | "
            "registration, the organizer's acts and unknown keys: 503. Scores are those that were "
            "read last, `is_stale: true`"
        ),
        "a gateway | the others | its clients connect to another one and resume",
        (
            "the bus of `--bus` | everything in the market | other programs get the facts when it "
            "is back, all of them"
        ),
        (
            "NATS between nodes | nothing that needs another node: 503 | nodes read what they "
            "missed in each other's journals"
        ),
    )
    return [
        "",
        "## What works while one is down",
        "",
        *textwrap.wrap(
            "On nodes of their own (`itg up --topology apart`; in `services` exchange and "
            "positions go down together). Each row has a test, in `tests/gateway/test_degraded.py` "
            "and `test_straight_cancels.py`; NATS is ended in `tests/system/test_topologies.py`.",
            WIDTH,
        ),
        "",
        "| down | still works | degraded |",
        "|---|---|---|",
        *(f"| {row} |" for row in rows),
        "",
        *textwrap.wrap(
            "503 says that nothing happened: it is told of what was not sent, or what its node "
            "refused. What was sent and has no answer is 504, unknown: ask by `client_order_id`.",
            WIDTH,
        ),
    ]


def calls() -> list[str]:
    """Return the section of calls between processes, its numbers from the code."""
    limits, settings = CallLimits(), GatewaySettings()
    rows = (
        (
            f"deadline | {settings.order_deadline_s:g} s, cancels {settings.cancel_deadline_s:g} s "
            "| It goes with the call, in seconds of the callee's own steady clock. What comes to "
            "the callee later is dropped there and has no effect."
        ),
        (
            f"silence | {ALIVE_S * SILENT_TURNS_MAX:g} s | "
            "A node that is not heard of for so long is sent no inputs: 503."
        ),
        (
            f"breaker | {limits.failures_max} calls, {limits.pause_s:g} s | "
            "So many calls in a row without an answer by their deadline open it; after the pause "
            "one call is let through, and its answer closes it. So does a node's new life."
        ),
        (
            f"second try | {limits.retry_s:g} s, {limits.retry_share:.0%}, {limits.retries_saved} "
            "| A query without an answer for so long is asked once more, for this share of queries "
            "and so many on top after quiet times. An input is never sent twice."
        ),
        (
            f"bulkhead | {limits.in_flight_max} calls | "
            "So many may be under way to one node, a quarter more for cancels; beyond that 503."
        ),
        (
            f"seats of a gateway | {settings.waiting_max:,} requests | "
            "So many wait in all, a quarter more for cancels; beyond that 503. One node cannot "
            "take them all."
        ),
        (
            f"ingress of a node | {PumpLimits().waiting_max:,} inputs | "
            "What comes beyond is refused there: 503, `Retry-After` from its commits of late."
        ),
        (
            f"question to several nodes | {QUESTION_S_MAX:g} s | "
            "One that does not give its part holds the rows of the others no longer than this."
        ),
    )
    return [
        "",
        "## Calls between processes",
        "",
        *textwrap.wrap(
            "Gateways call nodes: inputs to their owner, queries to whoever answers. Nodes do not "
            "call each other, they hear each other's rows ([why]"
            "(../adr/0027-services-on-nodes-of-their-own.md)). Each gateway keeps these bounds "
            "towards each node ([why so](../adr/0031-calls-between-processes.md)); "
            "[metrics](metrics.md) `itg_breaker_state` and `itg_calls_*` show them.",
            WIDTH,
        ),
        "",
        "| bound | | |",
        "|---|---|---|",
        *(f"| {row} |" for row in rows),
    ]


def internal_port() -> list[str]:
    """Return the section of a node's own port."""
    rows = (
        (
            f"`GET /internal/events?after=0&shard=0&limit={LIMIT}` | The node's own events after "
            "number `after`, of one shard or (left out) of all, as envelopes in their order. A "
            "page is whole rows: it may be longer than `limit` by one. Go on from `next_after` "
            "until `is_end`; a page may be empty before that."
        ),
        (
            "`GET /internal/health` | Node, services, epoch, `seq` on disk, game time, whether it "
            "has heard what it missed, and which neighbours it hears now."
        ),
        (
            "`GET /internal/state` | `state_hash` of the whole state at `seq`, told when that is "
            "on disk: equal states have equal hashes."
        ),
        "`GET /internal/metrics` | The pump's numbers for Prometheus.",
        (
            "`POST /positions/GetPositions` | A query of one of the node's services, above, with "
            'its fields as JSON: `{"account_id": "…"}`. Told is the class of the reply '
            "(`kind`), the `reply`, and the number it is `as_of`, once that is on disk."
        ),
        (
            "`GET /openapi.json` | All of these for the node that is asked; "
            "[for all services](internal.openapi.json)."
        ),
    )
    return [
        "",
        "## The internal port",
        "",
        *textwrap.wrap(
            "Nodes fetch what they missed of each other over the bus, from the owner's journal "
            "([why](../adr/0027-services-on-nodes-of-their-own.md)); a stream of facts that a "
            "broker lost is filled again from it. For other programs, and for whoever keeps a "
            "node, `itg node NAME --internal [HOST:]PORT` reads the same over HTTP, and what its "
            "services answer. It listens on "
            "loopback unless a host is given, is no part of the public door, "
            "only reads, and wants `Authorization: Bearer` and the token in "
            f"`DATA/{TOKEN_FILE}`, which opens everything: 401 without.",
            WIDTH,
        ),
        "",
        "| request | answer |",
        "|---|---|",
        *(f"| {row} |" for row in rows),
        "",
        "400 names a field that cannot be, 404 and 405 what there is, 503 an unreadable journal.",
    ]


def section(service: Service) -> list[str]:
    package = importlib.import_module(f"itg.{service.name}")
    text = " ".join((package.__doc__ or "").split())
    first, _, rest = text.partition(". ")
    told = LISTS.match(rest)
    assert told, f"itg.{service.name} does not say what it owns and what it does not own"
    taken = [kind for kind in service.accepts if issubclass(kind, Command)]
    heard = [kind for kind in service.accepts if issubclass(kind, Event)]
    sent = [kind for kind in service.emits if issubclass(kind, Command)]
    events = [kind for kind in service.emits if issubclass(kind, Event)]
    lines = ["", f"## {service.name}", "", *textwrap.wrap(f"{first}.", WIDTH)]
    lines += ["", f"Its words stand in `itg.{service.name}.contract`.", ""]
    lines += ["**Owns:**", "", *bullets(told["owns"]), ""]
    lines += ["**Does not own:**", "", *bullets(told["leaves"])]
    lines += ["", *textwrap.wrap(told["more"], WIDTH)] if told["more"] else []
    lines += table("command it takes", taken) + table("event it hears", heard)
    lines += table("command it sends", sent) + table("event it tells", events)
    return lines + table("query it answers", service.answers)


def bullets(text: str) -> list[str]:
    """Return the items of a list in words, one a line; commas in parentheses divide nothing."""
    items = re.split(r", (?![^(]*\))", text)
    return [f"- {item.removeprefix('and ')}" for item in items]


def table(title: str, kinds: Sequence[type]) -> list[str]:
    if not kinds:
        return []
    rows = [f"| `{kind.__name__}` | {owner(kind)} | {first_line(kind)} |" for kind in kinds]
    return ["", f"| {title} | of | |", "|---|---|---|", *sorted(rows)]


def owner(kind: type) -> str:
    """Return the package in whose contract a message stands."""
    return kind.__module__.split(".")[1]


def first_line(kind: type) -> str:
    text = (kind.__doc__ or "").strip()
    assert text, f"{kind.__name__} has no docstring"
    return " ".join(text.split("\n\n")[0].split()).replace("|", r"\|")
