"""The rehearsal from an empty directory to its verdict."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from os import cpu_count
from pathlib import Path

from msgspec import Struct, json
from msgspec.structs import replace

from itg.adapters.private_files import make_directory
from itg.compose.rehearsal.checks import findings_of
from itg.compose.rehearsal.figures import WorkerReport, joined, quantile
from itg.compose.rehearsal.plan import (
    QUIET_S,
    RehearsalSettings,
    Seat,
    WorkerOrders,
    faults_of,
    scenario_text,
    seats_of,
    shared_out,
    underlyings_of,
)
from itg.compose.rehearsal.server import RehearsalError, ServerProcess
from itg.compose.rehearsal.verdict import (
    Measured,
    Verdict,
    ack_figures,
    teams_carried,
    verdict_on,
)
from itg.kernel.errors import ConfigurationError
from itg.scenario.files import read

Tell = Callable[[str], None]
OPEN_S_MAX = 90.0
CONNECT_S = 3.0
SETTLE_S = 1.0  # after the first orders, before the busy share is taken
END_S_MAX = 120.0
TELL_S = 5.0
REASON = "rehearsal"
_SLOW = "itg_slow_sessions_total"
_LOST = "itg_frames_lost_total"


class Busy(Struct, frozen=True):
    """The server's share of one core: with the teams, and of the world alone."""

    loaded: float | None
    idle: float | None


class Rehearsal:
    """One rehearsal; `run` returns its verdict. `tell` hears a line of progress now and then."""

    def __init__(self, settings: RehearsalSettings, tell: Tell) -> None:
        self._settings = settings
        self._tell = tell
        self._faults = faults_of(settings)
        make_directory(settings.data)
        if any(settings.data.iterdir()):
            raise ConfigurationError(f"--data {settings.data} is not empty; name a new directory")
        self._file = settings.data / "rehearsal.toml"
        self._file.write_text(scenario_text(settings), encoding="utf-8")
        self._seats = seats_of(settings, self._file)
        self._server = ServerProcess(self._file, settings.data / "game")
        self._ledgers: list[Path] = []
        self._workers: list[subprocess.Popen[bytes]] = []
        self._quiet_s = min(QUIET_S, settings.seconds / 4)
        self._begin_s = 0.0
        self._lost_numbers = {_SLOW: 0.0, _LOST: 0.0}  # of the server's earlier lives
        self._kill_s = 0.0
        self._ready_s = 0.0

    def run(self) -> Verdict:
        """Rehearse from the start to the verdict; `RehearsalError` where that cannot go on."""
        with closing(self._server), ExitStack() as cleaning:
            cleaning.callback(self._end_workers)
            self._open()
            busy = self._play()
            report = joined([self._report_of(*each) for each in enumerate(self._workers)])
            audit_missing = self._close_round()
            numbers, commit_ms = self._server.numbers(), self._commit_ms()
            self._server.stop()
        self._tell("replaying the journal and asking it for every acknowledged order …")
        journal = findings_of(
            self._settings.data / "game", self._ledgers, [s.team_name for s in self._seats]
        )
        lost = {name: numbers.get(name, 0) + self._lost_numbers[name] for name in (_SLOW, _LOST)}
        ack = ack_figures(report)
        away = [
            each.took_s * 1e3 for each in report.reconnects if not self._is_of_kill(each.since_s)
        ]
        return verdict_on(
            Measured(
                teams=self._settings.teams,
                seconds=self._settings.seconds,
                cores=cpu_count() or 1,
                orders_planned=report.planned,
                orders_per_s=report.sent / self._settings.seconds,
                orders_sent=report.sent,
                orders_acknowledged=report.accepted,
                orders_late=report.late,
                orders_unanswered=report.unanswered,
                quotes_sent=report.quotes,
                cancels_sent=report.cancels,
                frames=report.frames,
                refusals=dict(sorted(report.refusals.items())),
                ack_p50_ms=ack[0],
                ack_p99_ms=ack[1],
                ack_max_ms=ack[2],
                ping_p50_ms=quantile(report.ping_us, 0.5) / 1e3,
                ping_p99_ms=quantile(report.ping_us, 0.99) / 1e3,
                load_lag_p99_ms=quantile(report.own_lag_us, 0.99) / 1e3,
                reconnects=len(report.reconnects),
                reconnect_p50_ms=quantile(away, 0.5),
                reconnect_max_ms=max(away, default=0.0),
                kill_ready_s=self._ready_s,
                kill_resumed_s=self._resumed_s(report),
                clients_killed=len(self._killed_seats()),
                gaps=report.gaps,
                missed=report.missed,
                too_old=report.too_old,
                slow_sessions=int(lost[_SLOW]) + report.slow_closes,
                public_lost=max(int(lost[_LOST]), report.lost_public),
                loop_busy=busy.loaded,
                loop_busy_idle=busy.idle,
                carried=teams_carried(self._settings.teams, busy.loaded, busy.idle),
                commit_ms=commit_ms,
                audit_missing=audit_missing,
                load_failures=report.failures,
                journal=journal,
            )
        )

    def _open(self) -> None:
        took_s = self._server.start()
        self._tell(f"server ready in {took_s:.1f} s at {self._server.url}, log {self._server.log}")
        for place, seat in enumerate(self._seats):
            body = {"team_name": seat.team_name, "role": seat.role, "reason": REASON}
            api_key = str(self._server.act("/admin/teams", body)["api_key"])
            self._seats[place] = replace(seat, api_key=api_key)
        self._tell(f"{len(self._seats)} teams registered; opening the market")
        self._server.act(f"/admin/rounds/1/start?reason={REASON}", None)
        deadline_s = time.monotonic() + OPEN_S_MAX
        while self._server.read("/health/ready").get("phase") != "continuous":
            if time.monotonic() > deadline_s:
                raise RehearsalError("the market does not come to continuous trading")
            time.sleep(0.1)

    def _play(self) -> Busy:
        connect_s = CONNECT_S + 0.03 * len(self._seats)
        self._begin_s = time.monotonic() + connect_s + self._quiet_s
        shares = shared_out(self._seats, self._settings.workers)
        for number, seats in enumerate(shares):
            self._workers.append(self._started(number, seats, life=0))
        self._wait_until(-self._quiet_s)
        idle = self._share_until(0.0)
        self._tell("full rate")
        self._wait_until(SETTLE_S)
        loaded = self._share_until(max(SETTLE_S + 0.5, self._faults.kill_worker_s))
        self._kill_worker(shares[0])
        self._wait_until(self._faults.kill_server_s)
        self._kill_server()
        self._wait_until(self._settings.seconds)
        self._tell("time is up: the last answers")
        return Busy(loaded, idle)

    def _share_until(self, at_s: float) -> float | None:
        before, began_s = self._server.cpu_s(), time.monotonic()
        self._wait_until(at_s)
        after, ended_s = self._server.cpu_s(), time.monotonic()
        if before is None or after is None:
            return None
        return (after - before) / (ended_s - began_s)

    def _wait_until(self, since_begin_s: float) -> None:
        at_s = self._begin_s + since_begin_s
        while (left_s := at_s - time.monotonic()) > 0:
            time.sleep(min(left_s, TELL_S))
            if time.monotonic() > self._begin_s and left_s > TELL_S:
                # A server too busy, or just restarting, is for the verdict to judge.
                try:
                    self._tell(self._progress())
                except RehearsalError as error:
                    self._tell(str(error))

    def _progress(self) -> str:
        health = self._server.read("/health/ready")
        pump = health.get("pump")
        numbers = pump if isinstance(pump, dict) else {}
        elapsed_s = time.monotonic() - self._begin_s
        return (
            f"{elapsed_s:4.0f} of {self._settings.seconds:.0f} s  "
            f"{health.get('sessions')} sockets  "
            f"{numbers.get('inputs'):,} inputs  commit {numbers.get('commit_ms')} ms  "
            f"{numbers.get('depth')} wait"
        )

    def _started(self, number: int, seats: Sequence[Seat], life: int) -> "subprocess.Popen[bytes]":
        ledger = self._settings.data / f"acknowledged-{number}-{life}.txt"
        self._ledgers.append(ledger)
        orders = WorkerOrders(
            url=self._server.url,
            seats=list(seats),
            life=life,
            ledger=str(ledger),
            report=str(self._report_file(number)),
            seed=self._settings.seed,
            begin_s=self._begin_s,
            end_s=self._begin_s + self._settings.seconds,
            underlyings=underlyings_of(read(str(self._file))[1]),
        )
        command = [sys.executable, "-m", "itg.compose.rehearsal.worker"]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - ours
        assert worker.stdin is not None
        worker.stdin.write(json.encode(orders))
        worker.stdin.close()
        return worker

    def _kill_worker(self, seats: Sequence[Seat]) -> None:
        worker = self._workers[0]
        worker.kill()
        worker.wait()
        self._tell(f"killed the process of {len(seats)} teams; they come back as new programs")
        since_s = time.monotonic() - self._begin_s
        left = [
            replace(seat, cuts_s=tuple(c for c in seat.cuts_s if c > since_s)) for seat in seats
        ]
        self._workers[0] = self._started(0, left, life=1)

    def _kill_server(self) -> None:
        try:
            numbers = self._server.numbers()
        except RehearsalError as error:
            self._tell(str(error))
            numbers = {}
        for name in self._lost_numbers:
            self._lost_numbers[name] += numbers.get(name, 0)
        self._kill_s = time.monotonic()
        self._server.kill()
        self._ready_s = self._server.start()
        self._tell(f"killed the server (kill -9); it was ready again after {self._ready_s:.1f} s")

    def _report_of(self, number: int, worker: "subprocess.Popen[bytes]") -> WorkerReport:
        try:
            code = worker.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            raise RehearsalError("a process of fake teams does not end") from None
        if code:
            raise RehearsalError(f"a process of fake teams ended with code {code}")
        return json.decode(self._report_file(number).read_bytes(), type=WorkerReport)

    def _report_file(self, number: int) -> Path:
        return self._settings.data / f"seen-{number}.json"

    def _close_round(self) -> list[str]:
        self._server.act(f"/admin/rounds/1/end?reason={REASON}", None)
        page = self._server.read("/admin/audit?limit=1000")
        entries = page.get("items")
        assert isinstance(entries, list)
        found = [entry.get("act") for entry in entries if entry.get("reason") == REASON]
        acts = {"team.register": len(self._seats), "round.start": 1, "round.end": 1}
        return [act for act, count in acts.items() if found.count(act) < count]

    def _commit_ms(self) -> float:
        pump = self._server.read("/health/ready").get("pump")
        return float(pump.get("commit_ms", 0.0)) if isinstance(pump, dict) else 0.0

    def _killed_seats(self) -> list[Seat]:
        return shared_out(self._seats, self._settings.workers)[0]

    def _is_of_kill(self, since_s: float) -> bool:
        return self._kill_s - 0.5 <= since_s <= self._kill_s + self._ready_s

    def _resumed_s(self, report: WorkerReport) -> float:
        ends = [
            each.since_s + each.took_s
            for each in report.reconnects
            if self._is_of_kill(each.since_s)
        ]
        return max(ends, default=self._kill_s) - self._kill_s

    def _end_workers(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
