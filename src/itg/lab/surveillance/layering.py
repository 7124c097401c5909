"""Orders shown on one side to be filled on the other, and then withdrawn."""

from collections import deque

from msgspec import Struct, field

from itg.kernel.times import Nanos
from itg.lab.surveillance.cases import CaseKind, Evidence, Subject, severity_of
from itg.lab.surveillance.detector import KEPT, Detector, Place
from itg.lab.surveillance.tape import Gone, Tape, Trade, priced
from itg.lab.surveillance.thresholds import LayeringTerms

_EVIDENCE = 24  # records of one episode that are kept


class _Episode(Struct):
    began_ns: Nanos
    last_fill_ns: Nanos
    is_buy: bool
    filled: int
    found: list[Evidence]
    orders: int = 0
    canceled: int = 0
    is_counted: bool = False


class _Layers(Struct):
    now: _Episode | None = None
    past: deque[tuple[Nanos, int, int, int, tuple[Evidence, ...]]] = field(
        default_factory=lambda: deque(maxlen=KEPT)
    )


class Layering(Detector):
    """Accounts whose orders of one side go as soon as the other side is filled."""

    kind = CaseKind.LAYERING

    def __init__(self, tape: Tape, terms: LayeringTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._layers: dict[Place, _Layers] = {}

    def hear_trade(self, trade: Trade) -> None:
        """Begin an episode with a team's fill, or go on with one of the same side."""
        if trade.is_auction or trade.maker_id == trade.taker_id:
            return
        for entry in (trade.maker, trade.taker):
            if entry is not None and not entry.is_quote:
                self._fill((entry.account_id, entry.instrument_id), trade, is_buy=entry.is_buy)

    def _fill(self, key: Place, trade: Trade, *, is_buy: bool) -> None:
        layers = self._layers.setdefault(key, _Layers())
        word = "bought" if is_buy else "sold"
        what = f"{word} {trade.quantity} at {priced(trade.price)}"
        evidence = Evidence(trade.seq, trade.game_ns, what)
        now = layers.now
        if (
            now is not None
            and now.is_buy is is_buy
            and trade.game_ns - now.last_fill_ns <= self.terms.cancel_ns
        ):
            now.filled += trade.quantity
            now.last_fill_ns = trade.game_ns
            self._note(now, evidence)
            return
        self._close(layers)
        layers.now = _Episode(trade.game_ns, trade.game_ns, is_buy, trade.quantity, [evidence])

    def hear_gone(self, gone: Gone) -> None:
        """Count a cancel of the other side soon after the fill."""
        entry = gone.entry
        if entry.is_quote or not gone.is_asked or gone.is_replaced:
            return
        key = entry.account_id, entry.instrument_id
        layers = self._layers.get(key)
        now = None if layers is None else layers.now
        if layers is None or now is None or now.is_buy is entry.is_buy:
            return
        terms = self.terms
        is_soon = gone.game_ns - now.last_fill_ns <= terms.cancel_ns
        was_shown = entry.entered_ns <= now.began_ns <= entry.entered_ns + terms.life_ns
        if not is_soon or not was_shown:
            return
        now.orders += 1
        now.canceled += gone.quantity
        side = "bid" if entry.is_buy else "ask"
        at = "at market" if entry.price is None else f"at {priced(entry.price)}"
        aged = (gone.game_ns - entry.entered_ns) / 1e9
        what = f"withdrew {gone.quantity} {side} {at}, entered as {entry.seq}, {aged:.1f} s old"
        self._note(now, Evidence(gone.seq, gone.game_ns, what))
        if self._is_episode(now):
            self._judge(key, layers, gone.game_ns)

    def _note(self, episode: _Episode, evidence: Evidence) -> None:
        if len(episode.found) < _EVIDENCE:
            episode.found.append(evidence)

    def _is_episode(self, now: _Episode) -> bool:
        terms = self.terms
        many = now.orders >= terms.orders_min and now.canceled >= terms.quantity_ratio * now.filled
        return many or now.canceled >= terms.single_ratio * now.filled

    def _close(self, layers: _Layers) -> None:
        now = layers.now
        if now is not None and self._is_episode(now):
            row = now.began_ns, now.orders, now.canceled, now.filled, tuple(now.found)
            layers.past.append(row)
        layers.now = None

    def _judge(self, key: Place, layers: _Layers, at_ns: Nanos) -> None:
        terms, past, now = self.terms, layers.past, layers.now
        assert now is not None
        while past and past[0][0] < at_ns - terms.window_ns:
            past.popleft()
        count = len(past) + 1
        if count < terms.episodes_min:
            return
        subject = Subject((key[0],), key[1])
        is_known = self.dossiers.find(subject) is not None
        dossier = self.dossiers.open(subject)
        for *_, found in () if is_known else past:
            dossier.add(found, key[1])
        dossier.add(now.found, key[1])
        orders = now.orders + sum(row[1] for row in past)
        canceled = now.canceled + sum(row[2] for row in past)
        filled = now.filled + sum(row[3] for row in past)
        dossier.conclude(
            severity_of(count, terms.episodes_min),
            f"{self.tape.name_of(key[0])} withdrew {orders} orders for {canceled} {key[1]} of the "
            f"other side within {terms.cancel_ns / 1e9:.0f} s of its own fills, {count} times; "
            f"it was filled for {filled}",
        )
