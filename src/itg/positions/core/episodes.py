"""Episodes of a monitored limit: outside, for longer than the grace a breach, inside again."""

from typing import NamedTuple

from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.positions.contract import AccountLimitBreached, AccountLimitCleared, Outside
from itg.positions.core.accounts import Account, Episode


class Use(NamedTuple):
    """What of a limit is used, in its own unit."""

    kind: str
    used: int
    limit: int


def stay_outside(
    account: Account, use: Use, now: Nanos, grace_ns: Nanos, out: list[Message]
) -> None:
    """Begin an episode, or make it a breach when it has lasted for the grace."""
    episode = account.episodes.get(use.kind)
    if episode is None:
        episode = account.episodes[use.kind] = Episode(now, use.used, use.limit)
    episode.used, episode.limit = use.used, use.limit
    if episode.is_breached or now - episode.since_ns < grace_ns:
        return
    episode.is_breached = True
    event = AccountLimitBreached(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        kind=use.kind,
        used=use.used,
        limit=use.limit,
        since_ns=episode.since_ns,
    )
    account.mailbox.post(event, out)


def stay_inside(account: Account, use: Use, out: list[Message]) -> None:
    """End an episode; one that was a breach is told."""
    episode = account.episodes.pop(use.kind, None)
    if episode is None or not episode.is_breached:
        return
    event = AccountLimitCleared(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        kind=use.kind,
        used=use.used,
        limit=use.limit,
    )
    account.mailbox.post(event, out)


def breached(account: Account) -> tuple[Outside, ...]:
    """Return the limits that are breached, as they were seen last, in order of their beginning."""
    if not account.episodes:
        return ()
    return tuple(
        Outside(kind, episode.used, episode.limit)
        for kind, episode in account.episodes.items()
        if episode.is_breached
    )


def stand_still(account: Account, kind: str) -> None:
    """Let an episode that is no breach yet begin anew; a breach stays one."""
    episode = account.episodes.get(kind)
    if episode is not None and not episode.is_breached:
        del account.episodes[kind]
