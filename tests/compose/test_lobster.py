"""A round as LOBSTER pairs: the messages alone rebuild the very book that the exchange told of."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compose.recorded import RecordedGame, recorded

from itg.compose.export_round import ExportSettings, export_round
from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import BookDelta, TradeExecuted
from itg.kernel.errors import ConfigurationError
from itg.translate.lobster import ASK, BID, CROSSED, KINDS, TRADED, LobsterBook, LobsterTape
from itg.translate.round_facts import Fact, facts_of

Levels = dict[int, dict[int, int]]  # of each direction, quantity by price
ACTS = 400


@pytest.fixture(scope="module", params=range(1, 7))
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("played")
    recorded(directory, acts=ACTS, seed=request.param * 100)
    return directory


def facts(data: Path) -> Iterator[Fact]:
    journal = opened_for_reading(data)
    try:
        yield from facts_of(journal, machine_of(journal).codec, 1, KINDS)
    finally:
        journal.close()


def test_after_each_change_the_messages_give_the_levels_the_exchange_published(data: Path) -> None:
    tape = LobsterTape()
    rebuilt: dict[str, LobsterBook] = {}
    published: dict[str, Levels] = {}
    compared = 0
    for fact in facts(data):
        for instrument_id, message in tape.see(fact):
            rebuilt.setdefault(instrument_id, LobsterBook()).apply(message)
        if isinstance(fact.event, BookDelta):
            delta = fact.event
            levels = published.setdefault(delta.instrument_id, {BID: {}, ASK: {}})
            take(levels[BID], delta.bids)
            take(levels[ASK], delta.asks)
            assert rebuilt[delta.instrument_id].sides == levels, fact
            compared += 1
    assert compared > ACTS / 4
    assert all(book.sides == {BID: {}, ASK: {}} for book in rebuilt.values()), "the close empties"


def take(side: dict[int, int], changed: tuple[tuple[int, int, int], ...]) -> None:
    for price, quantity, _ in changed:
        side.pop(price, None)
        if quantity:
            side[price] = quantity


def rebuilt_from(text: str, depth: int) -> Iterator[str]:
    """Return the order book's lines as the definition of the format gives them, order by order."""
    orders: dict[str, list[int]] = {}
    for line in text.splitlines():
        _, kind, order_id, size, price, direction = line.split(",")
        if kind == "1":
            place = orders.setdefault(order_id, [int(price), int(direction), 0])
            place[2] += int(size)
        elif kind in "2346":
            orders[order_id][2] -= int(size)
            if orders[order_id][2] == 0:
                del orders[order_id]
        sides: dict[int, Counter[int]] = {1: Counter(), -1: Counter()}
        for at, side, shown in orders.values():
            sides[side][at] += shown
        asks = [*sorted(sides[-1].items()), *[(9_999_999_999, 0)] * depth][:depth]
        bids = [*sorted(sides[1].items(), reverse=True), *[(-9_999_999_999, 0)] * depth][:depth]
        cells = [n for ask, bid in zip(asks, bids, strict=True) for n in (*ask, *bid)]
        yield ",".join(map(str, cells))


def test_each_line_of_a_book_follows_from_the_message_file_alone(
    data: Path, tmp_path: Path
) -> None:
    settings = ExportSettings(round_id=1, format="lobster", target=tmp_path, depth=5)
    files = export_round(data, settings)
    assert len(files) == 3
    kinds: Counter[str] = Counter()
    for file in files:
        text = Path(file.file).read_text()
        books = Path(file.file.replace("message", "orderbook-5")).read_text().splitlines()
        assert [*rebuilt_from(text, 5)] == books
        assert len(books) == file.rows
        kinds.update(line.split(",")[1] for line in text.splitlines())
    assert set(kinds) >= {*"1234"}


def test_what_trades_by_the_messages_is_what_was_traded(data: Path) -> None:
    tape = LobsterTape()
    resting: Counter[bool] = Counter()
    traded: Counter[bool] = Counter()
    for fact in facts(data):
        for _, message in tape.see(fact):
            if message.kind in {TRADED, CROSSED}:
                resting[message.kind == CROSSED] += message.size
        if isinstance(fact.event, TradeExecuted):
            traded[fact.event.is_auction] += fact.event.quantity
    # In continuous trading one order of each trade stood in the book.
    assert resting[False] == traded[False] > 0


def test_a_halt_stands_in_every_book_and_its_end_too(data: Path, tmp_path: Path) -> None:
    settings = ExportSettings(round_id=1, format="lobster", target=tmp_path, depth=1)
    for file in export_round(data, settings):
        lines = Path(file.file).read_text().splitlines()
        halts = [line.split(",")[1:] for line in lines if line.split(",")[1] == "7"]
        assert halts == [["7", "0", "0", "-1", "-1"], ["7", "0", "0", "1", "-1"]]


def test_a_round_without_an_order_has_no_book(tmp_path: Path) -> None:
    game = RecordedGame(tmp_path / "data")
    game.start()
    game.end()
    game.close()
    settings = ExportSettings(round_id=1, format="lobster", target=tmp_path / "out")
    assert export_round(tmp_path / "data", settings) == []


@pytest.mark.parametrize("depth", [0, -5])
def test_a_book_without_a_level_is_refused(data: Path, tmp_path: Path, depth: int) -> None:
    target = tmp_path / "out"
    settings = ExportSettings(round_id=1, format="lobster", target=target, depth=depth)
    with pytest.raises(ConfigurationError, match=f"depth {depth} is no number of levels"):
        export_round(data, settings)
    assert not target.exists()
