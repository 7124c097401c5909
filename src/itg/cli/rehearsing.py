"""`itg rehearse`: progress on stderr, the verdict and its criteria on stdout."""

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from msgspec import Struct, json
from rich.table import Table
from rich.text import Text

from itg.cli import exits
from itg.cli.consoles import wide_console
from itg.compose.rehearsal.plan import RehearsalSettings
from itg.compose.rehearsal.run import Rehearsal
from itg.compose.rehearsal.verdict import Measured, Verdict
from itg.kernel.errors import ConfigurationError, ItgError

MEGABYTE = 1e6


class RehearsalWish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    teams: int
    seconds: float
    scenario: str
    seed: int


def show_rehearsal(data: Path | None, wish: RehearsalWish, *, as_json: bool) -> int:
    """Rehearse and print the verdict; 1 if it is not OK or the rehearsal could not go on."""
    scratch = (
        nullcontext(str(data)) if data else tempfile.TemporaryDirectory(prefix="itg-rehearse-")
    )
    with scratch as place:
        settings = RehearsalSettings(
            data=Path(place),
            teams=wish.teams,
            seconds=wish.seconds,
            scenario=wish.scenario,
            seed=wish.seed,
        )
        try:
            verdict = Rehearsal(settings, _tell).run()
        except ConfigurationError:
            raise
        except ItgError as error:
            print(f"itg: the rehearsal broke off: {error}", file=sys.stderr)
            return exits.FAILED
    if as_json:
        print(json.format(json.encode(verdict)).decode())
    else:
        _print(verdict)
    return exits.DONE if verdict.is_ok else exits.FAILED


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(verdict: Verdict) -> None:
    console = wide_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "criterion", "found", "wanted"):
        table.add_column(title)
    for each in verdict.criteria:
        mark = Text("ok" if each.is_met else "NO", style="green" if each.is_met else "bold red")
        table.add_row(mark, each.name, each.found, each.wanted)
    console.print(table)
    console.print()
    for name, value in _figures(verdict.measured).items():
        console.print(f"{name:<22}{value}", soft_wrap=True, highlight=False)
    console.print(Text(f"\n{verdict.sentence}", style="bold"), soft_wrap=True)


def _figures(found: Measured) -> dict[str, str]:
    refused = ", ".join(f"{count:,} {code}" for code, count in found.refusals.items())
    journal = found.journal
    megabytes = (journal.journal_bytes / MEGABYTE, journal.snapshot_bytes / MEGABYTE)
    orders = f"{found.orders_sent:,} sent ({found.orders_per_s:,.0f}/s), "
    orders += f"{found.orders_acknowledged:,} acknowledged, {found.orders_late:,} after a resend"
    acks = f"p50 {found.ack_p50_ms:.1f}, p99 {found.ack_p99_ms:.1f}, "
    acks += f"longest {found.ack_max_ms:.0f} ms; commit {found.commit_ms:.2f} ms"
    loop = f"ping p50 {found.ping_p50_ms:.1f}, p99 {found.ping_p99_ms:.1f} ms; share of a core "
    loop += f"{_share(found.loop_busy)}, the world alone {_share(found.loop_busy_idle)}"
    away = f"{found.reconnects} came back, p50 {found.reconnect_p50_ms:.0f}, "
    away += f"longest {found.reconnect_max_ms:.0f} ms; {found.clients_killed} programs killed"
    kept = f"{megabytes[0]:,.1f} MB and {megabytes[1]:,.1f} MB of snapshots "
    kept += f"for {journal.inputs:,} inputs"
    return {
        "orders": orders,
        "refused": refused or "none",
        "beside them": f"{found.quotes_sent:,} quote lists, {found.cancels_sent:,} cancels",
        "acknowledgement": acks,
        "server's loop": loop,
        "load's own lag": f"p99 {found.load_lag_p99_ms:.1f} ms",
        "connections": away,
        "server killed": f"ready after {found.kill_ready_s:.1f} s, "
        f"all back after {found.kill_resumed_s:.1f} s",
        "journal": kept,
        "frames": f"{found.frames:,} read by the fake teams",
    }


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"
