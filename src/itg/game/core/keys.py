"""Teams' keys after the first: rotated with an overlap, retired, told apart by number.

Nothing that leaves the game names a digest: a key is the team's n-th.
"""

from itg.game.contract import KeyRetired, KeyRotated, RetireKey, RetiringKey, RotateKey, Team
from itg.game.core.registry import Registry


def rotate(registry: Registry, team: Team, ask: RotateKey) -> list[KeyRotated | KeyRetired]:
    """Give a team another key; its others stop now or at the instant that is asked."""
    place = registry.places[team.team_id]
    older = [digest for digest, owner in registry.team_by_key.items() if owner == place]
    number = registry.add_key(place, ask.key_hash)
    if ask.retires_wall_ns is None:
        told = KeyRotated(team_id=team.team_id, account_id=team.account_id, key_number=number)
        retired = _forget(registry, team, older)
        return [told] if retired is None else [told, retired]
    numbers = tuple(registry.key_numbers[digest] for digest in older)
    already = {(key.team_id, key.key_number) for key in registry.retiring}
    fresh = [n for n in numbers if (team.team_id, n) not in already]
    registry.retiring += [
        RetiringKey(team_id=team.team_id, key_number=n, retires_wall_ns=ask.retires_wall_ns)
        for n in fresh
    ]
    return [
        KeyRotated(
            team_id=team.team_id,
            account_id=team.account_id,
            key_number=number,
            retiring=tuple(fresh),
            retires_wall_ns=ask.retires_wall_ns,
        )
    ]


def retire(registry: Registry, team: Team, ask: RetireKey) -> list[KeyRetired]:
    """Forget one key of a team, or all of them."""
    place = registry.places[team.team_id]
    digests = [
        digest
        for digest, owner in registry.team_by_key.items()
        if owner == place and ask.key_number in {None, registry.key_numbers[digest]}
    ]
    retired = _forget(registry, team, digests)
    return [] if retired is None else [retired]


def _forget(registry: Registry, team: Team, digests: list[str]) -> KeyRetired | None:
    numbers = [registry.key_numbers.pop(digest) for digest in digests]
    for digest in digests:
        del registry.team_by_key[digest]
    registry.retiring = [
        key
        for key in registry.retiring
        if key.team_id != team.team_id or key.key_number not in numbers
    ]
    if not numbers:
        return None
    return KeyRetired(
        team_id=team.team_id, account_id=team.account_id, key_numbers=tuple(sorted(numbers))
    )
