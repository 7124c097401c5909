"""One excerpt of a session in the lab, and what balance asks of it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from bench.balance.bots import JumpSniper, LagLeaner, NoiseLeaner, TurnedDesk, TurnedFund
from msgspec import Struct, field

from itg import scenario
from itg.bots import ROLE_OF, reference_bot
from itg.client.bot import Bot
from itg.compose.services import services_of
from itg.exchange.contract import TradeExecuted
from itg.kernel.ids import InstrumentId, Role
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Side
from itg.lab import LabRun, Seat
from itg.market_data.contract import JumpOccurred, MarksPublished
from itg.positions.contract import Balances, GetBalances
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

USD = 1e-4
MULTIPLIER = 100
AFTER_JUMP_S = 60
STEPS_PER_S = 4
OBLIGED_STRIKES = 5
GUESTS: dict[str, tuple[str, Callable[[int], Bot]]] = {
    "lag_leaner": ("hedge_fund", lambda seed: LagLeaner(seed=seed)),
    "noise_leaner": ("hedge_fund", lambda seed: NoiseLeaner(seed=seed)),
    "jump_sniper": ("hedge_fund", lambda seed: JumpSniper(seed=seed)),
    "hedge_fund_turned": ("hedge_fund", lambda seed: TurnedFund(seed=seed)),
    "arbitrage_desk_turned": ("arbitrage_desk", lambda seed: TurnedDesk(seed=seed)),
}
EXCERPT = """
extends = "{base}"
{top}
[clock]
lock_step = true
[session]
kind = "timed"
days = 1
pre_open_s = 30
freeze_s = 5
continuous = 09:30:00
continuous_s = {session_s}
[retail]
orders_per_minute = {retail}
pre_open_s = 30
{more}
"""


class Case(Struct, frozen=True, kw_only=True):
    """What is played: a base scenario with changes, seats, and for how long."""

    name: str
    seats: tuple[str, ...]
    base: str = "classic"
    more: str = ""
    without: str = ""
    retail: float = 12.0
    seconds: int = 1_800
    session_s: int = 19_800
    first_day: str = ""


class Outcome(Struct, kw_only=True):
    """What one seed of a case came to; money in USD."""

    pnl: dict[str, float] = field(default_factory=dict)
    contracts: dict[str, int] = field(default_factory=dict)
    jumps: int = 0
    around_jumps: float = 0.0  # makers' trades within a minute of a jump, at the marks a minute on
    coverage: dict[str, float] = field(default_factory=dict)


def play(case: Case, seed: int) -> Outcome:
    """Play a case's excerpt with one seed."""
    keys = {"without": case.without, "first_day": case.first_day}
    text = EXCERPT.format(
        base=case.base,
        top="\n".join(f"{key} = {value}" for key, value in keys.items() if value),
        retail=case.retail,
        more=case.more,
        session_s=case.session_s,
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "excerpt.toml"
        file.write_text(text, encoding="utf-8")
        create = scenario.load(str(file), seed=seed, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    seats = [_seat(name, number) for number, name in enumerate(case.seats, start=1)]
    makers = [seat for seat in seats if seat.role == "market_maker"]
    outcome, watch = Outcome(), _Watch()
    run = LabRun(machine, create, seats, watch.see)
    run.begin()
    start_ns = create.rules.rounds[0].session_start_ns
    end_ns = start_ns + case.seconds * NS_PER_S
    covered: dict[str, list[float]] = {seat.team_name: [] for seat in makers}
    while run.now_ns < end_ns and not run.is_over:
        run.advance()
        if run.now_ns > start_ns and run.step % STEPS_PER_S == 0:
            for seat in makers:
                covered[seat.team_name].append(coverage(seat.bot))
    balances = machine.query(GetBalances())
    assert isinstance(balances, Balances)
    names = {player.account_id: player.seat.team_name for player in run.players}
    for account in balances.accounts:
        name = names.get(account.account_id, str(account.role))
        pnl = (account.realized_pnl + account.unrealized_pnl - account.fees) * USD
        outcome.pnl[name] = outcome.pnl.get(name, 0.0) + pnl
        outcome.contracts[name] = outcome.contracts.get(name, 0) + account.contracts_traded
    outcome.coverage = {name: sum(each) / len(each) for name, each in covered.items() if each}
    outcome.jumps = watch.jumps
    own = {account for account, name in names.items() if name in covered}
    outcome.around_jumps = watch.around_jumps(own)
    return outcome


def coverage(bot: Bot) -> float:
    """Return the share of obligated series a maker quotes two-sided, within the widest spread."""
    obliged = _obliged(bot)
    return fmean(_is_valid(bot, name) for name in obliged) if obliged else 0.0


def _obliged(bot: Bot) -> list[str]:
    chains: dict[tuple[str, int | None], dict[float, list[str]]] = {}
    for one in bot.instruments.values():
        if one.kind == "option" and one.strike is not None:
            chain = chains.setdefault((one.underlying_id, one.expires_us), {})
            chain.setdefault(one.strike, []).append(one.instrument_id)
    obliged: list[str] = []
    for (underlying_id, _), strikes in chains.items():
        spot = bot.prices[underlying_id]
        nearest = sorted(strikes, key=lambda strike: abs(strike - spot))[:OBLIGED_STRIKES]
        obliged += [name for strike in nearest for name in strikes[strike]]
    return obliged


def _is_valid(bot: Bot, instrument_id: str) -> bool:
    quote = bot.account.quotes.get(instrument_id)
    if quote is None or quote.ask is None or quote.ask_quantity < 10:
        return False
    if quote.bid is None or quote.bid_quantity < 10:
        return quote.ask <= 0.05 + 0.05  # below five cents an ask alone is asked for
    middle = (quote.bid + quote.ask) / 2
    return quote.ask - quote.bid <= max(0.10 * middle, 0.05) + 1e-9


def _seat(name: str, number: int) -> Seat:
    role, bot = GUESTS.get(name) or (ROLE_OF[name], partial(reference_bot, name))
    return Seat(team_name=f"{name} {number}", role=Role(role), bot=bot(number))


class _Watch:
    """Trades, marks and jumps of a run."""

    def __init__(self) -> None:
        self.jumps = 0
        self._marks: dict[InstrumentId, int] = {}
        self._jumps: list[int] = []
        self._trades: list[tuple[int, TradeExecuted]] = []
        self._later: dict[int, dict[InstrumentId, int]] = {}  # marks by whole second after a jump

    def see(self, record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, MarksPublished):
                self._marks = {mark.instrument_id: mark.mark_price for mark in output.marks}
                self._keep(record.game_ns)
            elif isinstance(output, TradeExecuted):
                self._trades.append((record.game_ns, output))
            elif isinstance(output, JumpOccurred):
                self.jumps += 1
                self._jumps.append(record.game_ns)

    def _keep(self, game_ns: int) -> None:
        window_ns = 2 * AFTER_JUMP_S * NS_PER_S
        if self._jumps and game_ns - self._jumps[-1] <= window_ns:
            self._later[game_ns // NS_PER_S] = self._marks

    def around_jumps(self, makers: Iterable[object]) -> float:
        own, total = set(makers), 0.0
        for game_ns, trade in self._trades:
            since = [game_ns - jump for jump in self._jumps if jump <= game_ns]
            if not since or min(since) > AFTER_JUMP_S * NS_PER_S:
                continue
            marks = self._later.get(game_ns // NS_PER_S + AFTER_JUMP_S, self._marks)
            mark = marks.get(trade.instrument_id, trade.price)
            bought = (mark - trade.price) * trade.quantity * MULTIPLIER * USD
            is_taker_buyer = trade.aggressor_side is Side.BUY
            total += (bought if is_taker_buyer else -bought) * (trade.taker_account_id in own)
            total -= (bought if is_taker_buyer else -bought) * (trade.maker_account_id in own)
        return total


def teams(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the names of who played, in seat order, the house's roles last."""
    return list(outcomes[0].pnl)
