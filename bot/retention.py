"""Forgets what is older than RETENTION_DAYS, at the start of `docent serve` and once a day from then on."""

from __future__ import annotations

import asyncio

import structlog

from bot.incidents import logged
from core.bootstrap import Core
from core.errors import StoreError
from core.storage.question_store import QuestionStore

log = structlog.get_logger()

_DAY = 86_400.0


async def forget_old(core: Core, *, every: float = _DAY) -> None:
    """Delete conversations and questions that are too old, for ever. every: seconds between two times."""
    questions = QuestionStore(core.database)
    days = core.settings.retention_days
    while True:
        try:
            forgotten = {
                "conversations": await core.conversations.expire(days),
                "questions": await questions.expire(days),
            }
            log.info("old ones forgotten", days=days, **forgotten)
        except StoreError as error:
            logged("old ones not forgotten", error)
        await asyncio.sleep(every)
