"""Registering a team as the organizer does, from within the process."""

import asyncio

from itg.game.contract import RegisterTeam, RegistrationRejected
from itg.gateway.auth import digest_of, fresh_key
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.problems import RefusedError, problem_of_refusal
from itg.kernel.ids import Role
from itg.runtime.envelope import Record


async def enrol(gateway: Gateway, team_name: str, role: Role) -> str:
    """Register a team as the organizer does and return its key; raises `RefusedError`."""
    api_key = fresh_key()
    settled: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
    key_hash = digest_of(api_key.encode())
    command = RegisterTeam(team_name=team_name, role=role, key_hash=key_hash, by_organizer=True)
    gateway.pump.submit(command, on_release=settled.set_result)
    record = await settled
    rejected = first_of(RegistrationRejected, record.outputs)
    if rejected is not None:
        raise RefusedError(problem_of_refusal(rejected.refusal))
    return api_key
