"""What is summed of one account during a round."""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import RoleScoring, ScoringNumbers
from itg.game.core.scoring.facts import BreachFact, MeasureFact, OutsideFact
from itg.game.core.scoring.outside import united
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.times import NS_PER_S, Nanos

PPM = 1_000_000


class Tally(Struct, array_like=True):
    """Sums since the round began: money in cash, times in seconds of trading.

    `load` adds up how full the limits are, see `quoting.inventory`. `held_least` is no sum: the
    fewest options held since the sample before.
    """

    pnl: int = 0
    underlying_pnl: int = 0
    vega: int = 0
    fees: int = 0
    trading_s: int = 0
    outside_s: int = 0
    held_s: int = 0
    within_s: int = 0
    legged_s: int = 0
    balanced_s: int = 0
    load: float = 0.0
    obliged: int = 0
    covered: int = 0
    held_least: int = 0


class Breach(Struct, array_like=True):
    """One passing of a monitored limit; `depth` is how far beyond it, a fraction of the limit."""

    kind: str
    since_ns: Nanos
    depth: float
    limit: int
    is_open: bool = True


class Excluded(Struct, frozen=True, gc=False, array_like=True):
    """P&L that counts in no KPI: what a trade moved between two teams, see `trading`."""

    at_ns: Nanos
    pnl: int
    underlying_pnl: int


class Book(Struct):
    """One account's sums; `samples` are its tallies at the ledger's sample times."""

    account_id: AccountId
    team_id: TeamId
    role: Role
    joined_ns: Nanos = Nanos(0)  # it plays since then; 0: since the round's beginning
    now: Tally = field(default_factory=Tally)
    samples: list[Tally] = field(default_factory=list)
    peak: int = 0
    drawdown: int = 0
    breaches: list[Breach] = field(default_factory=list)
    outside: list[tuple[Nanos, Nanos]] = field(default_factory=list)  # apart, rising
    excluded: list[Excluded] = field(default_factory=list)
    trade_ids: list[int] = field(default_factory=list)  # of trades that count in `captured`
    captured: int = 0  # twice Σ side × (fair − price) × quantity × multiplier, both fairs
    allowed: int = 0  # twice Σ half-spread × quantity × multiplier
    captured_from: dict[AccountId, int] = field(default_factory=dict)  # of `captured`, by team
    allowed_from: dict[AccountId, int] = field(default_factory=dict)  # of `allowed`, by team
    made_from: dict[AccountId, int] = field(default_factory=dict)  # contracts made, by team
    made: int = 0  # contracts made against everybody that counts
    contracts: int = 0
    is_zeroed: bool = False

    def measure(
        self,
        at_ns: Nanos,
        told: MeasureFact,
        rules: RoleScoring,
        numbers: ScoringNumbers,
        *,
        is_trading: bool,
    ) -> None:
        """Take one second's measure."""
        now = self.now
        self.settle(told)
        self.peak = max(self.peak, now.pnl)
        self.drawdown = max(self.drawdown, self.peak - now.pnl)
        now.held_least = min(now.held_least, told.options_held)
        if is_trading:
            self._stand_outside(at_ns, told.outside)
            self._trade_a_second(told, rules, numbers)

    def settle(self, told: MeasureFact) -> None:
        """Take the sums of a measure, which is no second of the round."""
        now, parts = self.now, told.pnl
        gains = parts.spread_capture + parts.delta + parts.gamma + parts.vega + parts.theta
        now.pnl = gains + parts.fees + parts.residual
        now.underlying_pnl = told.underlying_pnl
        now.vega, now.fees = parts.vega, parts.fees
        now.obliged, now.covered = told.obliged, told.covered

    @property
    def fallen(self) -> int:
        """Return the largest fall of P&L from its peak before, what settled it included."""
        return max(self.drawdown, self.peak - self.now.pnl)

    def sample(self, options_held: int) -> None:
        """Keep the tally as it is; the fewest held are counted anew from what is held now."""
        self.samples.append(replace(self.now))
        self.now.held_least = options_held

    def _trade_a_second(
        self, told: MeasureFact, rules: RoleScoring, numbers: ScoringNumbers
    ) -> None:
        now, delta = self.now, abs(told.delta)
        now.trading_s += 1
        if told.options_held >= numbers.held_min:
            now.held_s += 1
            now.within_s += delta <= rules.delta_limit
        least = numbers.leg_min * PPM
        if told.legs and (max(told.legs) > least or min(told.legs) < -least):
            now.legged_s += 1
            now.balanced_s += told.is_balanced
        if rules.portfolio_limit and rules.delta_limit:
            held, leaning = told.options_held / rules.portfolio_limit, delta / rules.delta_limit
            now.load += 0.5 * held * held + 0.5 * leaning * leaning

    def breach(self, heard_ns: Nanos, since_ns: Nanos, told: BreachFact) -> None:
        """Note a breach, with the time since `since_ns` that was not outside already."""
        self._follow_outside(heard_ns)
        if since_ns < heard_ns:
            self.outside, added = united(self.outside, since_ns, heard_ns)
            self.now.outside_s += added
        self.breaches.append(Breach(told.kind, told.since_ns, _depth(told), told.limit))

    def clear(self, heard_ns: Nanos, kind: str) -> None:
        """Note that a limit is kept again."""
        self._follow_outside(heard_ns)
        for breach in self.breaches:
            if breach.kind == kind:
                breach.is_open = False

    def _follow_outside(self, heard_ns: Nanos) -> None:
        """Let the time outside reach to here where a breach is open: its seconds are counted."""
        if self.outside and any(breach.is_open for breach in self.breaches):
            self.outside[-1] = (self.outside[-1][0], max(self.outside[-1][1], heard_ns))

    def _stand_outside(self, at_ns: Nanos, limits: Sequence[OutsideFact]) -> None:
        if not (self.breaches or limits):
            return
        standing = {breach.kind: breach for breach in self.breaches if breach.is_open}
        for told in limits:
            breach = standing.get(told.kind)
            if breach is None:  # it began before the round
                breach = standing[told.kind] = Breach(told.kind, at_ns, 0.0, told.limit)
                self.breaches.append(breach)
                self._follow_outside(at_ns)
                # The second that ends now is counted below.
                self.outside, _ = united(self.outside, Nanos(at_ns - NS_PER_S), at_ns)
            # A breach is as deep as it becomes, not as it begins.
            breach.depth = max(breach.depth, _depth(told))
        self.now.outside_s += bool(standing)


def _depth(told: OutsideFact) -> float:
    return abs(told.used - told.limit) / max(told.limit, 1)
