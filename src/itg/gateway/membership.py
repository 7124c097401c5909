"""What an organizer's acts mean for those who are connected: keys that end, roles that change.

A key's overlap is wall time, so the alarm for its end is here, and what it leads to is a journalled
command like any other; the instant is in the journal too, so a restart arms it again.
"""

import asyncio
from contextlib import suppress
from typing import assert_never

from msgspec.structs import replace

from itg.game.contract import (
    KeyRetired,
    KeyRevoked,
    KeyRotated,
    RetireKey,
    TeamReseated,
)
from itg.gateway.auth import KeyRing
from itg.gateway.calls import Caller
from itg.gateway.directory import Directory
from itg.gateway.feed import Feed
from itg.gateway.passes import Passes
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId, TeamId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S
from itg.runtime.pump_port import OverloadedError, PumpPort, PumpStoppedError
from itg.wire.v1.socket import CLOSE_POLICY

AnyMemberEvent = KeyRotated | KeyRetired | KeyRevoked | TeamReseated
MEMBER_EVENTS = frozenset(AnyMemberEvent.__args__)
_OVERLAP_OVER = "the overlap of a rotated key is over"
_RETRY_S = 1.0
FIRST_KEY = "organizer"  # the name of the first organizer's key, which callers leave out


class Membership:
    """Follows released facts of the game; `ends_keys`: of all gateways this one does it."""

    def __init__(
        self,
        pump: PumpPort,
        feed: Feed,
        keys: KeyRing,
        passes: Passes,
        *,
        ends_keys: bool = True,
    ) -> None:
        self._pump = pump
        self._feed = feed
        self._keys = keys
        self._passes = passes
        self._ends_keys = ends_keys
        self._directory: Directory | None = None
        self._ends: dict[tuple[TeamId, int], int] = {}  # wall time of those that still work
        self._alarms: dict[tuple[TeamId, int], asyncio.TimerHandle] = {}
        self._retired: set[tuple[TeamId, int]] = set()
        self._revoked: set[tuple[str | None, int]] = set()

    def begin(self, directory: Directory) -> None:
        """Follow from now on; arm the alarms of a game that is continued."""
        self._directory = directory
        for key in directory.retiring:
            self._arm(key.team_id, key.key_number, key.retires_wall_ns)

    def stop(self) -> None:
        """Stop every alarm: the process ends, and the next one arms them again."""
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()

    def greet(self, session: Session) -> None:
        """Take in a session as things stand: its key may have ended while it connected."""
        caller = session.caller
        if caller.team_id is None:
            if self._is_revoked(caller):
                session.close(CLOSE_POLICY)
            return
        if (caller.team_id, caller.key_number) in self._retired:
            session.close(CLOSE_POLICY)
            return
        assert self._directory is not None, "sockets open after the start"
        team = self._directory.teams[caller.team_id]
        session.caller = replace(caller, role=team.role)

    def see(self, event: Message) -> None:
        """Do what a fact of `MEMBER_EVENTS` means for open sessions and known keys."""
        assert isinstance(event, AnyMemberEvent)
        match event:
            case KeyRotated():
                self._rotate(event)
            case KeyRetired():
                self._retire(event)
            case KeyRevoked():
                self._revoke(event)
            case TeamReseated():
                self._reseat(event)
            case _:
                assert_never(event)

    def _rotate(self, event: KeyRotated) -> None:
        if event.retires_wall_ns is not None:
            for number in event.retiring:
                self._arm(event.team_id, number, event.retires_wall_ns)

    def _arm(self, team_id: TeamId, number: int, at_wall_ns: int) -> None:
        key = (team_id, number)
        # An earlier rotation's end holds, as it does in the game.
        if not self._ends_keys or self._ends.get(key, at_wall_ns + 1) <= at_wall_ns:
            return
        self._ends[key] = at_wall_ns
        self._disarm(key)
        wait_s = max(0.0, (at_wall_ns - self._pump.clock.wall_ns()) / NS_PER_S)
        self._arm_in(wait_s, key)

    def _arm_in(self, wait_s: float, key: tuple[TeamId, int]) -> None:
        self._alarms[key] = asyncio.get_running_loop().call_later(wait_s, self._end, key)

    def _disarm(self, key: tuple[TeamId, int]) -> None:
        alarm = self._alarms.pop(key, None)
        if alarm is not None:
            alarm.cancel()

    def _end(self, key: tuple[TeamId, int]) -> None:
        team_id, number = key
        ends = RetireKey(team_id=team_id, key_number=number, reason=_OVERLAP_OVER)
        try:
            with suppress(PumpStoppedError):
                self._pump.submit(ends, headroom=True)
        except OverloadedError:
            self._arm_in(_RETRY_S, key)

    def _retire(self, event: KeyRetired) -> None:
        gone = {(event.team_id, number) for number in event.key_numbers}
        self._retired |= gone
        for key in gone:
            self._ends.pop(key, None)
            self._disarm(key)
        self._keys.forget()
        self._passes.forget(lambda caller: caller.team_id == event.team_id)
        for session in self._sessions_of(event.account_id):
            if (event.team_id, session.caller.key_number) in gone:
                session.close(CLOSE_POLICY)

    def _revoke(self, event: KeyRevoked) -> None:
        self._revoked |= {(event.key_name, number) for number in event.key_numbers}
        self._keys.forget()
        self._passes.forget(self._is_revoked)
        # Links for that name as well: their keys would have numbers that nobody has revoked.
        self._passes.logins.forget(lambda login: _name_of(login.seat) == event.key_name)
        for session in [s for s in self._feed.sessions if self._is_revoked(s.caller)]:
            session.close(CLOSE_POLICY)

    def _is_revoked(self, caller: Caller) -> bool:
        return (_name_of(caller), caller.key_number) in self._revoked

    def _reseat(self, event: TeamReseated) -> None:
        self._keys.forget()
        self._passes.sockets.forget(lambda caller: caller.team_id == event.team_id)
        for session in self._sessions_of(event.account_id):
            session.caller = replace(session.caller, role=event.role)
            if event.role != event.previous_role:
                self._feed.move_signals(session, event.role)

    def _sessions_of(self, account_id: AccountId) -> list[Session]:
        return [s for s in self._feed.sessions if s.caller.account_id == account_id]


def _name_of(caller: Caller) -> str | None:
    return caller.key_name or FIRST_KEY if caller.team_id is None else None
