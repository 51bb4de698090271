"""Conversations and their turns: what was said in one channel and thread, and nothing of any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.models import Answer, ConversationKey, Turn
from core.storage.database import Database
from core.storage.found import found_json
from core.storage.tables import conversations, turns

_CITES_ONLY = text(
    """(CAST(:collections AS text[]) IS NULL OR NOT EXISTS (
        SELECT 1 FROM jsonb_array_elements(turns.citations) AS cited
        WHERE coalesce(cited ->> 'collection', '') <> ALL (:collections)
    ))"""
)


class ConversationStore:
    """Memory in Postgres, kept apart by ConversationKey."""

    def __init__(self, database: Database, configuration: Callable[[], str] = str) -> None:
        """configuration: gives what names the configuration that makes answers (core.answering.configuration)."""
        self._database = database
        self._configuration = configuration

    async def turns(
        self, key: ConversationKey, *, collections: Sequence[str] | None = None, limit: int = 20
    ) -> tuple[Turn, ...]:
        """Give the last turns of one conversation, oldest first.

        collections: names that may be seen now, None for all; a turn that cites another one is left out.
        """
        query = (
            select(turns.c.question, turns.c.answer)
            .join(conversations)
            .where(*(conversations.c[name] == value for name, value in asdict(key).items()))
            .where(_CITES_ONLY)
            .order_by(turns.c.id.desc())
            .limit(limit)
        )
        async with self._database.begin() as connection:
            seen = {"collections": list(collections) if collections is not None else None}
            rows = (await connection.execute(query, seen)).all()
        return tuple(Turn(row.question, row.answer) for row in reversed(rows))

    async def add(self, key: ConversationKey, answer: Answer) -> int:
        """Append an answered question with what it cited, how it was found and by which configuration; gives its id."""
        async with self._database.begin() as connection:
            conversation_id = (
                await connection.execute(
                    upsert(conversations)
                    .values(**asdict(key))
                    .on_conflict_do_update(constraint="uq_conversations_platform", set_={"updated_at": func.now()})
                    .returning(conversations.c.id)
                )
            ).scalar_one()
            added = await connection.execute(
                insert(turns)
                .values(
                    conversation_id=conversation_id,
                    question=answer.question,
                    answer=answer.text,
                    kind=answer.kind,
                    confidence=answer.confidence,
                    citations=[
                        {
                            "number": citation.number,
                            "collection": citation.chunk.collection,
                            "document": citation.chunk.document,
                            "content_hash": citation.chunk.chunk.content_hash,
                            "evidence": citation.evidence,
                        }
                        for citation in answer.citations
                    ],
                    timings=asdict(answer.timings),
                    configuration=self._configuration(),
                    found=found_json(answer),
                )
                .returning(turns.c.id)
            )
            return int(added.scalar_one())

    async def forget(self, key: ConversationKey) -> int:
        """Delete one conversation; gives how many turns it had."""
        where = [conversations.c[name] == value for name, value in asdict(key).items()]
        async with self._database.begin() as connection:
            count = await connection.scalar(select(func.count()).select_from(turns.join(conversations)).where(*where))
            await connection.execute(delete(conversations).where(*where))
        return int(count or 0)

    async def forget_all(self, platform: str) -> int:
        """Delete every conversation of one platform; gives how many there were."""
        async with self._database.begin() as connection:
            result = await connection.execute(delete(conversations).where(conversations.c.platform == platform))
        return int(result.rowcount)

    async def expire(self, days: int) -> int:
        """Delete turns of so many days, and conversations without a turn since (0: keep all); gives how many of these.

        Also where people still talk: who asked an old question is not known any more, so it could not be forgotten.
        """
        if days == 0:
            return 0
        async with self._database.begin() as connection:
            await connection.execute(delete(turns).where(turns.c.created_at < func.now() - timedelta(days=days)))
            result = await connection.execute(
                delete(conversations).where(conversations.c.updated_at < func.now() - timedelta(days=days))
            )
        return int(result.rowcount)
