"""What the log of a server tells of a fault, in which form, and what it must not."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from itg.compose.logs import log_to_stderr, say_failure, without_secrets
from itg.compose.relay_child import BusSettings
from itg.kernel.errors import ConfigurationError

KEY = "itg_a-key-of-somebody"


@pytest.fixture
def restored() -> Iterator[None]:
    before, hook = structlog.get_config(), sys.excepthook
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    sys.excepthook = hook
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITG_LOG", "json")


Capture = pytest.CaptureFixture[str]


def lines_of(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("restored")
def test_a_logged_fault_tells_where_it_was_and_not_what_the_frames_held(capsys: Capture) -> None:
    log_to_stderr("demo", quiet=True)
    try:
        fail_with(KEY)
    except ValueError as error:
        structlog.get_logger().error("request_failed", exc_info=error)
    told = capsys.readouterr().err
    assert "request_failed" in told
    assert "fail_with" in told
    assert KEY not in told
    structlog.get_logger().error("request_failed", exc_info=ValueError(f"no key {KEY}"))
    told = capsys.readouterr().err
    assert "ValueError: no key ***" in told
    assert KEY not in told


@pytest.mark.usefixtures("restored")
def test_a_person_reads_text_unless_json_is_asked_for(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ITG_LOG", raising=False)
    log_to_stderr("node")
    structlog.get_logger().info("gateway_ready", teams=3)
    told = capsys.readouterr().err
    assert "gateway_ready" in told
    assert not told.startswith("{")
    say_failure("there is no such thing")
    assert capsys.readouterr().err == "itg: there is no such thing\n"


@pytest.mark.usefixtures("restored", "as_json")
def test_each_json_line_has_service_level_and_time(capsys: Capture) -> None:
    log_to_stderr("node")
    structlog.get_logger().info("gateway_ready", teams=3)
    structlog.get_logger().debug("not_told")
    try:
        fail_with(KEY)
    except ValueError:
        structlog.get_logger().exception("request_failed")
    ready, failed = lines_of(capsys)
    assert (ready["event"], ready["teams"]) == ("gateway_ready", 3)
    assert (ready["service"], ready["level"]) == ("node", "info")
    assert str(ready["ts"]).endswith("Z")
    assert "fail_with" in str(failed["exception"])
    assert KEY not in str(failed)


@pytest.mark.usefixtures("restored", "as_json")
def test_what_libraries_say_and_the_last_words_are_json_too(capsys: Capture) -> None:
    log_to_stderr("relay")
    logging.getLogger("asyncio").error("a task failed for %s", KEY)
    sys.excepthook(ValueError, ValueError(KEY), None)
    say_failure(f"the key {KEY} is nobody's")
    library, uncaught, failure = told = lines_of(capsys)
    assert (library["logger"], library["level"], library["service"]) == (
        "asyncio",
        "error",
        "relay",
    )
    assert (uncaught["event"], uncaught["level"]) == ("uncaught", "critical")
    assert failure["event"] == "command_failed"
    assert KEY not in str(told)


@pytest.mark.usefixtures("restored")
def test_an_unknown_form_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITG_LOG", "xml")
    with pytest.raises(ConfigurationError, match="ITG_LOG=xml: give console or json"):
        log_to_stderr("node")


@pytest.mark.parametrize(
    "text",
    [
        f"no such key {KEY}",
        "nats://market:hunter22@host:4222 is gone",
        "nats://market:hunter22@hidden@host:4222 is gone",
        "postgresql://itg:hunter22@/db?host=/tmp",
        "connection to hunter22 failed",
    ],
)
def test_keys_and_passwords_are_struck_out_of_any_text(text: str) -> None:
    told = without_secrets(text, ("hunter22",))
    assert "***" in told
    assert not [secret for secret in (KEY, "hunter22", "hidden") if secret in told]


@pytest.mark.parametrize(
    "url",
    [
        "nats://user:hunter22/x@host:4222",
        "nats://user:hunter22#x@host:4222",
        "nats://user:hunter22?x@host:4222",
        "nats://[user:hunter22@host:4222",
        "hunter22://host",
        "nats://user:hunter22@:4222",
    ],
)
def test_a_wrong_address_of_the_bus_is_refused_without_its_words(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        BusSettings(url=url).check()
    assert "hunter22" not in str(refused.value)
    assert "nats://host:port" in str(refused.value)


def fail_with(key: str) -> None:
    headers = {b"x-api-key": key.encode()}
    raise ValueError(len(headers))
