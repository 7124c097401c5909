"""Why the game refuses."""

from itg.kernel.errors import RejectReason

DUPLICATE_TEAM_NAME = RejectReason(
    code="DUPLICATE_TEAM_NAME", hint="Choose another team_name.", status=409
)
INVALID_TEAM_NAME = RejectReason(code="INVALID_TEAM_NAME", hint="Use 3 to 50 printable characters.")
ROLE_NOT_OPEN = RejectReason(
    code="ROLE_NOT_OPEN", hint="This role is played by the house.", status=403
)
UNKNOWN_ROLE = RejectReason(code="UNKNOWN_ROLE", hint="Use a role of GET /game/rules.")
INVALID_JOIN_CODE = RejectReason(
    code="INVALID_JOIN_CODE", hint="Ask the organizer for the join code.", status=403
)
GAME_FULL = RejectReason(
    code="GAME_FULL", hint="The scenario's number of teams is reached.", status=409
)
ROUND_NOT_FOUND = RejectReason(code="ROUND_NOT_FOUND", hint="See GET /game/rounds.", status=404)
ROUND_WRONG_STATUS = RejectReason(
    code="ROUND_WRONG_STATUS",
    hint="A scheduled round can start, a running one pause or end, a paused one resume or end.",
    status=409,
)
TEAM_NOT_FOUND = RejectReason(code="TEAM_NOT_FOUND", hint="See GET /game/teams.", status=404)
TEAM_WRONG_STATUS = RejectReason(
    code="TEAM_WRONG_STATUS",
    hint="A team that trades can be suspended, a suspended one resumed.",
    status=409,
)
KEY_NOT_FOUND = RejectReason(code="KEY_NOT_FOUND", hint="See GET /admin/keys.", status=404)
LAST_ORGANIZER_KEY = RejectReason(
    code="LAST_ORGANIZER_KEY",
    hint="Somebody has to organize: issue another organizer's key first.",
    status=409,
)
EXTENSION_TOO_LONG = RejectReason(
    code="EXTENSION_TOO_LONG", hint="A round ends before the next one's day begins.", status=409
)
HOUSE_NEEDED = RejectReason(
    code="HOUSE_NEEDED",
    hint="Contracts come from the house's account, and this scenario has no [house].",
    status=409,
)
INVALID_RULE = RejectReason(
    code="INVALID_RULE",
    hint="Name a rule the role has, with its fields as GET /game/rules shows them.",
)
NOT_SCORED = RejectReason(
    code="NOT_SCORED", hint="The scenario has no [scoring]: there is nothing to score.", status=409
)
PAR_FROZEN = RejectReason(
    code="PAR_FROZEN", hint="Pars are set before the first round is scored.", status=409
)
INVALID_PAR = RejectReason(
    code="INVALID_PAR", hint="Give each scored role once, with a spread above 0."
)
INVALID_JUDGEMENT = RejectReason(
    code="INVALID_JUDGEMENT", hint="Judge from 0 to 100 points; leave out what is not judged yet."
)
