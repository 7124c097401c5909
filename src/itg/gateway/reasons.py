"""Why the gateway refuses: what the services never get to see."""

from itg.kernel.errors import RejectReason
from itg.wire.v1.channels import CHANNELS

UNREADABLE_BODY = RejectReason(
    code="UNREADABLE_BODY", hint="Send one JSON object in UTF-8.", status=400
)
INVALID_FIELD = RejectReason(
    code="INVALID_FIELD",
    hint="The field named in `errors` is unknown, missing, doubled or of the wrong type.",
    status=400,
)
INVALID_ROSTER = RejectReason(
    code="INVALID_ROSTER",
    hint="Mend the rows named in `errors` and send the whole roster again.",
)
UNAUTHENTICATED = RejectReason(
    code="UNAUTHENTICATED",
    hint="Send your key as X-API-Key or Authorization: Bearer.",
    status=401,
)
SCOPE_MISSING = RejectReason(
    code="SCOPE_MISSING", hint="Your key does not have the scope this asks for.", status=403
)
TEAM_KEY_NEEDED = RejectReason(
    code="TEAM_KEY_NEEDED", hint="Only a team has an account; use a team's key.", status=403
)
ORIGIN_NOT_ALLOWED = RejectReason(
    code="ORIGIN_NOT_ALLOWED",
    hint="A page may open sockets to the host it came from only.",
    status=403,
)
ROUTE_NOT_FOUND = RejectReason(code="ROUTE_NOT_FOUND", hint="See GET /openapi.json.", status=404)
INSTRUMENT_NOT_FOUND = RejectReason(
    code="INSTRUMENT_NOT_FOUND", hint="See GET /exchange/instruments.", status=404
)
CASE_NOT_FOUND = RejectReason(
    code="CASE_NOT_FOUND", hint="See GET /admin/surveillance.", status=404
)
CHUNK_NOT_FOUND = RejectReason(
    code="CHUNK_NOT_FOUND", hint="See GET /game/rounds/{round_id}/replay.", status=404
)
UNKNOWN_CHANNEL = RejectReason(
    code="UNKNOWN_CHANNEL",
    hint=f"Channels: {', '.join(row.name for row in CHANNELS)}.",
    status=404,
)
UNKNOWN_METHOD = RejectReason(
    code="UNKNOWN_METHOD", hint="See the page on the WebSocket for its methods.", status=404
)
REPORT_NOT_FOUND = RejectReason(
    code="REPORT_NOT_FOUND",
    hint="Reports stand some seconds after a scored round has ended; the organizer can write them "
    "again with `itg report`.",
    status=404,
)
GAME_EXISTS = RejectReason(
    code="GAME_EXISTS",
    hint="Choose another name: that directory holds something else.",
    status=409,
)
METHOD_NOT_ALLOWED = RejectReason(
    code="METHOD_NOT_ALLOWED", hint="The header Allow names the methods there are.", status=405
)
REQUEST_TIMEOUT = RejectReason(
    code="REQUEST_TIMEOUT", hint="Send the whole request within 5 seconds.", status=408
)
LOCK_STEP = RejectReason(
    code="LOCK_STEP",
    hint="This game runs in lock step: trade over the WebSocket, in your turn.",
    status=409,
)
BODY_TOO_LARGE = RejectReason(
    code="BODY_TOO_LARGE", hint="A body has at most 64 KiB, a roster 512.", status=413
)
UNSUPPORTED_MEDIA_TYPE = RejectReason(
    code="UNSUPPORTED_MEDIA_TYPE", hint="Send Content-Type: application/json.", status=415
)
INTERNAL_ERROR = RejectReason(
    code="INTERNAL_ERROR",
    hint="A fault of the server, recorded under the request_id; tell the organizer.",
    status=500,
)
EXPORT_UNAVAILABLE = RejectReason(
    code="EXPORT_UNAVAILABLE",
    hint="Ask for format=csv, or let the organizer install the extra `analytics`.",
    status=501,
)
PREVIEW_UNAVAILABLE = RejectReason(
    code="PREVIEW_UNAVAILABLE",
    hint="What an act would do cannot be tried here; the act itself can be done without.",
    status=501,
)
DATA_ELSEWHERE = RejectReason(
    code="DATA_ELSEWHERE",
    hint="Ask the server that plays the game, or run the command beside its data.",
    status=501,
)
SERVICE_UNAVAILABLE = RejectReason(
    code="SERVICE_UNAVAILABLE",
    hint="Nothing happened: the server is starting, stopping or has too much to do. Try again.",
    status=503,
)
PROCESSING_TIMEOUT = RejectReason(
    code="PROCESSING_TIMEOUT",
    hint="The outcome is unknown; ask for the order by its client_order_id.",
    status=504,
)
HEADERS_TOO_LARGE = RejectReason(
    code="HEADERS_TOO_LARGE", hint="Request line and headers have at most 16 KiB.", status=431
)
