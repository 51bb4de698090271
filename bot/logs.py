"""Logging, configured once: JSON lines on stderr, readable ones on a terminal; never message text, never a token."""

from __future__ import annotations

import logging
import os
import sys

import structlog


def configure_logging() -> None:
    """Route structlog and the standard library's logging to stderr at LOG_LEVEL (default WARNING on a terminal)."""
    terminal = sys.stderr.isatty()
    level = os.environ.get("LOG_LEVEL") or ("WARNING" if terminal else "INFO")
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # A damaged PDF is reported as a failed file; pypdf's own complaints would break the progress bar.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
