"""The same behaviour through doors beside the pump and, in the gate, through all others."""

import pytest
from tests.gateway.house import House

FOLLOWED_TOO = {
    "test_connections",
    "test_frames",
    "test_orders",
    "test_signals",
    "test_socket",
    "test_stuck_reader",
    "test_whole_orders",
    "test_withdrawals",
}


# The topology between them brings nothing that these two do not.
DOORS = {"followed": pytest.mark.gate, "apart": pytest.mark.gate, "services": pytest.mark.slow}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play the tests of some modules through each kind of doors."""
    if metafunc.module.__name__.rpartition(".")[2] in FOLLOWED_TOO:
        others = [pytest.param(doors, id=doors, marks=mark) for doors, mark in DOORS.items()]
        beside = pytest.param("beside", id="beside")
        metafunc.parametrize("doors", [beside, *others], indirect=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put the houses of a test behind its doors, before any fixture builds one."""
    spec = getattr(item, "callspec", None)
    House.topology = "beside" if spec is None else spec.params.get("doors", "beside")


@pytest.fixture(autouse=True)
def doors(request: pytest.FixtureRequest) -> str:
    """Tell how this test's houses are entered."""
    return getattr(request, "param", "beside")
