"""Read models: what each event of a service does to the tables that are queried.

A model is of one service and stands in a schema of its own. It hears its service's events, and of
the game when rounds started, so that its rows name the round without looking into another's tables.
Prices and money are integers of 1/10,000 USD, instants ns, shares 1e-6, as in the journal.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct, structs

from itg.exchange.contract import TradeBusted, TradeExecuted
from itg.game.contract import (
    RoundEnded,
    RoundScored,
    RoundStarted,
    TeamRegistered,
    TeamReseated,
    TeamScore,
)
from itg.kernel.ids import Seq
from itg.kernel.messages import Event
from itg.kernel.times import Nanos
from itg.positions.contract import (
    AccountFillBusted,
    AccountFilled,
    AccountOrderUpdated,
    AccountPositionChanged,
)
from itg.runtime.effects import Effect

BEFORE_ALL: Final = 0


class Told(NamedTuple):
    """An event with its number and its game time."""

    seq: Seq
    game_ns: Nanos
    event: Event


class RoundStarts:
    """When rounds started, by game time: what happens between two belongs to the earlier one."""

    def __init__(self, starts: Iterable[tuple[Nanos, int]] = ()) -> None:
        self._starts = sorted(starts)

    def learn(self, start_ns: Nanos, round_id: int) -> None:
        """Take in that a round starts; twice is once."""
        if (start_ns, round_id) not in self._starts:
            insort(self._starts, (start_ns, round_id))

    def at(self, game_ns: Nanos) -> int:
        """Return the round of an instant, 0 before the first."""
        place = bisect_right(self._starts, game_ns, key=lambda start: start[0])
        return self._starts[place - 1][1] if place else BEFORE_ALL


Rows = Callable[[Told, RoundStarts], Iterator[Effect]]


class ReadModel(Struct, frozen=True, kw_only=True):
    """The tables of one service: by each class of event, what it does to them."""

    name: str
    about: str
    rows: dict[type[Event], Rows]

    def effects(self, told: Told, rounds: RoundStarts) -> Iterator[Effect]:
        """Return what an event of one of the model's classes does."""
        return self.rows[type(told.event)](told, rounds)


def _round_started(told: Told, rounds: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, RoundStarted)
    rounds.learn(event.start_ns, event.round_id)
    yield Effect(
        "rounds",
        {
            "round_id": event.round_id,
            "trading_day": event.trading_day,
            "start_ns": event.start_ns,
        },
    )


def _round_ended(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, RoundEnded)
    values = {"round_id": event.round_id, "end_ns": told.game_ns}
    yield Effect("rounds", values, is_change=True)


def _trade_executed(told: Told, rounds: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, TradeExecuted)
    yield Effect(
        "trades",
        {
            "trade_id": event.trade_id,
            "round_id": rounds.at(told.game_ns),
            "shard": event.shard,
            "seq": told.seq,
            "game_ns": told.game_ns,
            "instrument_id": event.instrument_id,
            "price": event.price,
            "quantity": event.quantity,
            "aggressor_side": event.aggressor_side.value,
            "is_auction": event.is_auction,
            "maker_order_id": event.maker_order_id,
            "maker_account_id": event.maker_account_id,
            "taker_order_id": event.taker_order_id,
            "taker_account_id": event.taker_account_id,
            "is_busted": False,
            "adjusted_price": None,
        },
    )


def _trade_busted(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, TradeBusted)
    values = {
        "trade_id": event.trade_id,
        "is_busted": event.adjusted_price is None,
        "adjusted_price": event.adjusted_price,
    }
    yield Effect("trades", values, is_change=True)


def _order_updated(told: Told, rounds: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, AccountOrderUpdated)
    order, reason = event.order, event.cancel_reason
    yield Effect(
        "orders",
        {
            "order_id": order.order_id,
            "account_id": event.account_id,
            "round_id": rounds.at(order.accepted_ns),
            "client_order_id": order.client_order_id,
            "instrument_id": order.instrument_id,
            "side": order.side.value,
            "order_type": order.order_type.value,
            "time_in_force": None if order.time_in_force is None else order.time_in_force.value,
            "quantity": order.quantity,
            "price": order.price,
            "stop_price": order.stop_price,
            "status": order.status.value,
            "filled_quantity": order.filled_quantity,
            "leaves_quantity": order.leaves_quantity,
            "average_price": order.average_price,
            "cancel_reason": None if reason is None else reason.value,
            "accepted_ns": order.accepted_ns,
            "changed_ns": told.game_ns,
        },
    )


def _filled(told: Told, rounds: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, AccountFilled)
    fill = event.fill
    yield Effect(
        "fills",
        {
            "account_id": event.account_id,
            "fill_id": fill.fill_id,
            "trade_id": fill.trade_id,
            "order_id": fill.order_id,
            "round_id": rounds.at(told.game_ns),
            "instrument_id": fill.instrument_id,
            "side": fill.side.value,
            "last_price": fill.last_price,
            "last_quantity": fill.last_quantity,
            "liquidity": fill.liquidity.value,
            "fee": fill.fee,
            "is_quote": event.is_quote,
            "game_ns": told.game_ns,
            "is_busted": False,
            "adjusted_price": None,
        },
    )
    if not event.is_quote:
        values: dict[str, object] = {
            "order_id": fill.order_id,
            "status": event.status.value,
            "filled_quantity": event.filled_quantity,
            "leaves_quantity": event.leaves_quantity,
            "average_price": event.average_price,
            "changed_ns": told.game_ns,
        }
        yield Effect("orders", values, is_change=True)


def _fill_busted(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, AccountFillBusted)
    # Both halves of a trade with oneself are one account's: the order tells them apart.
    values = {
        "account_id": event.account_id,
        "trade_id": event.trade_id,
        "order_id": event.order_id,
        "is_busted": event.adjusted_price is None,
        "adjusted_price": event.adjusted_price,
    }
    yield Effect("fills", values, is_change=True)


def _position_changed(told: Told, rounds: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, AccountPositionChanged)
    position = event.position
    yield Effect(
        "positions",
        {
            "round_id": rounds.at(told.game_ns),
            "account_id": event.account_id,
            "instrument_id": position.instrument_id,
            "net_quantity": position.net_quantity,
            "average_price": position.average_price,
            "realized_pnl": position.realized_pnl,
            "fees": position.fees,
            "cash": event.cash,
            "changed_ns": told.game_ns,
        },
    )


def _team_registered(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, TeamRegistered)
    yield Effect("teams", structs.asdict(event))


def _team_reseated(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, TeamReseated)
    yield Effect("teams", {"team_id": event.team_id, "role": event.role}, is_change=True)


_SCORE_COLUMNS: Final = (
    *("team_id", "account_id", "role", "kpi", "compliance", "risk", "activity", "measured"),
    *("par", "spread", "score", "rank", "is_zeroed"),
)


def _round_scored(told: Told, _: RoundStarts) -> Iterator[Effect]:
    event = told.event
    assert isinstance(event, RoundScored)
    scores = event.scores
    for team in scores.teams:
        yield Effect(
            "scores",
            {
                "round_id": scores.round_id,
                "formula_version": scores.formula_version,
                "is_final": scores.is_final,
                "scored_ns": scores.scored_ns,
                **_score(team),
            },
        )


def _score(team: TeamScore) -> dict[str, object]:
    unscored = team.unscored
    own = {name: getattr(team, name) for name in _SCORE_COLUMNS}
    return {**own, "pnl": unscored.pnl, "fees": unscored.fees, "contracts": unscored.contracts}


READ_MODELS: Final[dict[str, ReadModel]] = {
    model.name: model
    for model in (
        ReadModel(
            name="exchange",
            about="Trades as they were made, and what became of them.",
            rows={
                RoundStarted: _round_started,
                TradeExecuted: _trade_executed,
                TradeBusted: _trade_busted,
            },
        ),
        ReadModel(
            name="positions",
            about="Orders as they ended, fills, and positions as each round left them.",
            rows={
                RoundStarted: _round_started,
                AccountOrderUpdated: _order_updated,
                AccountFilled: _filled,
                AccountFillBusted: _fill_busted,
                AccountPositionChanged: _position_changed,
            },
        ),
        ReadModel(
            name="game",
            about="Rounds, teams and scores.",
            rows={
                RoundStarted: _round_started,
                RoundEnded: _round_ended,
                TeamRegistered: _team_registered,
                TeamReseated: _team_reseated,
                RoundScored: _round_scored,
            },
        ),
    )
}
