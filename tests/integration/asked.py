"""Questions and their answers as chats store them, without anything being searched."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from core.models import Answer, AnswerKind, Chunk, Citation, ConversationKey, RetrievedChunk
from core.storage.access_store import Audience, Scope
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.question_store import QuestionStore

_numbers = itertools.count(1)


def passage(document: str, collection: str = "default") -> RetrievedChunk:
    """Give a passage of a document."""
    return RetrievedChunk(1, 1, collection, document, document, Chunk(0, "Words.", "", "Words.", "hash"), 0.5, 1.0)


@dataclass(frozen=True)
class Asked:
    """Stores questions in one database."""

    database: Database

    async def __call__(
        self,
        words: str,
        *,
        user: str = "U1",
        kind: AnswerKind = "refused",
        uncertain: bool = False,
        found: Sequence[str | tuple[str, str]] = (),
        cited: Sequence[str] = (),
        down: Sequence[str] = (),
        up: int = 0,
        private: bool = False,
        is_public: bool | None = True,
        days_ago: float = 0,
        condensed: str = "",
        channel: str = "C1",
        platform: str = "slack",
    ) -> int:
        """Ask, answer and judge; gives the question's id.

        found: documents, or (collection, document). down: the reasons of each 👎. is_public None: nobody knows.
        """
        number = next(_numbers)
        key = ConversationKey(platform, "T1", channel, str(number))
        questions = QuestionStore(self.database)
        audience = None if is_public is None else Audience(Scope(platform, "T1", channel), is_public)
        question = await questions.claim(
            f"{platform}:{number}", key, user, words, private=private, audience=audience, handle={}, owner="test"
        )
        assert question is not None
        passages = [passage(each) if isinstance(each, str) else passage(each[1], each[0]) for each in found]
        answer = Answer(
            words,
            "" if kind == "refused" else "Yes [1].",
            kind,
            tuple(Citation(place, passage(document), "Words.") for place, document in enumerate(cited, 1)),
            tuple(passages),
            condensed=condensed or words,
            uncertain=uncertain,
        )
        await questions.close(question, "answered", await ConversationStore(self.database).add(key, answer))
        votes: list[tuple[Literal["up", "down"], str]] = [("down", reason) for reason in down]
        votes += [("up", "")] * up
        for voter, (value, reason) in enumerate(votes):
            await questions.give_feedback(question, f"slack:V{voter}", value, reason)
        async with self.database.begin() as connection:
            for table, which in (
                ("questions", "id = :id"),
                ("turns", "id = (SELECT turn_id FROM questions WHERE id = :id)"),
            ):
                await connection.execute(
                    text(f"UPDATE {table} SET created_at = now() - make_interval(secs => :age) WHERE {which}"),
                    {"id": question, "age": days_ago * 86_400},
                )
        return question
