"""The tables a round is exported as: their columns with types and units, and a row for each fact.

Before the organizer reveals who is who, participants are numbers, trades name nobody, and nothing a
bot wrote itself (client order ids, tags) leaves: it might name the team.
"""

from typing import Final

from itg.exchange.contract import QuoteAccepted, TradeBusted, TradeExecuted
from itg.market_data.contract import PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import AccountPositionChanged, AccountsMeasured
from itg.signals.contract import AlphaSignaled, TrackingSignaled, VolatilitySignaled
from itg.translate.round_rows import (
    ORDER_EVENTS,
    Column,
    Table,
    correction_rows,
    news_rows,
    order_rows,
    pnl_rows,
    position_rows,
    quote_rows,
    signal_rows,
    spot_rows,
    trade_rows,
)

_SEQ = Column("seq", "int", "", "number of the journalled input that caused it")
_GAME = Column("game_us", "int", "µs since 1970-01-01 UTC", "game time")
_WHO = Column("participant", "int", "", "who, by a number of this round")
_INSTRUMENT = Column("instrument_id", "str", "", "the instrument")
_NAME = Column("team", "str", "", "who, by name")
_MAKER = Column("maker", "str", "", "who had the resting order, by name")
_TAKER = Column("taker", "str", "", "who came upon it, by name")
_ORDER = Column("order_id", "int", "", "the order")
_USD = "USD"
_SIGNAL_COLUMNS: Final = (
    _SEQ,
    _GAME,
    Column("kind", "str", "", "volatility, tracking or alpha"),
    Column("signal_id", "int", "", "one signal, over all that is told of it"),
    Column("role", "str", "", "the role it was told"),
    Column("signal_seq", "int", "", "its number among the signals of the role"),
    Column("regime", "str", "", "volatility: the regime now"),
    Column("is_shift", "bool", "", "volatility: whether a shift was predicted"),
    Column("probabilities_low", "float", "1", "volatility: chance of the regime low after it"),
    Column("probabilities_medium", "float", "1", "volatility: chance of the regime medium"),
    Column("probabilities_high", "float", "1", "volatility: chance of the regime high"),
    Column("effective_us", "int", "µs", "volatility: when, on the game clock"),
    Column("accuracy", "float", "1", "volatility, tracking: how often such signals are right"),
    Column("stage", "str", "", "tracking: open, update or close of the window"),
    Column("announcement", "str", "", "tracking: converges or diverges"),
    Column("underlying_id", "str", "", "tracking, alpha: of what"),
    Column("spot_price", "float", _USD, "tracking: the follower's price"),
    Column("leader_price", "float", _USD, "tracking: the leader's lagged price"),
    Column("theo_price", "float", _USD, "tracking: what the follower should cost"),
    Column("tracking_error", "float", "1", "tracking: the error, 0.001 is 0.1 %"),
    Column("deviation", "str", "", "tracking: above, below or none"),
    Column("z_score", "float", "1", "tracking: the error in its standard deviations"),
    Column("half_life_s", "int", "s", "tracking: half-life of the error"),
    Column("model", "str", "", "alpha: the model's name"),
    Column("expected_return", "float", "1", "alpha: log return until the horizon"),
    Column("confidence", "float", "1", "alpha: the model's own confidence"),
    Column("horizon_us", "int", "µs", "tracking, alpha: what it is about, on the game clock"),
)
TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        Table(
            name="orders",
            about="one row for each event of an order; fills are in `trades`",
            columns=(
                _SEQ,
                _GAME,
                Column("event", "str", "", "accepted, activated, replaced, canceled or expired"),
                _ORDER,
                _WHO,
                _INSTRUMENT,
                Column("side", "str", "", "buy or sell; with accepted"),
                Column("quantity", "int", "contracts", "total; with accepted and replaced"),
                Column("price", "float", _USD, "limit; with accepted (market: empty) and replaced"),
                Column("leaves_quantity", "int", "contracts", "unfilled; replaced and the ends"),
                Column("is_pending", "bool", "", "it waits outside the book"),
                Column("kept_priority", "bool", "", "it kept its place; with replaced"),
                Column("cancel_reason", "str", "", "why; with canceled"),
            ),
            named=(_NAME,),
            kinds=tuple(ORDER_EVENTS),
            rows=order_rows,
            within="order_id",
        ),
        Table(
            name="quotes",
            about="one row for each two-sided quote that was accepted, as it then stood",
            columns=(
                _SEQ,
                _GAME,
                _WHO,
                _INSTRUMENT,
                Column("bid_order_id", "int", "", "the bid as an order; empty: no bid"),
                Column("bid", "float", _USD, "the bid"),
                Column("bid_quantity", "int", "contracts", "its quantity"),
                Column("ask_order_id", "int", "", "the ask as an order; empty: no ask"),
                Column("ask", "float", _USD, "the ask"),
                Column("ask_quantity", "int", "contracts", "its quantity"),
                Column("is_pending", "bool", "", "the jump guard holds it outside the book"),
            ),
            named=(_NAME,),
            kinds=(QuoteAccepted,),
            rows=quote_rows,
        ),
        Table(
            name="trades",
            about="one row for each trade, as it was published; corrections stand apart",
            columns=(
                Column("trade_id", "int", "", "the trade"),
                _INSTRUMENT,
                Column("price", "float", _USD, "price"),
                Column("quantity", "int", "contracts", "quantity"),
                Column("aggressor_side", "str", "", "buy or sell"),
                Column("is_auction", "bool", "", "an auction made it"),
                _GAME,
                Column("seq", "int", "", "its number on its underlying's tape"),
            ),
            named=(_MAKER, _TAKER),
            kinds=(TradeExecuted,),
            rows=trade_rows,
        ),
        Table(
            name="corrections",
            about="one row for each trade that was undone or moved, when that was done",
            columns=(
                _SEQ,
                _GAME,
                Column("trade_id", "int", "", "the trade"),
                _INSTRUMENT,
                Column("price", "float", _USD, "as it was traded"),
                Column("adjusted_price", "float", _USD, "what counts instead; empty: undone"),
                Column("quantity", "int", "contracts", "quantity"),
            ),
            named=(_MAKER, _TAKER),
            kinds=(TradeBusted,),
            rows=correction_rows,
        ),
        Table(
            name="positions",
            about="one row for each change of a position",
            columns=(
                _SEQ,
                _GAME,
                _WHO,
                _INSTRUMENT,
                Column("net_quantity", "int", "contracts", "held, short below zero"),
                Column("average_price", "float", _USD, "average cost; empty when flat"),
                Column("realized_pnl", "float", _USD, "realized so far"),
                Column("fees", "float", _USD, "paid so far, below zero received"),
                Column("cash", "float", _USD, "the account's cash"),
            ),
            named=(_NAME,),
            kinds=(AccountPositionChanged,),
            rows=position_rows,
            within="participant",
        ),
        Table(
            name="pnl",
            about="one row a minute for each participant, one when the round is settled and after "
            "each correction: profit and loss of the day by its parts",
            columns=(
                _SEQ,
                _GAME,
                _WHO,
                Column("equity", "float", _USD, "cash and positions at their marks"),
                Column("pnl", "float", _USD, "of the day; the sum of its parts"),
                Column("spread_capture", "float", _USD, "what trades were better than the mark"),
                Column("delta_pnl", "float", _USD, "made by the spot's move"),
                Column("gamma_pnl", "float", _USD, "made by its square"),
                Column("vega_pnl", "float", _USD, "made by implied volatility"),
                Column("theta_pnl", "float", _USD, "made by time"),
                Column("fees_pnl", "float", _USD, "fees as they change cash: paid is below zero"),
                Column("residual_pnl", "float", _USD, "what these leave over"),
                Column("delta", "float", "leader's contracts", "the account's delta"),
                Column("options_held", "int", "contracts", "sum of absolute option positions"),
                Column("is_trading", "bool", "", "a market traded continuously"),
            ),
            named=(_NAME,),
            kinds=(AccountsMeasured,),
            rows=pnl_rows,
            within="participant",
        ),
        Table(
            name="news",
            about="one row for each headline, when it was published",
            columns=(
                _SEQ,
                _GAME,
                Column("news_id", "int", "", "the news"),
                Column("headline_id", "str", "", "its row in the table of headlines"),
                Column("headline", "str", "", "its text"),
                Column("origin", "str", "", "where it came from"),
            ),
            kinds=(NewsPublished,),
            rows=news_rows,
        ),
        Table(
            name="signals",
            about="one row for each signal of any role; empty cells belong to other kinds",
            columns=_SIGNAL_COLUMNS,
            kinds=(VolatilitySignaled, TrackingSignaled, AlphaSignaled),
            rows=signal_rows,
        ),
        Table(
            name="spots",
            about="one row for each underlying at each step of the market, as published",
            columns=(
                _SEQ,
                _GAME,
                Column("step", "int", "", "number of the step"),
                Column("underlying_id", "str", "", "the underlying"),
                Column("price", "float", _USD, "the published print"),
                Column("is_moving", "bool", "", "false outside the session"),
            ),
            kinds=(PricesStepped,),
            rows=spot_rows,
        ),
    )
}
