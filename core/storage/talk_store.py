"""Conversations as those who had them see them: each question with its answer, as it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, select

from core.models import Answer, Chunk, Citation, ConversationKey, RetrievedChunk
from core.storage.database import Database
from core.storage.question_store import StoredQuestion, stored_question
from core.storage.tables import conversations, feedback, questions, turns

_MOST = 100


@dataclass(frozen=True, slots=True)
class Said:
    """A question with its answer.

    answer: as it was given, None where there is none to show. is_kept_back: there is one that rests on collections
    which may not be seen now. outdated_at: when a cited chunk was first seen to have changed. feedback, reason: what
    the person who looks thinks of the answer, "" for nothing yet.
    """

    question: StoredQuestion
    asked_at: datetime
    answer: Answer | None
    is_kept_back: bool
    outdated_at: datetime | None
    feedback: str
    reason: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation by its first question."""

    name: str
    question: str
    asked_at: datetime


class TalkStore:
    """Questions and answers of conversations. collections: names that may be seen now. All raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def conversation(self, key: ConversationKey, collections: Sequence[str], given_by: str) -> list[Said]:
        """Give the newest questions of one conversation, oldest first. given_by: whose feedback."""
        query = _said(given_by).where(*_in(key), questions.c.status != "retracted")
        async with self._database.begin() as connection:
            rows = (await connection.execute(query.order_by(questions.c.id.desc()).limit(_MOST))).all()
        return [_said_of(row, collections) for row in reversed(rows)]

    async def one(self, question_id: int, collections: Sequence[str], given_by: str) -> Said | None:
        """Give one question; None when it is not kept."""
        async with self._database.begin() as connection:
            row = (await connection.execute(_said(given_by).where(questions.c.id == question_id))).one_or_none()
        return _said_of(row, collections) if row is not None else None

    async def threads(self, place: ConversationKey, limit: int) -> list[Thread]:
        """Give the conversations of a channel, the one with the newest question first."""
        where = [questions.c[name] == value for name, value in asdict(place).items() if name != "thread"]
        firsts = (
            select(func.min(questions.c.id).label("first"), func.max(questions.c.id).label("last"))
            .where(*where, questions.c.status != "retracted")
            .group_by(questions.c.thread)
            .subquery()
        )
        query = (
            select(questions.c.thread, questions.c.text, questions.c.created_at)
            .join(firsts, firsts.c.first == questions.c.id)
            .order_by(firsts.c.last.desc())
            .limit(limit)
        )
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [Thread(row.thread, row.text, row.created_at) for row in rows]

    async def forget(self, key: ConversationKey) -> None:
        """Delete a conversation: its questions with what was thought of them, and its turns."""
        async with self._database.begin() as connection:
            await connection.execute(
                delete(conversations).where(*(conversations.c[name] == value for name, value in asdict(key).items()))
            )
            await connection.execute(delete(questions).where(*_in(key)))


def _in(key: ConversationKey) -> list[Any]:
    return [questions.c[name] == value for name, value in asdict(key).items()]


def _said(given_by: str) -> Select[Any]:
    own = and_(feedback.c.question_id == questions.c.id, feedback.c.given_by == given_by)
    return select(
        questions,
        turns.c.answer,
        turns.c.kind,
        turns.c.confidence,
        turns.c.citations,
        turns.c.found,
        turns.c.outdated_at,
        feedback.c.value,
        feedback.c.reason,
    ).select_from(questions.outerjoin(turns, turns.c.id == questions.c.turn_id).outerjoin(feedback, own))


def _said_of(row: Any, collections: Sequence[str]) -> Said:
    is_kept_back = row.kind is not None and any(entry["collection"] not in collections for entry in row.citations)
    return Said(
        question=stored_question(row),
        asked_at=row.created_at,
        answer=None if row.kind is None or is_kept_back else _answer(row, collections),
        is_kept_back=is_kept_back,
        outdated_at=row.outdated_at,
        feedback=row.value or "",
        reason=row.reason or "",
    )


def _answer(row: Any, collections: Sequence[str]) -> Answer:
    found: Mapping[str, Any] = row.found
    known = [_passage(entry) for entry in found.get("passages", ())]
    by_chunk = {(chunk.collection, chunk.chunk.content_hash): chunk for chunk in known}
    made_at = found.get("made_at")
    return Answer(
        question=row.text,
        text=row.answer,
        kind=row.kind,
        citations=tuple(
            Citation(
                entry["number"],
                by_chunk.get((entry["collection"], entry["content_hash"])) or _passage(entry),
                entry["evidence"],
            )
            for entry in row.citations
        ),
        passages=tuple(chunk for chunk in known if chunk.collection in collections),
        condensed=found.get("searched", ""),
        confidence=row.confidence,
        uncertain=bool(found.get("uncertain")),
        model=found.get("model", ""),
        made_at=datetime.fromisoformat(made_at) if made_at else None,
    )


def _passage(entry: Mapping[str, Any]) -> RetrievedChunk:
    """Give what is known of a chunk; its words are the index's."""
    lines = entry.get("lines")
    chunk = Chunk(
        ordinal=0,
        text="",
        heading=entry.get("heading", ""),
        search_text="",
        content_hash=entry["content_hash"],
        page=entry.get("page"),
        lines=(lines[0], lines[1]) if lines else None,
    )
    return RetrievedChunk(
        id=0,
        document_id=0,
        collection=entry["collection"],
        document=entry["document"],
        title="",
        chunk=chunk,
        cosine_distance=entry.get("cosine_distance", 0.0),
        score=entry.get("score", 0.0),
        vector_rank=entry.get("vector_rank"),
        text_rank=entry.get("text_rank"),
    )
