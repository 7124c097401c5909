"""Where log lines go: standard error, so that standard output is a command's answer alone."""

import logging
import sys

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback


def log_to_stderr(*, quiet: bool) -> None:
    """Send log lines to standard error; `quiet` keeps warnings and worse."""
    level = logging.WARNING if quiet else logging.INFO
    *earlier, _ = structlog.get_config()["processors"]
    # The default renderer shows every frame's locals, and a request's hold its sender's key.
    renderer = ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain_traceback)
    structlog.configure(
        processors=[*earlier, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
