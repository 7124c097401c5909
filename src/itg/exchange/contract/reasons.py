"""Why the exchange refuses."""

from itg.kernel.errors import RejectReason

INVALID_INSTRUMENT = RejectReason(
    code="INVALID_INSTRUMENT", hint="Use an instrument_id of GET /exchange/instruments."
)


INVALID_PRICE = RejectReason(
    code="INVALID_PRICE",
    hint="Send a price of at least one tick that lies on the instrument's tick grid.",
)


MISSING_PRICE = RejectReason(
    code="MISSING_PRICE",
    hint="limit and stop_limit need a price, stop and stop_limit a stop_price.",
)


UNEXPECTED_PRICE = RejectReason(
    code="UNEXPECTED_PRICE",
    hint="market and stop have no price, limit and market no stop_price; drop it or the type.",
)


INVALID_QUANTITY = RejectReason(
    code="INVALID_QUANTITY",
    hint="Send a whole number of contracts above zero (a replace: above what is filled).",
)


INVALID_QUOTE = RejectReason(
    code="INVALID_QUOTE", hint="A quote side needs price and quantity together, and bid below ask."
)


WRONG_PHASE = RejectReason(
    code="WRONG_PHASE",
    hint="The market's phase does not take this; see GET /exchange/status.",
    status=409,
)


POST_ONLY_WOULD_TAKE = RejectReason(
    code="POST_ONLY_WOULD_TAKE",
    hint="The order would trade at once; price it behind the other side.",
)


ORDER_NOT_FOUND = RejectReason(
    code="ORDER_NOT_FOUND", hint="No such order of yours; see GET /exchange/orders.", status=404
)


ORDER_ALREADY_DONE = RejectReason(
    code="ORDER_ALREADY_DONE", hint="The order is filled, canceled or expired.", status=409
)


REVISION_MISMATCH = RejectReason(
    code="REVISION_MISMATCH", hint="The order changed since you read it; read it again.", status=409
)


ILLEGAL_PHASE_MOVE = RejectReason(
    code="ILLEGAL_PHASE_MOVE",
    hint="closed, pre_open, opening_auction, continuous, closed; to pre_open only through closed.",
    status=409,
)


TERMS_CONFLICT = RejectReason(
    code="TERMS_CONFLICT", hint="These terms exclude each other; see the table of order types."
)


INVALID_EXPIRY = RejectReason(
    code="INVALID_EXPIRY", hint="gtt needs an expires_us after now; no other time in force has one."
)


PRICE_OUTSIDE_BAND = RejectReason(
    code="PRICE_OUTSIDE_BAND",
    hint="A buy above, or a sell below, the collar around theory; allowed is the edge.",
)


ORDER_PENDING = RejectReason(
    code="ORDER_PENDING",
    hint="The order waits for the jump guard's end; cancel it or wait, it cannot be replaced.",
    status=409,
)


NOT_HALTED = RejectReason(
    code="NOT_HALTED", hint="Only what is halted can resume; see GET /exchange/status.", status=409
)


TRADE_NOT_FOUND = RejectReason(
    code="TRADE_NOT_FOUND",
    hint="Name one of the last 10,000 trades; see GET /exchange/trades.",
    status=404,
)


TRADE_ALREADY_BUSTED = RejectReason(
    code="TRADE_ALREADY_BUSTED", hint="A trade is busted or adjusted once.", status=409
)
