"""What `itg verify` shows: a journal run again, alone or with its services apart."""

import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import json
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from itg.cli import exits
from itg.cli.consoles import progress_console, waiting, wide_console
from itg.compose.conducted import TopologyReport, verify_topology
from itg.compose.journals import is_on_nodes
from itg.compose.nodes_read import verify_nodes
from itg.compose.topologies import assert_topology
from itg.compose.verify import verify_data
from itg.kernel.errors import ConfigurationError


def show_verify(data: Path, *, as_json: bool) -> int:
    """Re-run a journal, print what it proves; 1 if it does not replay to what it recorded."""
    if is_on_nodes(data):
        return _show_nodes(data, as_json=as_json)
    with waiting("replaying every input from the first …"):
        report = verify_data(data)
    if as_json:
        print(json.format(json.encode(report)).decode())
    else:
        print(f"inputs        {report.inputs:>12,}")
        print(f"outputs       {report.outputs:>12,}")
        print(f"event digest  {report.event_digest}")
        print(f"state hash    {report.state_hash}")
        print(f"journal head  {report.head_hash}")
        print("every input replays to the recorded outputs" if report.is_equal else "")
    if report.difference is not None:
        print(f"itg: the journal does not replay: {report.difference}", file=sys.stderr)
    return exits.DONE if report.is_equal else exits.FAILED


def _show_nodes(data: Path, *, as_json: bool) -> int:
    with waiting("replaying every input of every node …"):
        reports = verify_nodes(data)
    if as_json:
        print(json.format(json.encode(reports)).decode())
    else:
        table = Table(box=None, pad_edge=False)
        table.add_column("node")
        for heading in ("inputs", "outputs"):
            table.add_column(heading, justify="right")
        table.add_column("journal head")
        table.add_column("replays")
        for name, report in reports.items():
            sizes = (f"{report.inputs:,}", f"{report.outputs:,}")
            table.add_row(name, *sizes, report.head_hash, "yes" if report.is_equal else "no")
        wide_console().print(table)
    for name, report in reports.items():
        if report.difference is not None:
            print(f"itg: node {name} does not replay: {report.difference}", file=sys.stderr)
    return exits.DONE if all(r.is_equal for r in reports.values()) else exits.FAILED


def show_topologies(data: Path, asked: str, *, as_json: bool) -> int:
    """Play a journal's inputs in topologies, commas between; 1 if one did anything else."""
    if is_on_nodes(data):
        raise ConfigurationError(
            f"{data} was played on several nodes: `itg verify {data}` replays each; "
            "--topology takes a game of `itg serve` or `itg demo`"
        )
    topologies = [name.strip() for name in asked.split(",")]
    for topology in topologies:
        assert_topology(topology)
    if len(set(topologies)) < len(topologies):
        raise ConfigurationError(f"--topology {asked}: one of them is there twice")
    reports = _played(data, topologies)
    if as_json:
        print(json.format(json.encode(reports)).decode())
    else:
        _print(reports)
    for report in reports:
        if report.difference is not None:
            told = f"{report.difference} caused something else"
            print(f"itg: {report.topology} is not as recorded: {told}", file=sys.stderr)
    is_equal = all(report.difference is None for report in reports)
    return exits.DONE if is_equal else exits.FAILED


def _played(data: Path, topologies: Sequence[str]) -> list[TopologyReport]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=progress_console(),
    )
    reports: list[TopologyReport] = []
    with progress:
        for topology in topologies:
            task = progress.add_task(f"{topology:<9}", total=None)

            def tell(seq: int, last_seq: int, task: TaskID = task) -> None:
                progress.update(task, completed=seq, total=last_seq)

            reports.append(verify_topology(data, topology, tell))
    return reports


def _print(reports: Sequence[TopologyReport]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("topology", "node"):
        table.add_column(heading)
    for heading in ("inputs there", "inputs of the game"):
        table.add_column(heading, justify="right")
    table.add_column("event digest")
    for report in reports:
        first = (f"{report.inputs:,}", report.event_digest)
        for number, (node, inputs) in enumerate(report.nodes.items()):
            about = first if number == 0 else ("", "")
            name = report.topology if number == 0 else ""
            table.add_row(name, node, f"{inputs:,}", *about)
    wide_console().print(table)
    if len({report.event_digest for report in reports}) == 1 and len(reports) > 1:
        print("the same happened in all of them, and as recorded")
