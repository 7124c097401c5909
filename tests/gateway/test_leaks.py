"""What is hidden stays inside: outcomes, regimes, jumps, errors ahead, noise-free prices."""

import pytest
from msgspec import structs
from tests.gateway.house import ADMIN_KEY, Team, socket_of
from tests.gateway.informed import LEAD_S, TABLE, WARNED, InformedHouse
from tests.gateway.test_every_event import HIDDEN, published_kinds

from itg.game.contract import Scope
from itg.gateway.routes.table import OPERATIONS
from itg.kernel.ids import Role
from itg.news.contract import NewsOutcome
from itg.wire.v1.channels import CHANNELS
from itg.wire.v1.orders import Body

# The words of hidden facts; a forecast's own `is_shift` says what is predicted.
SECRET = {"outcome", "shift_draw", "jump_ppm", "is_correct", "truth", "error_ahead", "is_true"}
JUMP = 0.0123


def names_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for member in value.values() for name in names_in(member)}
    if isinstance(value, list):
        return {name for member in value for name in names_in(member)}
    return set()


def numbers_in(value: object) -> set[float]:
    if isinstance(value, dict):
        return numbers_in([*value.values()])
    if isinstance(value, list):
        return {number for member in value for number in numbers_in(member)}
    return {value} if isinstance(value, int | float) else set()


def test_no_hidden_class_is_published_at_all() -> None:
    assert not {kind.__name__ for kind in published_kinds()} & {
        "NewsScheduled",
        "NewsCanceled",
        "RegimeChanged",
        "JumpOccurred",
        "TrackingErrorsStepped",
        "SignalJudged",
    }
    assert not published_kinds() & HIDDEN


def test_no_body_and_no_push_has_a_field_for_a_secret() -> None:
    kinds: set[type[Body]] = {push.data for row in CHANNELS for push in row.pushes}
    kinds |= {operation.route.result for operation in OPERATIONS}
    secret = SECRET | {field.name for field in structs.fields(NewsOutcome)} - {"is_shift"}
    for kind in kinds:
        assert not {field.encode_name for field in structs.fields(kind)} & secret, kind
    shifty = {k.__name__ for k in kinds if "is_shift" in k.__struct_fields__}
    assert shifty == {"VolatilityPush"}


async def test_a_session_of_news_and_signals_tells_no_outcome_to_anybody() -> None:
    async with InformedHouse() as house:
        await house.open_market()
        teams = {
            role: await house.register(f"team {role}", role)
            for role in house.gateway.directory.roles
        }
        told: list[object] = []
        channels = ["private", "events", "signals", "chain.SPX", "prices", "phase", "trades.*"]
        async with (
            teams[Role(WARNED)].socket(*channels) as socket,
            socket_of(house, ADMIN_KEY, "/events/stream") as organizer,
        ):
            for is_shift in (True, False):
                answer = await house.trigger(
                    effective_in_s=LEAD_S + 2, is_shift=is_shift, jump=JUMP
                )
                told.append(answer.json)
                told.append((await house.organize("GET", "/events/scheduled")).json)
                await socket.push("signals", "volatility")
                told.append(await socket.push("events", "news"))
                told.append(await organizer.push("events", "news"))
            told += [*socket.pushes, *organizer.pushes]
        told += [await read(team, path) for team in teams.values() for path in reads()]
        told += [(await house.organize("GET", path)).json for path in reads()]
    assert any("outcome" in repr(record.outputs) for record in house.records), "there is a truth"
    assert not names_in(told) & SECRET
    # Nor is the jump that the organizer fixed anywhere, in whatever unit.
    assert not numbers_in(told) & {JUMP, -JUMP, round(JUMP * 1_000_000), round(JUMP * 1e9)}
    assert {shift.get("type") for shift in shifts_in(told)} == {"volatility"}


async def read(team: Team, path: str) -> object:
    return (await team.call("GET", path)).json


def reads() -> list[str]:
    """Return every read that needs no name of a thing, and those of the world by name."""
    plain_reads = [
        o.route.path
        for o in OPERATIONS
        if o.route.method == "GET" and not o.route.path_fields and o.route.scope is not Scope.ADMIN
    ]
    named = ["/market/chains/SPX", "/market/surface/SPX", "/prices/SPX/history"]
    return [*plain_reads, *named]


def shifts_in(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        own = [value] if "is_shift" in value else []
        return own + [found for member in value.values() for found in shifts_in(member)]
    if isinstance(value, list):
        return [found for member in value for found in shifts_in(member)]
    return []


@pytest.mark.parametrize("role", ["market_maker", "arbitrage_desk"])
async def test_other_roles_learn_nothing_of_a_signal_on_any_channel(role: str) -> None:
    async with InformedHouse() as house:
        await house.open_market()
        other = await house.register("other", role)
        channels = ["private", "events", "signals", "chain.SPX", "prices", "phase", "trades.*"]
        async with other.socket(*channels) as socket:
            before = len(socket.pushes)
            await house.trigger(TABLE[1].headline_id, effective_in_s=LEAD_S + 2)
            while (news := await socket.frame())["channel"] != "events":
                socket.pushes.append(news)
            heard = [p for p in socket.pushes[before:] if p.get("type") != "snapshot"]
        assert heard == []
