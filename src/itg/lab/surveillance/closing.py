"""Trades in the last minutes that push a price in favour of a position."""

from collections import deque
from collections.abc import Sequence
from statistics import fmean

from msgspec import Struct, field

from itg.kernel.ids import AccountId, InstrumentId, Seq
from itg.kernel.times import Nanos
from itg.lab.surveillance.cases import CaseKind, Evidence, Subject, severity_of
from itg.lab.surveillance.detector import KEPT, Detector, Place
from itg.lab.surveillance.tape import Entry, Tape, Trade, dollars, priced
from itg.lab.surveillance.thresholds import ClosingTerms

_PPM = 1_000_000


class _Row(Struct, frozen=True, gc=False):
    """A team's trade: `took` is signed where it was the taker, then `off` is mid − mark before it.

    `paid` is its price − mark.
    """

    seq: Seq
    game_ns: Nanos
    signed: int
    took: int
    price: int
    off: float | None
    paid: float | None


class _Trader(Struct):
    rows: deque[_Row] = field(default_factory=lambda: deque(maxlen=KEPT))
    took_before: int = 0  # contracts taken since the first trade and before the rows kept
    first_ns: Nanos = Nanos(0)


class _Push(Struct, frozen=True):
    """What a team did in the window: +1 or −1, what it took that way and in all, and what moved."""

    way: int
    took: int
    position: int
    move: float  # of the market, from the least off before one of the trades to the close
    walk: float  # between the prices it paid
    mark: int
    rows: tuple[_Row, ...]


class Closing(Detector):
    """Teams that marked the close."""

    kind = CaseKind.CLOSING

    def __init__(self, tape: Tape, terms: ClosingTerms) -> None:
        self.terms = terms
        super().__init__(tape)

    def reset(self) -> None:
        """Begin with nothing seen."""
        self._traders: dict[InstrumentId, dict[AccountId, _Trader]] = {}
        self._last: dict[InstrumentId, int] = {}

    def hear_trade(self, trade: Trade) -> None:
        """Keep the trades of the last minutes; who took, and how far the mid was from the mark."""
        name = trade.instrument_id
        self._last[name] = trade.price
        for account_id in {trade.maker_id: 0, trade.taker_id: 0}:
            if account_id not in self.tape.teams or trade.maker_id == trade.taker_id:
                continue
            signed = trade.signed_for(account_id)
            # A quote that meets another is a maker's duty that went wrong, not an attack.
            is_taker = account_id == trade.taker_id and not _is_quote(trade.taker)
            took = signed if is_taker else 0
            off = self._off(name, self.tape.books.mid_of(name)) if took else None
            paid = self._off(name, trade.price) if took else None
            row = _Row(trade.seq, trade.game_ns, signed, took, trade.price, off, paid)
            self._keep(self._traders.setdefault(name, {}), account_id, row)

    def hear_close(self, instrument_ids: Sequence[InstrumentId], now: Nanos) -> None:
        """Judge what was taken in the instruments that close, and begin anew there."""
        for name in instrument_ids:
            traders = self._traders.pop(name, None)
            mark = self.tape.mark_of(name)
            for account_id, trader in (traders or {}).items():
                push = None if mark is None else self._push((account_id, name), trader, now, mark)
                if push is not None and traders is not None and self._reach(name, push) >= 1.0:
                    self._judge((account_id, name), push, traders, now)

    def _keep(self, traders: dict[AccountId, _Trader], account_id: AccountId, row: _Row) -> None:
        trader = traders.get(account_id)
        if trader is None:
            trader = traders[account_id] = _Trader(first_ns=row.game_ns)
        rows = trader.rows
        start_ns = row.game_ns - self.terms.window_ns
        while rows and (rows[0].game_ns < start_ns or len(rows) == KEPT):
            trader.took_before += abs(rows.popleft().took)
        rows.append(row)

    def _push(self, key: Place, trader: _Trader, now: Nanos, mark: int) -> _Push | None:
        rows = tuple(r for r in trader.rows if r.game_ns >= now - self.terms.window_ns)
        net = sum(row.took for row in rows)
        way = 1 if net > 0 else -1
        took = sum(abs(row.took) for row in rows if row.took * way > 0)
        in_all = sum(abs(row.took) for row in rows)
        position = self.tape.positions.get(key, 0) - sum(row.signed for row in rows)
        end = self._off(key[1], self._end(key[1]))
        paid = [row.paid * way for row in rows if row.took * way > 0 and row.paid is not None]
        offs = [row.off * way for row in rows if row.took * way > 0 and row.off is not None]
        terms = self.terms
        if took < terms.contracts_min or took < terms.one_way_min * in_all:
            return None
        if position * way < terms.position_min or not offs or end is None:
            return None
        windows = max((now - terms.window_ns - trader.first_ns) / terms.window_ns, 1.0)
        earlier = trader.took_before + sum(abs(r.took) for r in trader.rows) - in_all
        if took < terms.rate_factor * earlier / windows:
            return None
        move, walk = end * way - min(offs), max(paid) - min(paid)
        return _Push(way, took, position, move, walk, mark, rows)

    def _reach(self, name: InstrumentId, push: _Push) -> float:
        """Return how far the price went, 1 at the threshold."""
        terms = self.terms
        ppm = terms.move_ppm if self.tape.is_option(name) else terms.underlying_ppm
        least = max(push.mark * ppm / _PPM, terms.move_ticks * self._tick(name))
        return max(push.move, push.walk / terms.walk_factor) / least

    def _judge(
        self, key: Place, push: _Push, traders: dict[AccountId, _Trader], now: Nanos
    ) -> None:
        start_ns, terms = now - self.terms.window_ns, self.terms
        others = [
            sum(row.took * push.way for row in trader.rows if row.game_ns >= start_ns)
            for account_id, trader in traders.items()
            if account_id != key[0]
        ]
        same_way = [max(contracts, 0) for contracts in others]
        all_took = push.took + sum(map(abs, others))
        if push.took < terms.share_min * all_took:
            return
        if same_way and push.took < terms.peer_factor * fmean(same_way):
            return
        dossier = self.dossiers.open(Subject((key[0],), key[1]))
        word = "bought" if push.way > 0 else "sold"
        found = [
            Evidence(r.seq, r.game_ns, f"{word} {abs(r.took)} at {priced(r.price)} as the taker")
            for r in push.rows
            if r.took * push.way > 0
        ]
        dossier.add(found, key[1])
        moved = max(push.move, push.walk)
        cash = moved * abs(push.position) * self.tape.multiplier_of(key[1])
        how = "the market moved" if push.move == moved else "it walked the price"
        dossier.conclude(
            severity_of(self._reach(key[1], push), 1.0),
            f"{self.tape.name_of(key[0])}, {push.position:+d} {key[1]} before it, {word} "
            f"{push.took} in the last {terms.window_ns / 1e9:.0f} s, {push.took / all_took:.0%} of "
            f"what teams took there; {how} {priced(moved)} its way, seen from the mark "
            f"{priced(push.mark)}, {dollars(cash)} on its position",
        )

    def _end(self, name: InstrumentId) -> float | None:
        mid = self.tape.books.mid_of(name)
        return self._last.get(name) if mid is None else mid

    def _off(self, name: InstrumentId, price: float | None) -> float | None:
        mark = self.tape.mark_of(name)
        return None if mark is None or price is None else price - mark

    def _tick(self, name: InstrumentId) -> int:
        known = self.tape.instruments.get(name)
        return 100 if known is None else known.tick_size


def _is_quote(entry: Entry | None) -> bool:
    return entry is not None and entry.is_quote
