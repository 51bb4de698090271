"""Forgets what is older than RETENTION_DAYS, and who has left, at the start of `docent serve` and once a day then."""

from __future__ import annotations

import asyncio

import structlog

from bot.incidents import logged
from core.bootstrap import Core
from core.errors import StoreError
from core.storage.person_store import PersonStore
from core.storage.question_store import QuestionStore
from core.storage.web_session_store import WebSessionStore

log = structlog.get_logger()

_DAY = 86_400.0


async def forget_old(core: Core, *, every: float = _DAY) -> None:
    """Delete what is too old, for ever: turns, questions with all that hangs on them, names, sessions of the page.

    every: seconds between two times.
    """
    questions = QuestionStore(core.database)
    people = PersonStore(core.database)
    sessions = WebSessionStore(core.database)
    days = core.settings.retention_days
    while True:
        try:
            forgotten = {
                "conversations": await core.conversations.expire(days),
                "questions": await questions.expire(days),
                "golden_names": await people.expire(days),
                "sessions": await sessions.expire(),
            }
            log.info("old ones forgotten", days=days, **forgotten)
        except StoreError as error:
            logged("old ones not forgotten", error)
        await asyncio.sleep(every)
