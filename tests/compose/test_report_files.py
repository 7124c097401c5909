"""Reports as files: live, after a restart, after a correction, from the journal, as PDF."""

import asyncio
import sys
from pathlib import Path
from time import perf_counter

import pytest
from msgspec import json
from tests.compose.reported import Played, ReportedGame

from itg.cli.reports import show_reports
from itg.compose.report_again import report_again
from itg.compose.report_files import write_pdfs
from itg.exchange.contract import TradeExecuted
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import OrderId
from itg.kernel.money import Price
from itg.kernel.words import Side
from itg.positions.contract import AccountFilled, AccountOrderUpdated, MarkedTrade, TradesMarked
from itg.report import MissingTypstError


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("played"))


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

    played = Played(tmp_path, after=correct)
    account = busted[0].taker_account_id
    body = next(one for one in played.bodies() if one.team_id == account)
    ids = [one.trade_id for one in (*body.best, *body.worst)]
    assert busted[0].trade_id not in ids
    assert "trade corrected" in [one.kind for one in body.timeline]
    for file in report_again(played.data, 1, tmp_path / "again"):
        assert file.read_bytes() == (played.folder / file.name).read_bytes()


def test_what_is_corrected_while_a_round_runs_counts_as_corrected(tmp_path: Path) -> None:
    moved: list[TradeExecuted] = []

    def correct(game: ReportedGame) -> None:
        first, second = [t for t in game.trades if t.taker_account_id == "t2"][:2]
        moved.append(second)
        game.bust(first)
        game.bust(second, Price(second.price + 5_000))

    corrected = Played(tmp_path, during=correct)
    for file in report_again(corrected.data, 1, tmp_path / "again"):
        assert file.read_bytes() == (corrected.folder / file.name).read_bytes()
    told = [t for _, e in corrected.events if isinstance(e, TradesMarked) for t in e.trades]
    taken = [t for t in told if t.taker_account_id == "t2"]
    paid = sum(_paid(trade) for trade in taken)
    (one,) = [trade for trade in taken if trade.trade_id == moved[0].trade_id]
    gone = min(taken, key=lambda trade: trade.traded_ns)
    sign = 1 if one.aggressor_side is Side.BUY else -1
    shift = 2 * sign * 5_000 * one.quantity * one.multiplier
    quality = corrected.bodies()[1].quality
    fills = [e.fill for _, e in corrected.events if isinstance(e, AccountFilled)]
    filled = sum(fill.last_quantity for fill in fills if fill.order_id in _orders_of(corrected))
    assert quality.filled_contracts == filled - gone.quantity
    spread = quality.taker_spread
    assert round(spread.total * 10_000) == paid - _paid(gone) + shift
    assert spread.contracts == sum(trade.quantity for trade in taken) - gone.quantity


def _orders_of(played: Played) -> set[OrderId]:
    told = (event for _, event in played.events if isinstance(event, AccountOrderUpdated))
    return {event.order.order_id for event in told if event.account_id == "t2"}


def _paid(trade: MarkedTrade) -> int:
    sign = 1 if trade.aggressor_side is Side.BUY else -1
    return 2 * sign * (trade.price - trade.mark_price) * trade.quantity * trade.multiplier


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
            await asyncio.sleep(0)
            pauses.append(perf_counter() - last)
            last = perf_counter()
        return perf_counter() - began, max(pauses), len(list(game.folder.glob("*.html")))

    taken_s, pause_s, pages = asyncio.run(play())
    with capsys.disabled():
        sys.stdout.write(
            f"40 reports in {taken_s:.2f} s; the loop's longest pause {pause_s * 1e3:.1f} ms\n"
        )
    assert pages == 40
