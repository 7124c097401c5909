"""Trades that change nothing: an account with itself, two teams to and fro."""

from collections import deque

from msgspec import Struct

from itg.kernel.ids import AccountId, InstrumentId, Seq
from itg.kernel.times import Nanos
from itg.lab.surveillance.cases import CaseKind, Evidence, Subject, severity_of
from itg.lab.surveillance.detector import KEPT, Detector, Place, Volume
from itg.lab.surveillance.tape import Tape, Trade, priced
from itg.lab.surveillance.thresholds import SelfTradeTerms, WashTerms


class _Selves(Struct):
    trades: int = 0
    contracts: int = 0
    found: list[Evidence] = []


class SelfTrades(Detector):
    """Accounts that traded with themselves; the default self-trade policy lets nobody."""

    kind = CaseKind.SELF_TRADE

    def __init__(self, tape: Tape, terms: SelfTradeTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._selves: dict[Place, _Selves] = {}
        self._traded: dict[Place, int] = {}

    def hear_trade(self, trade: Trade) -> None:
        """Count what each traded, and with itself."""
        name = trade.instrument_id
        for account_id in {trade.maker_id: 0, trade.taker_id: 0}:
            key = account_id, name
            self._traded[key] = self._traded.get(key, 0) + trade.quantity
        if trade.maker_id != trade.taker_id:
            return
        key = trade.maker_id, name
        selves = self._selves.setdefault(key, _Selves())
        selves.trades += 1
        selves.contracts += trade.quantity
        what = f"{trade.quantity} {name} at {priced(trade.price)} bought from itself"
        selves.found.append(Evidence(trade.seq, trade.game_ns, what))
        self._judge(key, selves)

    def _judge(self, key: Place, selves: _Selves) -> None:
        terms, traded = self.terms, self._traded[key]
        share = selves.contracts / traded
        if (
            selves.trades < terms.trades_min
            or selves.contracts < terms.contracts_min
            or share < terms.share_min
        ):
            del selves.found[:-KEPT]
            return
        dossier = self.dossiers.open(Subject((key[0],), key[1]))
        dossier.add(selves.found, key[1])
        selves.found.clear()
        dossier.conclude(
            severity_of(selves.contracts, terms.contracts_min),
            f"{self.tape.name_of(key[0])} traded {selves.contracts} {key[1]} with itself in "
            f"{selves.trades} trades, {share:.0%} of its {traded} contracts there",
        )


class _Leg(Struct, frozen=True, gc=False):
    seq: Seq
    game_ns: Nanos
    signed: int  # as the pair's first account bought (+) or sold (−)
    price: int
    off: int  # from the mark


Pair = tuple[AccountId, AccountId, InstrumentId]


class Washes(Detector):
    """Pairs of teams that trade to and fro."""

    kind = CaseKind.WASH

    def __init__(self, tape: Tape, terms: WashTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._legs: dict[Pair, deque[_Leg]] = {}
        self._volumes: dict[Place, Volume] = {}

    def hear_trade(self, trade: Trade) -> None:
        """Count what each traded; look at a pair when it trades again."""
        teams, name = self.tape.teams, trade.instrument_id
        if trade.maker_id == trade.taker_id:
            return
        sides = sorted((trade.maker_id, trade.taker_id))
        for account_id in sides:
            if account_id in teams:
                key = account_id, name
                volume = self._volumes.get(key)
                if volume is None:
                    volume = self._volumes[key] = Volume(self.terms.window_ns)
                volume.add(trade.game_ns, trade.quantity)
        if sides[0] in teams and sides[1] in teams:
            self._pair((sides[0], sides[1], name), trade)

    def _pair(self, pair: Pair, trade: Trade) -> None:
        legs = self._legs.setdefault(pair, deque(maxlen=KEPT))
        signed = trade.signed_for(pair[0])
        mark = self.tape.mark_of(trade.instrument_id)
        off = 0 if mark is None else trade.price - mark
        legs.append(_Leg(trade.seq, trade.game_ns, signed, trade.price, off))
        while legs[0].game_ns < trade.game_ns - self.terms.window_ns:
            legs.popleft()
        gross = sum(abs(leg.signed) for leg in legs)
        if gross < self.terms.contracts_min or not self._is_wash(pair, legs, gross):
            return
        dossier = self.dossiers.open(Subject(pair[:2], pair[2]))
        dossier.add([self._evidence(pair, leg) for leg in legs], pair[2])
        first, second = (self.tape.name_of(account_id) for account_id in pair[:2])
        net = sum(leg.signed for leg in legs)
        span_s = (trade.game_ns - legs[0].game_ns) / 1e9
        dossier.conclude(
            severity_of(gross, self.terms.contracts_min),
            f"{first} and {second} traded {gross} {pair[2]} with one another in {len(legs)} trades "
            f"to and fro within {span_s:.0f} s; {first} is left with {net:+d}",
        )

    def _is_wash(self, pair: Pair, legs: deque[_Leg], gross: int) -> bool:
        terms = self.terms
        ways = [leg.signed > 0 for leg in legs]
        turns = sum(ways[n] != ways[n - 1] for n in range(1, len(ways)))
        net = abs(sum(leg.signed for leg in legs))
        if turns < terms.turns_min or net > terms.net_share_max * gross:
            return False
        # Measured from the mark: that the market moved between two legs is nobody's gift.
        cash = sum(leg.signed * leg.off for leg in legs)
        value = sum(abs(leg.signed) * leg.price for leg in legs)
        if abs(cash) > terms.cash_share_max * value:
            return False
        volumes = [self._volumes[account_id, pair[2]].contracts for account_id in pair[:2]]
        return gross >= terms.share_min * max(volumes)

    def _evidence(self, pair: Pair, leg: _Leg) -> Evidence:
        buyer, seller = pair[:2] if leg.signed > 0 else (pair[1], pair[0])
        names = self.tape.name_of(buyer), self.tape.name_of(seller)
        what = f"{names[0]} bought {abs(leg.signed)} at {priced(leg.price)} from {names[1]}"
        return Evidence(leg.seq, leg.game_ns, what)
