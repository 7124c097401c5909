"""How long a jump of the replay's page takes in a round of two million events: a figure of S16.

    python -m bench.seek [events [jumps]]     2,000,000 and 20 unless said; needs a Chromium

A round is played on a clock that costs no time into a journal as a game writes it: `liquid`, sixty
series, thirty teams that quote, trade, change and cancel, until the journal's numbers (inputs and
what they caused) come to that many. `itg serve` opens the data, a page opens the replay of a team,
and the jumps go by *Sequence* to steps drawn from the whole round. A jump is over when the page
shows the number and has drawn the picture after it. What the browser has kept of the stretches
around the last jumps counts as it does for whoever jumps.
"""

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Goal, quantile
from bench.matching.dice import SEED, Dice
from bench.servers import SCRATCH, Server
from playwright.sync_api import Page, sync_playwright

from itg import scenario
from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.data_directory import digest_of
from itg.compose.services import services_of
from itg.game.contract import EndRound, RegisterTeam, StartRound
from itg.kernel.ids import AccountId, InstrumentId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MS, Nanos
from itg.kernel.words import Side, TimeInForce
from itg.market_data.contract import MarksPublished
from itg.positions.contract import QuoteTerms, RequestMassCancel, ReserveOrder, ReserveQuotes
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.fingerprint import header_of
from itg.runtime.pump import Pump

EVENTS, JUMPS, TEAMS = 2_000_000, 20, 30
KEY, ADMIN_KEY = "itg_of_the_first", "itg_of_the_organizer"
ROLES = ("hedge_fund", "market_maker", "arbitrage_desk")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
STEP_NS = Nanos(250 * NS_PER_MS)
READY_S_MAX = 1_800.0
# Two days, for a server with no round to come ends at once.
SCENARIO = f"""
extends = "liquid"
title = "A long round"
teams = []
[registration]
max_teams = {TEAMS}
[session]
kind = "timed"
days = 2
pre_open_s = 60
freeze_s = 10
continuous = 09:30:00
continuous_s = 19_800
"""
JUMP = """
async (seq) => {
  const input = document.querySelector("form input[inputmode=numeric]");
  input.value = String(seq);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise(requestAnimationFrame);
  const now = document.querySelector(".now");
  const began = performance.now();
  input.form.requestSubmit();
  while (!now.textContent.includes(`#${seq}`) || now.textContent.includes("loading"))
    await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}
"""


class LongRound:
    """A game that is played by drawn orders until its journal is long enough."""

    def __init__(self, data: Path) -> None:
        file = data.with_suffix(".toml")
        file.write_text(SCENARIO, encoding="utf-8")
        self.create = scenario.load(str(file), seed=SEED, admin_key_hash=digest_of(ADMIN_KEY))
        machine = Machine(services_of([shard for shard, _ in self.create.rules.shards]))
        self.journal = SqliteJournal(data, unsafe=True)
        self.journal.open(header_of(machine, self.create.scenario_hash))
        self.clock = VirtualClock(self.create.rules.rounds[0].start_ns)
        self.pump = Pump(machine, self.journal, self.clock, on_release=self._see)
        self.marks: dict[InstrumentId, Price] = {}
        self.events = 0
        self._dice = Dice(SEED)
        self._accounts = [AccountId(f"t{number + 1}") for number in range(TEAMS)]

    def play(self, events: int) -> None:
        """Play from the open on until there are so many events, and end the round."""
        names = [KEY, *(f"Team {number + 1}" for number in range(1, TEAMS))]
        self._tell(self.create)
        for number, name in enumerate(names):
            role, key = Role(ROLES[number % len(ROLES)]), digest_of(name)
            self._tell(RegisterTeam(team_name=name, role=role, key_hash=key, by_organizer=True))
        self._tell(StartRound(round_id=1))
        plan = self.create.rules.rounds[0]
        while self.clock.game_ns() < plan.session_start_ns:
            self._advance()
        while self.events < events and self.clock.game_ns() < plan.session_end_ns - 4 * STEP_NS:
            self._advance()
            acting = self._dice.sample(range(TEAMS), 8)
            self._tell(*(self._act(number) for number in acting))
        self._tell(EndRound(round_id=1))
        self.journal.close()

    def _advance(self) -> None:
        self.clock.advance_to(Nanos(self.clock.game_ns() + STEP_NS))
        self.pump.run_until_idle()

    def _tell(self, *messages: Message) -> None:
        for message in messages:
            self.pump.submit(message)
        self.pump.run_until_idle()

    def _see(self, records: Sequence[Record]) -> None:
        for record in records:
            self.events = record.seq + len(record.outputs)
            for output in record.outputs:
                if isinstance(output, MarksPublished):
                    self.marks.update((one.instrument_id, one.mark_price) for one in output.marks)

    def _act(self, number: int) -> Message:
        dice, account = self._dice, self._accounts[number]
        instrument = dice.choice(list(self.marks))
        mark = self.marks[instrument] // 100 * 100
        if number % 3 == 1 and len(instrument) > len("SPX"):
            half = max(100, mark // 2_500 * 100)
            bid = max(100, mark - half)
            terms = QuoteTerms(
                instrument_id=instrument,
                bid=Price(bid),
                bid_quantity=10,
                ask=Price(bid + 2 * half),
                ask_quantity=10,
            )
            return ReserveQuotes(account_id=account, quotes=(terms,))
        if dice.random() < 0.05:
            return RequestMassCancel(account_id=account)
        side = dice.choice((Side.BUY, Side.SELL))
        edge = dice.choice((1, -1, -2)) * (mark // 2_000 * 100 + 100)
        return ReserveOrder(
            account_id=account,
            instrument_id=instrument,
            side=side,
            quantity=dice.randint(1, 3),
            price=Price(max(100, mark + (edge if side is Side.BUY else -edge))),
            time_in_force=dice.choice((None, None, TimeInForce.IOC)),
        )


class LongServer(Server):
    """`itg serve` on the round's data; ready once it has recovered all of it."""

    is_on_one_core = False
    ready_s_max = READY_S_MAX

    def __init__(self, data: Path) -> None:
        flags = ["--scenario", str(data.with_suffix(".toml")), "--seed", str(SEED)]
        command = [sys.executable, "-m", "itg", "serve", "--data", str(data), *flags]
        super().__init__("itg", command, "/health/ready")

    def read(self, path: str) -> dict[str, list[dict[str, int]]]:
        status, text = self.call("GET", path, key=KEY)
        assert status == 200, text
        answer: dict[str, list[dict[str, int]]] = json.loads(text)
        return answer


def measure_seek(events: int = EVENTS, jumps: int = JUMPS) -> list[Figure]:
    """Return the figure of so many jumps in a round of so many events."""
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        data = Path(folder) / "data"
        began = time.monotonic()
        played = LongRound(data)
        played.play(events)
        key = data / "admin.key"
        key.write_text(f"{ADMIN_KEY}\n", encoding="utf-8")
        key.chmod(0o600)
        _say(f"{played.events:,} events played in {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        with LongServer(data) as server, sync_playwright() as playwright:
            _say(f"recovered in {time.monotonic() - began:.0f} s")
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(f"sessionStorage.setItem('itg.key', '{KEY}')")
            began = time.monotonic()
            page.goto(f"http://127.0.0.1:{server.port}/replay/1")
            page.locator(".now").wait_for(timeout=READY_S_MAX * 1_000)
            _say(f"the first to ask waited {time.monotonic() - began:.1f} s")
            figure = _jumps(page, server, jumps, played.events)
            browser.close()
    return [figure]


def _jumps(page: Page, server: LongServer, jumps: int, events: int) -> Figure:
    dice, replay = Dice(SEED), "/game/rounds/1/replay"
    chunks = len(server.read(replay)["chunks"])
    wanted = []
    for number in (dice.randrange(chunks) for _ in range(jumps)):
        steps = server.read(f"{replay}/{number}")["steps"]
        wanted.append(dice.choice(steps)["seq"])
    taken = sorted(float(page.evaluate(JUMP, seq)) for seq in wanted)
    return Figure(
        name=f"replay, a jump in {events:,} events, p95", value=quantile(taken, 0.95), unit="ms",
        is_less_better=True, goal=Goal(name="S16", at_most=200),
        note=f"{len(taken)} jumps in {chunks} stretches, p50 {quantile(taken, 0.5):.0f}, "
        f"longest {taken[-1]:.0f} ms",
    )  # fmt: skip


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Measure and print."""
    for figure in measure_seek(*(int(word) for word in sys.argv[1:3])):
        print(f"{figure.name}: {figure.value:.1f} {figure.unit} {figure.verdict}  ({figure.note})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
