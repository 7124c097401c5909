"""Keys after the first: teams' are rotated with an overlap and retired, others revoked by name.

Nothing that leaves the game names a digest: a key is the team's n-th, or the n-th without a team.
"""

from itg.game.contract import (
    KEY_NOT_FOUND,
    LAST_ORGANIZER_KEY,
    GameActRejected,
    IssuedKey,
    KeyRetired,
    KeyRevoked,
    KeyRotated,
    RetireKey,
    RetiringKey,
    RevokeKey,
    RotateKey,
    Team,
)
from itg.game.core.registry import ORGANIZER, RESEARCH_SCOPES, Registry, clean_name
from itg.kernel.errors import Refusal, RejectReason

FIRST_KEY = "organizer"  # as the audit names who acts with it
_NAMES_SHOWN = 10


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


def apart(registry: Registry) -> tuple[IssuedKey, ...]:
    """Return the keys without a team: organizers', then researchers', as they were issued."""
    scopes = (ORGANIZER.scopes, RESEARCH_SCOPES)
    return tuple(
        IssuedKey(key_name=name, key_number=registry.key_numbers.get(digest, 0), scopes=of)
        for names, of in zip(_names_apart(registry), scopes, strict=True)
        for digest, name in names.items()
    )


def revoke(registry: Registry, ask: RevokeKey) -> KeyRevoked | GameActRejected:
    """Forget every key of a name, or say why not."""
    name = clean_name(ask.key_name)
    organizers, researchers = _names_apart(registry)
    gone = [digest for digest, owner in (organizers | researchers).items() if owner == name]
    if not gone:
        known = ", ".join((*organizers.values(), *researchers.values())[:_NAMES_SHOWN])
        return _rejected(KEY_NOT_FOUND, f"no key is named {name}; there are {known}")
    if organizers and all(digest in gone for digest in organizers):
        return _rejected(LAST_ORGANIZER_KEY, f"no organizer's key but {name}'s works")
    numbers = sorted(registry.key_numbers.pop(digest, 0) for digest in gone)
    for digest in gone:
        registry.organizer_by_key.pop(digest, None)
        registry.researcher_by_key.pop(digest, None)
    if registry.admin_key_hash in gone:
        registry.admin_key_hash = ""
    return KeyRevoked(key_name=name, key_numbers=tuple(numbers))


def _names_apart(registry: Registry) -> tuple[dict[str, str], dict[str, str]]:
    first = {registry.admin_key_hash: FIRST_KEY} if registry.admin_key_hash else {}
    return first | registry.organizer_by_key, registry.researcher_by_key


def _rejected(reason: RejectReason, detail: str) -> GameActRejected:
    refusal = Refusal(code=reason.code, detail=f"{detail}. {reason.hint}", field="key_name")
    return GameActRejected(refusal=refusal)
