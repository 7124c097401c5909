"""Market-maker protection between the wire's units and the contract's."""

from itg.kernel.ids import AccountId
from itg.kernel.times import NS_PER_MS, Nanos
from itg.positions.contract import QuoteProtection, SetQuoteProtection
from itg.wire.v1.orders import ProtectionBody, ProtectionRequest

# Deltas of the contract are 1e-6 of the leader's equivalents.
_DELTA_SCALE = 1_000_000


def set_quote_protection(account_id: AccountId, request: ProtectionRequest) -> SetQuoteProtection:
    """Return the command that sets an account's protection; a delta is rounded to 1e-6."""
    delta_max = request.delta_max
    return SetQuoteProtection(
        account_id=account_id,
        window_ns=Nanos(request.window_ms * NS_PER_MS),
        contracts_max=request.contracts_max,
        delta_max=None if delta_max is None else max(1, round(delta_max * _DELTA_SCALE)),
    )


def protection_body(protection: QuoteProtection | None) -> ProtectionBody:
    """Return an account's protection; None, or one without a window, is off."""
    if protection is None or not protection.window_ns:
        return ProtectionBody()
    delta_max = protection.delta_max
    return ProtectionBody(
        window_ms=protection.window_ns // NS_PER_MS,
        contracts_max=protection.contracts_max,
        delta_max=None if delta_max is None else delta_max / _DELTA_SCALE,
        contracts_traded=protection.contracts_traded,
        delta_traded=protection.delta_traded / _DELTA_SCALE,
        is_tripped=protection.is_tripped,
    )
