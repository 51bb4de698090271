"""Failures that people are told of by a reference, under which the log has the rest."""

from __future__ import annotations

import uuid

import structlog

log = structlog.get_logger()


def logged(event: str, error: Exception) -> str:
    """Log an error under a reference that people can quote, and give the reference."""
    reference = uuid.uuid4().hex[:8]
    log.error(event, reference=reference, error_type=type(error).__name__, error=str(error))
    return reference
