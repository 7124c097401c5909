"""What the nodes of a game told, by their journals and by the bus."""

import asyncio
import threading
import time
from collections import defaultdict
from pathlib import Path

from tests.system.fleet import READY_S_MAX, Fleet
from tests.system.server import Server

from itg.compose.bus_engines import connected
from itg.compose.bus_facts import PASSING_KINDS, envelopes_of
from itg.compose.data_directory import DataDirectory
from itg.compose.links import LinkFile
from itg.compose.nodes_read import layout_in, node_journals
from itg.compose.nodes_relay import tape_shard_of
from itg.runtime.envelope import Envelope, Record
from itg.runtime.joined_machine import codec_of
from itg.runtime.journal import FROM_START, read

Key = tuple[str, int]
_NEVER = threading.Event()


def until_carried(door: Server) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while True:
        bus = door.call("GET", "/health/ready")[1]["bus"]
        assert isinstance(bus, dict)
        if bus["is_up"] and bus["behind"] == 0:
            return
        assert time.monotonic() < deadline, bus
        _NEVER.wait(0.05)  # no busy look: the relay needs the processor


async def stream_of(fleet: Fleet, url: str = "") -> list[Envelope]:
    """Return what the bus holds of the game, from its first fact to each node's last."""
    game = LinkFile(DataDirectory(fleet.data)).read().name
    bus = await connected(url or f"nats://127.0.0.1:{fleet.bus_port}", "", game)
    wanted = {key: seqs[-1] for key, seqs in numbers_of(told_by_nodes(fleet.data)).items()}
    found: list[Envelope] = []
    try:
        async with asyncio.timeout(READY_S_MAX):
            async for batch in bus.subscribe("itg.v1.>", {}):
                found += batch
                reached = {key: seqs[-1] for key, seqs in numbers_of(found).items()}
                if all(reached.get(key, 0) >= seq for key, seq in wanted.items()):
                    return found
    finally:
        await bus.close()
    raise AssertionError("the stream ended")


def records_of(data: Path) -> dict[str, list[Record]]:
    codec = codec_of(layout_in(data))
    journals = node_journals(data)
    try:
        return {name: list(read(journal, codec, FROM_START)) for name, journal in journals.items()}
    finally:
        for journal in journals.values():
            journal.close()


def told_by_nodes(data: Path) -> list[Envelope]:
    layout = layout_in(data)
    return [
        envelope
        for name, records in records_of(data).items()
        for record in records
        for envelope in envelopes_of(record, 1, tape_shard_of(layout, name))
        if type(envelope.body) not in PASSING_KINDS
    ]


def numbers_of(envelopes: list[Envelope]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for envelope in envelopes:
        found[envelope.source, envelope.shard].append(envelope.seq)
    return found
