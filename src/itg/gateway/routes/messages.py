"""What organizers tell the teams: at once on `system`, and to be read again."""

from collections.abc import Sequence

from itg.game.contract import (
    GetMessages,
    Messages,
    MessageSent,
    Scope,
    SendMessage,
    SentMessage,
)
from itg.gateway.calls import Answer, Call, done
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.routes.admin import acted
from itg.kernel.ids import TeamId
from itg.kernel.messages import Reply
from itg.runtime.envelope import Record
from itg.translate.organizing import message_body
from itg.wire.v1.organizing import MessageBody, MessagePage, MessageRequest, MessagesParams


def _send(gateway: Gateway, call: Call, params: MessageRequest) -> None:
    team_id = None if params.team_id is None else TeamId(params.team_id)
    command = SendMessage(text=params.text, team_id=team_id, reason=params.reason)

    def compose(record: Record) -> Answer:
        sent = first_of(MessageSent, record.outputs)
        if sent is None:
            return acted(record)
        told = SentMessage(
            message_id=sent.message_id,
            sent_ns=record.game_ns,
            text=sent.text,
            team_id=sent.team_id,
        )
        return done(message_body(told), 201)

    gateway.send(call, command, compose)


def _list(gateway: Gateway, call: Call, params: MessagesParams) -> None:
    # Only an organizer reads what other teams were told; a researcher is told what all are.
    is_organizer = Scope.ADMIN in call.caller.scopes
    team_id = None if is_organizer else call.caller.team_id or TeamId("")
    query = GetMessages(team_id=team_id, after_id=params.since_id)

    def compose(replies: Sequence[Reply]) -> Answer:
        messages = reply_of(Messages, replies).messages
        items = [message_body(message) for message in messages]
        return done(MessagePage(items=items, next_cursor=None))

    gateway.read(call, (query,), compose)


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="messages.list",
            method="GET",
            path="/game/messages",
            summary="List what the organizer told the team and all, newest last.",
            result=MessagePage,
        ),
        MessagesParams,
        _list,
    ),
    act(
        Route(
            name="admin.message",
            method="POST",
            path="/admin/messages",
            summary="Tell a team something, or all of them.",
            result=MessageBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
        ),
        MessageRequest,
        _send,
    ),
)
