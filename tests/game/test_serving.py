"""How a game was served is kept of two rounds, bounded, and causes nothing."""

from pathlib import Path

from tests.game.worlds import World, fresh_machine

from itg.game.contract import (
    LATENCY_BOUNDS_US,
    AccountService,
    EndRound,
    GetServiceNotes,
    NoteService,
    ServiceNote,
    ServiceNotes,
    StartRound,
)
from itg.game.core.serving import CHANGES_MAX, ROUNDS_KEPT, Serving
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos

BUCKETS = len(LATENCY_BOUNDS_US) + 1


def note(sockets: int, *counts: int) -> ServiceNote:
    padded = (*counts, *[0] * (BUCKETS - len(counts))) if counts else ()
    return ServiceNote(AccountId("t1"), sockets, padded)


def served(world: World, round_id: int = 1) -> tuple[AccountService, ...]:
    reply = world.machine.query(GetServiceNotes(round_id=round_id))
    assert isinstance(reply, ServiceNotes)
    return reply.accounts


def test_notes_add_up_and_tell_when_sockets_changed(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    world.send(StartRound())
    for sockets, counts in ((1, (2, 3)), (1, ()), (0, (1,)), (2, (0, 0, 4))):
        world.now = Nanos(world.now + 1)
        world.send(NoteService(notes=(note(sockets, *counts),)))
    (found,) = served(world)
    assert (found.notes, found.connected) == (4, 3)
    assert [one.sockets for one in found.changes] == [1, 0, 2]
    assert found.counts[:3] == (3, 3, 4)
    assert sum(found.counts) == 10


def test_a_note_causes_nothing_and_counts_only_while_a_round_is_under_way(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    assert world.send(NoteService(notes=(note(1),))) == ()
    assert served(world) == ()
    world.send(StartRound())
    assert world.send(NoteService(notes=(note(1),))) == ()
    world.send(EndRound(round_id=1))
    world.send(NoteService(notes=(note(1),)))
    assert served(world)[0].notes == 1


def test_notes_survive_a_snapshot(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    world.send(StartRound())
    world.send(NoteService(notes=(note(3, 1, 2, 3),)))
    other = fresh_machine(world.game)
    other.restore(world.machine.snapshot())
    assert other.snapshot() == world.machine.snapshot()
    reply = other.query(GetServiceNotes(round_id=1))
    assert isinstance(reply, ServiceNotes)
    assert reply.accounts == served(world)


def test_what_is_kept_is_bounded_whatever_is_noted() -> None:
    serving = Serving()
    for round_id in range(1, 6):
        for at in range(2 * CHANGES_MAX):
            serving.note(round_id, Nanos(at), [note(at % 2)])
    assert [*serving.rounds] == [4, 5]
    assert len(serving.rounds) == ROUNDS_KEPT
    (found,) = serving.accounts(5)
    assert (found.notes, len(found.changes)) == (2 * CHANGES_MAX, CHANGES_MAX)
