"""The organizer's hand on the market: halts, busts, and the audit of every act."""

from collections.abc import Sequence

from itg.exchange.contract import (
    BustRejected,
    HaltRejected,
    TradeBusted,
    TradingHalted,
    TradingResumed,
)
from itg.game.contract import (
    AuditTrail,
    CorrectTrade,
    GetAudit,
    HaltMarket,
    ResumeMarket,
    Scope,
)
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.cursors import cursor_of, place_of
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, act_on, read
from itg.gateway.problems import RefusedError, problem_of, problem_of_refusal
from itg.gateway.routes.admin import acted
from itg.kernel.ids import TradeId, UnderlyingId
from itg.kernel.messages import Reply
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import UNDERLYING_NOT_FOUND
from itg.runtime.envelope import Record
from itg.translate.game import audit_body
from itg.translate.numbers import optional_price_in
from itg.translate.organizing import busted_body, moved_bodies
from itg.wire.v1.game import (
    AuditPage,
    BustedBody,
    BustParams,
    BustRequest,
    HaltedBody,
    HaltRequest,
)
from itg.wire.v1.reads import AuditParams


def _halt(gateway: Gateway, call: Call, params: HaltRequest) -> None:
    def compose(record: Record) -> Answer:
        answer = acted(record)
        if answer.problem is not None:
            return answer
        moved = [o for o in record.outputs if isinstance(o, TradingHalted | TradingResumed)]
        rejected = first_of(HaltRejected, record.outputs)
        # One shard of two may be halted already; only where nothing moved was the act refused.
        if rejected is not None and not moved:
            return refused(problem_of_refusal(rejected.refusal))
        return done(HaltedBody(action=params.action, items=moved_bodies(moved)))

    gateway.send(call, _halt_command(gateway, params), compose)


def _halt_command(gateway: Gateway, params: HaltRequest) -> HaltMarket | ResumeMarket:
    if params.instrument_id is not None and params.underlying_id is not None:
        raise field_fault("/underlying_id", "name an instrument, an underlying or neither")
    name, underlying = params.instrument_id, params.underlying_id
    if underlying is not None and underlying not in gateway.directory.shards:
        raise RefusedError(problem_of(UNDERLYING_NOT_FOUND, f"no underlying {underlying[:64]}"))
    instrument_id = None if name is None else gateway.assert_listed(name)
    underlying_id = None if underlying is None else UnderlyingId(underlying)
    if params.action == "resume":
        if params.halt_s is not None:
            raise field_fault("/halt_s", "goes with a halt only")
        return ResumeMarket(
            instrument_id=instrument_id, underlying_id=underlying_id, reason=params.reason
        )
    return HaltMarket(
        instrument_id=instrument_id,
        underlying_id=underlying_id,
        halt_ns=None if params.halt_s is None else Nanos(params.halt_s * NS_PER_S),
        reason=params.reason,
    )


def _bust(gateway: Gateway, call: Call, params: BustParams) -> None:
    command = CorrectTrade(
        trade_id=TradeId(params.trade_id),
        price=optional_price_in(params.price, "/price"),
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        answer = acted(record)
        if answer.problem is not None:
            return answer
        rejected = first_of(BustRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        busted = first_of(TradeBusted, record.outputs)
        assert busted is not None, "every bust is answered"
        return done(busted_body(busted))

    gateway.send(call, command, compose)


def _list_audit(gateway: Gateway, call: Call, params: AuditParams) -> None:
    since = place_of(params.cursor).get("seq", params.since_seq or 0)

    def compose(replies: Sequence[Reply]) -> Answer:
        entries = reply_of(AuditTrail, replies).entries
        is_full = len(entries) == params.limit
        return done(
            AuditPage(
                items=[audit_body(entry) for entry in entries],
                next_cursor=cursor_of({"seq": entries[-1].audit_seq}) if is_full else None,
            )
        )

    gateway.read(call, (GetAudit(after_seq=since, count=params.limit),), compose)


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="admin.halt",
            method="POST",
            path="/admin/halts",
            summary="Halt or resume an instrument, an underlying with its series, or everything.",
            result=HaltedBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        HaltRequest,
        _halt,
    ),
    act_on(
        Route(
            name="admin.bust",
            method="POST",
            path="/admin/trades/{trade_id}/bust",
            summary="Bust a trade, or move it to another price; once.",
            result=BustedBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        BustParams,
        BustRequest,
        _bust,
    ),
    read(
        Route(
            name="admin.audit",
            method="GET",
            path="/admin/audit",
            summary="List the organizer's acts and the teams' kill switches, newest last.",
            result=AuditPage,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        AuditParams,
        _list_audit,
    ),
)
