"""Lock step: commands wait until every bot has had its turn, then enter in a drawn order.

A step ends in its bots' `sim.ready`. Then the held commands are submitted, ordered by a permutation
of the accounts drawn for this step, within one by sending order; the clock moves on by one market
step; and when the pump has released all of that, the next step is announced. Nothing depends on how
fast anybody was, unless a bot stays silent: it is dropped, by a journalled command.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from itg.game.contract import DropBot, GameState, RoundEnded, RoundStarted
from itg.gateway.feed import Feed
from itg.gateway.flushing import Flusher
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId
from itg.kernel.rng import Rng
from itg.kernel.times import Nanos
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.pump_port import PumpPort, PumpStoppedError
from itg.wire.v1.socket import CLOSE_POLICY, StepData

Submit = Callable[[], None]


class LockStep:
    """The turns of one game. Nothing runs before `begin`, nothing after `end`."""

    def __init__(
        self, pump: PumpPort, feed: Feed, game: GameState, flusher: Flusher, silence_s: float
    ) -> None:
        assert isinstance(pump.clock, VirtualClock), "lock step moves a virtual clock"
        self.step = 0
        self._step_ns = game.rules.step_ns
        self._pump = pump
        self._clock = pump.clock
        self._feed = feed
        self._flusher = flusher
        # The scenario's hash covers its seed.
        self._dice = Rng(int(game.scenario_hash or "0", 16), "lock_step")
        self._silence_s = silence_s
        self._held: dict[AccountId, list[Submit]] = {}
        self._ready: dict[AccountId, bool] = {}
        self._is_running = False
        self._is_ending = False
        self._is_advancing = False
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        """Whether the clock moves by steps."""
        return self._is_running

    def expect(self, accounts: Iterable[AccountId]) -> None:
        """Fix whose turns every step waits for."""
        assert not self._is_running, "the bots are fixed before the clock starts"
        self._ready = dict.fromkeys(sorted(accounts), False)

    def see(self, record: Record) -> None:
        """Begin and end with the rounds."""
        for output in record.outputs:
            if isinstance(output, RoundStarted):
                self.begin()
            elif isinstance(output, RoundEnded):
                self.end()

    def begin(self) -> None:
        """Announce a step when all that the start of the round brings has been released.

        The first is step 0; a round that follows by itself goes on counting.
        """
        if not self._is_running:
            self.step = -1
        self._is_running, self._is_ending, self._is_advancing = True, False, False
        # After this release: its other listeners may move the clock to the round's start.
        asyncio.get_running_loop().call_soon(self._wait_for_release)

    def end(self) -> None:
        """Let the step under way be the last: the round is over."""
        self._is_ending = True

    def stop(self) -> None:
        """Stop waiting for anybody."""
        self._is_running = False
        if self._alarm is not None:
            self._alarm.cancel()

    def hold(self, account_id: AccountId, submit: Submit) -> None:
        """Keep a command until the step ends."""
        if not self._is_running:
            submit()
        else:
            self._held.setdefault(account_id, []).append(submit)

    def is_turn(self, account_id: AccountId, step: int) -> bool:
        """Tell whether this step waits, or waited, for this bot."""
        return self._is_running and step == self.step and account_id in self._ready

    def ready(self, account_id: AccountId, step: int) -> None:
        """Note that a bot has had its turn; one of another step changes nothing."""
        if self.is_turn(account_id, step):
            self._ready[account_id] = True
            self._advance_if_all_ready()

    def remind(self, session: Session) -> None:
        """Tell a session that came late whose turn it is."""
        account_id = session.caller.account_id
        if self._is_running and account_id is not None and self._ready.get(account_id) is False:
            self._feed.tell(session, "sim.step", StepData(step=self.step))

    def see_release(self) -> None:
        """Look whether the step's last batch has been released."""
        pump = self._pump
        if not self._is_advancing:
            return
        if pump.is_idle:
            self._is_advancing = False
            self.step += 1
            self._announce()
        elif pump.depth == 0 and pump.lag_events == 0:
            # A snapshot flies alone: the step's timers wait for it, and its end releases nothing.
            pump.ask((), lambda *_: self.see_release())

    def _announce(self) -> None:
        self._ready = dict.fromkeys(self._ready, False)
        is_last = self._is_ending
        self._flusher.flush()
        for session in self._feed.sessions:
            self._feed.tell(session, "sim.step", StepData(step=self.step, is_last=is_last))
        loop = asyncio.get_running_loop()
        if is_last:
            self.stop()
            self._submit_held()  # sent after the last turn: no step follows that would end it
            self._flusher.see_release()  # what is paced may still wait, too
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_later(self._silence_s, self._drop_silent)
        if not self._ready:
            loop.call_soon(self._advance_if_all_ready)

    def _advance_if_all_ready(self) -> None:
        if not self._is_running or self._is_advancing or not all(self._ready.values()):
            return
        self._is_advancing = True  # a submission that is released at once changes nothing here
        self._submit_held()
        self._clock.advance_to(Nanos(self._clock.game_ns() + self._step_ns))
        self._wait_for_release()

    def _wait_for_release(self) -> None:
        self._is_advancing = True
        # A turn later: by then the pump has taken its inputs, and is idle only if it has none.
        asyncio.get_running_loop().call_soon(self.see_release)

    def _submit_held(self) -> None:
        for account_id in self._turns():
            for submit in self._held.pop(account_id, ()):
                submit()

    def _turns(self) -> list[AccountId]:
        """Return the accounts in this step's order."""
        return self._dice.fork(str(self.step)).shuffled(
            sorted(self._ready.keys() | self._held.keys())
        )

    def _drop_silent(self) -> None:
        if self._is_advancing:
            return
        for account_id in [name for name, is_ready in self._ready.items() if not is_ready]:
            del self._ready[account_id]
            self._held.pop(account_id, None)
            with suppress(PumpStoppedError):
                self._pump.submit(DropBot(account_id=account_id))
            for session in self._feed.sessions:
                if session.caller.account_id == account_id:
                    session.close(CLOSE_POLICY)
        self._advance_if_all_ready()
