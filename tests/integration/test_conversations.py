from dataclasses import replace

from sqlalchemy import text

from core.models import Answer, ConversationKey, Turn
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from tests.conftest import settings_for

KEY = ConversationKey("slack", "T1", "C1", "100.1")


def said(question: str, answer: str) -> Answer:
    return Answer(question, answer, "quoted")


async def test_turns_come_back_oldest_first_also_after_a_restart(database: Database, migrated_url: str) -> None:
    store = ConversationStore(database)
    await store.add(KEY, said("one?", "1"))
    await store.add(KEY, said("two?", "2"))
    restarted = await Database.open(settings_for(migrated_url))
    assert await ConversationStore(restarted).turns(KEY) == (Turn("one?", "1"), Turn("two?", "2"))
    await restarted.close()


async def test_nothing_leaks_between_platforms_workspaces_channels_and_threads(database: Database) -> None:
    store = ConversationStore(database)
    await store.add(KEY, said("secret?", "yes"))
    for part in ("platform", "workspace", "channel", "thread"):
        assert await store.turns(replace(KEY, **{part: "other"})) == ()


async def test_only_the_last_turns_are_given(database: Database) -> None:
    store = ConversationStore(database)
    for number in range(5):
        await store.add(KEY, said(f"{number}?", str(number)))
    assert [turn.answer for turn in await store.turns(KEY, limit=2)] == ["3", "4"]


async def test_forgetting_deletes_one_conversation_and_counts_its_turns(database: Database) -> None:
    store = ConversationStore(database)
    other = replace(KEY, thread="200.2")
    await store.add(KEY, said("one?", "1"))
    await store.add(KEY, said("two?", "2"))
    await store.add(other, said("three?", "3"))
    assert await store.forget(KEY) == 2
    assert await store.turns(KEY) == ()
    assert len(await store.turns(other)) == 1
    assert await store.forget(KEY) == 0


async def test_forgetting_a_platform_leaves_the_others(database: Database) -> None:
    store = ConversationStore(database)
    await store.add(KEY, said("one?", "1"))
    await store.add(ConversationKey("cli", channel="me"), said("two?", "2"))
    assert await store.forget_all("cli") == 1
    assert len(await store.turns(KEY)) == 1


async def test_conversations_that_rested_too_long_expire(database: Database) -> None:
    store = ConversationStore(database)
    await store.add(KEY, said("old?", "1"))
    await store.add(replace(KEY, thread="new"), said("new?", "2"))
    async with database.begin() as connection:
        await connection.execute(
            text("UPDATE conversations SET updated_at = now() - interval '31 days' WHERE thread = '100.1'")
        )
    assert await store.expire(0) == 0
    assert await store.expire(30) == 1
    assert await store.turns(KEY) == ()
