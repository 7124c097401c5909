"""Why positions refuses."""

from itg.kernel.errors import RejectReason

POSITION_LIMIT_EXCEEDED = RejectReason(
    code="POSITION_LIMIT_EXCEEDED",
    hint="Working orders count: cancel some or send less; see GET /positions/me/limits.",
)


PORTFOLIO_LIMIT_EXCEEDED = RejectReason(
    code="PORTFOLIO_LIMIT_EXCEEDED",
    hint="The sum over all options is at its limit; reduce before you add.",
)


EXPOSURE_LIMIT_EXCEEDED = RejectReason(
    code="EXPOSURE_LIMIT_EXCEEDED",
    hint="Positions with all working orders exceed the limit; pull or cancel some.",
)


UNDERLYING_LIMIT_EXCEEDED = RejectReason(
    code="UNDERLYING_LIMIT_EXCEEDED",
    hint="The underlying's worst case is at its limit; cancel some or send less.",
)


ORDER_SIZE_EXCEEDED = RejectReason(
    code="ORDER_SIZE_EXCEEDED", hint="Split the order; the limit is your role's."
)


RATE_LIMIT_EXCEEDED = RejectReason(
    code="RATE_LIMIT_EXCEEDED", hint="Wait retry_after_ms; see GET /exchange/limits.", status=429
)


ORDER_TYPE_NOT_ALLOWED = RejectReason(
    code="ORDER_TYPE_NOT_ALLOWED",
    hint="Your role, or this exchange, does not take this order type.",
)


INSTRUMENT_NOT_ALLOWED = RejectReason(
    code="INSTRUMENT_NOT_ALLOWED",
    hint="Your role may not trade this instrument; see GET /game/rules.",
)


QUOTE_NOT_ALLOWED = RejectReason(
    code="QUOTE_NOT_ALLOWED", hint="Two-sided quotes are the market maker's.", status=403
)


QUOTE_SPREAD_EXCEEDED = RejectReason(
    code="QUOTE_SPREAD_EXCEEDED", hint="Quote tighter; see GET /game/rules."
)


QUOTE_SIZE_TOO_SMALL = RejectReason(
    code="QUOTE_SIZE_TOO_SMALL", hint="Quote more on both sides; see GET /game/rules."
)


CLIENT_ORDER_ID_CONFLICT = RejectReason(
    code="CLIENT_ORDER_ID_CONFLICT",
    hint="This client_order_id was used today with another body; use a fresh one.",
    status=409,
)


ACCOUNT_NOT_FOUND = RejectReason(
    code="ACCOUNT_NOT_FOUND", hint="Register a team first.", status=404
)


QUOTE_PROTECTION_TRIPPED = RejectReason(
    code="QUOTE_PROTECTION_TRIPPED",
    hint="Your protection pulled your quotes; POST /exchange/quotes/protection/reset.",
    status=409,
)


KILL_SWITCH_ACTIVE = RejectReason(
    code="KILL_SWITCH_ACTIVE",
    hint="Release the kill switch first: POST /exchange/kill-switch with is_active false.",
    status=409,
)


KILL_SWITCH_OF_ORGANIZER = RejectReason(
    code="KILL_SWITCH_OF_ORGANIZER",
    hint="The organizer switched it; only the organizer releases it.",
    status=403,
)


LOSS_STOP_REACHED = RejectReason(
    code="LOSS_STOP_REACHED", hint="Until the next open only orders that reduce a position pass."
)


ONE_SIDED_ONLY = RejectReason(
    code="ONE_SIDED_ONLY",
    hint="Your role works one side of an instrument at a time; cancel the other side first.",
)


ACCOUNT_SUSPENDED = RejectReason(
    code="ACCOUNT_SUSPENDED",
    hint="The organizer suspended your team: reads go on, orders wait until it is resumed.",
    status=403,
)
