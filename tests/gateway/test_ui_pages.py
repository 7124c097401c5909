"""The page as a browser gets it: at its addresses, from here alone, and nothing but its files."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from litestar import Litestar
from tests.gateway.house import House
from yarl import URL

from itg.adapters.http_server import HttpServer
from itg.gateway.routes.ui import ui_handlers
from itg.gateway.ui_files import INDEX, UI, UI_POLICY, ui_files

PAGES = ["/", "/trade", "/admin", "/board", "/report", "/report/3", "/replay", "/replay/3"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_the_one_document_with_a_strict_policy(house: House, path: str) -> None:
    answer = await house.call("GET", path)
    assert answer.status == 200
    assert answer.body == (UI / INDEX).read_bytes()
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == POLICY == UI_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    again = await house.call("GET", path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    changed = await house.call("GET", path, headers={"If-None-Match": '"another"'})
    assert changed.status == 200


@pytest.mark.asyncio(loop_scope="module")
async def test_every_file_of_the_build_is_served_by_its_name_and_type(house: House) -> None:
    kinds = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    for file in UI.iterdir():
        answer = await house.call("GET", f"/ui/{file.name}")
        assert answer.status == 200, file.name
        assert answer.body == file.read_bytes()
        kind = kinds.get(file.suffix)
        assert kind is None or answer.headers["content-type"].startswith(kind)
        tags = f'W/"older", {answer.headers["etag"]}'
        known = await house.call("GET", f"/ui/{file.name}", headers={"If-None-Match": tags})
        assert known.status == 304


def test_all_that_the_document_loads_is_in_the_build_and_nothing_stands_inline() -> None:
    document = (UI / INDEX).read_text(encoding="utf-8")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', document)
    files = ui_files()
    assert [f for f in loaded if f.startswith("/ui/") and f.removeprefix("/ui/") not in files] == []
    assert {f for f in loaded if not f.startswith("/ui/")} <= {"data:,"}
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", document) == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "path",
    [
        "/ui/",
        "/ui/nothing.js",
        "/ui/../gateway/app.py",
        "/ui/..%2fgateway%2fapp.py",
        "/ui/%2e%2e/gateway/app.py",
        "/ui/%2e%2e%2fpyproject.toml",
        "/ui/..%5c..%5cpyproject.toml",
        "/ui//etc/passwd",
        "/ui/%2fetc%2fpasswd",
        "/ui/index.html%00.js",
        "/trade/more",
        "/report/3/4",
    ],
)
async def test_nothing_but_the_build_is_served(house: House, path: str) -> None:
    # As it stands: a browser would tidy the dots away before it asks.
    async with house.http.get(URL(house.url + path, encoded=True)) as answer:
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_page_is_not_the_route_below_it(house: House) -> None:
    assert (await house.call("GET", "/admin/keys")).status == 401
    assert (await house.call("POST", "/admin")).status == 405


@asynccontextmanager
async def built_in(folder: Path) -> AsyncIterator[str]:
    app = Litestar(list(ui_handlers(ui_files(folder))), openapi_config=None)
    server = HttpServer(app, "127.0.0.1", 0)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


@pytest.mark.parametrize("folder", ["absent", "empty"])
async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    async with built_in(tmp_path / folder) as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/trade") as answer:
            assert answer.status == 503
            assert "make ui" in await answer.text()
            assert answer.headers["cache-control"] == "no-store"
        async with http.get(f"{url}/ui/index.js") as answer:
            assert answer.status == 404


async def test_folders_and_files_of_other_kinds_are_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text("<!doctype html>")
    (tmp_path / "notes.py").write_text("secret")
    (tmp_path / "inner.js").mkdir()
    assert list(ui_files(tmp_path)) == [INDEX]
    async with built_in(tmp_path) as url, aiohttp.ClientSession() as http:
        for name, status in ((INDEX, 200), ("notes.py", 404), ("inner.js", 404)):
            async with http.get(f"{url}/ui/{name}") as answer:
                assert answer.status == status
