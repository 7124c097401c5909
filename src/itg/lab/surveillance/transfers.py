"""Money handed over in trades that two teams agreed on beforehand."""

from msgspec import Struct

from itg.kernel.ids import AccountId, UnderlyingId
from itg.kernel.times import Nanos
from itg.lab.surveillance.cases import CaseKind, Evidence, Subject, severity_of
from itg.lab.surveillance.detector import KEPT, Detector
from itg.lab.surveillance.tape import Entry, Tape, Trade, dollars, priced
from itg.lab.surveillance.thresholds import TransferTerms

_PPM = 1_000_000
Pair = tuple[AccountId, AccountId]


class _Handed(Struct):
    trades: int = 0
    occasions: int = 0
    last_ns: Nanos = Nanos(0)  # when the last occasion began
    gross: int = 0  # cash, price units
    net: int = 0  # to the pair's first account
    found: list[Evidence] = []


class Transfers(Detector):
    """Pairs of teams between which money goes one way, away from fair value."""

    kind = CaseKind.TRANSFER

    def __init__(self, tape: Tape, terms: TransferTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._handed: dict[Pair, _Handed] = {}
        self._jumps: dict[UnderlyingId, Nanos] = {}

    def hear_jump(self, underlying_id: UnderlyingId, now: Nanos) -> None:
        """Remember when prices may be far from the mark for honest reasons."""
        self._jumps[underlying_id] = now

    def hear_trade(self, trade: Trade) -> None:
        """Look at a trade between two teams whose orders are known."""
        maker, taker = trade.maker, trade.taker
        if maker is None or taker is None or trade.is_auction or trade.maker_id == trade.taker_id:
            return
        mark = self.tape.mark_of(trade.instrument_id)
        if mark is None:
            return
        factor = self.terms.quote_factor ** (maker.is_quote + taker.is_quote)
        if abs(trade.price - mark) <= factor * self._allowed(trade, mark):
            return
        if self._is_arranged(maker, taker):
            self._count(trade, mark)

    def _allowed(self, trade: Trade, mark: int) -> float:
        terms, name = self.terms, trade.instrument_id
        if not self.tape.is_option(name):
            return mark * terms.underlying_ppm / _PPM
        widest = max(mark * terms.spread_ppm / _PPM, terms.spread_min)
        known = self.tape.instruments.get(name)
        jumped = None if known is None else self._jumps.get(known.underlying_id)
        is_calm = jumped is None or trade.game_ns - jumped > terms.calm_ns
        return widest / 2 if is_calm else widest

    def _is_arranged(self, maker: Entry, taker: Entry) -> bool:
        apart = taker.entered_ns - maker.entered_ns
        if apart > self.terms.entry_ns:
            return False
        matches = (
            maker.price == taker.price,
            maker.quantity == taker.quantity,
            maker.is_alone,
        )
        return sum(matches) >= self.terms.matches_min

    def _count(self, trade: Trade, mark: int) -> None:
        first, second = sorted((trade.maker_id, trade.taker_id))
        handed = self._handed.setdefault((first, second), _Handed())
        multiplier = self.tape.multiplier_of(trade.instrument_id)
        gain = (mark - trade.price) * trade.signed_for(first) * multiplier
        handed.trades += 1
        # What trades in many series at one moment is one occasion: a stale quote, as a rule.
        if not handed.occasions or trade.game_ns - handed.last_ns >= self.terms.occasion_ns:
            handed.occasions += 1
            handed.last_ns = trade.game_ns
        handed.gross += abs(gain)
        handed.net += gain
        maker, taker = trade.maker, trade.taker
        assert maker is not None
        assert taker is not None
        buyer, seller = self.tape.name_of(trade.buyer_id), self.tape.name_of(trade.seller_id)
        what = (
            f"{buyer} bought {trade.quantity} {trade.instrument_id} at {priced(trade.price)} from "
            f"{seller}, mark {priced(mark)}; orders {maker.seq} and {taker.seq} entered "
            f"{(taker.entered_ns - maker.entered_ns) / 1e9:.2f} s apart"
        )
        handed.found.append(Evidence(trade.seq, trade.game_ns, what))
        self._judge((first, second), handed, trade)

    def _judge(self, pair: Pair, handed: _Handed, trade: Trade) -> None:
        terms = self.terms
        if (
            handed.occasions < terms.occasions_min
            or abs(handed.net) < terms.cash_min
            or abs(handed.net) < terms.one_way_min * handed.gross
        ):
            del handed.found[:-KEPT]
            return
        dossier = self.dossiers.open(Subject(pair))
        dossier.add(handed.found, trade.instrument_id)
        handed.found.clear()
        winner, loser = pair if handed.net > 0 else pair[::-1]
        dossier.conclude(
            severity_of(abs(handed.net), terms.cash_min),
            f"{self.tape.name_of(loser)} handed {dollars(abs(handed.net))} to "
            f"{self.tape.name_of(winner)} in {handed.trades} trades on {handed.occasions} "
            f"occasions beyond the allowed half-spread from the mark, "
            f"{abs(handed.net) / handed.gross:.0%} of the money one way",
        )
