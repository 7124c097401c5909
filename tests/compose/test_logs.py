"""What the log of a server tells of a fault, and what it must not."""

from collections.abc import Iterator

import pytest
import structlog

from itg.cli.logs import log_to_stderr

KEY = "itg_a-key-of-somebody"


@pytest.fixture
def restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("restored")
def test_a_logged_fault_tells_where_it_was_and_not_what_the_frames_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr(quiet=True)
    try:
        fail_with(KEY)
    except ValueError as error:
        structlog.get_logger().error("request_failed", exc_info=error)
    told = capsys.readouterr().err
    assert "request_failed" in told
    assert "fail_with" in told
    assert KEY not in told


def fail_with(key: str) -> None:
    headers = {b"x-api-key": key.encode()}
    raise ValueError(len(headers))
