"""Reports of a round: every number from where it is known, and the same bytes however made."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from msgspec import json
from msgspec.structs import replace
from tests.compose.reported import ReportedGame

from itg.cli.reports import show_reports
from itg.compose.report_again import report_again
from itg.compose.report_files import write_pdfs
from itg.exchange.contract import TradeExecuted
from itg.game.contract import GetScores, Scores
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, OrderId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_US
from itg.kernel.words import Side
from itg.market_data.contract import MarksPublished
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    GetMarkouts,
    GetPnl,
    MarkedTrade,
    Markouts,
    OrderChange,
    PnlHistory,
    PnlParts,
    TradesMarked,
)
from itg.report import MissingTypstError, page_of
from itg.runtime.journal import FROM_START
from itg.wire.v1.measures import PnlPartsBody
from itg.wire.v1.report import ReportBody

PARTS = PnlPartsBody.__struct_fields__[1:]
SCALE = 10_000


class Played:
    """A round that was played and reported; its game is closed."""

    def __init__(self, folder: Path, after: Callable[[ReportedGame], None] | None = None) -> None:
        self.data = folder / "data"
        asyncio.run(self._play(after))

    async def _play(self, after: Callable[[ReportedGame], None] | None) -> None:
        game = ReportedGame(self.data)
        game.play()
        if after is not None:
            after(game)
        self.pnl = {a: _pnl(game, a) for a in game.accounts}
        self.markouts = {a: _markouts(game, a) for a in game.accounts}
        scores = game.ask(GetScores(round_id=1))
        assert isinstance(scores, Scores)
        assert scores.round is not None
        self.scores = scores.round
        self.trades = game.trades
        self.events = list(_events(game))
        self.folder = game.folder
        await game.stop()

    def bodies(self) -> list[ReportBody]:
        files = sorted(self.folder.glob("*.json"))
        return [json.decode(file.read_bytes(), type=ReportBody) for file in files]


def _pnl(game: ReportedGame, account: AccountId) -> PnlHistory:
    reply = game.ask(GetPnl(account_id=account))
    assert isinstance(reply, PnlHistory)
    return reply


def _markouts(game: ReportedGame, account: AccountId) -> Markouts:
    reply = game.ask(GetMarkouts(account_id=account))
    assert isinstance(reply, Markouts)
    return reply


def _events(game: ReportedGame) -> Iterator[tuple[int, Message]]:
    for row in game.journal.rows(FROM_START):
        for record in game.machine.codec.decode_records(row.body):
            for output in record.outputs:
                yield record.game_ns, output


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


def test_a_report_made_from_the_journal_equals_the_live_one(played: Played, tmp_path: Path) -> None:
    again = report_again(played.data, 1, tmp_path)
    assert len(again) == 6
    for file in again:
        assert file.read_bytes() == (played.folder / file.name).read_bytes()


def test_a_round_without_scores_has_no_report(played: Played, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="round 2 has no scores here"):
        report_again(played.data, 2, tmp_path)


def test_what_a_server_did_not_write_is_written_when_it_starts_again(tmp_path: Path) -> None:
    async def play() -> dict[str, bytes]:
        game = ReportedGame(tmp_path / "data", is_heard=False)
        game.play()
        assert not game.folder.exists()
        game.reports.catch_up()
        await game.stop()
        return {file.name: file.read_bytes() for file in game.folder.iterdir()}

    written = asyncio.run(play())
    assert len(written) == 6
    for file in report_again(tmp_path / "data", 1, tmp_path / "again"):
        assert file.read_bytes() == written[file.name]


def test_a_correction_after_the_round_tells_the_reports_again(tmp_path: Path) -> None:
    busted: list[TradeExecuted] = []

    def correct(game: ReportedGame) -> None:
        teams = ("t1", "t2", "t3")
        ours = [t for t in game.trades if t.taker_account_id in teams]
        largest = max(ours, key=lambda trade: trade.quantity * trade.price)
        busted.append(largest)
        game.bust(largest)

    played = Played(tmp_path, correct)
    account = busted[0].taker_account_id
    body = next(one for one in played.bodies() if one.team_id == account)
    ids = [one.trade_id for one in (*body.best, *body.worst)]
    assert busted[0].trade_id not in ids
    assert "trade corrected" in [one.kind for one in body.timeline]
    for file in report_again(played.data, 1, tmp_path / "again"):
        assert file.read_bytes() == (played.folder / file.name).read_bytes()


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


def test_the_command_prints_the_files_there_are(
    played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_reports(played.data, 1, None, is_pdf=False, as_json=True) == 0
    files = json.decode(capsys.readouterr().out, type=list[str])
    assert [Path(file).name for file in files] == sorted(f.name for f in played.folder.iterdir())


def test_a_pdf_without_the_extra_is_refused_by_its_name(
    played: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingTypstError, match="extra `report`"):
        write_pdfs([played.folder / "t1.json"])
    assert show_reports(played.data, 1, None, is_pdf=True, as_json=False) == 1
    assert "intern-trading-game[report]" in capsys.readouterr().err


def test_a_pdf_has_the_report(played: Played, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="the extra `report` is not installed")
    file = tmp_path / "t1.json"
    file.write_bytes((played.folder / "t1.json").read_bytes())
    (pdf,) = write_pdfs([file])
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.gate
def test_forty_teams_are_reported_on_and_the_time_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def play() -> tuple[float, float, int]:
        game = ReportedGame(tmp_path / "data", teams=40)
        game.play()
        pauses: list[float] = []
        began = perf_counter()
        stopped = asyncio.ensure_future(game.stop())
        last = began
        while not stopped.done():
            await asyncio.sleep(0.001)
            pauses.append(perf_counter() - last)
            last = perf_counter()
        return perf_counter() - began, max(pauses), len(list(game.folder.glob("*.html")))

    taken_s, pause_s, pages = asyncio.run(play())
    with capsys.disabled():
        sys.stdout.write(
            f"40 reports in {taken_s:.2f} s; the loop's longest pause {pause_s * 1e3:.1f} ms\n"
        )
    assert pages == 40
