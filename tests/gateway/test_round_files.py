"""Files of rounds: made once for those who wait, for a bounded number, an organizer's apart."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.gateway.house import ADMIN_KEY, Answered, House
from tests.gateway.test_after_round import BLOTTER, EXPORT, LOG, ended, research_key
from tests.waiting import until

from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, Caller
from itg.gateway.file_queue import FileQueue
from itg.gateway.log_shelf import KEPT_S, Logs, LogShelf
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import AccountId

ALPHA, BETA = AccountId("t1"), AccountId("t2")


class Passes:
    """What a shelf is filled by: counts the passes over the journal, and has logs of `sizes`."""

    def __init__(self, sizes: dict[int, int]) -> None:
        self.sizes = sizes
        self.rounds: list[int] = []
        self.now = 100.0

    def __call__(self, round_id: int) -> Logs:
        self.rounds.append(round_id)
        size = self.sizes[round_id]
        return {ALPHA: bytes(size)} if size else {}


def test_rounds_asked_for_in_turn_are_read_once_each_an_empty_one_too() -> None:
    passes = Passes({1: 10, 2: 0})
    shelf = LogShelf(passes, lambda: passes.now)
    for _ in range(3):
        assert len(shelf.of(1)[ALPHA]) == 10
        assert shelf.of(2) == {}
    assert passes.rounds == [1, 2]
    passes.now += KEPT_S + 1
    shelf.of(2)
    assert passes.rounds == [1, 2, 2]


def test_a_shelf_keeps_the_rounds_asked_for_last_within_its_bound() -> None:
    passes = Passes({1: 40, 2: 40, 3: 40, 4: 400})
    shelf = LogShelf(passes, lambda: passes.now, bytes_max=100)
    for round_id in (1, 2, 1, 3, 1, 3, 2):
        shelf.of(round_id)
    assert passes.rounds == [1, 2, 3, 2]
    for _ in range(2):
        shelf.of(4)
    assert passes.rounds == [1, 2, 3, 2, 4]


def call_of(account_id: AccountId | None, answers: list[Answer]) -> Call:
    scopes = frozenset({Scope.READ} if account_id else {Scope.ADMIN})
    caller = Caller(scopes=scopes, account_id=account_id)
    return Call(caller=caller, trace_id="", reply=answers.append, is_rest=True)


@asynccontextmanager
async def busy(settings: GatewaySettings) -> AsyncIterator[tuple[FileQueue, threading.Event]]:
    """Yield a queue whose thread makes an organizer's file until it is told to go on."""
    queue, goes_on, has_begun = FileQueue("test", settings), threading.Event(), threading.Event()

    def make() -> Answer:
        has_begun.set()
        assert goes_on.wait(30)
        return Answer(200)

    queue.run(call_of(None, []), "first", make)
    await until(has_begun.is_set)
    try:
        yield queue, goes_on
    finally:
        goes_on.set()
        queue.stop()


def counted(made: list[str], name: str) -> Callable[[], Answer]:
    def make() -> Answer:
        made.append(name)
        return Answer(200, name.encode())

    return make


async def test_equal_calls_that_wait_have_their_file_made_once() -> None:
    made: list[str] = []
    answers: list[Answer] = []
    async with busy(GatewaySettings()) as (queue, goes_on):
        for whose in (ALPHA, BETA, ALPHA):
            queue.run(call_of(whose, answers), "trades", counted(made, "trades"))
        queue.run(call_of(BETA, answers), "first", counted(made, "first again"))
        goes_on.set()
        await until(lambda: len(answers) == 4)
    assert made == ["trades", "first again"], "the one that had begun may lack what was released"
    assert [answer.body for answer in answers] == [b"trades"] * 3 + [b"first again"]


async def test_beyond_the_bounds_a_call_is_503_and_an_organizers_never_is() -> None:
    settings = GatewaySettings(files_waiting_max=3, files_waiting_per_caller=2)
    made: list[str] = []
    waiting: list[Answer] = []
    refused: list[Answer] = []
    async with busy(settings) as (queue, goes_on):
        for name in ("a1", "a2"):
            queue.run(call_of(ALPHA, waiting), name, counted(made, name))
        queue.run(call_of(ALPHA, refused), "a3", counted(made, "a3"))
        queue.run(call_of(BETA, waiting), "b1", counted(made, "b1"))
        queue.run(call_of(BETA, refused), "b2", counted(made, "b2"))
        queue.run(call_of(None, waiting), "organizer's", counted(made, "organizer's"))
        problems = [answer.problem for answer in refused if answer.problem is not None]
        assert [problem.status for problem in problems] == [503, 503]
        assert ["of your files" in p.detail for p in problems] == [True, False]
        assert all(problem.retry_after_ms for problem in problems)
        goes_on.set()
        await until(lambda: len(waiting) == 4)
        queue.run(call_of(ALPHA, waiting), "a3", counted(made, "a3"))
        await until(lambda: len(waiting) == 5)
    assert made == ["a1", "a2", "b1", "organizer's", "a3"]


async def asked(house: House, calls: list[tuple[str, str]]) -> list["asyncio.Task[Answered]"]:
    return [asyncio.create_task(house.call("GET", path, key=key)) for path, key in calls]


async def test_an_organizers_work_does_not_wait_behind_the_teams() -> None:
    settings = GatewaySettings(files_waiting_max=3)
    async with House(settings=settings) as house:
        alpha, beta = await ended(house)
        analyst = await research_key(house)
        goes_on, has_begun = threading.Event(), threading.Event()

        def hold(_: object) -> Answer:
            has_begun.set()
            assert goes_on.wait(30)
            return Answer(200)

        files, answers = house.gateway.round_files, list[Answer]()
        files.run(call_of(ALPHA, answers), "held", hold)
        await until(has_begun.is_set)
        try:
            calls = [(LOG, alpha.key), (f"{EXPORT}?what=trades", analyst)]
            waiting = await asked(house, calls)
            await until(lambda: files.waiting == 3)
            refused = await beta.call("GET", f"{BLOTTER}?what=fills")
            assert (refused.status, refused.json["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert int(refused.headers["retry-after"]) >= 1
            assert "files" in refused.json["detail"]
            for path in ("/admin/scenario", f"{EXPORT}?what=trades", f"{LOG}?team_id=t1"):
                assert (await house.call("GET", path, key=ADMIN_KEY)).status == 200, path
            assert not any(task.done() for task in waiting)
        finally:
            goes_on.set()
        assert [(await task).status for task in waiting] == [200, 200]
        assert (await beta.call("GET", f"{BLOTTER}?what=fills")).status == 200
