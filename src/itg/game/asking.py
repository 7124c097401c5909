"""What the game asks of the others: acts, beginnings and ends in the words of who is asked."""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never, get_args

from msgspec import msgpack
from msgspec.structs import asdict

from itg.exchange import contract as exchange
from itg.game import contract as game
from itg.game.core import organizing
from itg.game.core.game import Game
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId, shard_of_id
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import Phase, PhaseBoundary
from itg.market_data import contract as market_data
from itg.news import contract as news
from itg.positions import contract as positions
from itg.retail import contract as retail
from itg.signals import contract as signals

# What a scenario may ask of the other services when the game is created.
Setup = (
    positions.ConfigurePositions
    | positions.OpenAccount
    | positions.ReplaceRole
    | exchange.ConfigureExchange
    | exchange.ConfigureLadder
    | exchange.ListInstrument
    | news.ConfigureNews
    | market_data.ConfigureMarketData
    | market_data.TrackSeries
    | retail.ConfigureRetail
    | signals.ConfigureSignals
)
OfMarket = (
    game.MovePhase
    | game.HaltMarket
    | game.ResumeMarket
    | game.CorrectTrade
    | game.MoveKillSwitch
    | game.AnnounceNews
    | game.WithdrawNews
    | game.RepeatNews
)
# What an act asks of another service, which may refuse it.
REFUSABLE = (
    *(exchange.SetPhase, exchange.HaltTrading, exchange.ResumeTrading, exchange.BustTrade),
    *(news.ScheduleNews, news.CancelNews, news.ReplayNews, positions.AdjustAccount),
)
ASKED: tuple[type[Message], ...] = (
    *get_args(Setup),
    *REFUSABLE,
    *(exchange.SetSchedule, retail.StartFlow, retail.StopFlow),
    *(positions.SetKillSwitch, positions.ReseatAccount, positions.SuspendAccount),
    *(positions.BeginDay, positions.MeasureAccounts),
    *(market_data.StartMarket, market_data.StopMarket, news.StartNews, news.StopNews),
    *(signals.StartSignals, signals.StopSignals),
)
# What the game means, in the words of who is asked: the fields have the same names.
_SAID: dict[type[organizing.Meant], Callable[..., Message]] = {
    organizing.ToOpen: positions.OpenAccount,
    organizing.ToReseat: positions.ReseatAccount,
    organizing.ToSuspend: positions.SuspendAccount,
    organizing.ToAdjust: positions.AdjustAccount,
}
SETUP = msgpack.Decoder(Setup)


def said(step: organizing.Told | organizing.Meant) -> Message:
    """Return what the game tells as it is, and what it means as its command."""
    if isinstance(step, organizing.Told):
        return step
    if isinstance(step, organizing.ToChange):
        change: Setup = SETUP.decode(step.change)
        return change
    return _SAID[type(step)](**asdict(step))


def opening(created: Game, now: Nanos) -> Iterator[Message]:
    """Return what begins with the current round.

    Again for a round that goes on: each service takes up what lies ahead of it as it is now.
    """
    rules, rounds = created.rules, created.rounds
    plan = rounds.current_plan
    boundaries = tuple(row for row in plan.boundaries if row.at_ns > now or not rounds.is_later)
    if boundaries:
        for shard, _ in rules.shards:
            yield exchange.SetSchedule(shard=shard, boundaries=boundaries)
    if rules.has_signals:
        yield signals.StartSignals(
            session_start_ns=plan.session_start_ns, session_end_ns=plan.session_end_ns
        )
    if rules.has_news:
        yield news.StartNews(
            session_start_ns=plan.session_start_ns, session_end_ns=plan.session_end_ns
        )
    if rules.has_market:
        yield market_data.StartMarket(
            session_start_ns=plan.session_start_ns,
            session_end_ns=plan.session_end_ns,
            session_ends_ns=tuple(e for e in rules.session_ends_ns if e >= plan.session_end_ns),
            first_step_ns=plan.start_ns,
            planned_end_ns=rounds.planned_end_ns,
            vol_factors=rounds.vol_factors_ahead,
        )
    if rules.has_retail:
        flow_start_ns = plan.start_ns if plan.flow_start_ns is None else plan.flow_start_ns
        yield retail.StartFlow(flow_start_ns=flow_start_ns, flow_end_ns=plan.session_end_ns)


def closing(created: Game, now: Nanos) -> list[Message]:
    """Return what closes every shard that is open."""
    close = (PhaseBoundary(at_ns=now, phase=Phase.CLOSED),)
    return [exchange.SetSchedule(shard=s, boundaries=close) for s in created.open_shards]


def stopping(created: Game) -> Iterator[Message]:
    """Return what ends with the current round."""
    rules = created.rules
    if rules.has_retail:
        yield retail.StopFlow()
    if rules.has_news:
        yield news.StopNews()
    if rules.has_signals:
        yield signals.StopSignals()
    if rules.has_market:
        yield market_data.StopMarket()


def move_market(created: Game, now: Nanos, ask: OfMarket) -> Sequence[Message]:
    """Return what an act on the market asks of its services, or why it is refused."""
    match ask:
        case game.MovePhase():
            return _move_phase(created, ask)
        case game.HaltMarket() | game.ResumeMarket():
            return _halt(created, ask)
        case game.CorrectTrade():
            return _correct(created, ask)
        case game.MoveKillSwitch():
            name, is_active = ask.account_id, ask.is_active
            switch = positions.SetKillSwitch(
                account_id=name, is_active=is_active, by_organizer=True
            )
            return [switch]
        case game.AnnounceNews() | game.WithdrawNews() | game.RepeatNews():
            return [_news_of(now, ask)]
        case _:
            assert_never(ask)


def _move_phase(created: Game, ask: game.MovePhase) -> Sequence[Message]:
    instrument_id = ask.instrument_id
    refused = created.refusal_of_phase_move()
    if refused is not None:
        return [refused]
    if instrument_id is None:
        return [exchange.SetPhase(shard=s, phase=ask.phase) for s in created.phases]
    if instrument_id not in created.shards:
        return [_unlisted(instrument_id)]
    shard = created.shards[instrument_id]
    return [exchange.SetPhase(shard=shard, phase=ask.phase, instrument_id=instrument_id)]


def _halt(created: Game, ask: game.HaltMarket | game.ResumeMarket) -> Sequence[Message]:
    shards = _shards_named(created, ask.instrument_id, ask.underlying_id)
    if isinstance(shards, game.GameActRejected):
        return [shards]
    name = ask.instrument_id
    if isinstance(ask, game.ResumeMarket):
        return [exchange.ResumeTrading(shard=shard, instrument_id=name) for shard in shards]
    return [
        exchange.HaltTrading(shard=shard, instrument_id=name, halt_ns=ask.halt_ns)
        for shard in shards
    ]


def _shards_named(
    created: Game, instrument_id: InstrumentId | None, underlying_id: UnderlyingId | None
) -> list[Shard] | game.GameActRejected:
    if instrument_id is not None:
        if instrument_id not in created.shards:
            return _unlisted(instrument_id)
        return [created.shards[instrument_id]]
    shards = [shard for shard, name in created.rules.shards if underlying_id in {None, name}]
    detail = f"there is no underlying {underlying_id}"
    return shards or _rejected(market_data.UNDERLYING_NOT_FOUND, "underlying_id", detail)


def _correct(created: Game, ask: game.CorrectTrade) -> Sequence[Message]:
    shard = shard_of_id(ask.trade_id)
    if shard not in created.phases:
        return [
            _rejected(exchange.TRADE_NOT_FOUND, "trade_id", f"there is no trade {ask.trade_id}")
        ]
    return [exchange.BustTrade(shard=shard, trade_id=ask.trade_id, price=ask.price)]


def _news_of(now: Nanos, ask: game.AnnounceNews | game.WithdrawNews | game.RepeatNews) -> Message:
    match ask:
        case game.AnnounceNews():
            return news.ScheduleNews(
                headline_id=ask.headline_id,
                effective_ns=now if ask.effective_ns is None else ask.effective_ns,
                has_signal=ask.has_signal and ask.effective_ns is not None,
                is_shift=ask.is_shift,
                jump_ppm=ask.jump_ppm,
            )
        case game.WithdrawNews():
            return news.CancelNews(news_id=ask.news_id)
        case game.RepeatNews():
            return news.ReplayNews(start_ns=now, items=ask.items)
        case _:
            assert_never(ask)


def _unlisted(instrument_id: InstrumentId) -> game.GameActRejected:
    detail = f"no instrument {instrument_id} is listed"
    return _rejected(exchange.INVALID_INSTRUMENT, "instrument_id", detail)


def _rejected(reason: RejectReason, field: str, detail: str) -> game.GameActRejected:
    refusal = Refusal(code=reason.code, detail=f"{detail}. {reason.hint}", field=field)
    return game.GameActRejected(refusal=refusal)
