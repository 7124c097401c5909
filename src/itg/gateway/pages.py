"""Pages for people: the documentation, and one page per problem code; nothing from elsewhere."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from itg.gateway.problems import REASONS, title_of
from itg.kernel.errors import RejectReason

_STATIC = Path(__file__).parent / "static"
_ASSETS = {
    "docs.js": ("docs.js", "text/javascript"),
    "docs-ws.js": ("docs-ws.js", "text/javascript"),
    "docs-ws.css": ("docs-ws.css", "text/css"),
    "asyncapi-component.css": ("vendor/asyncapi-component.css", "text/css"),
    "asyncapi-component.js": ("vendor/asyncapi-component.js", "text/javascript"),
    "swagger-ui.css": ("vendor/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("vendor/swagger-ui-bundle.js", "text/javascript"),
}
HTML = "text/html"
# The browser itself refuses whatever would come from another host.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# The AsyncAPI component compiles its validators in the browser; on its page alone that is allowed.
COMPILING_POLICY = f"{POLICY}; script-src 'self' 'unsafe-eval'"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }}
code {{ font-size: .95em }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""


def docs_page() -> bytes:
    """Return the page that shows the REST interface."""
    return (_STATIC / "docs.html").read_bytes()


def socket_docs_page() -> bytes:
    """Return the page that shows the WebSocket."""
    return (_STATIC / "docs-ws.html").read_bytes()


def assets() -> dict[str, tuple[bytes, str]]:
    """Return name → (content, type) of what the pages load."""
    return {name: ((_STATIC / path).read_bytes(), kind) for name, (path, kind) in _ASSETS.items()}


def problems_page() -> bytes:
    """Return the list of all codes."""
    rows = "".join(_row(reason) for reason in _sorted(REASONS.values()))
    table = f"<table><tr><th>code<th>status<th>what to do</tr>{rows}</table>"
    return _PAGE.format(title="Problems", content=table).encode()


def problem_page(code: str) -> bytes | None:
    """Return the page of one code, None for a code there is not."""
    reason = REASONS.get(code)
    if reason is None:
        return None
    content = (
        f"<p><code>{escape(reason.code)}</code>, status {reason.status}</p>"
        f"<p>{escape(reason.hint)}</p>"
        '<p><a href="/problems">All problems</a></p>'
    )
    return _PAGE.format(title=escape(title_of(code)), content=content).encode()


def _row(reason: RejectReason) -> str:
    code = escape(reason.code)
    link = f'<a href="/problems/{code}"><code>{code}</code></a>'
    return f"<tr><td>{link}<td>{reason.status}<td>{escape(reason.hint)}</tr>"


def _sorted(reasons: Iterable[RejectReason]) -> list[RejectReason]:
    return sorted(reasons, key=lambda reason: (reason.status, reason.code))
