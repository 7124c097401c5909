"""What the gateway knows by heart: who plays, what is listed, where the market stands.

Read once at the start, so that a restart finds everything, and kept by folding released facts.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from itg.exchange.contract import (
    ExchangeStatus,
    GetExchangeStatus,
    GetInstruments,
    InstrumentDelisted,
    InstrumentListed,
    Instruments,
    PhaseChanged,
)
from itg.game.contract import (
    GameState,
    GetGame,
    GetTeams,
    RoundEnded,
    RoundPaused,
    RoundResumed,
    RoundStarted,
    RoundStatus,
    Team,
    TeamRegistered,
    Teams,
)
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard, TeamId, UnderlyingId
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase
from itg.market_data.contract import GetPrices, Prices, PricesStepped, SpotPrice
from itg.positions.contract import GetRoles, OrderRateLimit, RoleRules, Roles

R = TypeVar("R", bound=Reply)


class LastPrices(Struct, frozen=True):
    """The prices of the last step."""

    game_ns: Nanos
    prices: tuple[SpotPrice, ...] = ()
    is_moving: bool = False


def first_queries() -> tuple[Query, ...]:
    """Return what to ask before anything else."""
    return (GetGame(), GetTeams(), GetRoles())


class Directory:
    """Instruments, teams, roles, phases and prices as of the last release."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.game = reply_of(GameState, replies)
        self.shards = {underlying: shard for shard, underlying in self.game.rules.shards}
        self.teams = {team.team_id: team for team in reply_of(Teams, replies).teams}
        self.team_of = {team.account_id: team.team_id for team in self.teams.values()}
        self.roles: dict[Role, RoleRules] = {r.role: r for r in reply_of(Roles, replies).roles}
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.listings = 0  # rises with every listing and delisting
        self.phases: dict[Shard, Phase] = {}
        self.instrument_phases: dict[InstrumentId, Phase] = {}
        self.last_prices = LastPrices(Nanos(0))
        current = self.game.current_round
        self.is_running = current is not None and current.status is RoundStatus.RUNNING
        self._folds: dict[type[Message], Callable[[Nanos, Message], None]] = {
            InstrumentListed: self._list,
            InstrumentDelisted: self._delist,
            TeamRegistered: self._register,
            PhaseChanged: self._change_phase,
            PricesStepped: self._step_prices,
            RoundStarted: self._run,
            RoundResumed: self._run,
            RoundPaused: self._stand,
            RoundEnded: self._stand,
        }
        # Most batches hold none of these classes and need no look at each event.
        self.heeded = frozenset(self._folds)

    def second_queries(self) -> tuple[Query, ...]:
        """Return what else to ask, now that the shards are known."""
        of_shards = [
            query
            for shard in self.shards.values()
            for query in (GetInstruments(shard=shard), GetExchangeStatus(shard=shard))
        ]
        return (*of_shards, GetPrices()) if self.game.rules.has_market else tuple(of_shards)

    def learn(self, replies: Sequence[Reply]) -> None:
        """Take in the answers to `second_queries`."""
        for reply in replies:
            match reply:
                case Instruments():
                    self.instruments.update((i.instrument_id, i) for i in reply.instruments)
                case ExchangeStatus():
                    self.phases[reply.shard] = reply.phase
                    self.instrument_phases.update(reply.instrument_phases)
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
        rules = self.roles.get(role)
        found = (
            (rule for rule in rules.constraints if isinstance(rule, OrderRateLimit))
            if rules
            else ()
        )
        return next(iter(found), None)

    def underlying_of(self, shard: Shard) -> UnderlyingId:
        """Return the underlying whose chain a shard is."""
        return next(name for name, number in self.shards.items() if number == shard)

    def account_of(self, team_id: TeamId) -> AccountId | None:
        """Return a team's account."""
        team = self.teams.get(team_id)
        return None if team is None else team.account_id

    def _list(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentListed)
        self.instruments[event.instrument.instrument_id] = event.instrument
        self.listings += 1

    def _delist(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentDelisted)
        self.instruments.pop(event.instrument_id, None)
        self.instrument_phases.pop(event.instrument_id, None)
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

    def _change_phase(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        if event.instrument_id is not None:
            self.instrument_phases[event.instrument_id] = event.phase
            return
        # A move of the whole shard takes along the instruments that were moved on their own.
        self.phases[event.shard] = event.phase
        for instrument_id in list(self.instrument_phases):
            if self.shard_of(instrument_id) == event.shard:
                del self.instrument_phases[instrument_id]

    def _step_prices(self, game_ns: Nanos, event: Message) -> None:
        assert isinstance(event, PricesStepped)
        self.last_prices = LastPrices(game_ns, event.prices, event.is_moving)

    def _run(self, game_ns: Nanos, event: Message) -> None:
        self.is_running = True

    def _stand(self, game_ns: Nanos, event: Message) -> None:
        self.is_running = False


def reply_of(kind: type[R], replies: Sequence[Reply]) -> R:
    """Return the one reply of a class."""
    return next(reply for reply in replies if isinstance(reply, kind))
