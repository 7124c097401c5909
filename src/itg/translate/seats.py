"""What an organizer did to an account, and a role's rules as a request changes them."""

from typing import assert_never

import msgspec
from msgspec import structs

from itg.game.contract import INVALID_RULE
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_S
from itg.positions.contract import (
    AccountAdjusted,
    AccountReseated,
    AccountSuspensionChanged,
    AnyConstraint,
    RoleRules,
)
from itg.translate.numbers import UnfitFieldError, optional_price_in, usd
from itg.wire.v1.account import AdjustedPush, HandedOverBody, PrivateType, ReseatedPush, SuspendPush
from itg.wire.v1.orders import Body
from itg.wire.v1.organizing import ConstraintChange, RoleChangeRequest

AnySeatEvent = AccountReseated | AccountAdjusted | AccountSuspensionChanged
_MONEY = ("min_width", "ask_alone_below", "max_loss")
_PPM = 1_000_000
_LARGEST = 10**9


def seat_push(event: AnySeatEvent) -> tuple[PrivateType, Body]:
    """Return what happened to an account as type and data of a push on `private`."""
    match event:
        case AccountReseated():
            return "account.reseated", ReseatedPush(
                role=event.role,
                cash=usd(event.cash),
                cash_changed=usd(event.cash_changed),
                handed_over=[
                    HandedOverBody(
                        instrument_id=handed.instrument_id,
                        net_quantity=handed.net_quantity,
                        price=usd(handed.price),
                    )
                    for handed in event.handed_over
                ],
            )
        case AccountAdjusted():
            return "account.adjusted", AdjustedPush(
                cash=usd(event.cash),
                instrument_id=event.instrument_id,
                quantity=event.quantity,
                price=usd(event.price),
            )
        case AccountSuspensionChanged():
            return "suspension.changed", SuspendPush(is_suspended=event.is_suspended)
        case _:
            assert_never(event)


def changed_rules(rules: RoleRules, asked: RoleChangeRequest) -> RoleRules:
    """Return a role's rules with what a request changes; `UnfitFieldError` naming what cannot be.

    A rule is named by its kind and has the fields that `GET /game/rules` shows, in their units.
    """
    constraints = list(rules.constraints)
    for number, row in enumerate(asked.constraints):
        place = _place_of(constraints, row, f"/constraints/{number}/kind")
        constraints[place] = _changed(constraints[place], row, f"/constraints/{number}")
    maker = optional_price_in(asked.maker_fee, "/maker_fee")
    taker = optional_price_in(asked.taker_fee, "/taker_fee")
    return structs.replace(
        rules,
        maker_fee=rules.maker_fee if maker is None else maker,
        taker_fee=rules.taker_fee if taker is None else taker,
        constraints=tuple(constraints),
    )


def _place_of(constraints: list[AnyConstraint], row: ConstraintChange, pointer: str) -> int:
    kinds = [_kind_of(constraint) for constraint in constraints]
    kind = row.get("kind")
    if not isinstance(kind, str) or kinds.count(kind) != 1:
        known = ", ".join(kind for kind in kinds if kinds.count(kind) == 1)
        raise UnfitFieldError(
            pointer, f"no rule {kind!r} of this role; it has {known}", INVALID_RULE
        )
    return kinds.index(kind)


def _kind_of(constraint: AnyConstraint) -> str:
    return str(constraint.__struct_config__.tag)


def _changed(constraint: AnyConstraint, row: ConstraintChange, pointer: str) -> AnyConstraint:
    fields: dict[str, object] = msgspec.to_builtins(constraint)
    for name, value in row.items():
        if name != "kind":
            field, number = _in_units(constraint, name, value, f"{pointer}/{name}")
            fields[field] = number
    try:
        return msgspec.convert(fields, type(constraint))
    except msgspec.ValidationError as error:
        raise UnfitFieldError(pointer, str(error), INVALID_RULE) from error


def _in_units(
    constraint: AnyConstraint, name: str, value: object, pointer: str
) -> tuple[str, object]:
    known = constraint.__struct_fields__
    span = f"{name.removesuffix('_s')}_ns"
    if name == "weights" or (name not in known and span not in known):
        shown = ", ".join(f.replace("_ns", "_s") for f in known if f != "weights")
        raise UnfitFieldError(pointer, f"no such field; there are {shown}", INVALID_RULE)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return name, value
    if not 0 <= value <= _LARGEST:
        raise UnfitFieldError(pointer, f"{value} is not between 0 and {_LARGEST}", INVALID_RULE)
    if span in known:
        return span, round(value * NS_PER_S)
    if name in _MONEY:
        return name, round(value * PRICE_SCALE)
    return name, round(value * _PPM) if name == "max_delta" else value
