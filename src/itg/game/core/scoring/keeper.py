"""The scores of a game over its rounds: what is heard goes to the round it belongs to."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    INVALID_JUDGEMENT,
    INVALID_PAR,
    NOT_SCORED,
    PAR_FROZEN,
    TEAM_NOT_FOUND,
    GameRules,
    JudgementSet,
    ParSet,
    RoleScoring,
    RoundScore,
    RoundScored,
    Scores,
    ScoringRejected,
    ScoringRules,
    SetJudgement,
    SetPar,
    Team,
)
from itg.game.core.scoring.facts import BreachFact, MeasureFact, TradeFact
from itg.game.core.scoring.ledger import HEADLINE, SIGNAL, WINDOW, Ledger, Span, scoring_of
from itg.game.core.scoring.points import HUNDRED
from itg.game.core.scoring.scorer import round_score
from itg.game.core.scoring.season import Judgement, final_scores
from itg.game.core.scoring.trading import correct_trade, count_trade
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, Role, TradeId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos

OPENED, CLOSED = "open", "close"


class Scoring(Struct):
    """Rules, rounds and judgements. `current` is being played, `last` ended before it.

    A trade is marked a minute after it was made, and corrected later still: the round that ended
    last keeps its ledger until the next one has ended. `told` are the scores of rounds that ended.
    `is_settling`: nothing began since the last one, so that what accounts are worth is its result.
    `seats` are the teams' of the round under way, scored or not. `below` are those whose equity is
    below where the house takes over, and whether it still has to.
    """

    rules: ScoringRules
    underlyings: tuple[UnderlyingId, ...] = ()
    others: dict[AccountId, Role] = field(default_factory=dict)
    current: Ledger | None = None
    last: Ledger | None = None
    is_settling: bool = False
    seats: dict[AccountId, Role] = field(default_factory=dict)
    below: dict[AccountId, bool] = field(default_factory=dict)
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

    def begin(
        self, round_id: int, start_ns: Nanos, teams: Sequence[Team], *, is_scored: bool = True
    ) -> None:
        """Seat the teams of a round that started, and open its ledger if it is scored."""
        self.seats = {team.account_id: team.role for team in teams}
        if not is_scored:
            return
        self.current = Ledger(
            round_id=round_id, start_ns=start_ns, underlyings=self.underlyings, others=self.others
        )
        self.current.seat(teams, self.rules)

    def join(self, now: Nanos, team: Team) -> None:
        """Seat a team that comes while a round is under way; it is judged from now on."""
        self.seats[team.account_id] = team.role
        if self.current is not None:
            self.current.seat((team,), self.rules, now)

    def limit(self, of_role: RoleScoring) -> None:
        """Take what a role's rules are from now on."""
        roles = tuple(of_role if one.role == of_role.role else one for one in self.rules.roles)
        self.rules = replace(self.rules, roles=roles)

    def leave(self) -> None:
        """Leave the round that ended last: another begins, scored or not."""
        self.is_settling = False

    def end(self) -> None:
        """Close the ledger of the round that ended; `scored` tells its scores."""
        if self.current is not None:
            self.current.is_ended = self.is_settling = True
            self.last, self.current = self.current, None

    def measure(
        self, now: Nanos, measures: Sequence[MeasureFact], *, is_trading: bool
    ) -> list[tuple[AccountId, Role]]:
        """Take a second's measures; return the accounts whose seats begin anew."""
        is_scored = self.current is not None or self.is_settling
        ledger = self._at(now) if is_scored else None
        if ledger is not None:
            ledger.measure(now, measures, self.rules, is_trading=is_trading)
            if ledger.is_ended:
                return []
        return self._fallen(ledger, measures)

    def measure_last(self, now: Nanos, measures: Sequence[MeasureFact]) -> None:
        """Take what accounts were worth when all of the round that ended last was settled."""
        if self.last is not None and self.is_settling:
            self.last.close(now, measures, self.rules)
            for measure in measures:
                # Nobody trades: the house takes over when the next round is open.
                if self._falls(measure):
                    self.below[measure.account_id] = True
                    self.last.zero(measure.account_id)

    def mark(self, trades: Iterable[TradeFact]) -> None:
        """Count trades whose marks are known, each in the round it was made in."""
        for trade in trades:
            ledger = self._at(trade.traded_ns)
            if ledger is not None:
                count_trade(ledger, trade, self.rules)

    def correct(self, now: Nanos, trade_id: TradeId, price: Price | None) -> bool:
        """Undo a trade, or move it to a price; tell whether scores were told of its round."""
        for ledger in (self.current, self.last):
            if ledger is None:
                continue
            measured = ledger if self.is_settling else self.current
            if correct_trade(ledger, trade_id, price, self.rules, (now, measured)):
                return ledger.is_ended
        return False

    def breach(self, now: Nanos, told: BreachFact) -> None:
        """Note that a watched limit is breached."""
        ledger = self._at(now)
        if ledger is not None:
            ledger.breach(now, told)

    def clear(self, now: Nanos, account_id: AccountId, kind: str) -> None:
        """Note that a watched limit is kept again."""
        ledger = self._at(now)
        if ledger is not None:
            ledger.clear(account_id, kind)

    def follow_headline(self, now: Nanos, news_id: int) -> None:
        """Read P&L from this headline to the next."""
        ledger = self._at(now)
        if ledger is not None:
            ledger.open_span(Span(HEADLINE, news_id, None, now))

    def follow_signal(self, now: Nanos, signal_id: int, role: Role, effective_ns: Nanos) -> None:
        """Read vega's P&L from this signal to a while after its effect."""
        ledger = self._at(now)
        if ledger is not None:
            until_ns = Nanos(effective_ns + self.rules.numbers.signal_horizon_s * NS_PER_S)
            ledger.open_span(Span(SIGNAL, signal_id, role, now, until_ns))

    def follow_window(self, now: Nanos, signal_id: int, role: Role, stage: str) -> None:
        """Read P&L from a window's opening to its close."""
        ledger = self._at(now)
        if ledger is None or stage not in {OPENED, CLOSED}:
            return
        name = (WINDOW, signal_id, role)
        ours = [one for one in ledger.spans if (one.kind, one.source_id, one.role) == name]
        if stage == CLOSED:
            ledger.close_spans(now, ours)
        elif not ours:
            ledger.open_span(Span(WINDOW, signal_id, role, now))

    def follow_price(self, now: Nanos, price: Price) -> None:
        """Take the leader's price."""
        ledger = self._at(now)
        if ledger is not None:
            ledger.leader_price = price

    def scored(self, now: Nanos) -> RoundScored | None:
        """Return the scores of the round that ended last; None if told so already.

        There are none of a round without teams, or without a second of trading.
        """
        if self.last is None or not self.last.has_traded:
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

    def _fallen(
        self, ledger: Ledger | None, measures: Sequence[MeasureFact]
    ) -> list[tuple[AccountId, Role]]:
        # Told once each time equity falls below: the seat begins anew, and may fall again.
        fallen = []
        for measure in measures:
            account_id = measure.account_id
            is_new = self._falls(measure)
            if is_new and ledger is not None:
                ledger.zero(account_id)
            if is_new or self.below.get(account_id):
                self.below[account_id] = False
                fallen.append((account_id, self.seats[account_id]))
        return fallen

    def _falls(self, measure: MeasureFact) -> bool:
        account_id = measure.account_id
        role = self.seats.get(account_id)
        of_role = None if role is None else scoring_of(self.rules, role)
        if of_role is None or measure.equity >= self._least_of(of_role):
            self.below.pop(account_id, None)
            return False
        return account_id not in self.below

    def _least_of(self, of_role: RoleScoring) -> float:
        return self.rules.numbers.zeroed_below * of_role.starting_cash

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


def _rejected(reason: RejectReason, detail: str, field_name: str | None) -> ScoringRejected:
    return ScoringRejected(refusal=Refusal(code=reason.code, detail=detail, field=field_name))
