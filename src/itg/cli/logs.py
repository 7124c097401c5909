"""Where log lines go: standard error, so that standard output is a command's answer alone."""

import logging
import sys

import structlog


def log_to_stderr(*, quiet: bool) -> None:
    """Send log lines to standard error; `quiet` keeps warnings and worse."""
    level = logging.WARNING if quiet else logging.INFO
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
