"""Reports of a round: every number is where it comes from, and the page asks nobody."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.compose.reported import Played

from itg.kernel.ids import AccountId, OrderId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_US
from itg.kernel.words import Side
from itg.market_data.contract import MarksPublished
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    MarkedTrade,
    OrderChange,
    PnlParts,
    TradesMarked,
)
from itg.report import page_of
from itg.report.blocks import DASH, exact
from itg.wire.v1.measures import PnlPartsBody

PARTS = PnlPartsBody.__struct_fields__[1:]
SCALE = 10_000


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("played"))


def cash(usd: float) -> int:
    return round(usd * SCALE)


def parts_of(body: PnlPartsBody) -> list[int]:
    return [cash(getattr(body, name)) for name in PARTS]


def test_a_scored_round_leaves_each_team_a_page_and_its_numbers(played: Played) -> None:
    names = {file.name for file in played.folder.iterdir()}
    assert names == {f"t{n}.{form}" for n in (1, 2, 3) for form in ("json", "html")}
    assert [body.team_name for body in played.bodies()] == ["Team 1", "Team 2", "Team 3"]


def test_pnl_is_that_of_the_query_to_the_last_digit(played: Played) -> None:
    for body in played.bodies():
        asked = played.pnl[AccountId(body.team_id)]
        told = [(one.start_us * NS_PER_US, parts_of(one.parts)) for one in body.pnl.intervals]
        assert told == [(one.start_ns, list(_tuple(one.parts))) for one in asked.intervals]
        instruments = [(o.instrument_id, parts_of(o.parts)) for o in body.pnl.instruments]
        assert instruments == [(o.instrument_id, list(_tuple(o.parts))) for o in asked.instruments]
        assert cash(body.pnl_total.pnl) == sum(one.pnl for one in asked.intervals) != 0


def _tuple(parts: PnlParts) -> tuple[int, ...]:
    return tuple(getattr(parts, name) for name in parts.__struct_fields__)


def test_parts_add_up_to_the_pnl_everywhere(played: Played) -> None:
    for body in played.bodies():
        intervals = [one.parts for one in body.pnl.intervals]
        instruments = [one.parts for one in body.pnl.instruments]
        for parts in (body.pnl_total, *intervals, *instruments):
            assert sum(parts_of(parts)) == cash(parts.pnl)
        total = sum(cash(parts.pnl) for parts in instruments)
        assert total == cash(body.pnl_total.pnl)


def test_the_parts_on_the_page_add_up_to_the_pnl_on_the_page(played: Played) -> None:
    for body in played.bodies():
        rows = table_on(page_of(body), "The parts of the P&amp;L, USD")
        *parts, total = [amount_in(row[1]) for row in rows]
        assert sum(parts) == total == Decimal(cash(body.pnl_total.pnl)) / SCALE


def table_on(page: str, caption: str) -> list[list[str]]:
    table = page.split(f"<caption>{caption}</caption>")[1].split("</table>", maxsplit=1)[0]
    rows = table.split("<tbody>")[1].split("<tr")[1:]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]


def amount_in(text: str) -> Decimal:
    return Decimal(re.sub("[▲▼ ,]", "", text).replace("\N{MINUS SIGN}", "-"))


def test_scores_are_those_that_were_told(played: Played) -> None:
    for body, team in zip(played.bodies(), played.scores.teams, strict=True):
        terms = body.score.terms
        assert terms is not None
        assert round(terms.measured * 1e6) == team.measured
        assert (body.score.rank, body.teams) == (team.rank, len(played.scores.teams))
        told = [(c.name, round(c.points * 1e6), len(c.sources)) for c in terms.components]
        assert told == [(c.name, c.points, len(c.sources)) for c in team.components]
        assert cash(terms.unscored.pnl) == team.unscored.pnl
        shown = table_on(page_of(body), "Terms")
        assert [row[1] for row in shown] == [component.name for component in team.components]
        assert [Decimal(row[7]) for row in shown] == [
            Decimal(component.points) / 1_000_000 for component in team.components
        ]


def test_unscored_figures_stand_on_the_page_with_their_formulas(played: Played) -> None:
    for body in played.bodies():
        terms = body.score.terms
        assert terms is not None
        beside, quality = terms.unscored, body.quality
        page = page_of(body)
        shown = {row[0]: (row[1], row[2]) for row in table_on(page, "Unscored")}
        costs = {row[0]: (row[2], row[4]) for row in table_on(page, "Costs of trading")}
        for name, value, source in (
            ("Sharpe ratio", beside.sharpe, "Sharpe 1966"),
            ("Information ratio", beside.information_ratio, "Treynor and Black 1973"),
            ("Value at risk, 95 %", beside.value_at_risk, "Jorion 2006"),
            ("Maximum drawdown", beside.drawdown, "Magdon-Ismail and Atiya 2004"),
        ):
            if value is None:
                assert shown[name][0] == DASH
            else:
                assert amount_in(shown[name][0]) == Decimal(str(value))
            assert source in shown[name][1]
        for name, value, source in (
            ("effective spread as taker", quality.taker_spread.average, "Huang and Stoll 1996"),
            ("effective spread as maker", quality.maker_spread.average, "Huang and Stoll 1996"),
            ("implementation shortfall", quality.shortfall.average, "Perold 1988"),
        ):
            assert costs[name][0] == exact(value).text
            assert source in costs[name][1]


def test_markouts_are_those_of_the_query(played: Played) -> None:
    assert any(markouts.rows for markouts in played.markouts.values())
    for body in played.bodies():
        asked = played.markouts[AccountId(body.team_id)]
        told = [
            (o.counterparty_role, o.is_maker, o.trades, [*map(cash, (o.edge, *o.edges_later))])
            for o in body.markouts.rows
        ]
        assert told == [
            (o.counterparty_role, o.is_maker, o.trades, [o.edge, *o.edges_later])
            for o in asked.rows
        ]


def test_coverage_is_what_the_score_counted(played: Played) -> None:
    maker = played.bodies()[0]
    terms = maker.score.terms
    assert terms is not None
    found = next(one for one in terms.components if one.name == "coverage")
    assert maker.quality.coverage.share == pytest.approx(found.measured, abs=1e-6)


def test_fill_quality_equals_a_slow_reckoning(played: Played) -> None:
    for body in played.bodies():
        slow, found = Reckoned(played, AccountId(body.team_id)), body.quality
        assert found.orders == len(slow.arrivals)
        assert found.filled_contracts == slow.filled
        assert found.ordered_contracts == sum(slow.quantities.values())
        assert found.shortfall.contracts + found.shortfall.unmarked == slow.filled
        assert cash(found.shortfall.total) == slow.shortfall
        assert cash(found.taker_spread.total) == slow.spreads[False]
        assert cash(found.maker_spread.total) == slow.spreads[True]
    assert any(body.quality.filled_contracts for body in played.bodies())


class Reckoned:
    """Quality by the events one after the other, each looked at with all that came before."""

    def __init__(self, played: Played, account: AccountId) -> None:
        self.account = account
        self.filled = self.shortfall = 0
        self.spreads = {True: 0, False: 0}
        self.arrivals: dict[OrderId, int | None] = {}
        self.quantities: dict[OrderId, int] = {}
        self._marks: dict[str, int] = {}
        for _, event in played.events:
            self._add(event)

    def _add(self, event: Message) -> None:
        match event:
            case MarksPublished():
                self._marks = {one.instrument_id: one.mark_price for one in event.marks}
            case AccountOrderUpdated() if event.account_id == self.account:
                order = event.order
                self.quantities[order.order_id] = order.quantity
                if event.change is OrderChange.ACCEPTED:
                    self.arrivals[order.order_id] = self._marks.get(order.instrument_id)
            case AccountFilled() if event.account_id == self.account and not event.is_quote:
                self._fill(event)
            case TradesMarked():
                for trade in event.trades:
                    self._trade(trade)
            case _:
                pass

    def _fill(self, event: AccountFilled) -> None:
        fill, arrival = event.fill, self.arrivals[event.fill.order_id]
        self.filled += fill.last_quantity
        if arrival is not None:
            cost = (fill.last_price - arrival) * fill.last_quantity * 100
            self.shortfall += cost if fill.side is Side.BUY else -cost

    def _trade(self, trade: MarkedTrade) -> None:
        buyer, seller = trade.taker_account_id, trade.maker_account_id
        if trade.aggressor_side is Side.SELL:
            buyer, seller = seller, buyer
        paid = 2 * (trade.price - trade.mark_price) * trade.quantity * trade.multiplier
        for who, cost in ((buyer, paid), (seller, -paid)):
            if who == self.account:
                self.spreads[trade.maker_account_id == self.account] += cost


def test_best_and_worst_are_the_trades_that_a_minute_later_gained_and_cost_most(
    played: Played,
) -> None:
    for body in played.bodies():
        gains = sorted(_gains(played, AccountId(body.team_id)))
        best = [cash(one.gain) for one in body.best]
        worst = [cash(one.gain) for one in body.worst]
        assert best == [gain for gain in gains[::-1] if gain > 0][:5]
        assert worst == [gain for gain in gains if gain < 0][:5]
        for one in (*body.best, *body.worst):
            known_us = (one.known.headline_us, one.known.signal_us)
            assert all(at_us is None or at_us <= one.game_us for at_us in known_us)


def _gains(played: Played, account: AccountId) -> Iterator[int]:
    for _, event in played.events:
        for trade in event.trades if isinstance(event, TradesMarked) else ():
            won = (trade.marks_later[-1] - trade.price) * trade.quantity * trade.multiplier
            won = won if trade.aggressor_side is Side.BUY else -won
            if trade.taker_account_id == account:
                yield won
            if trade.maker_account_id == account:
                yield -won


def test_what_was_not_noted_is_said_to_be_unknown(played: Played) -> None:
    body = played.bodies()[0]
    assert body.service is None
    page = page_of(body)
    assert "Uptime is not known" in page
    assert "Latency is not known" in page


def test_a_page_asks_nobody_for_anything(played: Played) -> None:
    for file in played.folder.glob("*.html"):
        page = file.read_text()
        found = re.findall(r"[a-z]+://[^\s\"'<]+", page)
        assert {*found} == {"http://www.w3.org/2000/svg"}, "the name of SVG, no address"
        assert not re.search(r"<script|<link|<img|<iframe|\bsrc=|url\(|@import", page)
        assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', page))
        assert "default-src 'none'" in page


def test_names_of_teams_are_text_on_the_page(played: Played) -> None:
    body = replace(played.bodies()[0], team_name="<script>alert(1)</script>")
    assert "<script" not in page_of(body)
