"""The commitment to the seed: shown from the first, opened when no round is left to play."""

from pathlib import Path

from msgspec.structs import replace
from tests.game.worlds import World, fresh_machine

from itg import scenario
from itg.game.contract import (
    EndRound,
    GameActRejected,
    GetRounds,
    RevealSeed,
    Rounds,
    SeedReveal,
    StartRound,
)

REVEAL = SeedReveal(scenario="s", scenario_hash="h", seed=7, build="b", salt="f" * 64)
OPENING = RevealSeed(reveal=REVEAL)
COMMITMENT = "c" * 64


def two_days(folder: Path, commitment: str = COMMITMENT) -> World:
    file = folder / "two.toml"
    file.write_text('extends = "demo"\n[session]\ndays = 2\ncontinuous_s = 10\n', encoding="utf-8")
    return World(replace(scenario.load(str(file)), commitment=commitment))


def play(world: World, round_id: int) -> None:
    world.send(StartRound())
    world.now = max(world.now, world.game.rules.rounds[round_id - 1].start_ns)
    world.run_to(world.now)
    world.send(EndRound(round_id=round_id))


def told(world: World) -> list[tuple[str, SeedReveal | None]]:
    rounds = world.ask(GetRounds())
    assert isinstance(rounds, Rounds)
    return [(row.commitment, row.reveal) for row in rounds.rounds]


def refused(world: World) -> str:
    (rejected,) = world.send(OPENING)
    assert isinstance(rejected, GameActRejected)
    return rejected.refusal.detail


def test_the_seed_stays_secret_while_a_round_with_it_is_left_to_play(tmp_path: Path) -> None:
    world = two_days(tmp_path)
    assert told(world) == [(COMMITMENT, None)] * 2
    assert "round 1 is not over" in refused(world)
    play(world, 1)
    assert "round 2 is not over" in refused(world)
    assert told(world) == [(COMMITMENT, None)] * 2
    play(world, 2)
    assert world.send(OPENING) == ()
    assert told(world) == [(COMMITMENT, REVEAL)] * 2
    assert "no commitment to open" in refused(world)
    # What was opened is state: a snapshot has it.
    again = fresh_machine(world.game)
    again.restore(world.machine.snapshot())
    assert again.query(GetRounds()) == world.ask(GetRounds())


def test_where_nothing_was_committed_to_nothing_is_opened(tmp_path: Path) -> None:
    world = two_days(tmp_path, "")
    play(world, 1)
    play(world, 2)
    assert "no commitment to open" in refused(world)
