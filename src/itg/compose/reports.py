"""The reports of a running game: made when a round's scores are told, and when they change.

    pump's release → Reports: folds the round's events → scores told → asks everything at once
    → worker thread: bodies, pages, files

Reading and writing stay off the loop. What a process did not hear itself, because it started in the
middle of a round, or heard before a trade was corrected, is read again from the journal. So is all
of a game on several nodes: only there has what different nodes did one order for everybody.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import structlog
from msgspec import Struct

from itg.compose.report_files import fold_in, folder_of, scored_at, write_reports
from itg.game.contract import (
    GameRules,
    GetRounds,
    GetScores,
    Round,
    Rounds,
    RoundScore,
    RoundScored,
    RoundStarted,
    RoundStatus,
    Scores,
)
from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query, Reply
from itg.runtime.envelope import Record
from itg.runtime.pump_port import PumpPort, PumpStoppedError
from itg.translate.report import RoundAnswers, answers_of, report_bodies, report_queries
from itg.translate.round_fold import RoundFold

log = structlog.get_logger()
_FORMS = ("json", "html")
_SLICE = 20  # queries that are answered in one turn of the loop
_STOP_S = 30.0
# A node of several may be down just then; it is started again.
_ANSWER_S, _AGAIN_S, _TRIES = 10.0, 1.0, 60


class Reports:
    """Writes the reports of every scored round into a data directory.

    `is_read`: nothing that is heard is folded, everything is read from the journal. `then` is told
    of a round whose reports are written.
    """

    def __init__(
        self,
        pump: PumpPort,
        data: Path,
        rules: GameRules,
        *,
        is_read: bool = False,
        then: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._then = then
        self._pump = pump
        self._is_read = is_read
        self._data = data
        self._rules = rules
        self._folds: dict[int, RoundFold] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reports")

    def see(self, records: Sequence[Record], kinds: set[type[Message]]) -> None:
        """Take a released batch, whose events are of these classes."""
        if RoundStarted in kinds and not self._is_read:
            self._begin(records)
        for record in records:
            for fold in self._folds.values():
                fold.add(record.game_ns, record.outputs)
            if RoundScored in kinds:
                for told in record.outputs:
                    if isinstance(told, RoundScored):
                        self._ask(told.scores, None if self._is_read else record.seq)

    def catch_up(self) -> None:
        """After a restart write what is missing of the round that ended last, if it is the last."""
        if self._rules.scoring is None:
            return
        asking = _Asking(self._pump, (GetRounds(), GetScores()), 2)

        async def settle() -> None:
            rounds, scores = await asking.replies()
            assert isinstance(rounds, Rounds)
            assert isinstance(scores, Scores)
            self._complete(rounds.rounds, scores.round)

        self._do(settle())

    async def stop(self) -> None:
        """Wait until what was begun is written; what a failed pump never answers is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                while self._tasks:  # one may begin another
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _begin(self, records: Sequence[Record]) -> None:
        started = [o for r in records for o in r.outputs if isinstance(o, RoundStarted)]
        for told in started:
            self._folds[told.round_id] = RoundFold(told.round_id)
        # One whose scores never came, since nobody played it, is not kept for ever.
        for round_id in sorted(self._folds)[:-2]:
            del self._folds[round_id]

    def _complete(self, rounds: Sequence[Round], scores: RoundScore | None) -> None:
        ended = [one.round_id for one in rounds if one.status is RoundStatus.ENDED]
        is_between = all(one.status in {RoundStatus.ENDED, RoundStatus.SCHEDULED} for one in rounds)
        for round_id in ended:
            is_last = is_between and round_id == ended[-1]
            if is_last and scores is not None and scores.round_id == round_id:
                folder = folder_of(self._data, round_id)
                names = [f"{team.team_id}.{form}" for team in scores.teams for form in _FORMS]
                if not all((folder / name).exists() for name in names):
                    self._ask(scores, None)
            elif self._is_missing(round_id):
                log.warning(
                    "reports_missing",
                    round_id=round_id,
                    command=f"itg report {self._data} --round {round_id}",
                )

    def _is_missing(self, round_id: int) -> bool:
        return not folder_of(self._data, round_id).exists()

    def _ask(self, scores: RoundScore, seq: Seq | None) -> None:
        round_id = scores.round_id
        accounts = [team.account_id for team in scores.teams]
        start_ns = self._rules.rounds[round_id - 1].start_ns
        queries = report_queries(round_id, start_ns, scores.scored_ns, accounts)
        # The day after must not begin in between: where it does by itself, all is asked at once.
        size = len(queries) if self._rules.starts_next_round else _SLICE
        asking = _Asking(self._pump, queries, size)
        fold = self._folds.pop(round_id, None)

        async def make() -> None:
            answers = answers_of(round_id, accounts, await asking.replies())
            heard = None if fold is None or fold.is_corrected else fold
            await self._write(_Job(round_id=round_id, answers=answers, fold=heard, seq=seq))

        self._do(make())

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="reports")
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # A full disk, or a pump that has failed: the game itself does not depend on reports.
            log.error("reports_failed", error=repr(error))

    async def _write(self, job: "_Job") -> None:
        began = perf_counter()
        loop = asyncio.get_running_loop()
        teams = await loop.run_in_executor(self._worker, self._made, job)
        log.info(
            "reports_written",
            round_id=job.round_id,
            teams=teams,
            folder=str(folder_of(self._data, job.round_id)),
            taken_s=round(perf_counter() - began, 3),
        )
        self._then(job.round_id)

    def _made(self, job: "_Job") -> int:
        fold = job.fold or self._read(job)
        bodies = report_bodies(job.answers, fold)
        return len(write_reports(bodies, folder_of(self._data, job.round_id))) // len(_FORMS)

    def _read(self, job: "_Job") -> RoundFold:
        journal, codec = self._pump.journal.reader(), self._pump.codec
        try:
            seq = job.seq or scored_at(journal, codec, job.round_id).seq
            return fold_in(journal, codec, job.round_id, seq)
        finally:
            journal.close()


_Asked = asyncio.Future[tuple[Reply, ...]]


class _Asking:
    """Queries asked slice by slice, so that nobody waits for all of them; the first at once."""

    def __init__(self, pump: PumpPort, queries: Sequence[Query], size: int) -> None:
        self._pump = pump
        self._slices = [queries[at : at + size] for at in range(0, len(queries), size)]
        self._first = self._asked(self._slices[0])

    async def replies(self) -> list[Reply]:
        found: list[Reply] = []
        asked: _Asked | None = self._first
        for queries in self._slices:
            await asyncio.sleep(0)
            found += await self._answered(queries, asked or self._asked(queries))
            asked = None
        return found

    async def _answered(self, queries: Sequence[Query], asked: _Asked) -> tuple[Reply, ...]:
        for _ in range(_TRIES):
            try:
                async with asyncio.timeout(_ANSWER_S):
                    return await asked
            except (PumpStoppedError, TimeoutError):
                if self._pump.failure is not None:
                    raise
                await asyncio.sleep(_AGAIN_S)
                asked = self._asked(queries)
        raise PumpStoppedError("who knows the answers to be reported did not give them")

    def _asked(self, queries: Sequence[Query]) -> _Asked:
        asked: _Asked = asyncio.get_running_loop().create_future()

        def settle(replies: tuple[Reply, ...], _: Seq) -> None:
            if not asked.done():
                asked.set_result(replies)

        try:
            self._pump.ask(tuple(queries), settle)
        except PumpStoppedError as error:
            asked.set_exception(error)
        return asked


class _Job(Struct, frozen=True, kw_only=True):
    round_id: int
    answers: RoundAnswers
    fold: RoundFold | None  # None: to be read
    seq: Seq | None  # of the input that told the scores; None: the last that did
