"""What correcting a trade would change, told before it is done."""

import asyncio
from collections.abc import Sequence

from itg.game.contract import CorrectTrade, GetGame, Scope
from itg.gateway.calls import Answer, Call, refused
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act_on
from itg.gateway.problems import problem_of, problem_of_refusal
from itg.gateway.reasons import INTERNAL_ERROR, PREVIEW_UNAVAILABLE
from itg.kernel.ids import TradeId
from itg.kernel.messages import Reply
from itg.translate.corrections import Tried
from itg.translate.numbers import optional_price_in
from itg.wire.v1.corrections import BustPreviewBody, BustPreviewParams, BustPreviewRequest


def _preview(gateway: Gateway, call: Call, params: BustPreviewParams) -> None:
    command = CorrectTrade(
        trade_id=TradeId(params.trade_id), price=optional_price_in(params.price, "/price")
    )
    # Taken in the same breath as the read, whose answer comes when all that it saw is durable.
    trial = gateway.trials.take(command)

    def then(_: Sequence[Reply]) -> None:
        tried = asyncio.ensure_future(trial())
        tried.add_done_callback(lambda done: call.reply(_answer_of(done)))

    gateway.look(call, (GetGame(),), then)


def _answer_of(done: asyncio.Future[Tried]) -> Answer:
    if done.cancelled() or done.exception() is not None:
        return refused(problem_of(INTERNAL_ERROR))
    tried = done.result()
    if tried.refusal is not None:
        return refused(problem_of_refusal(tried.refusal))
    if tried.fault:
        return refused(problem_of(PREVIEW_UNAVAILABLE, tried.fault))
    return Answer(200, tried.body.encode())


OPERATIONS: tuple[Operation, ...] = (
    act_on(
        Route(
            name="admin.bust_preview",
            method="POST",
            path="/admin/trades/{trade_id}/bust/preview",
            summary="Try a bust, or a move to another price, on a copy; the game does not change.",
            result=BustPreviewBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        BustPreviewParams,
        BustPreviewRequest,
        _preview,
    ),
)
