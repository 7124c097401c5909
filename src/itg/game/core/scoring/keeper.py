"""The scores of a game over its rounds: what is heard goes to the round it belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from itg.exchange.contract import TradeBusted
from itg.game.contract import (
    INVALID_JUDGEMENT,
    INVALID_PAR,
    NOT_SCORED,
    PAR_FROZEN,
    TEAM_NOT_FOUND,
    GameRules,
    JudgementSet,
    ParSet,
    RoundScore,
    RoundScored,
    Scores,
    ScoringRejected,
    ScoringRules,
    SetJudgement,
    SetPar,
    Team,
)
from itg.game.core.scoring.ledger import HEADLINE, SIGNAL, WINDOW, Ledger, Span, scoring_of
from itg.game.core.scoring.points import HUNDRED
from itg.game.core.scoring.scorer import round_score
from itg.game.core.scoring.season import Judgement, final_scores
from itg.game.core.scoring.trading import correct_trade, count_trade
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, Role, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import (
    AccountLimitBreached,
    AccountLimitCleared,
    AccountsMeasured,
    ReseatAccount,
    TradesMarked,
)
from itg.signals.contract import TrackingSignaled, VolatilitySignaled

HEARD = (
    *(AccountsMeasured, TradesMarked, TradeBusted, AccountLimitBreached, AccountLimitCleared),
    *(NewsPublished, VolatilitySignaled, TrackingSignaled, PricesStepped),
)
Heard = (
    AccountsMeasured
    | TradesMarked
    | TradeBusted
    | AccountLimitBreached
    | AccountLimitCleared
    | NewsPublished
    | VolatilitySignaled
    | TrackingSignaled
    | PricesStepped
)


class Scoring(Struct):
    """Rules, rounds and judgements. `current` is being played, `last` ended before it.

    A trade is marked a minute after it was made, and corrected later still: the round that ended
    last keeps its ledger until the next one has ended. `told` are the scores of rounds that ended.
    """

    rules: ScoringRules
    underlyings: tuple[UnderlyingId, ...] = ()
    others: dict[AccountId, Role] = field(default_factory=dict)
    current: Ledger | None = None
    last: Ledger | None = None
    told: list[RoundScore] = field(default_factory=list)
    judged: dict[AccountId, Judgement] = field(default_factory=dict)

    @classmethod
    def planned(cls, rules: GameRules, others: Mapping[AccountId, Role]) -> "Scoring | None":
        """Return what a new game keeps, None where the scenario scores nothing.

        `others`: accounts that are no team's, with their roles.
        """
        if rules.scoring is None:
            return None
        underlyings = tuple(underlying_id for _, underlying_id in rules.shards)
        return cls(rules=rules.scoring, underlyings=underlyings, others=dict(others))

    def begin(self, round_id: int, start_ns: Nanos, teams: Iterable[Team]) -> None:
        """Open the ledger of a round that started."""
        self.current = Ledger(
            round_id=round_id, start_ns=start_ns, underlyings=self.underlyings, others=self.others
        )
        self.current.seat(teams, self.rules)

    def end(self) -> None:
        """Close the ledger of the round that ended; `scored` tells its scores."""
        if self.current is not None:
            self.current.is_ended = True
            self.last, self.current = self.current, None

    def hear(self, now: Nanos, told: Heard) -> Sequence[Message]:
        """Take what happened; return what must be done at once."""
        if isinstance(told, TradesMarked | TradeBusted):
            self._hear_trades(now, told)
        elif isinstance(told, AccountsMeasured):
            return self._measure(now, told)
        else:
            ledger = self._at(now)
            if ledger is not None:
                self._follow(ledger, now, told)
        return ()

    def scored(self, now: Nanos) -> RoundScored | None:
        """Return the scores of the round that ended last, None if they were told just so."""
        if self.last is None:
            return None
        scores = round_score(self.last, self.rules, now)
        before = self._told(scores.round_id)
        if before is not None and before.teams == scores.teams:
            return None
        self.told = [each for each in self.told if each.round_id != scores.round_id]
        self.told.append(scores)
        return RoundScored(scores=scores)

    def scores(self, round_id: int | None, teams: Sequence[Team]) -> Scores:
        """Return a round's scores, live while it runs, and the season's."""
        scored = [team for team in teams if scoring_of(self.rules, team.role) is not None]
        final = final_scores(scored, self.told, self.judged, self.rules)
        return Scores(round=self._round(round_id), final=final, rules=self.rules)

    def set_par(self, ask: SetPar) -> ParSet | ScoringRejected:
        """Take pars, or say why not."""
        roles = [par.role for par in ask.pars]
        if self.told:
            return _rejected(PAR_FROZEN, f"round {self.told[0].round_id} is scored", "pars")
        for par in ask.pars:
            if scoring_of(self.rules, par.role) is None or roles.count(par.role) > 1:
                known = ", ".join(each.role for each in self.rules.roles)
                return _rejected(INVALID_PAR, f"{par.role}: give each of {known} once", "pars")
            if par.spread <= 0:
                return _rejected(INVALID_PAR, f"{par.role}: spread {par.spread} is not > 0", "pars")
        kept = tuple(par for par in self.rules.pars if par.role not in roles)
        self.rules = replace(self.rules, pars=(*kept, *ask.pars))
        return ParSet(pars=self.rules.pars, origin=ask.origin)

    def judge(self, ask: SetJudgement, teams: Sequence[Team]) -> JudgementSet | ScoringRejected:
        """Take what is judged of a team, or say why not."""
        if not any(team.account_id == ask.account_id for team in teams):
            return _rejected(TEAM_NOT_FOUND, f"no team has the account {ask.account_id}", None)
        before = self.judged.get(ask.account_id, Judgement())
        after = Judgement(
            research=before.research if ask.research is None else ask.research,
            code=before.code if ask.code is None else ask.code,
            team=before.team if ask.team is None else ask.team,
        )
        for name in after.__struct_fields__:
            points = getattr(after, name)
            if points is not None and not 0 <= points <= HUNDRED:
                detail = f"{name}: {points / 1e6:g} points are not between 0 and 100"
                return _rejected(INVALID_JUDGEMENT, detail, name)
        self.judged[ask.account_id] = after
        return JudgementSet(
            account_id=ask.account_id, research=after.research, code=after.code, team=after.team
        )

    def _follow(
        self,
        ledger: Ledger,
        now: Nanos,
        told: AccountLimitBreached
        | AccountLimitCleared
        | NewsPublished
        | VolatilitySignaled
        | TrackingSignaled
        | PricesStepped,
    ) -> None:
        match told:
            case AccountLimitBreached():
                ledger.breach(now, told)
            case AccountLimitCleared():
                ledger.clear(told)
            case NewsPublished():
                ledger.open_span(Span(HEADLINE, told.news_id, None, now))
            case VolatilitySignaled():
                until_ns = told.effective_ns + self.rules.numbers.signal_horizon_s * NS_PER_S
                ledger.open_span(Span(SIGNAL, told.signal_id, told.role, now, Nanos(until_ns)))
            case TrackingSignaled():
                _follow_window(ledger, now, told)
            case PricesStepped():
                prices = (p.spot_price for p in told.prices if p.underlying_id == self.rules.leader)
                ledger.leader_price = next(prices, ledger.leader_price)
            case _:
                assert_never(told)

    def _hear_trades(self, now: Nanos, told: TradesMarked | TradeBusted) -> None:
        if isinstance(told, TradesMarked):
            for trade in told.trades:
                ledger = self._at(trade.traded_ns)
                if ledger is not None:
                    count_trade(ledger, trade, self.rules)
            return
        for ledger in (self.current, self.last):
            if ledger is not None and correct_trade(ledger, told, self.rules, now):
                break

    def _measure(self, now: Nanos, told: AccountsMeasured) -> Sequence[Message]:
        ledger = self._at(now)
        if ledger is None:
            return ()
        ledger.measure(now, told, self.rules)
        return () if ledger.is_ended else self._taken_over(ledger, told)

    def _taken_over(self, ledger: Ledger, told: AccountsMeasured) -> list[Message]:
        # Told once each time equity falls below: the seat begins anew, and may fall again.
        house, asked = self.rules.house_account_id, list[Message]()
        for measure in told.measures:
            book = ledger.books.get(measure.account_id)
            of_role = None if book is None else scoring_of(self.rules, book.role)
            if book is None or of_role is None:
                continue
            was_below = book.is_below
            least = self.rules.numbers.zeroed_below * of_role.starting_cash
            book.is_below = measure.equity < least
            if book.is_below and not was_below:
                book.is_zeroed = True
                if house is not None:
                    asked.append(
                        ReseatAccount(
                            account_id=book.account_id, role=book.role, counterparty_id=house
                        )
                    )
        return asked

    def _at(self, at_ns: Nanos) -> Ledger | None:
        current = self.current
        return current if current is not None and at_ns >= current.start_ns else self.last

    def _round(self, round_id: int | None) -> RoundScore | None:
        current = self.current
        if current is not None and round_id in {None, current.round_id}:
            return round_score(current, self.rules, current.heard_ns)
        if round_id is None:
            return self.told[-1] if self.told else None
        return self._told(round_id)

    def _told(self, round_id: int) -> RoundScore | None:
        return next((each for each in self.told if each.round_id == round_id), None)


def refused_or_set(
    scoring: Scoring | None, ask: SetPar | SetJudgement, teams: Sequence[Team]
) -> ParSet | JudgementSet | ScoringRejected:
    """Take pars or a judgement; refuse both where the scenario scores nothing."""
    if scoring is None:
        return _rejected(NOT_SCORED, NOT_SCORED.hint, None)
    return scoring.set_par(ask) if isinstance(ask, SetPar) else scoring.judge(ask, teams)


def _follow_window(ledger: Ledger, now: Nanos, told: TrackingSignaled) -> None:
    ours = [
        span
        for span in ledger.spans
        if (span.kind, span.source_id, span.role) == (WINDOW, told.signal_id, told.role)
    ]
    if told.stage == "close":
        ledger.close_spans(now, ours)
    elif not ours:
        ledger.open_span(Span(WINDOW, told.signal_id, told.role, now))


def _rejected(reason: RejectReason, detail: str, field_name: str | None) -> ScoringRejected:
    return ScoringRejected(refusal=Refusal(code=reason.code, detail=detail, field=field_name))
