"""Keys of those without a team: who has one, and how one ends."""

from collections.abc import Sequence

from itg.game.contract import GetKeys, IssuedKeys, KeyRevoked, RevokeKey, Scope
from itg.gateway.calls import Answer, Call, done
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, parameterless
from itg.gateway.routes.admin import acted
from itg.kernel.messages import Reply
from itg.runtime.envelope import Record
from itg.wire.v1.keys import KeyItem, KeyPage, RevokedKeyBody, RevokeKeyRequest


def _list(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        items = [
            KeyItem(
                key_name=key.key_name,
                key_number=key.key_number,
                scopes=[scope.value for scope in key.scopes],
            )
            for key in reply_of(IssuedKeys, replies).keys
        ]
        return done(KeyPage(items=items))

    gateway.read(call, (GetKeys(),), compose)


def _revoke(gateway: Gateway, call: Call, params: RevokeKeyRequest) -> None:
    command = RevokeKey(key_name=params.key_name, reason=params.reason)

    def compose(record: Record) -> Answer:
        revoked = first_of(KeyRevoked, record.outputs)
        if revoked is None:
            return acted(record)
        body = RevokedKeyBody(key_name=revoked.key_name, revoked=len(revoked.key_numbers))
        return done(body)

    gateway.send(call, command, compose)


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="admin.keys",
            method="GET",
            path="/admin/keys",
            summary="List whose keys without a team work: organizers' and researchers'.",
            result=KeyPage,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        _list,
    ),
    act(
        Route(
            name="admin.revoke_key",
            method="POST",
            path="/admin/keys/revoke",
            summary="Let a researcher's or an organizer's key work no more; its sockets end.",
            result=RevokedKeyBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        RevokeKeyRequest,
        _revoke,
    ),
)
