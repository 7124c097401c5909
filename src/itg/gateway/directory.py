"""What the gateway knows by heart: who plays, what is listed, where the market stands.

Read once at the start, so that a restart finds everything, and kept by folding released facts.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from itg.exchange.contract import (
    ExchangeStatus,
    GetExchangeStatus,
    GetInstruments,
    GetTrades,
    InstrumentDelisted,
    InstrumentListed,
    Instruments,
    PhaseChanged,
    PublicTrades,
)
from itg.game.contract import (
    GameState,
    GetGame,
    GetRetiringKeys,
    GetTeams,
    RetiringKeys,
    RoundEnded,
    RoundPaused,
    RoundResumed,
    RoundStarted,
    RoundStatus,
    Team,
    TeamRegistered,
    TeamReseated,
    TeamResumed,
    Teams,
    TeamSuspended,
)
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard, TeamId, UnderlyingId
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase
from itg.market_data.contract import GetPrices, Prices, PricesStepped, SpotPrice
from itg.news.contract import (
    GetHeadlines,
    GetNews,
    Headlines,
    NewsHistory,
    NewsPublished,
    PublishedItem,
)
from itg.positions.contract import GetRoles, OrderRateLimit, RoleReplaced, RoleRules, Roles
from itg.signals.contract import GetSignals, SignalHistory
from itg.translate.news import published_item

R = TypeVar("R", bound=Reply)
NEWS_KEPT = 50
_ALL_KEPT = 10_000  # what services keep of tapes and headlines


class LastPrices(Struct, frozen=True):
    """The prices of the last step."""

    game_ns: Nanos
    prices: tuple[SpotPrice, ...] = ()
    is_moving: bool = False


def first_queries() -> tuple[Query, ...]:
    """Return what to ask before anything else."""
    return (GetGame(), GetTeams(), GetRoles(), GetRetiringKeys())


class Directory:
    """Instruments, teams, roles, phases and prices as of the last release."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.game = reply_of(GameState, replies)
        self.shards = {underlying: shard for shard, underlying in self.game.rules.shards}
        self.teams = {team.team_id: team for team in reply_of(Teams, replies).teams}
        self.team_of = {team.account_id: team.team_id for team in self.teams.values()}
        self.roles: dict[Role, RoleRules] = {r.role: r for r in reply_of(Roles, replies).roles}
        self._order_rates = self._rates()  # every request asks for its role's
        self.retiring = reply_of(RetiringKeys, replies).keys  # as of the start
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.listings = 0  # rises with every listing and delisting
        self.phases: dict[Shard, Phase] = {}
        self.instrument_phases: dict[InstrumentId, Phase] = {}
        self.last_prices = LastPrices(Nanos(0))
        self.last_trades: dict[InstrumentId, Price] = {}
        self.headlines = Headlines(headlines=(), arrivals=None)
        self.signal_seqs: dict[Role, int] = {}  # as of the start
        self.last_news: deque[PublishedItem] = deque(maxlen=NEWS_KEPT)
        current = self.game.current_round
        # Of the round under way, if one is: what was signaled since is not research yet.
        self.round_start_ns = None if current is None else current.start_ns
        self.is_running = current is not None and current.status is RoundStatus.RUNNING
        self._folds: dict[type[Message], Callable[[Nanos, Message], None]] = {
            InstrumentListed: self._list,
            InstrumentDelisted: self._delist,
            TeamRegistered: self._register,
            PhaseChanged: self._change_phase,
            PricesStepped: self._step_prices,
            TeamReseated: self._reseat,
            TeamSuspended: self._suspend,
            TeamResumed: self._suspend,
            RoleReplaced: self._replace_role,
            RoundStarted: self._begin,
            RoundResumed: self._run,
            RoundPaused: self._stand,
            RoundEnded: self._end,
        }
        # Most batches hold none of these classes and need no look at each event.
        self.heeded = frozenset(self._folds)

    def second_queries(self) -> tuple[Query, ...]:
        """Return what else to ask, now that the shards are known."""
        of_shards = [
            query
            for shard in self.shards.values()
            for query in (
                GetInstruments(shard=shard),
                GetExchangeStatus(shard=shard),
                GetTrades(shard=shard, count=_ALL_KEPT),
            )
        ]
        rules = self.game.rules
        prices = (GetPrices(),) if rules.has_market else ()
        news = (GetHeadlines(), GetNews(count=_ALL_KEPT)) if rules.has_news else ()
        signals = [GetSignals(role=role, count=1) for role in self.roles if rules.has_signals]
        return (*of_shards, *prices, *news, *signals)

    def learn(self, replies: Sequence[Reply]) -> None:
        """Take in the answers to `second_queries`."""
        histories = [reply for reply in replies if isinstance(reply, SignalHistory)]
        self.signal_seqs = {
            role: told.last_seq for role, told in zip(self.roles, histories, strict=False)
        }
        for reply in replies:
            match reply:
                case Instruments():
                    self.instruments.update((i.instrument_id, i) for i in reply.instruments)
                case ExchangeStatus():
                    self.phases[reply.shard] = reply.phase
                    self.instrument_phases.update(reply.instrument_phases)
                case PublicTrades():
                    self.last_trades.update((t.instrument_id, t.price) for t in reply.trades)
                case Headlines():
                    self.headlines = reply
                case NewsHistory():
                    self.last_news.extend(reply.items)
                case Prices():
                    self.last_prices = LastPrices(reply.game_ns, reply.prices)
                case _:
                    pass

    def fold(self, game_ns: Nanos, event: Message) -> None:
        """Take in a released fact."""
        fold = self._folds.get(type(event))
        if fold is not None:
            fold(game_ns, event)

    def shard_of(self, instrument_id: InstrumentId) -> Shard | None:
        """Return the shard that lists an instrument."""
        instrument = self.instruments.get(instrument_id)
        return None if instrument is None else instrument.shard

    def phase_of(self, instrument_id: InstrumentId) -> Phase:
        """Return an instrument's phase."""
        return self.phase_in(self.instruments[instrument_id].shard, instrument_id)

    def phase_in(self, shard: Shard, instrument_id: InstrumentId) -> Phase:
        """Return the phase of a shard's instrument, also of one that was listed until now."""
        return self.instrument_phases.get(instrument_id) or self.phases[shard]

    def phase(self) -> Phase:
        """Return the market's phase: the first underlying's."""
        return next(iter(self.phases.values()))

    def order_rate_of(self, role: Role) -> OrderRateLimit | None:
        """Return a role's rate rule, if it has one."""
        return self._order_rates.get(role)

    def underlying_of(self, shard: Shard) -> UnderlyingId:
        """Return the underlying whose chain a shard is."""
        return next(name for name, number in self.shards.items() if number == shard)

    def account_of(self, team_id: TeamId) -> AccountId | None:
        """Return a team's account."""
        team = self.teams.get(team_id)
        return None if team is None else team.account_id

    def note_news(self, game_ns: Nanos, event: NewsPublished) -> PublishedItem:
        """Keep a headline that is published just now; return it with its number."""
        seq = self.last_news[-1].seq + 1 if self.last_news else 1
        item = published_item(event, seq, game_ns)
        self.last_news.append(item)
        return item

    def _list(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentListed)
        self.instruments[event.instrument.instrument_id] = event.instrument
        self.listings += 1

    def _delist(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentDelisted)
        self.instruments.pop(event.instrument_id, None)
        self.instrument_phases.pop(event.instrument_id, None)
        self.last_trades.pop(event.instrument_id, None)
        self.listings += 1

    def _register(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, TeamRegistered)
        self.team_of[event.account_id] = event.team_id
        self.teams[event.team_id] = Team(
            team_id=event.team_id,
            account_id=event.account_id,
            team_name=event.team_name,
            role=event.role,
            registered_ns=game_ns,
        )

    def _reseat(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, TeamReseated)
        self.teams[event.team_id] = replace(self.teams[event.team_id], role=event.role)

    def _suspend(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, TeamSuspended | TeamResumed)
        is_suspended = isinstance(event, TeamSuspended)
        team = replace(self.teams[event.team_id], is_suspended=is_suspended)
        self.teams[event.team_id] = team

    def _replace_role(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, RoleReplaced)
        self.roles[event.rules.role] = event.rules
        self._order_rates = self._rates()

    def _rates(self) -> dict[Role, OrderRateLimit]:
        return {
            role: rule
            for role, rules in self.roles.items()
            for rule in rules.constraints
            if isinstance(rule, OrderRateLimit)
        }

    def _change_phase(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        if event.instrument_id is not None:
            self._change_own_phase(event.shard, event.instrument_id, event.phase)
            return
        # A move of the whole shard takes along the instruments that were moved on their own.
        self.phases[event.shard] = event.phase
        for instrument_id in list(self.instrument_phases):
            if self.shard_of(instrument_id) == event.shard:
                del self.instrument_phases[instrument_id]

    def _change_own_phase(self, shard: Shard, instrument_id: InstrumentId, phase: Phase) -> None:
        if phase is self.phases[shard]:
            self.instrument_phases.pop(instrument_id, None)
        else:
            self.instrument_phases[instrument_id] = phase

    def _step_prices(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, PricesStepped)
        self.last_prices = LastPrices(game_ns, event.prices, event.is_moving)

    def _begin(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, RoundStarted)
        self.round_start_ns = event.start_ns
        self.is_running = True

    def _end(self, game_ns: Nanos, event: Message) -> None:
        self.round_start_ns = None
        self.is_running = False

    def _run(self, game_ns: Nanos, event: Message) -> None:
        self.is_running = True

    def _stand(self, game_ns: Nanos, event: Message) -> None:
        self.is_running = False


def reply_of(kind: type[R], replies: Sequence[Reply]) -> R:
    """Return the one reply of a class."""
    return next(reply for reply in replies if isinstance(reply, kind))
