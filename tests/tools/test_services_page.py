"""The page of services is a service's whole interface."""

import re
from pathlib import Path

import pytest

from itg.compose.services import services_of
from itg.kernel.ids import Shard
from itg.runtime.service import Service

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "services.md"
SERVICES = {service.name: service for service in services_of([Shard(0)])}


def section(name: str) -> str:
    return PAGE.read_text(encoding="utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def listed(name: str, title: str) -> set[str]:
    """Return the messages of one table of a service's section."""
    rows = section(name).partition(f"| {title} | of | |\n")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` ", rows, re.MULTILINE))


def test_the_page_has_the_services_of_a_game_and_no_other() -> None:
    headings = re.findall(r"^## (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(SERVICES)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_command_event_and_query_of_a_service_is_listed(service: Service) -> None:
    taken = listed(service.name, "command it takes") | listed(service.name, "event it hears")
    told = listed(service.name, "command it sends") | listed(service.name, "event it tells")
    assert taken == {kind.__name__ for kind in service.accepts}
    assert told == {kind.__name__ for kind in service.emits}
    assert listed(service.name, "query it answers") == {kind.__name__ for kind in service.answers}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_what_it_owns_and_what_it_leaves_to_others(name: str) -> None:
    text = section(name)
    owns = re.findall(r"^- (.+)$", text.partition("**Does not own:**")[0], re.MULTILINE)
    leaves = re.findall(r"^- (.+)$", text.partition("**Does not own:**")[2], re.MULTILINE)
    assert owns
    assert len(leaves) >= 3
    assert not set(owns) & set(leaves)


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_what_a_service_takes_and_tells_stands_in_a_contract(service: Service) -> None:
    kinds = (*service.accepts, *service.emits, *service.answers)
    places = {kind.__module__.split(".")[1:3][-1] for kind in kinds}
    assert places <= {"contract", "service"}, "timers alone are the pump's own words"
    foreign = [k.__name__ for k in kinds if k.__module__ == "itg.runtime.service"]
    assert set(foreign) <= {"StartTimer", "StopTimer", "TimerFired"}
    assert {k.__module__.split(".")[1] for k in service.answers} <= {service.name}
