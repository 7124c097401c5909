"""A gateway begins beside nodes that do not answer just then."""

import pytest
from tests.gateway.house import House

from itg.gateway import Gateway


async def test_a_first_question_whose_answers_are_lost_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(House, "topology", "services")
    async with House() as house:
        team = await house.register("Tulip Traders")
        assert house.ensemble is not None
        lost: list[str] = []

        def loses(subject: str, body: bytes) -> bool:
            # As often as a link itself asks again, and the question is given up.
            is_lost = subject.startswith("late.") and b"Replied" in body and len(lost) < 4
            if is_lost:
                lost.append(subject)
            return is_lost

        house.ensemble.carrier.loses = loses
        door = house.ensemble.door("late")
        gateway = Gateway(door, house.settings)
        await door.start(gateway.publish, on_return=lambda: None, deadline_s=5)
        try:
            await gateway.start()
            assert gateway.is_ready
            assert team.team_id in gateway.directory.teams
        finally:
            await gateway.stop()
            await door.stop()
        assert len(lost) == 4
