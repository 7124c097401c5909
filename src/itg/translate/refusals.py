"""Refusals as problems, and every code with the status that goes with it."""

from collections.abc import Iterable
from types import ModuleType

from itg.exchange import contract as exchange_contract
from itg.game import contract as game_contract
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import to_micros
from itg.market_data import contract as market_data_contract
from itg.news import contract as news_contract
from itg.positions import contract as positions_contract

_CONTRACTS: tuple[ModuleType, ...] = (
    exchange_contract,
    positions_contract,
    market_data_contract,
    game_contract,
    news_contract,
)
# Numbers of these refusals are price units or cash; of all others contracts.
_PRICE_CODES = frozenset(
    {
        exchange_contract.INVALID_PRICE.code,
        exchange_contract.PRICE_OUTSIDE_BAND.code,
        positions_contract.QUOTE_SPREAD_EXCEEDED.code,
        positions_contract.LOSS_STOP_REACHED.code,
    }
)
# Numbers of these are instants in ns.
_TIME_CODES = frozenset({exchange_contract.INVALID_EXPIRY.code})
# Fields of commands that have another name on the wire.
_WIRE_FIELDS = {
    "expires_ns": "expires_us",
    "effective_ns": "effective_us",
    "orig_client_order_id": "client_order_id",
    "account_id": "team_id",
}

Number = float | int | None


def reasons_of(modules: Iterable[ModuleType]) -> dict[str, RejectReason]:
    """Return the reasons a module offers, by code, in name order.

    Two constants may share a code, never a status.
    """
    found: dict[str, RejectReason] = {}
    for module in modules:
        for name in sorted(vars(module)):
            reason = vars(module)[name]
            if isinstance(reason, RejectReason):
                known = found.setdefault(reason.code, reason)
                assert known.status == reason.status, f"{reason.code} has two statuses"
    return found


CONTRACT_REASONS = reasons_of(_CONTRACTS)


def numbers_of(refusal: Refusal) -> tuple[Number, Number, Number, Number]:
    """Return limit, current, requested and allowed in the wire's units."""
    values = (refusal.limit, refusal.current, refusal.requested, refusal.allowed)
    limit, current, requested, allowed = (_number_of(refusal.code, value) for value in values)
    return limit, current, requested, allowed


def _number_of(code: str, value: int | None) -> Number:
    if value is None:
        return None
    if code in _TIME_CODES:
        return to_micros(value)
    return value / PRICE_SCALE if code in _PRICE_CODES else value


def pointer_to(field: str) -> str:
    """Return the JSON pointer to the wire's field that a command's field came from."""
    return f"/{_WIRE_FIELDS.get(field, field)}"
