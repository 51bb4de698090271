"""What is older than RETENTION_DAYS goes while Docent serves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import text

from bot.retention import forget_old
from core.bootstrap import open_core
from core.models import Answer, ConversationKey
from core.storage.database import Database
from core.storage.question_store import QuestionStore
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder

KEY = ConversationKey("slack", "T1", "C1", "100.1")


async def test_old_conversations_and_questions_go_and_open_and_young_ones_stay(
    database: Database, migrated_url: str
) -> None:
    questions = QuestionStore(database)

    async def asked(key: str) -> int:
        claimed = await questions.claim(key, KEY, "U1", "How long?", private=False, handle={}, owner="host:1")
        assert claimed is not None
        return claimed

    old, still_open, young = [await asked(key) for key in ("old", "open", "young")]
    settings = settings_for(migrated_url).model_copy(update={"retention_days": 30, "chat_model": "none"})
    async with open_core(settings, embedder=FakeEmbedder()) as core:
        await core.conversations.add(KEY, Answer("How long?", "Ten days.", "quoted"))
        await questions.close(old, "answered")
        await questions.close(young, "answered")
        async with database.begin() as connection:
            await connection.execute(text("UPDATE conversations SET updated_at = now() - interval '31 days'"))
            await connection.execute(
                text("UPDATE questions SET updated_at = now() - interval '31 days' WHERE id <> :young"),
                {"young": young},
            )
        forgetting = asyncio.create_task(forget_old(core))
        while await questions.get(old) is not None or await core.conversations.turns(KEY):
            await asyncio.sleep(0.01)
        forgetting.cancel()
        with suppress(asyncio.CancelledError):
            await forgetting
    assert await questions.get(still_open) is not None
    assert await questions.get(young) is not None
    assert await questions.expire(0) == 0
