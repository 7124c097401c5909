"""Who plays what: roles that go round by a cyclic Latin square.

Teams stand in registration order, so many of them a group as there are registrable roles; within a
group each plays another role, and with each scored round all move one role on. So after as many
scored rounds as there are roles every team has played every role once. A practice round has the
roles of the scored round after it.
"""

from collections.abc import Iterator, Sequence

from itg.game.contract import (
    GameRules,
    RoleRotation,
    ScheduledRound,
    Seat,
    Team,
)
from itg.game.core.registry import Registry
from itg.game.core.rounds import Rounds
from itg.kernel.ids import Role


def role_in(rules: GameRules, round_id: int, place: int) -> Role | None:
    """Return the role of the team at a place (from 0) in a round; None: it keeps its own."""
    if rules.rotation is RoleRotation.NONE:
        return None
    roles = rules.registrable_roles
    moved = sum(plan.is_scored for plan in rules.rounds[: round_id - 1])
    return roles[(place + moved) % len(roles)]


def role_to_begin(rules: GameRules, rounds: Rounds, place: int, asked: Role) -> Role:
    """Return the role in which a team at a place begins: that of the round under way, or next."""
    round_id = rounds.current_id or rounds.next_id
    role = None if round_id is None else role_in(rules, round_id, place)
    return asked if role is None else role


def seats_in(rules: GameRules, round_id: int, teams: Sequence[Team]) -> tuple[Seat, ...]:
    """Return every team's role in a round still to come."""
    return tuple(
        Seat(team.team_id, role_in(rules, round_id, place) or team.role)
        for place, team in enumerate(teams)
    )


def schedule_of(
    rules: GameRules, rounds: Rounds, registry: Registry, played: dict[int, list[Seat]]
) -> Iterator[ScheduledRound]:
    """Return each round's seats: as they were where it began, as they will be else."""
    for round_id, plan in enumerate(rounds.plans, start=1):
        seats = played.get(round_id)
        yield ScheduledRound(
            round_id=round_id,
            trading_day=plan.trading_day,
            is_scored=plan.is_scored,
            seats=seats_in(rules, round_id, registry.teams) if seats is None else tuple(seats),
        )
