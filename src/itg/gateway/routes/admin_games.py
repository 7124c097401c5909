"""The next game made ready from the console of this one."""

from itg.game.contract import NoteGame, Scope
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act
from itg.gateway.problems import RefusedError
from itg.gateway.round_files import RoundFiles
from itg.gateway.routes.admin_dry_runs import assert_one_choice
from itg.wire.v1.preparing import NewGameBody, NewGameRequest


def _prepare(gateway: Gateway, call: Call, params: NewGameRequest) -> None:
    assert_one_choice(params.scenario, params.text)
    made: list[NewGameBody] = []

    def make(_: RoundFiles) -> Answer:
        made.append(gateway.office.prepare(params))
        return Answer(201)

    def note(answer: Answer) -> None:
        if not made:
            call.reply(answer)
            return
        (body,) = made
        command = NoteGame(game_name=body.name, commitment=body.commitment, reason=params.reason)
        try:
            gateway.send(call, command, lambda _: done(body, 201))
        except RefusedError as error:  # nobody above hears it; asked again, nothing is made twice
            call.reply(refused(error.problem))

    gateway.round_files.run(call.answered_by(note), object(), make)


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="admin.new_game",
            method="POST",
            path="/admin/games",
            summary="Make another game ready beside this one, as `itg game new` does.",
            result=NewGameBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
        ),
        NewGameRequest,
        _prepare,
    ),
)
