"""A round drawn by dice: what is told of it, kept as lists for references to read."""

from collections.abc import Sequence
from functools import cache

from msgspec import Struct, field
from msgspec.structs import replace
from tests.dice import Dice

from itg import scenario
from itg.exchange.contract import TradeBusted
from itg.game.contract import Ranking, RolePar, RoundScore, ScoringRules, Team, TeamScore
from itg.game.core.scoring.keeper import Scoring
from itg.game.hearing import Heard
from itg.game.hearing import hear as heard_by
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    Role,
    Seq,
    Shard,
    TeamId,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Side, VolRegime
from itg.market_data.contract import PricesStepped, SpotPrice
from itg.news.contract import NewsOrigin, NewsOutcome, NewsPublished
from itg.positions.contract import (
    AccountLimitBreached,
    AccountLimitCleared,
    AccountMeasure,
    AccountsMeasured,
    MarkedTrade,
    PnlParts,
    TradesMarked,
)
from itg.signals.contract import (
    Announcement,
    TrackingSignaled,
    TrackingWord,
    VolatilitySignaled,
)

START = Nanos(1_796_135_400 * NS_PER_S)  # a whole minute
MAKER, FUND, DESK = Role("market_maker"), Role("hedge_fund"), Role("arbitrage_desk")
ROLES = {
    AccountId(f"{name}{number}"): role
    for role, name in ((MAKER, "maker"), (FUND, "fund"), (DESK, "desk"))
    for number in (1, 2)
}
TEAMS = [
    Team(
        team_id=TeamId(f"t-{account}"),
        account_id=account,
        team_name=account,
        role=role,
        registered_ns=Nanos(0),
    )
    for account, role in ROLES.items()
]
HOUSE, SMALL = AccountId("house"), AccountId("small1")
OTHERS = {HOUSE: Role("house"), SMALL: Role("retail")}
LEADER = UnderlyingId("SPX")
ACCOUNTS = (*ROLES, HOUSE, SMALL)


@cache
def classic() -> ScoringRules:
    rules = scenario.load("classic").rules.scoring
    assert rules is not None
    pars = tuple(
        RolePar(role=role, par=52_000_000, spread=8_000_000, sessions=8)
        for role in (MAKER, FUND, DESK)
    )
    return replace(rules, pars=pars, ranking=Ranking.PAR)


class Recorded(Struct):
    """Every event with its game time, and the same sorted by what it is."""

    events: list[tuple[Nanos, Heard]] = field(default_factory=list)
    seconds: list[tuple[Nanos, bool, dict[AccountId, AccountMeasure]]] = field(default_factory=list)
    leader: list[tuple[Nanos, int]] = field(default_factory=list)
    trades: list[MarkedTrade] = field(default_factory=list)
    headlines: list[tuple[Nanos, int]] = field(default_factory=list)
    signals: list[tuple[Nanos, int, Nanos]] = field(default_factory=list)
    windows: list[tuple[Nanos, int, Nanos | None]] = field(default_factory=list)


def scoring(rules: ScoringRules | None = None) -> Scoring:
    kept = Scoring(
        rules=classic() if rules is None else rules,
        underlyings=(LEADER, UnderlyingId("SPY")),
        others=dict(OTHERS),
    )
    kept.begin(1, START, TEAMS)
    return kept


def hear(kept: Scoring, now: Nanos, event: Heard) -> Sequence[Message]:
    return heard_by("game", kept, now, event)


def scored(events: Sequence[tuple[Nanos, Heard]], rules: ScoringRules | None = None) -> RoundScore:
    kept = scoring(rules)
    for now, event in events:
        hear(kept, now, event)
    return told(kept)


def a_second(second: int = 0) -> tuple[Nanos, Heard]:
    """Return a second of trading in which nobody has anything."""
    quiet = [AccountMeasure(account_id=account, equity=Cash(10**11)) for account in ROLES]
    now = Nanos(START + second * NS_PER_S)
    return now, AccountsMeasured(is_trading=True, measures=(*quiet,))


def told(kept: Scoring) -> RoundScore:
    kept.end()
    event = kept.scored(Nanos(START + 10_000 * NS_PER_S))
    assert event is not None
    return event.scores


def of(scores: RoundScore, account: str) -> TeamScore:
    return next(team for team in scores.teams if team.account_id == account)


def drawn(seed: int, minutes: int = 21) -> Recorded:
    """Return a round of so many minutes in which everything happens at some time."""
    dice, record = Dice(seed), Recorded()
    states = {account: _State() for account in ROLES}
    pending: list[MarkedTrade] = []
    window: tuple[Nanos, int] | None = None
    spot = 44_000_000
    for second in range(minutes * 60 + dice.randrange(60)):
        now = Nanos(START + second * NS_PER_S)
        spot += dice.randrange(-20_000, 20_001)
        record.leader.append((now, spot))
        record.events.append((now, _stepped(spot)))
        for number in range(dice.randrange(3)):
            at_ns = Nanos(now + (number + 1) * NS_PER_S // 5)
            pending.append(_trade(dice, len(record.trades) + len(pending) + 1, at_ns))
        due = [trade for trade in pending if trade.traded_ns + 60 * NS_PER_S <= now]
        _mark(record, now, due)
        pending = pending[len(due) :]
        window = _tell(dice, record, now, second, window)
        is_trading = second >= 3 and dice.random() < 0.97
        measures = {account: _measure(dice, account, states[account]) for account in ROLES}
        record.seconds.append((now, is_trading, measures))
        record.events.append(
            (now, AccountsMeasured(is_trading=is_trading, measures=(*measures.values(),)))
        )
    _mark(record, now, pending)
    if window is not None:
        record.windows.append((*window, None))
    return record


class _State(Struct):
    pnl: int = 0
    underlying: int = 0
    vega: int = 0
    held: int = 40
    delta: int = 0
    obliged: int = 0
    covered: int = 0


def _measure(dice: Dice, account: AccountId, state: _State) -> AccountMeasure:
    state.underlying += dice.randrange(-300_000, 300_001)
    state.vega += dice.randrange(-200_000, 200_001)
    state.pnl += dice.randrange(-400_000, 420_001)
    state.held = max(0, state.held + dice.randrange(-5, 8))
    state.delta = max(
        -150_000_000, min(state.delta + dice.randrange(-4_000_000, 4_000_001), 150_000_000)
    )
    if ROLES[account] == MAKER:
        state.obliged += 60
        state.covered += dice.randrange(40, 61)
    return AccountMeasure(
        account_id=account,
        equity=Cash(150_000_000_000 + state.pnl),
        pnl=PnlParts(vega=Cash(state.vega), residual=Cash(state.pnl - state.vega)),
        underlying_pnl=Cash(state.underlying),
        delta=state.delta,
        legs=(state.delta // 2, -state.delta // 3),
        options_held=state.held,
        obliged=state.obliged,
        covered=state.covered,
        is_balanced=dice.random() < 0.7,
    )


def _trade(dice: Dice, number: int, at_ns: Nanos) -> MarkedTrade:
    maker, taker = dice.sample(ACCOUNTS, 2)
    mark = dice.randrange(100_000, 300_000)
    return MarkedTrade(
        trade_id=TradeId(number),
        instrument_id=InstrumentId(dice.choice(["SPX", "SPX-20261203-C-4400"])),
        traded_ns=at_ns,
        price=Price(mark + dice.randrange(-9_000, 9_001)),
        quantity=Quantity(dice.randrange(1, 20)),
        multiplier=100,
        aggressor_side=dice.choice([Side.BUY, Side.SELL]),
        maker_account_id=maker,
        taker_account_id=taker,
        is_auction=False,
        mark_price=Price(mark),
        marks_later=tuple(Price(mark + dice.randrange(-9_000, 9_001)) for _ in range(4)),
        half_spread=Price(6_000),
        delta=dice.randrange(-1_000_000, 1_000_001),
    )


def _mark(record: Recorded, now: Nanos, due: list[MarkedTrade]) -> None:
    if due:
        record.trades += due
        record.events.append((now, TradesMarked(trades=(*due,))))


def _tell(
    dice: Dice, record: Recorded, now: Nanos, second: int, window: tuple[Nanos, int] | None
) -> tuple[Nanos, int] | None:
    if dice.random() < 0.004:
        record.headlines.append((now, second))
        record.events.append((now, headline(second)))
    if dice.random() < 0.004:
        effective_ns = Nanos(now + dice.randrange(60, 300) * NS_PER_S)
        record.signals.append((now, second, effective_ns))
        record.events.append((now, signal(second, effective_ns)))
    if window is None and dice.random() < 0.01:
        record.events.append((now, tracked(second, "open")))
        return now, second
    if window is not None and dice.random() < 0.01:
        record.events.append((now, tracked(window[1], "close")))
        record.windows.append((*window, now))
        return None
    return window


def _stepped(spot: int) -> PricesStepped:
    price = SpotPrice(underlying_id=LEADER, spot_price=Price(spot), index_price=Price(spot))
    return PricesStepped(step=0, is_moving=True, prices=(price,))


def headline(news_id: int) -> NewsPublished:
    return NewsPublished(
        news_id=news_id,
        headline_id="thin-volume",
        headline="Volume is thin",
        origin=NewsOrigin.ARRIVAL,
        outcome=NewsOutcome(),
    )


def signal(signal_id: int, effective_ns: Nanos, role: Role = FUND) -> VolatilitySignaled:
    return VolatilitySignaled(
        signal_id=signal_id,
        role=role,
        signal_seq=signal_id,
        regime=VolRegime.MEDIUM,
        is_shift=True,
        probabilities=(0, 0, 1_000_000),
        effective_ns=effective_ns,
        accuracy_ppm=660_000,
    )


def tracked(signal_id: int, stage: str, role: Role = DESK) -> TrackingSignaled:
    return TrackingSignaled(
        signal_id=signal_id,
        role=role,
        signal_seq=signal_id,
        stage=stage,
        announcement=Announcement.CONVERGES,
        horizon_ns=Nanos(0),
        accuracy_ppm=800_000,
        tracking=TrackingWord(
            underlying_id=UnderlyingId("SPY"),
            spot_price=0,
            leader_price=0,
            theo_price=0,
            error_ppm=0,
            z_score_ppm=0,
            half_life_s=420,
        ),
    )


def breached(
    account: AccountId, since_ns: Nanos, used: int, limit: int, kind: str = "delta_limit"
) -> AccountLimitBreached:
    return AccountLimitBreached(
        account_id=account, private_seq=Seq(1), kind=kind, used=used, limit=limit, since_ns=since_ns
    )


def cleared(account: AccountId, kind: str = "delta_limit") -> AccountLimitCleared:
    return AccountLimitCleared(account_id=account, private_seq=Seq(2), kind=kind, used=0, limit=1)


def busted(trade: MarkedTrade, price: int | None = None) -> TradeBusted:
    return TradeBusted(
        shard=Shard(0),
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=trade.price,
        adjusted_price=None if price is None else Price(price),
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side,
        maker_order_id=OrderId(1),
        maker_account_id=trade.maker_account_id,
        taker_order_id=OrderId(2),
        taker_account_id=trade.taker_account_id,
    )
