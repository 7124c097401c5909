"""Keys after the first: teams' are rotated with an overlap and retired, others revoked by name.

Nothing that leaves the game names a digest: a key is the team's n-th, or the n-th without a team.
"""

from msgspec.structs import replace

from itg.game.contract import (
    KEY_NOT_FOUND,
    LAST_ORGANIZER_KEY,
    GameActRejected,
    IssuedKey,
    IssueKey,
    KeyIssued,
    KeyIssuer,
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
from itg.kernel.ids import TeamId

FIRST_KEY = "organizer"  # as the audit names who acts with it
_NAMES_SHOWN = 10


def rotate(
    registry: Registry, team: Team, ask: RotateKey
) -> list[KeyRotated | KeyRetired | GameActRejected]:
    """Give a team another key; its others stop now or at the instant that is asked.

    One that is asked for with a key stops none, and stops itself when that one does.
    """
    refused = _refusal_of_issuer(registry, ask.issuer, team.team_id)
    if refused is not None:
        return [refused]
    place = registry.places[team.team_id]
    older = [digest for digest, owner in registry.team_by_key.items() if owner == place]
    number = registry.add_key(place, ask.key_hash)
    told = KeyRotated(team_id=team.team_id, account_id=team.account_id, key_number=number)
    if ask.issuer is not None:
        return [_inheriting(registry, told, ask.issuer)]
    if ask.retires_wall_ns is None:
        retired = _forget(registry, team, older)
        return [told] if retired is None else [told, retired]
    numbers = tuple(registry.key_numbers[digest] for digest in older)
    return [_retiring(registry, told, numbers, ask.retires_wall_ns)]


def _refusal_of_issuer(
    registry: Registry, issuer: KeyIssuer | None, of: TeamId | None
) -> GameActRejected | None:
    if issuer is None:
        return None
    working: set[int] = set()
    if issuer.team_id is None:
        organizers, _ = _names_apart(registry)
        working = {registry.key_numbers.get(digest, 0) for digest in organizers}
    elif issuer.team_id == of:
        place, numbers = registry.places[of], registry.key_numbers
        working = {numbers[key] for key, owner in registry.team_by_key.items() if owner == place}
    if issuer.key_number in working:
        return None
    return _rejected(KEY_NOT_FOUND, "the key that asks for another one works no more")


def _inheriting(registry: Registry, told: KeyRotated, issuer: KeyIssuer) -> KeyRotated:
    if issuer.team_id is None:
        return told
    for key in registry.retiring:
        if (key.team_id, key.key_number) == (issuer.team_id, issuer.key_number):
            return _retiring(registry, told, (told.key_number,), key.retires_wall_ns)
    return told


def _retiring(
    registry: Registry, told: KeyRotated, numbers: tuple[int, ...], at_wall_ns: int
) -> KeyRotated:
    ends = {(key.team_id, key.key_number): key.retires_wall_ns for key in registry.retiring}
    for number in numbers:
        key = (told.team_id, number)
        ends[key] = min(ends.get(key, at_wall_ns), at_wall_ns)
    registry.retiring = [
        RetiringKey(team_id=team_id, key_number=number, retires_wall_ns=end)
        for (team_id, number), end in ends.items()
    ]
    return replace(told, retiring=numbers, retires_wall_ns=at_wall_ns if numbers else None)


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


def issue(registry: Registry, ask: IssueKey) -> KeyIssued | GameActRejected:
    """Let a key without a team read and research, or organize; or say why not."""
    refused = _refusal_of_issuer(registry, ask.issuer, None)
    return registry.issue(ask) if refused is None else refused


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
