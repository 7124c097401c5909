"""Where log lines go: standard error, so that standard output is a command's answer alone.

A person reads them as text. With `ITG_LOG=json` each is one JSON object with the process's
service, its level and an ISO 8601 time in UTC, libraries' own lines and the last words of a failure
too. No line shows a key or a password: what looks like one is struck out of every text.
"""

import logging
import os
import re
import sys
from functools import partial
from types import TracebackType
from typing import Final
from urllib.parse import unquote

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import format_exc_info
from structlog.typing import EventDict, Processor, WrappedLogger

from itg.kernel.errors import ConfigurationError

LOG_VARIABLE: Final = "ITG_LOG"
FORMS: Final = ("console", "json")
_HIDDEN: Final = "***"
# A key of the game; the user part of an address, whose password may hold any sign, an @ too.
_KEY: Final = re.compile(r"itg_[A-Za-z0-9_-]{8,}")
_ADDRESS: Final = re.compile(r"(://[^\s:/@]*):\S*@")
_WITH_PASSWORDS: Final = ("ITG_BUS", "ITG_POSTGRES")
_WITH_SECRETS: Final = ("ITG_API_KEY", "ITG_ADMIN_KEY", "PGPASSWORD")
_SECRET_LENGTH_MIN: Final = 4


def is_json() -> bool:
    """Tell whether the environment asks for JSON; `ConfigurationError` for a word unknown."""
    form = os.environ.get(LOG_VARIABLE) or FORMS[0]
    if form not in FORMS:
        raise ConfigurationError(f"{LOG_VARIABLE}={form[:32]}: give {' or '.join(FORMS)}")
    return form == "json"


def log_to_stderr(service: str, *, quiet: bool = False) -> None:
    """Send log lines to standard error; `quiet` keeps warnings and worse."""
    level = logging.WARNING if quiet else logging.INFO
    wrapper = structlog.make_filtering_bound_logger(level)
    logger = structlog.PrintLoggerFactory(sys.stderr)
    strike = partial(_strike_out, _secrets())
    if not is_json():
        *earlier, _ = structlog.get_config()["processors"]
        # The default renderer shows every frame's locals, and a request's hold its sender's key.
        renderer = ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback)
        kept = [p for p in earlier if p is not format_exc_info and not isinstance(p, partial)]
        structlog.configure(
            processors=[*kept, format_exc_info, strike, renderer],
            wrapper_class=wrapper,
            logger_factory=logger,
        )
        return
    earlier = _told_first(service)
    last: list[Processor] = [strike, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*earlier, format_exc_info, *last],
        wrapper_class=wrapper,
        logger_factory=logger,
    )
    _take_in_libraries(earlier, last)
    sys.excepthook = _log_last_words


def say_failure(message: str, service: str = "itg") -> None:
    """Say on standard error why a command failed: a line of text, or of JSON where that is set."""
    try:
        as_json = is_json()
    except ConfigurationError:
        as_json = False
    if not as_json:
        sys.stderr.write(f"itg: {message}\n")
        return
    if not structlog.is_configured():
        log_to_stderr(service)
    structlog.get_logger().error("command_failed", reason=message)


def _told_first(service: str) -> list[Processor]:
    def name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if "service" in event:  # whose life a supervisor watches
            event["supervised"] = event["service"]
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.stdlib.add_log_level,
        name,
    ]


def _take_in_libraries(earlier: list[Processor], last: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    inner = structlog.stdlib.ProcessorFormatter
    handler.setFormatter(
        inner(
            foreign_pre_chain=[*earlier, structlog.stdlib.add_logger_name],
            processors=[
                inner.remove_processors_meta,
                format_exc_info,
                *last,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _log_last_words(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("uncaught", exc_info=(kind, error, traceback))


def _strike_out(
    secrets: tuple[str, ...], _logger: WrappedLogger, _method: str, event: EventDict
) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value, secrets)
        elif isinstance(value, BaseException | list | tuple | dict):
            event[name] = value if name == "exc_info" else without_secrets(repr(value), secrets)
    return event


def without_secrets(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a text in which no key, no password of an address and none of `secrets` stands."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return _ADDRESS.sub(rf"\1:{_HIDDEN}@", _KEY.sub(_HIDDEN, text))


def _secrets() -> tuple[str, ...]:
    found = {os.environ.get(name, "") for name in _WITH_SECRETS}
    for name in _WITH_PASSWORDS:
        part = os.environ.get(name, "").partition("://")[2].rpartition("@")[0].partition(":")[2]
        found |= {part, unquote(part), *re.split(r"[/?#@]", part)}
    # One of a letter or two would strike out half of every line.
    return tuple(sorted((s for s in found if len(s) >= _SECRET_LENGTH_MIN), key=len, reverse=True))
