"""Why the exchange refuses."""

from itg.kernel.errors import RejectReason

INVALID_INSTRUMENT = RejectReason(
    code="INVALID_INSTRUMENT", hint="Use an instrument_id of GET /exchange/instruments."
)


INVALID_PRICE = RejectReason(
    code="INVALID_PRICE",
    hint="Send a price of at least one tick that lies on the instrument's tick grid.",
)


MISSING_PRICE = RejectReason(code="MISSING_PRICE", hint="A limit order needs a price.")


UNEXPECTED_PRICE = RejectReason(
    code="UNEXPECTED_PRICE",
    hint="A market order has no price; drop the price or send a limit order.",
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


EXCHANGE_ORDER_TYPE_NOT_OFFERED = RejectReason(
    code="ORDER_TYPE_NOT_ALLOWED", hint="Use limit or market; day, ioc or fok."
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
