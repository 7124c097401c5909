"""The page of order types is what the engine says."""

from tools.order_table import PAGE, page


def test_the_page_is_what_the_engine_answers() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tools/order_table.py"
