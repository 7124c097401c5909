"""The reports of a running game: made when a round's scores are told, and when they change.

    pump's release → Reports: folds the round's events → scores told → asks everything at once
    → worker thread: bodies, pages, files

Reading and writing stay off the loop. What a process did not hear itself, because it started in the
middle of a round, or heard before a trade was corrected, is read again from the journal.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from itg.runtime.pump import Pump
from itg.translate.report import RoundAnswers, answers_of, report_bodies, report_queries
from itg.translate.round_fold import RoundFold

log = structlog.get_logger()
_FORMS = ("json", "html")
_SLICE = 20  # queries that are answered in one turn of the loop
_STOP_S = 30.0


class Reports:
    """Writes the reports of every scored round into a data directory."""

    def __init__(self, pump: Pump, data: Path, rules: GameRules) -> None:
        self._pump = pump
        self._data = data
        self._rules = rules
        self._folds: dict[int, RoundFold] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reports")

    def see(self, records: Sequence[Record], kinds: set[type[Message]]) -> None:
        """Take a released batch, whose events are of these classes."""
        if RoundStarted in kinds:
            self._begin(records)
        for record in records:
            for fold in self._folds.values():
                fold.add(record.game_ns, record.outputs)
            if RoundScored in kinds:
                for told in record.outputs:
                    if isinstance(told, RoundScored):
                        self._ask(told.scores, record.seq)

    def catch_up(self) -> None:
        """After a restart write what is missing of the round that ended last, if it is the last."""

        def settle(replies: tuple[Reply, ...], _: Seq) -> None:
            rounds, scores = replies
            assert isinstance(rounds, Rounds)
            assert isinstance(scores, Scores)
            self._complete(rounds.rounds, scores.round)

        if self._rules.scoring is not None:
            self._pump.ask((GetRounds(), GetScores()), settle)

    async def stop(self) -> None:
        """Wait until what was begun is written; what a failed pump never answers is left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_S)
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

        task = asyncio.get_running_loop().create_task(make(), name="reports")
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

    def _made(self, job: "_Job") -> int:
        fold = job.fold or self._read(job)
        bodies = report_bodies(job.answers, fold)
        return len(write_reports(bodies, folder_of(self._data, job.round_id))) // len(_FORMS)

    def _read(self, job: "_Job") -> RoundFold:
        journal, codec = self._pump.journal.reader(), self._pump.machine.codec
        try:
            seq = job.seq or scored_at(journal, codec, job.round_id).seq
            return fold_in(journal, codec, job.round_id, seq)
        finally:
            journal.close()


class _Asking:
    """Queries asked slice by slice, so that nobody waits for all of them; the first at once."""

    def __init__(self, pump: Pump, queries: Sequence[Query], size: int) -> None:
        self._pump = pump
        self._slices = [queries[at : at + size] for at in range(0, len(queries), size)]
        self._first = self._asked(self._slices.pop(0))

    async def replies(self) -> list[Reply]:
        found = [*await self._first]
        for queries in self._slices:
            await asyncio.sleep(0)
            found += await self._asked(queries)
        return found

    def _asked(self, queries: Sequence[Query]) -> "asyncio.Future[tuple[Reply, ...]]":
        asked: asyncio.Future[tuple[Reply, ...]] = asyncio.get_running_loop().create_future()

        def settle(replies: tuple[Reply, ...], _: Seq) -> None:
            if not asked.done():
                asked.set_result(replies)

        self._pump.ask(tuple(queries), settle)
        return asked


class _Job(Struct, frozen=True, kw_only=True):
    round_id: int
    answers: RoundAnswers
    fold: RoundFold | None  # None: to be read
    seq: Seq | None  # of the input that told the scores; None: the last that did
