"""`itg trace`: one order's life as a table, or as JSON."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json
from rich.table import Table

from itg.cli import exits
from itg.cli.consoles import wide_console
from itg.compose.order_steps import Step, Who, told
from itg.compose.order_trace import OrderTrace, trace_order
from itg.kernel.errors import ConfigurationError, ItgError
from itg.kernel.money import PRICE_SCALE
from itg.runtime.trails import trace_id_of

_MONEY = frozenset(
    {
        "price",
        "last_price",
        "stop_price",
        "average_price",
        "bid",
        "ask",
        "clearing_price",
        "adjusted_price",
        "fee",
        "fees",
        "cash",
        "realized_pnl",
        "unrealized_pnl",
        "fee_returned",
        "session_pnl",
        "official_close",
        "settlement_price",
        "indicative_price",
    }
)
# Who and where stand in the heading and in other columns; numbers of streams tell nobody anything.
_UNTOLD = frozenset(
    {
        "shard",
        "account_id",
        "private_seq",
        "accepted_seq",
        "accepted_ns",
        "game_ns",
        "seq",
        "fill_id",
        "instrument_id",
        "client_order_id",
        "retry_after_ms",
        "tag",
        "by",
    }
)
_LIST_MAX = 4
_WIDE = 190


def show_trace(data: Path, order: str, team: str | None, *, as_team: bool, as_json: bool) -> int:
    """Print an order's life; 1 if the journal does not read."""
    try:
        found = trace_order(data, order, team=team, as_team=as_team)
    except ConfigurationError:
        raise
    except ItgError as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.FAILED
    if as_json:
        print(json.format(json.encode(found)).decode())
        return exits.DONE
    print(_heading(found))
    wide_console(_WIDE).print(_table(found.steps))
    return exits.DONE


def _heading(found: OrderTrace) -> str:
    order = "no order id" if found.order_id is None else f"order {found.order_id}"
    owner = f" of {found.team_name} ({found.account_id})" if found.account_id else ""
    named = f", client order id {found.client_order_id}" if found.client_order_id else ""
    first, last = found.steps[0], found.steps[-1]
    span = f"{_span(last.ts_us - first.ts_us)} of wall time"
    inputs, messages = sum(step.is_input for step in found.steps), len(found.steps)
    since = f"from {_clock(first.ts_us)} on, {span}"
    return f"{order}{owner}{named}: {inputs} inputs, {messages} messages {since}\n"


def _table(steps: list[Step]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("seq", "wall (UTC)", "game (UTC)", "after"):
        table.add_column(title, justify="right" if title in {"seq", "after"} else "left")
    for title in ("who", "service", "what", "answers"):
        table.add_column(title, no_wrap=True)
    table.add_column("told", overflow="fold")
    days = {_clock(at)[:10] for step in steps for at in (step.ts_us, step.game_us)}
    begin = 0 if len(days) > 1 else 11  # one day stands in the heading
    for step in steps:
        answers = f"{step.command} {step.command_seq}" if step.command else ""
        what = step.type or "a request"
        times = ("", "", "", "")
        if step.is_input:
            after = "" if step.after_us is None else _span(step.after_us)
            times = (
                _clock(step.ts_us)[begin:],
                _clock(step.game_us)[begin:],
                after,
                _who(step.who),
            )
        words = (step.service, what if step.is_input else f"  {what}", answers)
        cells = (str(step.seq), *times, *words, " ".join(_words(step)))
        table.add_row(*cells, style="bold" if step.is_input else None)
    return table


def _words(step: Step) -> Iterator[str]:
    if step.is_input and step.trace_id:
        yield f"trace={step.trace_id}"
        if (spans := trace_id_of(step.trace_id)) != step.trace_id.replace("-", "").lower():
            yield f"otel={spans}"
    for place, value in told(step.data):
        name = place.rpartition(".")[2]
        if name in _UNTOLD and not (step.is_input and name == "instrument_id"):
            continue
        if name in _MONEY and isinstance(value, int):
            yield f"{place}={value / PRICE_SCALE:.4f}".removesuffix("00")
        elif isinstance(value, list) and (len(value) > _LIST_MAX or isinstance(value[0], dict)):
            yield f"{place}=({len(value)})"
        else:
            yield f"{place}={value}"


def _who(who: Who) -> str:
    if who.kind == "account":
        return who.name
    return f"{who.kind} {who.name}".strip()


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _span(us: int) -> str:
    if us < 1_000_000:
        return f"{us / 1_000:.3f} ms"
    return f"{us / 1_000_000:,.3f} s"
