"""A bot's commands as the services', and what came of them; read as strictly as from a socket."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct, ValidationError, json

from itg.client.commands import BotCommand
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Command, Message
from itg.positions.contract import (
    AccountCancelRejected,
    AccountReplaceRejected,
    RequestQuotePull,
    fold_answer,
)
from itg.translate.numbers import UnfitFieldError
from itg.translate.orders import (
    refusal_of_quotes,
    request_cancel,
    request_mass_cancel,
    reserve_order,
    reserve_quotes,
    reserve_replace,
)
from itg.translate.refusals import CONTRACT_REASONS, numbers_of
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.orders import QuotesRequest
from itg.wire.v1.socket import CancelAllParams, CancelParams, PlaceParams, PullParams, ReplaceParams

P = TypeVar("P", bound=Struct)
Ask = Callable[[AccountId, bytes], Command]
Refused = Callable[[AccountId, Sequence[Message]], Refusal | None]
INVALID_FIELD = "INVALID_FIELD"


def command_of(account_id: AccountId, command: BotCommand) -> Command | RejectedPush:
    """Return what a bot's command asks of the services, or why it cannot be read."""
    try:
        return _ASKS[command.method](account_id, json.encode(command.params))
    except UnfitFieldError as error:
        return _told(error.reason.code, str(error), command)
    except ValidationError as error:
        return _told(INVALID_FIELD, str(error), command)


def rejection_in(
    account_id: AccountId, command: BotCommand, outputs: Sequence[Message]
) -> RejectedPush | None:
    """Return why a command was refused, by what it caused; None if it was not."""
    look = _REFUSALS.get(command.method)
    refusal = None if look is None else look(account_id, outputs)
    if refusal is None:
        return None
    limit, current, requested, allowed = numbers_of(refusal)
    return RejectedPush(
        code=refusal.code,
        detail=refusal.detail or CONTRACT_REASONS[refusal.code].hint,
        client_order_id=command.key or None,
        limit=limit,
        current=current,
        requested=requested,
        allowed=allowed,
        retry_after_ms=refusal.retry_after_ms,
    )


def _read(kind: type[P], make: Callable[[AccountId, P], Command]) -> Ask:
    decode = json.Decoder(kind).decode
    return lambda account_id, text: make(account_id, decode(text))


def _pull(account_id: AccountId, params: PullParams) -> RequestQuotePull:
    name = params.instrument_id
    return RequestQuotePull(
        account_id=account_id, instrument_id=None if name is None else InstrumentId(name)
    )


_ASKS: dict[str, Ask] = {
    "order.place": _read(PlaceParams, reserve_order),
    "order.replace": _read(ReplaceParams, reserve_replace),
    "order.cancel": _read(CancelParams, request_cancel),
    "order.cancel_all": _read(CancelAllParams, request_mass_cancel),
    "quote.set": _read(QuotesRequest, reserve_quotes),
    "quote.pull": _read(PullParams, _pull),
}


def _of_placement(account_id: AccountId, outputs: Sequence[Message]) -> Refusal | None:
    answer = fold_answer(outputs, account_id)
    return None if answer is None else answer.refusal


def _of_change(kind: type[AccountReplaceRejected | AccountCancelRejected]) -> Refused:
    def look(account_id: AccountId, outputs: Sequence[Message]) -> Refusal | None:
        for output in outputs:
            if isinstance(output, kind) and output.account_id == account_id:
                return output.refusal
        return None

    return look


_REFUSALS: dict[str, Refused] = {
    "order.place": _of_placement,
    "order.replace": _of_change(AccountReplaceRejected),
    "order.cancel": _of_change(AccountCancelRejected),
    "quote.set": refusal_of_quotes,
}


def _told(code: str, detail: str, command: BotCommand) -> RejectedPush:
    return RejectedPush(code=code, detail=detail, client_order_id=command.key or None)
