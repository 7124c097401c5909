"""Pages for people: the documentation, and one page per problem code; nothing from elsewhere."""

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path

import msgspec

from itg.gateway.problem_texts import EarlierCode, problem_texts
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
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ margin: 2rem 0 .5rem; font-size: 1.2rem }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .3rem 1rem .3rem 0; vertical-align: top }}
tr {{ border-bottom: 1px solid #8884 }}
code, pre {{ font: .9em ui-monospace, monospace }}
pre {{ padding: 1rem; overflow-x: auto; background: #8882; border-radius: .3rem }}
th:first-child {{ width: 15rem }}
td > a > code {{ white-space: nowrap }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
_STATUSES = {
    400: "The request could not be read.",
    401: "Nobody knows who asks.",
    403: "Whoever asks may not.",
    404: "What it names is not there.",
    405: "Not with this method.",
    408: "The request did not come in time.",
    409: "It does not fit the moment.",
    413: "It is too large.",
    415: "It is no JSON.",
    422: "A rule forbids it.",
    429: "Too many a second.",
    431: "Its head is too large.",
    500: "A fault of the server.",
    501: "This server was installed without it.",
    503: "Nothing happened; try again.",
    504: "Nobody can say yet what happened.",
}


def unbuilt_page() -> bytes:
    """Return what stands where the page of the browser would, had it been built."""
    content = (
        "<p>The page is not in this installation. In a clone with Node and npm, "
        "<code>make ui-write</code> builds it and <code>make ui</code> compares it with what is "
        "committed; then start the program again.</p>"
        '<p>The game is being served all the same: <a href="/docs">REST</a>, '
        '<a href="/docs/ws">the WebSocket</a>, <a href="/problems">problem codes</a>.</p>'
    )
    return _PAGE.format(title="The page was not built", content=content).encode()


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
    """Return the list of all codes, and of the earlier system's beside them."""
    tables = "".join(
        f"<h2>{status}. {_STATUSES[status]}</h2>"
        f"<table><tr><th>code<th>what to do</tr>{''.join(map(_row, reasons))}</table>"
        for status, reasons in groupby(_sorted(REASONS.values()), lambda reason: reason.status)
    )
    earlier = "".join(map(_earlier_row, problem_texts().earlier))
    content = (
        "<p>A refused request is answered with one of these codes, over REST and over the socket "
        'alike. A code never changes its meaning. See also <a href="/docs">REST</a> and '
        f'<a href="/docs/ws">the WebSocket</a>.</p>{tables}'
        "<h2>For those who know the earlier system</h2>"
        f"<table><tr><th>earlier<th>here<th></tr>{earlier}</table>"
    )
    return _PAGE.format(title="Problems", content=content).encode()


def problem_page(code: str) -> bytes | None:
    """Return the page of one code, None for a code there is not."""
    reason = REASONS.get(code)
    if reason is None:
        return None
    texts = problem_texts()
    text = texts.codes[code]
    example = msgspec.json.format(msgspec.json.encode(texts.example(code)), indent=2).decode()
    content = (
        f"<p><code>{escape(reason.code)}</code>, status {reason.status}</p>"
        f"<h2>What it means</h2><p>{_marked_up(text.means)}</p>"
        f"<h2>What to do</h2><p>{_marked_up(text.cure)}</p>"
        f"<h2>Example</h2><pre>{escape(example, quote=False)}</pre>"
        '<p><a href="/problems">All problems</a></p>'
    )
    return _PAGE.format(title=escape(title_of(code)), content=content).encode()


def _row(reason: RejectReason) -> str:
    return f"<tr><td>{_link(reason.code)}<td>{_marked_up(reason.hint)}</tr>"


def _earlier_row(earlier: EarlierCode) -> str:
    here = "<br>".join(map(_link, earlier.here))
    code = escape(earlier.code)
    return f"<tr><td><code>{code}</code><td>{here}<td>{_marked_up(earlier.note)}</tr>"


def _link(code: str) -> str:
    return f'<a href="/problems/{escape(code)}"><code>{escape(code)}</code></a>'


def _marked_up(text: str) -> str:
    # The texts are ours; of Markdown they use code spans and links to pages of this program.
    coded = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\[([^\]]+)\]\((/[^)]*)\)", r'<a href="\2">\1</a>', coded)


def _sorted(reasons: Iterable[RejectReason]) -> list[RejectReason]:
    return sorted(reasons, key=lambda reason: (reason.status, reason.code))
