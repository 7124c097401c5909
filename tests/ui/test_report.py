"""The report's page says what the report says: to the cent, to nobody else, and as files."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.ui import rounds
from tests.ui.conftest import axe, sign_in
from tests.ui.figures import amount, rows, table, usd
from tests.ui.rounds import Over

MAKER, FUND, DESK = range(3)
PARTS = ("spread_capture", "delta", "gamma", "vega", "theta", "fees", "residual")


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Over]:
    with rounds.over(tmp_path_factory.mktemp("report")) as played:
        yield played


@pytest.mark.parametrize("team", [MAKER, FUND])
def test_sums_on_the_page_equal_the_report_s_numbers_to_the_cent(
    page: Page, over: Over, team: int
) -> None:
    report = over.report(team)
    assert report.pnl_total.pnl != 0
    sign_in(page, over.url, over.keys[team], "/report/1")
    parts = {
        name: amount(page.locator(f"[data-part={name}] .number").inner_text())
        for name in (*PARTS, "pnl")
    }
    assert parts == {name: usd(getattr(report.pnl_total, name)) for name in (*PARTS, "pnl")}
    assert sum(parts[name] for name in PARTS) == parts["pnl"]
    assert amount(page.locator("[data-figure=pnl]").inner_text()) == parts["pnl"]
    for name, lines in (
        ("minutes", [one.parts for one in report.pnl.intervals]),
        ("instruments", [one.parts for one in report.pnl.instruments]),
    ):
        shown = [[amount(text) for text in cells[1:]] for cells in rows(table(page, name))]
        *each, together = shown
        wanted = [[usd(getattr(one, part)) for part in ("pnl", *PARTS)] for one in lines]
        assert sorted(each) == sorted(wanted)
        assert [sum(column) for column in zip(*each, strict=True)] == together
        assert together == [parts["pnl"], *(parts[part] for part in PARTS)]
    edges = [amount(cells[4]) for cells in rows(table(page, "markouts"))]
    assert edges == [usd(one.edge) for one in report.markouts.rows]
    assert edges


@pytest.mark.parametrize("width", [480, 640, 800, 1024, 1440])
def test_a_loss_of_millions_stays_in_its_card(page: Page, over: Over, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, over.url, over.keys[FUND], "/report/1")
    figure = page.locator("dd[data-figure=pnl]")
    expect(figure).to_be_visible()
    too_wide = figure.evaluate(
        "of => { of.textContent = '▼−1,106,492.30'; return of.scrollWidth > of.clientWidth }"
    )
    assert not too_wide


def test_terms_stand_with_their_anchors_and_lead_to_the_score(page: Page, over: Over) -> None:
    report = over.report(FUND)
    assert report.score.terms is not None
    sign_in(page, over.url, over.keys[FUND], "/report/1")
    shown = {cells[1]: cells for cells in rows(table(page, "terms"))}
    for term in report.score.terms.components:
        _, _, weight, measured, zero, half, full, _, points, formula = shown.pop(term.name)
        assert amount(weight) == usd(term.weight)
        assert (measured == "–") == (term.measured is None)
        if term.measured is not None:
            assert float(amount(measured)) == term.measured
        anchors = [float(amount(text)) for text in (zero, half, full, points)]
        assert anchors == [term.zero, term.half, term.full, term.points]
        assert "see the reference" not in formula
    assert shown == {}
    leading = {cells[0]: cells[1] for cells in rows(table(page, "to-score"))}
    assert float(amount(leading["J, measured"])) == report.score.terms.measured
    assert report.score.score is not None
    assert float(amount(leading["S, score"])) == report.score.score
    assert page.locator("[data-figure=score]").inner_text() == leading["S, score"]


def test_blotters_hold_every_order_and_fill_and_are_filtered_sorted_and_taken_away(
    page: Page, over: Over, tmp_path: Path
) -> None:
    sign_in(page, over.url, over.keys[FUND], "/report/1")
    fills = over.read("/exchange/fills?limit=1000", over.keys[FUND])["items"]
    shown = rows(table(page, "fills"))
    assert [(cells[1], amount(cells[6])) for cells in shown] == [
        (str(fill["trade_id"]), usd(fill["last_price"])) for fill in fills
    ]
    orders = table(page, "orders")
    every = rows(orders)
    ends = Counter(cells[10] for cells in every)
    quality = over.report(FUND).quality
    assert ends["rejected"] == quality.orders_rejected > 0
    assert sum(ends.values()) == quality.orders + quality.orders_rejected
    wanted = [cells for cells in every if cells[10] == "canceled" and "SPX" in cells[2]]
    assert 0 < len(wanted) < len(every)
    region = page.locator(".bar", has=page.get_by_role("heading", name="Own orders"))
    region.get_by_label("Filter").fill("spx CANCELED")
    expect(orders.locator("tbody tr")).to_have_count(len(wanted))
    with page.expect_download() as taken:
        region.get_by_role("button", name="Rows as CSV").click()
    taken.value.save_as(tmp_path / "orders.csv")
    lines = list(csv.DictReader((tmp_path / "orders.csv").read_text("utf-8").splitlines()))
    assert [line["order_id"] for line in lines] == [cells[1] for cells in wanted]
    assert {line["status"] for line in lines} == {"canceled"}
    with page.expect_download() as packed:
        region.get_by_role("button", name="All as Parquet").click()
    packed.value.save_as(tmp_path / "orders.parquet")
    frame = pl.read_parquet(tmp_path / "orders.parquet")
    told = [(str(row["order_id"] or "–"), row["status"]) for row in frame.to_dicts()]
    assert sorted(told) == sorted((cells[1], cells[10].replace(" ", "_")) for cells in every)
    region.get_by_label("Filter").fill("")
    quantity = orders.get_by_role("columnheader", name="quantity")
    quantity.get_by_role("button").click()
    expect(quantity).to_have_attribute("aria-sort", "ascending")
    quantity.get_by_role("button").click()
    expect(quantity).to_have_attribute("aria-sort", "descending")
    quantities = [int(cells[7].replace(",", "")) for cells in rows(orders)]
    assert quantities == sorted(quantities, reverse=True)


def test_an_organizer_reads_any_team_s_report_and_takes_the_round_s_tables(
    page: Page, over: Over, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, over.url, over.admin_key, "/report")
    page.get_by_role("link", name="Report of round 1").click()
    expect(page.get_by_text("Choose the team")).to_be_visible()
    page.get_by_label("Team").select_option(label="Team 2 (t2)")
    expect(page.get_by_role("heading", level=1)).to_have_text("Team 2: round 1")
    page.get_by_label("Table of the whole round").select_option("trades")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV", exact=True).click()
    taken.value.save_as(tmp_path / "trades.csv")
    path = "/game/rounds/1/export?what=trades&format=csv"
    status, text = over.server.call_raw("GET", path, key=over.admin_key)
    assert status == 200
    assert (tmp_path / "trades.csv").read_text("utf-8") == text
    assert not any(over.admin_key in address for address in asked)


def test_a_table_the_server_cannot_make_is_refused_where_it_was_asked_for(
    page: Page, over: Over
) -> None:
    refusal = {"title": "Extra missing", "status": 501, "detail": "parquet needs the extra"}
    page.route("**/export?*parquet*", lambda route: route.fulfill(status=501, json=refusal))
    sign_in(page, over.url, over.admin_key, f"/report/1?team={over.ids[DESK]}")
    page.get_by_role("button", name="Parquet", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("parquet needs the extra")


def test_a_server_without_the_library_for_parquet_offers_csv_alone(page: Page, over: Over) -> None:
    page.route("**/game/table-formats", lambda route: route.fulfill(json={"formats": ["csv"]}))
    sign_in(page, over.url, over.admin_key, f"/report/1?team={over.ids[DESK]}")
    expect(page.get_by_role("button", name="Rows as CSV")).to_have_count(2)
    expect(page.get_by_text("CSV alone: this server")).to_be_visible()
    expect(page.get_by_role("button", name="Parquet")).to_have_count(0)


def test_a_report_that_is_not_one_s_own_is_not_found(page: Page, over: Over) -> None:
    sign_in(page, over.url, over.keys[FUND], f"/report/1?team={over.ids[MAKER]}")
    expect(page.get_by_role("alert")).to_contain_text("Team not found")
    expect(page.locator("table")).to_have_count(0)
    page.goto(f"{over.url}/report/7")
    expect(page.get_by_role("alert")).to_contain_text("Round not found")
    page.goto(f"{over.url}/report/one")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no round “one”")


def test_paper_has_the_report_without_what_only_a_screen_needs(page: Page, over: Over) -> None:
    sign_in(page, over.url, over.keys[FUND], "/report/1")
    expect(table(page, "fills")).to_be_visible()
    page.emulate_media(media="print")
    for name in ("Pages", "Sections"):
        expect(page.get_by_role("navigation", name=name)).to_be_hidden()
    expect(page.get_by_role("button", name="Rows as CSV").first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.body.scrollHeight > innerHeight")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_has_no_accessibility_violation(
    browser: Browser, over: Over, theme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="light" if theme == "light" else "dark",
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, over.url, over.keys[FUND], "/report")
    expect(page.get_by_role("link", name="Report of round 1")).to_be_visible()
    assert axe(page) == []
    page.goto(f"{over.url}/report/1")
    expect(table(page, "fills")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert axe(page) == []
    context.close()
