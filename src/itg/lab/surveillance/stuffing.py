"""Bursts of orders and quotes that are gone before anybody can trade with them."""

from collections import deque
from statistics import median

from msgspec import Struct, field

from itg.kernel.ids import AccountId, InstrumentId, Seq
from itg.kernel.times import NS_PER_S, Nanos
from itg.lab.surveillance.cases import CaseKind, Evidence, Subject, severity_of
from itg.lab.surveillance.detector import KEPT, Detector
from itg.lab.surveillance.tape import Entry, Gone, Tape, Trade
from itg.lab.surveillance.thresholds import StuffingTerms


class _Burst(Struct, frozen=True, gc=False):
    second: int
    evidence: Evidence
    fleeting: int
    instrument_id: InstrumentId


class _Sender(Struct):
    second: int = 0
    entered: int = 0
    fleeting: int = 0
    first_seq: Seq = Seq(0)
    last_seq: Seq = Seq(0)
    instrument_id: InstrumentId = InstrumentId("")
    # Of the day.
    all_fleeting: int = 0
    trades: int = 0
    bursts: deque[_Burst] = field(default_factory=lambda: deque(maxlen=KEPT))

    @property
    def per_trade(self) -> float:
        return self.all_fleeting / max(self.trades, 1)


class Stuffing(Detector):
    """Accounts that send far more than they mean to trade."""

    kind = CaseKind.STUFFING

    def __init__(self, tape: Tape, terms: StuffingTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._senders: dict[AccountId, _Sender] = {}

    def hear_entry(self, entry: Entry) -> None:
        """Count an order or a quote's side entered."""
        self._sender(entry.account_id, entry.entered_ns).entered += 1

    def hear_trade(self, trade: Trade) -> None:
        """Count the trades of each team."""
        for account_id in (trade.maker_id, trade.taker_id):
            if account_id in self.tape.teams:
                self._sender(account_id, trade.game_ns).trades += 1

    def hear_gone(self, gone: Gone) -> None:
        """Count what went unfilled and at once."""
        entry = gone.entry
        is_whole = gone.quantity >= entry.quantity > 0
        if not is_whole or gone.game_ns - entry.entered_ns > self.terms.life_ns:
            return
        sender = self._sender(entry.account_id, gone.game_ns)
        if not sender.fleeting:
            sender.first_seq = entry.seq
            sender.instrument_id = entry.instrument_id
        sender.fleeting += 1
        sender.all_fleeting += 1
        sender.last_seq = gone.seq

    def _sender(self, account_id: AccountId, now: Nanos) -> _Sender:
        sender = self._senders.get(account_id)
        if sender is None:
            sender = self._senders[account_id] = _Sender()
        second = now // NS_PER_S
        if second != sender.second:
            if sender.fleeting:
                self._burst(account_id, sender)
            sender.second, sender.entered, sender.fleeting = second, 0, 0
        return sender

    def _burst(self, account_id: AccountId, sender: _Sender) -> None:
        terms = self.terms
        if sender.fleeting < terms.burst_min:
            return
        if sender.fleeting < terms.share_min * sender.entered:
            return
        what = (
            f"{sender.fleeting} of {sender.entered} orders and quotes entered within a second "
            f"lived no longer than {terms.life_ns / 1e6:.0f} ms: from {sender.first_seq} on"
        )
        at_ns = Nanos(sender.second * NS_PER_S)
        evidence = Evidence(sender.last_seq, at_ns, what)
        sender.bursts.append(_Burst(sender.second, evidence, sender.fleeting, sender.instrument_id))
        while sender.bursts[0].second < sender.second - terms.window_ns // NS_PER_S:
            sender.bursts.popleft()
        self._judge(account_id, sender)

    def _judge(self, account_id: AccountId, sender: _Sender) -> None:
        terms, bursts = self.terms, sender.bursts
        if len(bursts) < terms.bursts_min or sender.per_trade < terms.per_trade_min:
            return
        peers = self._peers(account_id)
        if sender.per_trade < terms.peer_factor * peers:
            return
        subject = Subject((account_id,))
        is_known = self.dossiers.find(subject) is not None
        dossier = self.dossiers.open(subject)
        for burst in (bursts[-1],) if is_known else tuple(bursts):
            dossier.add([burst.evidence], burst.instrument_id)
        dossier.conclude(
            severity_of(len(bursts), terms.bursts_min),
            f"{self.tape.name_of(account_id)} sent {sum(b.fleeting for b in bursts)} orders and "
            f"quotes that lived no longer than {terms.life_ns / 1e6:.0f} ms in {len(bursts)} "
            f"bursts within {bursts[-1].second - bursts[0].second + 1} s; "
            f"{sender.per_trade:,.0f} for each trade of the day, the median of its role's others "
            f"is {peers:,.1f}",
        )

    def _peers(self, account_id: AccountId) -> float:
        roles = self.tape.roles
        role = roles.get(account_id)
        others = [
            self._senders[peer].per_trade
            for peer, its in roles.items()
            if its == role and peer != account_id and peer in self._senders
        ]
        return median(others) if others else 0.0
