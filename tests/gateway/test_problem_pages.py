"""Every code has its page, and every page what its reader came for."""

import re

import msgspec
import pytest

from itg.gateway.pages import problem_page, problems_page
from itg.gateway.problem_texts import problem_texts
from itg.gateway.problems import REASONS
from itg.wire.v1.problems import Problem

TEXTS = problem_texts()
EARLIER = {
    "INVALID_SIDE",
    "INVALID_ORDER_TYPE",
    "ORDER_NOT_OWNED",
    "ORDER_ALREADY_FILLED",
    "ORDER_ALREADY_CANCELLED",
    "CANCEL_FAILED",
    "UNSUPPORTED_ROLE",
    "TEAM_NAME_TAKEN",
    "SERVICE_UNAVAILABLE",
    "PROCESSING_TIMEOUT",
    "INSUFFICIENT_BALANCE",
}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    assert TEXTS.codes.keys() == REASONS.keys()


@pytest.mark.parametrize("code", REASONS)
def test_a_page_says_what_it_means_and_what_to_do_and_shows_a_problem(code: str) -> None:
    page = (problem_page(code) or b"").decode()
    assert all(title in page for title in ("What it means", "What to do", "Example"))
    shown = re.search(r"<pre>(.*)</pre>", page, re.DOTALL)
    assert shown is not None
    example = msgspec.json.decode(shown[1].replace("&lt;", "<").replace("&amp;", "&"), type=Problem)
    assert (example.code, example.status) == (code, REASONS[code].status)
    assert example.type == f"/problems/{code}"
    assert example == TEXTS.example(code)
    assert "`" not in page


def test_an_example_names_no_field_that_a_problem_does_not_have() -> None:
    for text in TEXTS.codes.values():
        assert text.example.keys() <= set(Problem.__struct_fields__)


def test_the_list_links_every_code_and_those_of_the_earlier_system() -> None:
    page = problems_page().decode()
    for code in REASONS:
        assert f'<a href="/problems/{code}">' in page
    assert {row.code for row in TEXTS.earlier} == EARLIER
    for row in TEXTS.earlier:
        assert f"<code>{row.code}</code>" in page
        assert set(row.here) <= REASONS.keys()
        assert row.here or row.note


def test_links_in_the_texts_lead_to_pages_of_the_program() -> None:
    pages = {"/docs", "/docs/ws", "/problems"}
    texts = [word for text in TEXTS.codes.values() for word in (text.means, text.cure)]
    links = {link for text in texts for link in re.findall(r"\]\(([^)]*)\)", text)}
    assert links <= pages


def test_a_code_there_is_not_has_no_page() -> None:
    assert problem_page("NO_SUCH_CODE") is None
