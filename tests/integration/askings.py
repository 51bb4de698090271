"""Questions as chats store them, with their answers, at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import text

from core.models import Answer, ConversationKey, Timings
from core.storage.access_store import Audience, Scope
from core.storage.conversation_store import ConversationStore
from core.storage.database import Database
from core.storage.question_store import QuestionStore, Status

ROOM = ConversationKey("slack", "T1", "C1", "100.1")
TIMINGS = Timings(
    first_token_ms=300.0,
    total_ms=900.0,
    completion_tokens=11,
    stages={"queue": 100.0, "embed": 50.0, "first_token": 250.0, "tokens": 500.0, "deliver": 100.0},
)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to store. days: how long ago it was asked. answer: None stores no turn.

    is_public: of the channel, None where the platform did not tell.
    """

    answer: Answer | None = field(default_factory=lambda: Answer("How long?", "Ten days.", "quoted", timings=TIMINGS))
    days: float = 0
    status: Status = "answered"
    user: str = "U1"
    place: ConversationKey = ROOM
    private: bool = False
    is_public: bool | None = True


async def ask(database: Database, asking: Asking) -> int:
    """Store a question with its answer and give its id."""
    questions = QuestionStore(database)
    asked = asking.answer.question if asking.answer else "How long?"
    scope = Scope(asking.place.platform, asking.place.workspace, asking.place.channel)
    question_id = await questions.claim(
        f"key-{next(_numbers)}",
        asking.place,
        asking.user,
        asked,
        private=asking.private,
        audience=None if asking.is_public is None else Audience(scope, asking.is_public),
        handle={},
        owner="host:1",
    )
    assert question_id is not None
    turn = await ConversationStore(database).add(asking.place, asking.answer) if asking.answer else None
    if asking.status != "open":
        await questions.close(question_id, asking.status, turn)
    if asking.days:
        for table, identifier in (("questions", question_id), ("turns", turn)):
            await run(
                database,
                f"UPDATE {table} SET created_at = created_at - make_interval(secs => :age) WHERE id = :id",
                age=asking.days * 86_400,
                id=identifier,
            )
    return question_id


async def run(database: Database, statement: str, **values: object) -> Any:
    """Run one statement; gives its rows where it has some."""
    async with database.begin() as connection:
        result = await connection.execute(text(statement), values)
        return result.all() if result.returns_rows else None
