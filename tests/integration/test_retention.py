"""What is older than RETENTION_DAYS goes while Docent serves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy import text

from bot.retention import forget_old
from core.bootstrap import open_core
from core.models import Answer, ConversationKey
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.person_store import NOBODY, PersonStore
from core.storage.question_store import QuestionStore
from core.storage.web_session_store import WebSessionStore
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.askings import ROOM, Asking, ask, run

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


async def test_an_old_turn_goes_also_where_people_still_talk(database: Database) -> None:
    await ask(database, Asking(days=31))
    await ask(database, Asking(Answer("And now?", "Eleven days.", "quoted")))
    conversations = ConversationStore(database)
    assert await conversations.expire(30) == 0
    assert [turn.question for turn in await conversations.turns(ROOM)] == ["And now?"]
    assert await conversations.expire(0) == 0


async def test_votes_and_handovers_go_with_their_question(database: Database) -> None:
    question_id = await ask(database, Asking())
    questions = QuestionStore(database)
    await questions.give_feedback(question_id, "slack:U2", "down", "wrong")
    await run(
        database,
        "INSERT INTO handovers (question_id, owner, asked_by, document) VALUES (:id, 'o', 'a', 'd')",
        id=question_id,
    )
    await run(database, "UPDATE questions SET updated_at = now() - interval '31 days'")
    assert await questions.expire(30) == 1
    assert await run(database, "SELECT 1 FROM feedback UNION ALL SELECT 1 FROM handovers") == []


async def test_a_golden_question_loses_its_name_in_time(database: Database) -> None:
    await run(
        database,
        "INSERT INTO golden (question, kind, answer, source, given_by, created_at) VALUES "
        "('old', 'answer', '', 'thumb', 'slack:U1', now() - interval '31 days'), "
        "('young', 'answer', '', 'thumb', 'slack:U1', now())",
    )
    people = PersonStore(database)
    assert [await people.expire(0), await people.expire(30), await people.expire(30)] == [0, 1, 0]
    assert await run(database, "SELECT question, given_by FROM golden ORDER BY id") == [
        ("old", NOBODY),
        ("young", "slack:U1"),
    ]


async def test_a_browser_that_was_not_seen_is_signed_out(database: Database) -> None:
    await run(
        database,
        "INSERT INTO web_sessions (token, role, seen_at) VALUES ('old', 'admin', now() - interval '31 days'), "
        "('young', 'admin', now())",
    )
    assert await WebSessionStore(database).expire() == 1
    assert await run(database, "SELECT token FROM web_sessions") == [("young",)]
