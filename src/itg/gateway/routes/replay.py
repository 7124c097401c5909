"""An ended round told again: its table of contents, and one stretch of it after the other."""

from itg.gateway.calls import Answer, Call, done
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import CHUNK_NOT_FOUND
from itg.gateway.routes.after_round import account_of
from itg.gateway.routes.exports import when_ended
from itg.kernel.ids import AccountId
from itg.wire.v1.replay import ReplayBody, ReplayChunkBody, ReplayChunkParams, ReplayParams

_HEADERS = ((b"cache-control", b"no-store"),)


def _replay(gateway: Gateway, call: Call, params: ReplayParams) -> None:
    viewer = _viewer(gateway, call, params.team_id)

    replays = gateway.round_files.replays

    def make() -> Answer:
        return done(replays.of(params.round_id).contents(viewer), 200, _HEADERS)

    kind = (params.round_id, viewer)
    when_ended(gateway, call, params.round_id, lambda: replays.run(call, kind, make))


def _chunk(gateway: Gateway, call: Call, params: ReplayChunkParams) -> None:
    viewer = _viewer(gateway, call, params.team_id)

    replays = gateway.round_files.replays

    def make() -> Answer:
        body = replays.of(params.round_id).chunk(params.chunk, viewer)
        if body is None:
            detail = f"round {params.round_id} has no chunk {params.chunk}"
            raise RefusedError(problem_of(CHUNK_NOT_FOUND, detail))
        return Answer(200, body, _HEADERS)

    kind = (params.round_id, viewer, params.chunk)
    when_ended(gateway, call, params.round_id, lambda: replays.run(call, kind, make))


def _viewer(gateway: Gateway, call: Call, team_id: str | None) -> AccountId | None:
    # Who has no team, and names none, sees what everybody saw.
    return call.caller.account_id if team_id is None else account_of(gateway, call, team_id)


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="rounds.replay",
            method="GET",
            path="/game/rounds/{round_id}/replay",
            summary="List the chunks of an ended round's replay, and its timeline.",
            result=ReplayBody,
            on_socket=False,
        ),
        ReplayParams,
        _replay,
    ),
    read(
        Route(
            name="rounds.replay_chunk",
            method="GET",
            path="/game/rounds/{round_id}/replay/{chunk}",
            summary="Read one chunk of a replay: what stood before it, and every step of it.",
            result=ReplayChunkBody,
            on_socket=False,
        ),
        ReplayChunkParams,
        _chunk,
    ),
)
