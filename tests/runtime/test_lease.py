"""Who keeps a lease hears of its loss; a fault of the engine is none."""

import asyncio

import pytest

from itg.kernel.errors import FencedError, JournalError
from itg.runtime import lease as leases
from itg.runtime.lease import LeaseKeeper


class ToyLease:
    """A lease that is renewed by what it is given to answer, in turn, the last for ever."""

    def __init__(self, *answers: bool | JournalError) -> None:
        self.answers = list(answers)
        self.renewals = 0

    def take(self) -> bool:
        return True

    def renew(self) -> bool:
        self.renewals += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, JournalError):
            raise answer
        return answer

    def release(self) -> None:
        """Nothing is held."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew without waiting."""
    monkeypatch.setattr(leases, "RENEW_S", 0.001)


def test_a_loss_ends_who_leads_and_an_engine_that_fails_for_a_while_does_not() -> None:
    lease = ToyLease(True, JournalError("the server is away"), True, False)
    keeper = LeaseKeeper([ToyLease(True), lease])

    async def lead() -> None:
        async with asyncio.timeout(10):
            await keeper.lost()

    with pytest.raises(FencedError, match="another server leads this game"):
        asyncio.run(lead())
    assert lease.renewals == 4
    keeper.stop()


def test_a_loss_before_anybody_waits_is_told_too_and_a_stopped_keeper_renews_no_more() -> None:
    lost, held = ToyLease(False), ToyLease(True)
    late, stopped = LeaseKeeper([lost]), LeaseKeeper([held])
    stopped.stop()
    renewals = held.renewals
    late.stop()
    with pytest.raises(FencedError):
        asyncio.run(late.lost())
    assert held.renewals == renewals
