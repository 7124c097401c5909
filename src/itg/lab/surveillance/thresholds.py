"""What makes a case: every number of every definition, as data.

Each kind is named after the rule that forbids the practice where markets are supervised; the
numbers are this house's own, fitted to a game of half an hour to a day (see the explanation of
surveillance in the documentation, which measures them).
"""

from msgspec import Struct

from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos


class SelfTradeTerms(Struct, frozen=True, kw_only=True):
    """An account buys from itself: FINRA rule 5210, supplementary material .02 (self-trades).

    `contracts_min` in at least `trades_min` trades of the day, and `share_min` of what the account
    traded in the instrument.
    """

    trades_min: int = 2
    contracts_min: int = 10
    share_min: float = 0.05


class WashTerms(Struct, frozen=True, kw_only=True):
    """Two teams trade to and fro and neither's position changes.

    Regulation (EU) 2016/522, annex II, section 1(3)(a) (wash trades); Cumming, Johan and Li (2011),
    "Exchange trading rules and stock market liquidity", name it among volume manipulation. Within
    `window_ns`: `contracts_min` between the two in an instrument, the direction turned at least
    `turns_min` times, the net at most `net_share_max` of the gross, the money handed over beside
    the marks at most `cash_share_max` of the value (more is a transfer), the gross at least
    `share_min` of what each of the two traded there.
    """

    window_ns: Nanos = Nanos(900 * NS_PER_S)
    contracts_min: int = 20
    turns_min: int = 3
    net_share_max: float = 0.10
    cash_share_max: float = 0.05
    share_min: float = 0.50


class TransferTerms(Struct, frozen=True, kw_only=True):
    """Two teams trade away from fair value so that money goes one way.

    CME rule 539 (pre-arranged trades) and CFTC's "money pass"; Regulation (EU) 2016/522, annex II,
    section 1(3)(c) (improper matched orders). A trade counts if its price is farther from the mark
    than the widest quote allows (`spread_ppm` of the mark, at least `spread_min`, halved; twice
    that for `calm_ns` after a jump; an underlying: `underlying_ppm`; `quote_factor` times all that
    for each of the two that is a quote, which leans with its maker's position, is there for all),
    both orders were entered within `entry_ns`, and `matches_min` of three hold: equal price, equal
    quantity, nobody else at that price when the first was entered. Such trades on
    `occasions_min` occasions of the day, each `occasion_ns` after the one before began;
    `one_way_min` of the money one way, `cash_min` (1/10,000 USD) in all.
    """

    spread_ppm: int = 100_000
    spread_min: int = 500
    underlying_ppm: int = 500
    quote_factor: float = 2.0
    calm_ns: Nanos = Nanos(60 * NS_PER_S)
    entry_ns: Nanos = Nanos(2 * NS_PER_S)
    matches_min: int = 2
    occasion_ns: Nanos = Nanos(5 * NS_PER_S)
    occasions_min: int = 4
    one_way_min: float = 0.80
    cash_min: int = 100_000_000


class LayeringTerms(Struct, frozen=True, kw_only=True):
    """Orders on one side that are gone as soon as the other side is filled.

    FINRA rule 5210, supplementary material .03 (disruptive quoting and trading activity, type 1);
    Regulation (EU) 2016/522, annex II, section 1(5)(e) (layering and spoofing). An episode: within
    `cancel_ns` of an own fill the account cancels `orders_min` orders of the other side, entered
    less than `life_ns` before it, together `quantity_ratio` times the fill; or any number of orders
    of `single_ratio` times the fill. `episodes_min` episodes within `window_ns`. Quotes are no
    orders here: a maker must move its other side after a fill.
    """

    cancel_ns: Nanos = Nanos(3 * NS_PER_S)
    life_ns: Nanos = Nanos(60 * NS_PER_S)
    orders_min: int = 3
    quantity_ratio: float = 3.0
    single_ratio: float = 10.0
    episodes_min: int = 3
    window_ns: Nanos = Nanos(1_800 * NS_PER_S)


class StuffingTerms(Struct, frozen=True, kw_only=True):
    """Bursts of orders that nobody had time to trade with.

    Regulation (EU) 2016/522, annex II, section 1(5)(d) (quote stuffing); fleeting orders: Hasbrouck
    and Saar (2009), "Technology and liquidity provision". An order or quote side is fleeting if it
    went unfilled within `life_ns`. A burst is a second of game time with `burst_min` fleeting ones
    that are `share_min` of those entered. `bursts_min` bursts within `window_ns`, with
    `per_trade_min` fleeting ones of the day for each trade of it and `peer_factor` times the median
    of the role's other teams.
    """

    life_ns: Nanos = Nanos(500 * NS_PER_MS)
    burst_min: int = 4
    share_min: float = 0.75
    bursts_min: int = 8
    window_ns: Nanos = Nanos(120 * NS_PER_S)
    per_trade_min: float = 10.0
    peer_factor: float = 5.0


class ClosingTerms(Struct, frozen=True, kw_only=True):
    """Takers push a price at the close in favour of what they hold.

    Regulation (EU) 2016/522, annex II, section 1(3)(e) (marking the close); Comerton-Forde and
    Putnins (2011), "Measuring closing price manipulation". In the last `window_ns`: a team that
    held `position_min` took `contracts_min` in the direction of its position, `one_way_min` of all
    it took, `share_min` of what all took of the instrument, `peer_factor` times the mean of the
    other teams and `rate_factor` times its own rate of the day; and the market, seen from the mark,
    moved by `move_ppm` of it (an underlying: `underlying_ppm`) and `move_ticks` from the least
    before one of those trades to the close, or it paid prices `walk_factor` times as far apart. The
    mark is what the position is worth at the close: that far the price reverts.
    """

    window_ns: Nanos = Nanos(120 * NS_PER_S)
    position_min: int = 10
    contracts_min: int = 10
    one_way_min: float = 0.80
    share_min: float = 0.30
    peer_factor: float = 3.0
    rate_factor: float = 1.5
    move_ppm: int = 10_000
    underlying_ppm: int = 50
    move_ticks: int = 2
    walk_factor: float = 3.0


class Thresholds(Struct, frozen=True, kw_only=True):
    """The definitions of all kinds."""

    self_trade: SelfTradeTerms = SelfTradeTerms()
    wash: WashTerms = WashTerms()
    transfer: TransferTerms = TransferTerms()
    layering: LayeringTerms = LayeringTerms()
    stuffing: StuffingTerms = StuffingTerms()
    closing: ClosingTerms = ClosingTerms()
