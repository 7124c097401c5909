"""A stand-by of a node beside a leader of another build: it waits, and leads from a snapshot."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.waiting import until

from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose import standby as standby_module
from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings, create_command
from itg.compose.lead import Lead
from itg.compose.links import LinkFile
from itg.compose.node import machine_in
from itg.compose.node_process import NodeSettings, linked_game
from itg.compose.node_standby import NodeStandby
from itg.compose.nodes_read import layout_of
from itg.compose.relay_child import BusSettings
from itg.game.contract import RegisterTeam
from itg.kernel.errors import RecoveryError
from itg.kernel.ids import Role, Seq
from itg.runtime.clock import VirtualClock
from itg.runtime.fingerprint import header_of
from itg.runtime.pump import Pump
from itg.runtime.recovery import recover, recover_rest


class Leader:
    """The chief's pump on its journal, as a process of some build would run it."""

    def __init__(self, data: Path, build: str = "") -> None:
        self.settings = settings_of(data)
        home = DataDirectory(data)
        create = create_command(self.settings.game, home)
        game = linked_game(self.settings, "bare-1")
        LinkFile(home).write(game)
        self.lead = Lead(DataDirectory(self.settings.directory), None)
        self.lead.take()
        self.journal = SqliteJournal(self.settings.directory, unsafe=True)
        self.machine = machine_in(layout_of(game), "game")
        header = header_of(self.machine, create.scenario_hash)
        self.journal.open(replace(header, code_fingerprint=build or header.code_fingerprint))
        clock = VirtualClock(create.rules.rounds[0].start_ns)
        self.pump = Pump(self.machine, self.journal, clock)
        self.pump.submit(create)
        self.pump.run_until_idle()

    @property
    def seq(self) -> Seq:
        return self.journal.head().seq

    def register(self, name: str) -> None:
        role = Role("market_maker")
        self.pump.submit(RegisterTeam(team_name=name, role=role, key_hash=name, by_organizer=True))
        self.pump.run_until_idle()

    def keep_state(self) -> None:
        self.pump.snapshot_soon()
        self.pump.run_until_idle()

    def end(self) -> None:
        self.journal.close()
        self.lead.release()


def settings_of(data: Path) -> NodeSettings:
    game = SoloSettings(scenario="bare", data=data, standby=True)
    bus = BusSettings(url="nats://127.0.0.1:4222")
    return NodeSettings(name="game", topology="services", bus=bus, game=game)


async def test_it_follows_a_leader_of_its_own_build_and_leads_with_the_same_state(
    tmp_path: Path,
) -> None:
    leader = Leader(tmp_path)
    standby = NodeStandby(leader.settings)
    following = asyncio.create_task(standby.until_leading(asyncio.Event()))
    leader.register("one")
    await until(lambda: standby.seq == leader.seq)
    assert not following.done()
    leader.end()
    taken = await following
    assert taken is not None
    assert taken.machine is not None
    assert taken.machine.state_hash() == leader.machine.state_hash()
    taken.lead.release()


async def test_one_of_another_build_waits_and_leads_from_the_snapshot_that_the_leader_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby_module, "_AGAIN_S", 0.05)
    leader = Leader(tmp_path, build="another build")
    standby = NodeStandby(leader.settings)
    following = asyncio.create_task(standby.until_leading(asyncio.Event()))
    await until(lambda: standby.is_waiting)
    leader.keep_state()
    await until(lambda: standby.seq == leader.seq)
    leader.register("one")  # a row behind the snapshot: of the other build again
    await until(lambda: standby.is_waiting)
    leader.keep_state()
    end = leader.seq
    leader.end()
    taken = await following
    assert taken is not None
    assert taken.journal is not None
    machine = taken.machine or machine_in(layout_of(linked_game(leader.settings, "x")), "game")
    taken.journal.open(header_of(machine))
    report = (recover if machine.next_seq == 1 else recover_rest)(taken.journal, machine)
    assert report.seq == end
    assert machine.state_hash() == leader.machine.state_hash()
    taken.lead.release()


async def test_where_the_other_build_ended_without_a_snapshot_it_is_refused(
    tmp_path: Path,
) -> None:
    leader = Leader(tmp_path, build="another build")
    leader.end()
    taken = await NodeStandby(leader.settings).until_leading(asyncio.Event())
    assert taken is not None
    journal = taken.journal or SqliteJournal(leader.settings.directory, unsafe=True)
    machine = machine_in(layout_of(linked_game(leader.settings, "x")), "game")
    journal.open(header_of(machine))
    with pytest.raises(RecoveryError, match=r"another build.*snapshot: run build another buil"):
        recover(journal, machine)
    journal.close()
    taken.lead.release()
