"""Every KPI once more, over lists, as its definition reads; exact fractions throughout."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from tests.game.scoring.recorded import HOUSE, OTHERS, ROLES, Recorded

from itg.kernel.ids import AccountId
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.positions.contract import AccountMeasure, MarkedTrade

USD = 10_000
MINUTE = 60 * NS_PER_S
Value = Fraction | None


def role_of(account: AccountId) -> str:
    return {**OTHERS, **ROLES}[account]


def side(trade: MarkedTrade, account: AccountId) -> int:
    bought = 1 if trade.aggressor_side is Side.BUY else -1
    return bought if account == trade.taker_account_id else -bought


def is_far(trade: MarkedTrade) -> bool:
    between_teams = {trade.maker_account_id, trade.taker_account_id} <= set(ROLES)
    return between_teams and abs(trade.price - trade.mark_price) > trade.half_spread


def moves_excluded(trade: MarkedTrade, account: AccountId) -> bool:
    """Tell whether what a trade moved at once counts in no P&L of one of its two."""
    between_teams = {trade.maker_account_id, trade.taker_account_id} <= set(ROLES)
    gains = side(trade, account) * (trade.mark_price - trade.price) > 0
    return is_far(trade) or (between_teams and gains)


def own_trades(record: Recorded, account: AccountId) -> list[tuple[MarkedTrade, AccountId]]:
    found = []
    for trade in record.trades:
        pair = [trade.maker_account_id, trade.taker_account_id]
        if account in pair and not is_far(trade):
            pair.remove(account)
            found.append((trade, pair[0]))
    return found


def quoted_trades(record: Recorded, account: AccountId) -> list[tuple[MarkedTrade, AccountId]]:
    own, house = role_of(account), role_of(HOUSE)
    trades = own_trades(record, account)
    return [(trade, other) for trade, other in trades if role_of(other) not in {own, house}]


def capture(record: Recorded, account: AccountId) -> Value:
    better: dict[AccountId, Fraction] = {}
    allowed: dict[AccountId, Fraction] = {}
    for trade, other in quoted_trades(record, account):
        fair = Fraction(trade.mark_price + trade.marks_later[3], 2)
        edge = side(trade, account) * (fair - trade.price) * trade.quantity
        better[other] = better.get(other, Fraction(0)) + edge
        allowed[other] = allowed.get(other, Fraction(0)) + trade.half_spread * trade.quantity
    kept = capped(allowed)
    whole = sum(kept.values(), Fraction(0))
    weighed = (better[name] * kept[name] / allowed[name] for name in kept)
    return sum(weighed, Fraction(0)) / whole if whole else None


def capped(parts: dict[AccountId, Fraction]) -> dict[AccountId, Fraction]:
    """Return parts with those of teams cut to 3/10 of what they then all come to.

    The largest whole that agrees with itself, found by cutting again and again.
    """
    cut: set[AccountId] = set()
    while True:
        rest = sum((part for name, part in parts.items() if name not in cut), Fraction(0))
        most = Fraction(3, 10) * rest / (1 - Fraction(3, 10) * len(cut))
        more = {name for name, part in parts.items() if name in ROLES and part > most} - cut
        if not more:
            return {name: most if name in cut else part for name, part in parts.items()}
        cut.add(max(more, key=lambda name: parts[name]))


def coverage(record: Recorded, account: AccountId) -> Value:
    last = record.seconds[-1][2][account]
    return Fraction(last.covered, last.obliged) if last.obliged else None


def trading(record: Recorded, account: AccountId) -> list[AccountMeasure]:
    return [measures[account] for _, is_trading, measures in record.seconds if is_trading]


def inventory(record: Recorded, account: AccountId) -> Value:
    loads = [
        Fraction(one.options_held, 200) ** 2 / 2 + Fraction(one.delta, 100_000_000) ** 2 / 2
        for one in trading(record, account)
    ]
    return sum(loads, Fraction(0)) / len(loads)


def volume(record: Recorded, account: AccountId) -> Value:
    def counted(maker: AccountId) -> Fraction:
        made: dict[AccountId, Fraction] = {}
        for trade, other in quoted_trades(record, maker):
            if trade.maker_account_id == maker:
                made[other] = made.get(other, Fraction(0)) + trade.quantity
        return sum(capped(made).values(), Fraction(0))

    makers = [one for one in ROLES if ROLES[one] == ROLES[account]]
    whole = sum((counted(one) for one in makers), Fraction(0))
    return counted(account) / (whole / len(makers)) if whole else None


def at(
    record: Recorded, when_ns: Nanos, of: Callable[[AccountMeasure], int], who: AccountId
) -> int:
    """Return what was last measured before an instant."""
    before = [measures[who] for now, _, measures in record.seconds if now < when_ns]
    return of(before[-1]) if before else 0


def pnl_of(one: AccountMeasure) -> int:
    return sum(getattr(one.pnl, name) for name in one.pnl.__struct_fields__)


def excluded(
    record: Recorded, account: AccountId, after_ns: int, until_ns: float, kind: str = ""
) -> int:
    total = 0
    for trade in record.trades:
        pair = {trade.maker_account_id, trade.taker_account_id}
        is_in = account in pair and after_ns < trade.traded_ns <= until_ns
        if not is_in or not moves_excluded(trade, account):
            continue
        if trade.instrument_id.startswith(kind) and len(trade.instrument_id) >= len(kind):
            if kind and trade.instrument_id != kind:
                continue
            edge = side(trade, account) * (trade.mark_price - trade.price)
            total += edge * trade.quantity * trade.multiplier
    return total


def between(
    record: Recorded, account: AccountId, start_ns: Nanos, end_ns: Nanos | None
) -> Fraction:
    last = pnl_of(record.seconds[-1][2][account])
    end = last if end_ns is None else at(record, end_ns, pnl_of, account)
    made = end - at(record, start_ns, pnl_of, account)
    until = float("inf") if end_ns is None else end_ns
    return Fraction(made - excluded(record, account, start_ns, until), USD)


def mean(values: list[Fraction]) -> Value:
    return sum(values, Fraction(0)) / len(values) if values else None


def windows(record: Recorded, account: AccountId) -> Value:
    times: list[Nanos | None] = [now for now, _ in record.headlines]
    return mean(
        [
            between(record, account, start, end)
            for start, end in pairwise([*times, None])
            if start is not None
        ]
    )


def signals(record: Recorded, account: AccountId) -> Value:
    found = []
    for now, _, effective_ns in record.signals:
        until = effective_ns + 300 * NS_PER_S
        # The first measure at or after the end, or the last one of the round.
        later = [m[account] for at_ns, _, m in record.seconds if at_ns >= until]
        end = later[0] if later else record.seconds[-1][2][account]
        start = at(record, now, lambda one: one.pnl.vega, account)
        found.append(Fraction(end.pnl.vega - start, USD))
    return mean(found)


def samples(record: Recorded) -> list[int]:
    """Return the places of the first trading second and of each new minute after it."""
    first = next(n for n, (_, is_trading, _) in enumerate(record.seconds) if is_trading)
    found = [first]
    for n in range(first + 1, len(record.seconds)):
        if record.seconds[n][0] // MINUTE > record.seconds[found[-1]][0] // MINUTE:
            found.append(n)
    return found


def intervals(
    record: Recorded, account: AccountId, every: int = 5
) -> list[tuple[int, int, int, bool]]:
    """Return (P&L, underlyings' P&L, leader's move, were 50 held throughout) in cash."""
    places = samples(record)[::every]
    found = []
    for start, end in pairwise(places):
        one, two = (record.seconds[n][2][account] for n in (start, end))
        times = record.seconds[start][0], record.seconds[end][0]
        pnl = pnl_of(two) - pnl_of(one) - excluded(record, account, *times)
        under = two.underlying_pnl - one.underlying_pnl - excluded(record, account, *times, "SPX")
        move = record.leader[end][1] - record.leader[start][1]
        held = min(m[account].options_held for _, _, m in record.seconds[start : end + 1])
        found.append((pnl, under, move, held >= 50))
    return found


def variance(values: list[int]) -> Fraction:
    middle = Fraction(sum(values), len(values))
    return sum(((value - middle) ** 2 for value in values), Fraction(0)) / len(values)


def rehedge(record: Recorded, account: AccountId) -> Value:
    held = [(pnl, under) for pnl, under, _, is_held in intervals(record, account) if is_held]
    if len(held) < 2 or not variance([pnl - under for pnl, under in held]):
        return None
    return 1 - variance([pnl for pnl, _ in held]) / variance([pnl - under for pnl, under in held])


def delta(record: Recorded, account: AccountId) -> Value:
    limit = {"market_maker": 100, "hedge_fund": 50, "arbitrage_desk": 25}[ROLES[account]] * 10**6
    held = [one for one in trading(record, account) if one.options_held >= 50]
    return mean([Fraction(abs(one.delta) <= limit) for one in held])


def _traded(
    record: Recorded, account: AccountId, start: Nanos, end: Nanos | None
) -> list[MarkedTrade]:
    return [
        trade
        for trade, _ in own_trades(record, account)
        if start <= trade.traded_ns and (end is None or trade.traded_ns <= end)
    ]


def convergence(record: Recorded, account: AccountId) -> Value:
    return mean(
        [
            between(record, account, start, end)
            if _traded(record, account, start, end)
            else Fraction(0)
            for start, _, end in record.windows
        ]
    )


def balance(record: Recorded, account: AccountId) -> Value:
    legged = [
        one for one in trading(record, account) if max(abs(leg) for leg in one.legs) > 2_000_000
    ]
    return mean([Fraction(one.is_balanced) for one in legged])


def response(record: Recorded, account: AccountId) -> Value:
    met = []
    for start, _, end in record.windows:
        soon = [
            trade
            for trade in _traded(record, account, start, end)
            if trade.traded_ns < start + 60 * NS_PER_S
        ]
        met.append(Fraction(sum(abs(t.delta) * t.quantity for t in soon) >= 2_000_000))
    return mean(met)


def beta(record: Recorded, account: AccountId) -> Value:
    pairs = [(pnl, move) for pnl, _, move, _ in intervals(record, account)]
    if len(pairs) < 2 or not variance([move for _, move in pairs]):
        return None
    pnl_mean = Fraction(sum(pnl for pnl, _ in pairs), len(pairs))
    move_mean = Fraction(sum(move for _, move in pairs), len(pairs))
    together = sum(((pnl - pnl_mean) * (move - move_mean) for pnl, move in pairs), Fraction(0))
    slope = together / sum(((move - move_mean) ** 2 for _, move in pairs), Fraction(0))
    return abs(slope) / 100


def drawdown_by_the_minute(record: Recorded, account: AccountId) -> int:
    """Return the largest fall between samples, without what counts nowhere."""
    worst = peak = 0
    for place in [*samples(record), -1]:
        now, _, measures = record.seconds[place]
        pnl = pnl_of(measures[account]) - excluded(record, account, 0, now)
        peak = max(peak, pnl)
        worst = max(worst, peak - pnl)
    return worst


def drawdown(record: Recorded, account: AccountId) -> int:
    worst = peak = 0
    for _, _, measures in record.seconds:
        peak = max(peak, pnl_of(measures[account]))
        worst = max(worst, peak - pnl_of(measures[account]))
    return worst


def downside_square(record: Recorded, account: AccountId) -> Fraction:
    minutes = [pnl for pnl, _, _, _ in intervals(record, account, every=1)]
    return Fraction(sum(min(pnl, 0) ** 2 for pnl in minutes), len(minutes) * USD * USD)


BY_NAME: dict[str, Callable[[Recorded, AccountId], Value]] = {
    "capture": capture,
    "coverage": coverage,
    "inventory": inventory,
    "volume": volume,
    "windows": windows,
    "signals": signals,
    "rehedge": rehedge,
    "delta": delta,
    "convergence": convergence,
    "balance": balance,
    "response": response,
    "beta": beta,
}
