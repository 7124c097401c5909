"""The documentation as a browser loads it: everything from here, nothing from elsewhere."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from litestar import Litestar

from itg.adapters.http_server import HttpServer
from itg.gateway import pages
from itg.gateway.pages import COMPILING_POLICY, POLICY, assets
from itg.gateway.routes import ops
from itg.gateway.routes.table import OPERATIONS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
# No name but loopback resolves: the page has what it needs or it stays empty.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--virtual-time-budget=30000",
    "--dump-dom",
)
PAGES = {"docs": pages.docs_page(), "docs/ws": pages.socket_docs_page()}


@pytest.mark.parametrize("name", PAGES)
def test_everything_a_page_loads_is_among_its_assets(name: str) -> None:
    loaded = re.findall(r'(?:src|href)="/docs/assets/([^"]+)"', PAGES[name].decode())
    assert loaded
    assert set(loaded) <= assets().keys()
    others = re.findall(r'(?:src|href)="(?!/docs/assets/|data:)', PAGES[name].decode())
    assert others == []


def test_no_style_loads_from_another_host_or_from_a_file_that_is_not_here() -> None:
    for name, (content, kind) in assets().items():
        if kind == "text/css":
            targets = re.findall(r"""url\(\s*["']?([^"')]*)|@import\s+([^;]+)""", content.decode())
            assert all(target[0].startswith("data:") for target in targets), name


def test_every_bundle_that_is_not_ours_has_its_origin_and_licences() -> None:
    vendor = Path(pages.__file__).parent / "static" / "vendor"
    origin = (vendor / "ORIGIN.md").read_text(encoding="utf-8")
    for file in vendor.iterdir():
        if file.suffix in (".js", ".css"):
            assert f"`{file.name}`" in origin
        if file.suffix == ".js":
            assert file.with_name(f"{file.name}.LICENSE.txt").exists()


def test_only_the_page_that_compiles_may_compile() -> None:
    assert "unsafe-eval" not in POLICY
    assert COMPILING_POLICY.startswith(POLICY)


@pytest.mark.browser
@pytest.mark.system
@pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/docs", ("/exchange/orders", "Place an order")),
        ("/docs/ws", ("order.place", "push.private", "Close codes", "order.canceled")),
    ],
)
async def test_the_page_shows_the_interface_with_the_network_off(
    path: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    async with served() as port:
        browser = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={tmp_path}",
            f"http://127.0.0.1:{port}{path}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        shown, log = await asyncio.wait_for(browser.communicate(), 50)
    assert all(word in shown.decode() for word in words)
    assert "Refused to" not in log.decode()
    assert "Uncaught" not in log.decode()


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    handlers = [*ops._documents(OPERATIONS), *ops._docs(), *ops._problems()]
    server = HttpServer(Litestar(handlers, openapi_config=None), "127.0.0.1", 0)
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop()
