"""The pages of the browser: one document at all their addresses, and what it loads."""

from collections.abc import Mapping, Sequence

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from itg.gateway.pages import HTML, POLICY, unbuilt_page
from itg.gateway.ui_files import ADDRESSES, INDEX, UI_POLICY, UiFile

AnyRequest = Request[None, None, State]
_UNAVAILABLE = 503
_NOT_MODIFIED = 304
_NOSNIFF = {"x-content-type-options": "nosniff"}


def ui_handlers(
    files: Mapping[str, UiFile], addresses: Sequence[str] = ADDRESSES
) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """Return what serves the pages; without a build they say how one is made."""
    index = files.get(INDEX)

    @get(list(addresses), summary="The page: terminal, console, board, report, replay.")
    async def page(request: AnyRequest) -> Response[bytes]:
        if index is None:
            headers = {**_NOSNIFF, "content-security-policy": POLICY, "cache-control": "no-store"}
            content = unbuilt_page()
            return Response(content, media_type=HTML, status_code=_UNAVAILABLE, headers=headers)
        return _served(index, request)

    @get("/ui/{name:str}", summary="What the page loads.")
    async def asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        file = files.get(name)
        if file is None:
            raise NotFoundException
        return _served(file, request)

    return page, asset


def _served(file: UiFile, request: AnyRequest) -> Response[bytes]:
    headers = {
        **_NOSNIFF,
        "content-security-policy": UI_POLICY,
        "cache-control": "no-cache",
        "etag": file.tag,
    }
    if file.is_known(request.headers.get("if-none-match", "")):
        return Response(b"", status_code=_NOT_MODIFIED, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
