"""What trading was like in a part of a session: small investors, house, spreads, volume, quotes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

from msgspec import Struct

from itg.exchange.contract import (
    BookSnapshots,
    GetBooks,
    GetInstruments,
    Instruments,
    TradeExecuted,
)
from itg.game.contract import TeamRegistered
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard
from itg.kernel.messages import Query, Reply
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_MINUTE, Nanos
from itg.kernel.words import Instrument, OptionTerms
from itg.lab.figures import Figure
from itg.market_data.contract import GetMarks, GetPrices, Marks, Prices
from itg.positions.contract import Coverage, GetCoverage, GetQuotes, Quotes, QuoteState
from itg.retail.contract import GetRetailReport, RetailReport
from itg.runtime.envelope import Record

HOUSE_SPREAD = "house half-spread at the money"
BEST_SPREAD = "best half-spread at the money"
Ask = Callable[[Query], Reply]
# A quote's two sides, None for one that is not there.
Sides = tuple[int | None, int | None]


class MarketTerms(Struct, frozen=True, kw_only=True):
    """Who is who, and which part of a session is watched."""

    shards: tuple[Shard, ...]
    start_ns: Nanos
    end_ns: Nanos
    session_s: float
    retail: frozenset[AccountId]
    house: AccountId | None
    maker_roles: frozenset[Role]
    # Seconds of the session, each times its factor, in which small investors come; 0: none do.
    retail_s: float = 0.0


class MarketWatch:
    """Hears every record of a game and looks at its books in the middle of each game minute."""

    def __init__(self, terms: MarketTerms, ask: Ask) -> None:
        self.terms = terms
        self._ask = ask
        self._next_ns = Nanos(terms.start_ns + NS_PER_MINUTE // 2)
        self._trades = 0
        self._contracts = 0
        self._option_contracts = 0
        self._retail_contracts = 0
        self._house_contracts = 0
        self._spreads: dict[tuple[str, str], list[float]] = {}
        self._instruments: dict[InstrumentId, Instrument] = {}
        self._makers: list[AccountId] = []

    def hear(self, record: Record) -> None:
        """Count trades; look at the market once a minute."""
        for output in record.outputs:
            if isinstance(output, TradeExecuted):
                self._count(output)
            elif isinstance(output, TeamRegistered) and output.role in self.terms.maker_roles:
                self._makers.append(output.account_id)
        if self._next_ns <= record.game_ns < self.terms.end_ns:
            self._next_ns = Nanos(self._next_ns + NS_PER_MINUTE)
            self._look()

    def figures(self) -> list[Figure]:
        """Return what was seen, counts as a whole session's."""
        return [*self._retail(), *self._volumes(), *self._spread_means(), *self._coverage()]

    def _count(self, trade: TradeExecuted) -> None:
        sides = {trade.maker_account_id, trade.taker_account_id}
        self._trades += 1
        self._contracts += trade.quantity
        if trade.instrument_id not in self._instruments:
            self._learn()
        if isinstance(self._instruments[trade.instrument_id].option, OptionTerms):
            self._option_contracts += trade.quantity
            self._retail_contracts += trade.quantity * bool(sides & self.terms.retail)
            self._house_contracts += trade.quantity * (self.terms.house in sides)

    def _retail(self) -> Iterator[Figure]:
        report = self._ask(GetRetailReport())
        assert isinstance(report, RetailReport)
        if not report.operational_s:
            return
        scale = self.terms.retail_s / report.operational_s
        yield _a_session("retail orders", report.orders * scale)
        yield _a_session("retail contracts ordered", report.contracts_ordered * scale)
        yield _a_session("retail contracts traded", report.contracts_filled * scale)

    def _volumes(self) -> Iterator[Figure]:
        terms = self.terms
        scale = terms.session_s * 1e9 / (terms.end_ns - terms.start_ns)
        if self._option_contracts:
            share = 100 / self._option_contracts
            if terms.retail:
                value = self._retail_contracts * share
                yield Figure(what="trades with a small investor", unit=_OF_OPTIONS, value=value)
            if terms.house is not None:
                value = self._house_contracts * share
                yield Figure(what="trades with the house", unit=_OF_OPTIONS, value=value)
        yield _a_session("trades", self._trades * scale)
        yield _a_session("contracts", self._contracts * scale)

    def _spread_means(self) -> Iterator[Figure]:
        for (what, unit), values in self._spreads.items():
            yield Figure(what=what, unit=unit, value=fmean(values))

    def _coverage(self) -> Iterator[Figure]:
        answers = [self._ask(GetCoverage(account_id=maker)) for maker in self._makers]
        met = [each for each in answers if isinstance(each, Coverage) and each.obliged]
        if met:
            value = 100 * fmean(each.covered / each.obliged for each in met)
            yield Figure(what="coverage of a maker", unit="% of obligated series", value=value)

    def _learn(self) -> None:
        for shard in self.terms.shards:
            listed = self._ask(GetInstruments(shard=shard))
            assert isinstance(listed, Instruments)
            self._instruments.update((i.instrument_id, i) for i in listed.instruments)

    def _look(self) -> None:
        self._learn()
        marks, prices = self._ask(GetMarks()), self._ask(GetPrices())
        assert isinstance(marks, Marks)
        assert isinstance(prices, Prices)
        theories = {mark.instrument_id: mark.mark_price for mark in marks.marks}
        spots: dict[str, int] = {p.underlying_id: p.spot_price for p in prices.prices}
        listed = [self._instruments[i] for i in theories if i in self._instruments]
        chains = _chains([i for i in listed if isinstance(i.option, OptionTerms)])
        near = {key: _at_the_money(chain, spots[key[0]]) for key, chain in chains.items()}
        self._see_spreads(near, theories)

    def _see_spreads(
        self, near: Mapping[tuple[str, int], "Rows"], theories: Mapping[InstrumentId, int]
    ) -> None:
        house = {} if self.terms.house is None else self._quoted(self.terms.house)
        best = self._best()
        first = next(iter(near), None)
        for key, rows in near.items():
            for series in rows:
                for what, sides in ((HOUSE_SPREAD, house), (BEST_SPREAD, best)):
                    bid, ask = sides.get(series, (None, None))
                    if bid is None or ask is None or not theories[series]:
                        continue
                    self._note(what, "% of theory", 50 * (ask - bid) / theories[series])
                    if key == first:
                        name = f"{what}, {key[0]}, nearest expiry"
                        self._note(name, "USD", (ask - bid) / 2 / PRICE_SCALE)

    def _quoted(self, account_id: AccountId) -> dict[InstrumentId, Sides]:
        answer = self._ask(GetQuotes(account_id=account_id))
        assert isinstance(answer, Quotes)
        return {quote.instrument_id: _sides(quote) for quote in answer.quotes}

    def _best(self) -> dict[InstrumentId, Sides]:
        found: dict[InstrumentId, Sides] = {}
        for shard in self.terms.shards:
            answer = self._ask(GetBooks(shard=shard, depth_levels=1))
            assert isinstance(answer, BookSnapshots)
            for book in answer.books:
                bid = book.bids[0][0] if book.bids else None
                found[book.instrument_id] = bid, book.asks[0][0] if book.asks else None
        return found

    def _note(self, what: str, unit: str, value: float) -> None:
        self._spreads.setdefault((what, unit), []).append(value)


# The series of one strike.
Rows = list[InstrumentId]
_OF_OPTIONS = "% of option volume"


def _chains(series: Sequence[Instrument]) -> dict[tuple[str, int], list[Instrument]]:
    # The leader's nearest expiry first.
    chains: dict[tuple[str, int], list[Instrument]] = {}
    for instrument in series:
        assert isinstance(instrument.option, OptionTerms)
        key = instrument.underlying_id, instrument.option.expires_ns
        chains.setdefault(key, []).append(instrument)
    places = list(dict.fromkeys(key[0] for key in chains))
    return dict(sorted(chains.items(), key=lambda item: (places.index(item[0][0]), item[0][1])))


def _at_the_money(chain: Sequence[Instrument], spot_price: int) -> Rows:
    strikes: dict[int, Rows] = {}
    for instrument in chain:
        assert isinstance(instrument.option, OptionTerms)
        strikes.setdefault(instrument.option.strike, []).append(instrument.instrument_id)
    return strikes[min(strikes, key=lambda strike: (abs(strike - spot_price), strike))]


def _sides(quote: QuoteState) -> Sides:
    bid = quote.bid if quote.bid_quantity else None
    return bid, quote.ask if quote.ask_quantity else None


def _a_session(what: str, value: float) -> Figure:
    return Figure(what=what, unit="a session", value=value)
