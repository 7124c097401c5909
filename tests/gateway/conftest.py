"""The same behaviour through doors beside the pump and, in the gate, through those that follow."""

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play the tests of some modules twice."""
    if metafunc.module.__name__.rpartition(".")[2] in FOLLOWED_TOO:
        followed = pytest.param(True, id="followed", marks=pytest.mark.gate)
        beside = pytest.param(False, id="beside")
        metafunc.parametrize("is_followed", [beside, followed], indirect=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put the houses of a test behind doors that follow, before any fixture builds one."""
    spec = getattr(item, "callspec", None)
    House.is_followed = spec is not None and spec.params.get("is_followed", False)


@pytest.fixture(autouse=True)
def is_followed(request: pytest.FixtureRequest) -> bool:
    """Tell how this test's houses are entered."""
    return getattr(request, "param", False)
