"""Taking an account out of the market when nobody speaks for it: by wall time, as a command.

The clocks of the wall decide here and nowhere deeper: what they lead to is journalled like any
other command, so a replay has it without them. In lock step there is no wall time, and none of it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from msgspec import Struct

from itg.exchange.contract import MassCancel
from itg.gateway.reach import EXCHANGE, POSITIONS
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos, to_micros
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import RequestMassCancel
from itg.runtime.joined import JoinedPump
from itg.runtime.pump_port import FateUnknownError, OverloadedError, PumpPort, PumpStoppedError
from itg.wire.v1.socket import CancelOnDisconnect, DeadmanBody

_MS_PER_S = 1_000
_STRENGTH: dict[CancelOnDisconnect, int] = {"none": 0, "quotes": 1, "all": 2}


def withdraw(pump: PumpPort, account_id: AccountId, reason: CancelReason, *, orders: bool) -> None:
    """Cancel an account's quotes, and its orders; a frozen book follows after its uncross.

    While positions does not answer it goes straight to every exchange that does.
    """
    if isinstance(pump, JoinedPump) and not pump.reaches(POSITIONS):
        for shard in pump.shards_of(EXCHANGE):
            sweep = MassCancel(
                shard=shard,
                account_id=account_id,
                orders=orders,
                reason=reason,
                in_freeze=InFreeze.DEFER,
            )
            with suppress(PumpStoppedError, OverloadedError):  # positions does it when it is back
                pump.submit(sweep, headroom=True)
    command = RequestMassCancel(
        account_id=account_id,
        orders=orders,
        quotes=True,
        reason=reason,
        in_freeze=InFreeze.DEFER,
    )

    def again(error: OverloadedError | PumpStoppedError | FateUnknownError) -> None:
        # It must not be lost: nobody is there to ask again. To withdraw twice harms nobody.
        if isinstance(error, FateUnknownError):
            withdraw(pump, account_id, reason, orders=orders)
        elif isinstance(error, OverloadedError):
            later_s = error.retry_after_ms / _MS_PER_S
            retry = asyncio.get_running_loop().call_later
            retry(later_s, lambda: withdraw(pump, account_id, reason, orders=orders))

    try:
        with suppress(PumpStoppedError):
            pump.submit(command, on_refused=again, headroom=True)
    except OverloadedError as error:
        again(error)


class Absences:
    """Accounts of which no session is left, and what they asked for in that case.

    The strongest wish of the sessions that ended since the account was last absent counts.
    """

    def __init__(self, pump: PumpPort, grace_s: float) -> None:
        self.is_on = False
        self._pump = pump
        self._grace_s = grace_s
        self._sessions: Counter[AccountId] = Counter()
        self._wishes: dict[AccountId, CancelOnDisconnect] = {}
        self._alarms: dict[AccountId, asyncio.TimerHandle] = {}

    @property
    def waiting(self) -> dict[AccountId, CancelOnDisconnect]:
        """Return the accounts whose grace runs, with what they asked for."""
        return {account_id: self._wishes[account_id] for account_id in self._alarms}

    @property
    def sessions(self) -> Mapping[AccountId, int]:
        """Return how many sessions each account has, at all gateways."""
        return self._sessions

    def come(self, account_id: AccountId) -> None:
        """Note that an account has one more session."""
        self._sessions[account_id] += 1
        alarm = self._alarms.pop(account_id, None)
        if alarm is not None:
            alarm.cancel()
            self._wishes.pop(account_id, None)

    def go(self, account_id: AccountId, wish: CancelOnDisconnect) -> None:
        """Note that a session of an account ended; if it was the last, the grace begins."""
        self._sessions[account_id] -= 1
        self.miss(account_id, wish)

    def miss(self, account_id: AccountId, wish: CancelOnDisconnect) -> None:
        """Begin an account's grace, unless it has a session."""
        before = self._wishes.get(account_id, "none")
        self._wishes[account_id] = max(before, wish, key=_STRENGTH.__getitem__)
        if self._sessions[account_id] > 0:
            return
        del self._sessions[account_id]
        if self.is_on and account_id not in self._alarms:
            loop = asyncio.get_running_loop()
            self._alarms[account_id] = loop.call_later(self._grace_s, self._act, account_id)

    def stop(self) -> None:
        """Take nobody out any more: the process ends, and the next one gives its own grace."""
        self.is_on = False
        for alarm in self._alarms.values():
            alarm.cancel()

    def _act(self, account_id: AccountId) -> None:
        del self._alarms[account_id]
        wish = self._wishes.pop(account_id)
        if wish != "none":
            is_all = wish == "all"
            withdraw(self._pump, account_id, CancelReason.DISCONNECTED, orders=is_all)


class _Armed(Struct, frozen=True):
    state: DeadmanBody
    alarm: asyncio.TimerHandle


class Deadman:
    """Timers that take an account out unless they are set again in time."""

    def __init__(self, pump: PumpPort, on_expired: Callable[[AccountId, int], None]) -> None:
        self._pump = pump
        self._on_expired = on_expired
        self._armed: dict[AccountId, _Armed] = {}

    def arm(self, account_id: AccountId, timeout_ms: int) -> DeadmanBody:
        """Start the timer anew."""
        self.disarm(account_id)
        clock, loop = self._pump.clock, asyncio.get_running_loop()
        expires_us = to_micros(Nanos(clock.wall_ns())) + timeout_ms * 1_000
        state = DeadmanBody(timeout_ms=timeout_ms, expires_us=expires_us)
        alarm = loop.call_later(timeout_ms / _MS_PER_S, self._act, account_id, timeout_ms)
        self._armed[account_id] = _Armed(state, alarm)
        return state

    def state_of(self, account_id: AccountId) -> DeadmanBody:
        """Return the timer of an account."""
        armed = self._armed.get(account_id)
        return DeadmanBody() if armed is None else armed.state

    def disarm(self, account_id: AccountId) -> None:
        """Stop the timer, if it runs."""
        armed = self._armed.pop(account_id, None)
        if armed is not None:
            armed.alarm.cancel()

    def stop(self) -> None:
        """Stop every timer: the process ends."""
        for account_id in list(self._armed):
            self.disarm(account_id)

    def _act(self, account_id: AccountId, timeout_ms: int) -> None:
        del self._armed[account_id]
        withdraw(self._pump, account_id, CancelReason.DEADMAN, orders=True)
        self._on_expired(account_id, timeout_ms)
