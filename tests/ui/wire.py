"""The page's socket under a test's hand: cut, held silent, or deaf to one request."""

import json

from playwright.sync_api import Page, WebSocketRoute

Message = str | bytes


class Wire:
    """Stands between a page and its server; put there before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        self._is_cut = self._is_silent = False
        self._cut_at: tuple[str, bool] | None = None
        page.route_web_socket("**/ws?*", self._opened)

    def cut(self) -> None:
        """End the connection, and every one that is tried until `restore`."""
        self._is_cut = True
        pairs, self._open = self._open, []
        for page, server in pairs:
            server.close()
            page.close()

    def cut_at(self, method: str, *, arrives: bool) -> None:
        """Cut at the next request of this method: it arrives, or not; its answer does not."""
        self._cut_at = (method, arrives)

    def silence(self) -> None:
        """Let nothing of the server through, and keep the connection."""
        self._is_silent = True

    def restore(self) -> None:
        """Let everything through again."""
        self._is_cut = self._is_silent = False

    def _opened(self, page: WebSocketRoute) -> None:
        if self._is_cut:
            page.close()
            return
        server = page.connect_to_server()
        self._open.append((page, server))
        page.on_message(lambda message: self._from_page(server, message))
        server.on_message(lambda message: self._from_server(page, message))

    def _from_page(self, server: WebSocketRoute, message: Message) -> None:
        if self._cut_at is not None and json.loads(message)["method"] == self._cut_at[0]:
            _, arrives = self._cut_at
            self._cut_at = None
            if arrives:
                self._is_silent = True
                server.send(message)
            else:
                self.cut()
            return
        server.send(message)

    def _from_server(self, page: WebSocketRoute, message: Message) -> None:
        if not self._is_silent:
            page.send(message)
