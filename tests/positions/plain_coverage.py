"""Coverage the plain way: every series' whole history, read anew at each second."""

from itg.kernel.ids import InstrumentId
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Side
from itg.positions.contract import (
    AccountFilled,
    AccountQuoteUpdated,
    PrivateEvent,
    QuoteCoverage,
    QuoteState,
)

CENT = 100
LEAST, POSITION, PORTFOLIO = 5, 20, 30
JUMP_NS = 3 * NS_PER_S


class PlainCoverage:
    """One maker's coverage from its events and the marks; no sum is kept."""

    def __init__(self, rule: QuoteCoverage, series: tuple[InstrumentId, ...]) -> None:
        self.rule = rule
        self.series = series
        self.quotes: dict[InstrumentId, QuoteState] = {}
        self.nets = dict.fromkeys(series, 0)
        self.theories = dict.fromkeys(series, 0)
        self.jumped_ns = -JUMP_NS
        self.seen: dict[InstrumentId, list[tuple[int, bool]]] = {name: [] for name in series}
        self.choices: list[tuple[int, list[InstrumentId]]] = []
        self.looks: list[dict[InstrumentId, str]] = []  # asked for: "yes", "no" or "relief"

    def hear(self, now: int, event: PrivateEvent) -> None:
        if isinstance(event, AccountQuoteUpdated):
            self.quotes[event.quote.instrument_id] = event.quote
            self.observe(now, event.quote.instrument_id)
        elif isinstance(event, AccountFilled):
            name, fill = event.fill.instrument_id, event.fill
            self.nets[name] += fill.last_quantity * (1 if fill.side is Side.BUY else -1)
            if event.is_quote:
                self.fill(event)
                self.observe(now, name)

    def fill(self, event: AccountFilled) -> None:
        quote, left = self.quotes[event.fill.instrument_id], event.leaves_quantity
        bid = (quote.bid, quote.bid_quantity)
        ask = (quote.ask, quote.ask_quantity)
        if event.fill.side is Side.BUY:
            bid = (quote.bid if left else None, left)
        else:
            ask = (quote.ask if left else None, left)
        self.quotes[quote.instrument_id] = QuoteState(
            instrument_id=quote.instrument_id,
            bid=bid[0],
            bid_quantity=bid[1],
            ask=ask[0],
            ask_quantity=ask[1],
        )

    def observe(self, now: int, name: InstrumentId) -> None:
        self.seen[name].append((now, self.kind(now, name) != "short"))

    def kind(self, now: int, name: InstrumentId) -> str:
        quote, theory, net = self.quotes.get(name), self.theories[name], self.nets[name]
        if quote is None:
            return "short"
        times = 2 if now - self.jumped_ns < JUMP_NS else 1
        bid = quote.bid if quote.bid_quantity >= LEAST else None
        ask = quote.ask if quote.ask_quantity >= LEAST else None
        around = times * max(5 * CENT, theory // 10)
        if bid and ask and ask - bid <= times * max(5 * CENT, (bid + ask) // 20):
            return "whole"
        if theory < 5 * CENT and ask is not None and ask <= theory + around:
            return "whole"
        if abs(net) >= LEAST and (self.is_full() or abs(net) + LEAST > POSITION):
            if net > 0 and ask is not None and ask <= theory + around:
                return "reducing"
            if net < 0 and bid is not None and bid >= theory - around:
                return "reducing"
        return "short"

    def is_full(self) -> bool:
        return sum(map(abs, self.nets.values())) >= PORTFOLIO

    def look(self, now: int, spot: int) -> None:
        if not self.choices or now - self.choices[-1][0] >= self.rule.rechosen_ns:
            self.choices.append((now, self.nearest(spot)))
        found: dict[InstrumentId, str] = {}
        for name in self.choices[-1][1]:
            if now >= self.due_ns(name):
                self.observe(now, name)
                found[name] = self.counts(now, name)
        if not found:
            return
        asked = sum(map(len, self.looks)) + len(found)
        spent = sum(list(look.values()).count("relief") for look in self.looks)
        for name, how in found.items():
            if how == "relief":
                is_granted = (spent + 1) * 1_000_000 <= asked * self.rule.relief_max_ppm
                found[name] = "relief" if is_granted else "no"
                spent += is_granted
        self.looks.append(found)

    def counts(self, now: int, name: InstrumentId) -> str:
        history = self.seen[name]
        since = now
        for at_ns, is_valid in reversed(history):
            if not is_valid:
                break
            since = at_ns
        stood = history[-1][1] and now - since >= self.rule.valid_after_ns
        kind = self.kind(now, name)
        if kind != "short" and stood:
            return "relief" if kind == "reducing" else "yes"
        return "relief" if self.is_full() and abs(self.nets[name]) < LEAST else "no"

    def nearest(self, spot: int) -> list[InstrumentId]:
        strikes = sorted({strike_of(name) for name in self.series})
        strikes.sort(key=lambda strike: abs(strike - spot))
        chosen = strikes[: self.rule.strikes]
        return [name for name in self.series if strike_of(name) in chosen]

    def due_ns(self, name: InstrumentId) -> int:
        """Return when the present run of choices of a series began, and its grace ends."""
        began = 0
        for at_ns, chosen in self.choices:
            began = 0 if name not in chosen else (began or at_ns)
        return began + self.rule.grace_ns

    def window(self) -> list[dict[InstrumentId, str]]:
        return self.looks[-(self.rule.window_ns // NS_PER_S) :]

    def share_ppm(self) -> int | None:
        asked = sum(map(len, self.window()))
        covered = sum(how != "no" for look in self.window() for how in look.values())
        return covered * 1_000_000 // asked if asked else None


def strike_of(name: InstrumentId) -> int:
    return int(name.rsplit("-", 1)[1])
