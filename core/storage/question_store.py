"""Questions from chats: claimed once by a unique key, owned by one process, taken over when it dies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from core.storage.database import Database
from core.storage.tables import audit, conversations, feedback, questions, turns

# What may not be seen doesn't leave the database.
_EVIDENCE = text(
    """
    SELECT CASE WHEN is_visible THEN cited END AS cited, is_visible
    FROM questions q
    JOIN turns t ON t.id = q.turn_id
    CROSS JOIN LATERAL jsonb_array_elements(t.citations) WITH ORDINALITY AS each (cited, place)
    CROSS JOIN LATERAL (SELECT cited ->> 'collection' = ANY (:collections)) AS access (is_visible)
    WHERE q.id = :id
    ORDER BY place
    """
)

Status = Literal["open", "answered", "failed", "cancelled", "retracted"]


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question as it was claimed. sent: our messages as the platform described them, None before the first.

    attempts: how often an answer was begun, the first one included. audience: None where it was not told.
    """

    id: int
    key: str
    conversation: ConversationKey
    asked_by: str
    text: str
    private: bool
    audience: Audience | None
    handle: Mapping[str, str]
    status: Status
    attempts: int
    sent: Mapping[str, Any] | None
    turn_id: int | None


class QuestionStore:
    """Who answers what, held in Postgres so that it also holds with two processes and after a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self,
        key: str,
        conversation: ConversationKey,
        asked_by: str,
        question: str,
        *,
        private: bool,
        audience: Audience | None = None,
        handle: Mapping[str, str],
        owner: str,
    ) -> int | None:
        """Give the id of a new question that `owner` now answers, None when the key was claimed before."""
        statement = (
            upsert(questions)
            .values(
                key=key,
                **asdict(conversation),
                asked_by=asked_by,
                text=question,
                private=private,
                audience=asdict(audience) if audience else None,
                handle=dict(handle),
                status="open",
                owner=owner,
            )
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(questions.c.id)
        )
        async with self._database.begin() as connection:
            claimed = await connection.scalar(statement)
        return int(claimed) if claimed is not None else None

    async def find(self, key: str) -> StoredQuestion | None:
        """Give the question with a key."""
        return await self._one(questions.c.key == key)

    async def get(self, question_id: int) -> StoredQuestion | None:
        """Give the question with an id."""
        return await self._one(questions.c.id == question_id)

    async def _one(self, where: ColumnElement[bool]) -> StoredQuestion | None:
        async with self._database.begin() as connection:
            row = (await connection.execute(select(questions).where(where))).one_or_none()
        return stored_question(row) if row else None

    async def reopen(self, question_id: int, question: str, owner: str) -> None:
        """Put an edited question to be answered anew, with its new text."""
        await self._update(question_id, text=question, status="open", owner=owner)

    async def reopen_answered(self, question_id: int, owner: str) -> bool:
        """Put an answered question to be answered anew by `owner`; False when somebody does that already."""
        async with self._database.begin() as connection:
            reopened = await connection.execute(
                update(questions)
                .where(questions.c.id == question_id, questions.c.status == "answered")
                .values(status="open", owner=owner, updated_at=func.now())
            )
        return bool(reopened.rowcount)

    async def note_sent(self, question_id: int, sent: Mapping[str, Any]) -> None:
        """Remember our messages."""
        await self._update(question_id, sent=dict(sent))

    async def close(self, question_id: int, status: Status, turn_id: int | None = None) -> None:
        """Record how a question ended, and the turn that its answer became; the words of one that is withdrawn go."""
        words = {"text": ""} if status == "retracted" else {}
        await self._update(question_id, status=status, turn_id=turn_id, **words)

    async def _update(self, question_id: int, **values: object) -> None:
        async with self._database.begin() as connection:
            await connection.execute(
                update(questions).where(questions.c.id == question_id).values(updated_at=func.now(), **values)
            )

    async def expire(self, days: int) -> int:
        """Delete questions with which nothing was done for so many days, unless open (0: keep all); gives how many."""
        if days == 0:
            return 0
        old = questions.c.updated_at < func.now() - timedelta(days=days)
        async with self._database.begin() as connection:
            result = await connection.execute(delete(questions).where(old, questions.c.status != "open"))
        return int(result.rowcount)

    async def take_over(self, platform: str, owner: str) -> list[StoredQuestion]:
        """Make the open questions of dead processes ours and give them, oldest first.

        A living process holds an advisory lock on its name (see `Alive`), which goes with its connection.
        """
        async with self._database.begin() as connection:
            owners = await connection.scalars(
                select(questions.c.owner)
                .where(questions.c.status == "open", questions.c.platform == platform, questions.c.owner != owner)
                .distinct()
            )
            dead = [name for name in owners.all() if await _try_lock(connection, name, shared=True)]
            rows = await connection.execute(
                update(questions)
                .where(questions.c.status == "open", questions.c.platform == platform, questions.c.owner.in_(dead))
                .values(owner=owner, attempts=questions.c.attempts + 1, updated_at=func.now())
                .returning(questions)
            )
            return sorted((stored_question(row) for row in rows), key=lambda question: question.id)

    async def has_answered_in(self, conversation: ConversationKey) -> bool:
        """Tell whether we took part in a conversation."""
        where = [questions.c[name] == value for name, value in asdict(conversation).items()]
        async with self._database.begin() as connection:
            found = await connection.scalar(select(questions.c.id).where(*where).limit(1))
        return found is not None

    async def drop_turn(self, question_id: int) -> None:
        """Take the turn of a question out of its conversation: it was edited or deleted."""
        async with self._database.begin() as connection:
            turn = select(questions.c.turn_id).where(questions.c.id == question_id).scalar_subquery()
            await connection.execute(delete(turns).where(turns.c.id == turn))

    async def forget_asked_by(self, place: ConversationKey, asked_by: str) -> int:
        """Delete the conversations of one channel, whatever their thread, that a person asked in; gives their turns."""
        theirs = (
            select(conversations.c.id)
            .join(
                questions,
                and_(*(questions.c[name] == conversations.c[name] for name in asdict(place))),
            )
            .where(
                questions.c.asked_by == asked_by,
                conversations.c.platform == place.platform,
                conversations.c.workspace == place.workspace,
                conversations.c.channel == place.channel,
            )
        )
        async with self._database.begin() as connection:
            count = await connection.scalar(
                select(func.count()).select_from(turns).where(turns.c.conversation_id.in_(theirs))
            )
            await connection.execute(delete(conversations).where(conversations.c.id.in_(theirs)))
        return int(count or 0)

    async def evidence(self, question_id: int, collections: Sequence[str]) -> tuple[list[dict[str, Any]], int]:
        """Give what an answer cited: number, collection, document, content_hash, evidence; nothing when forgotten.

        collections: names that may be seen now. The second value counts the citations of others, which are kept back.
        """
        async with self._database.begin() as connection:
            rows = await connection.execute(_EVIDENCE, {"id": question_id, "collections": list(collections)})
            cited = [(row.cited, row.is_visible) for row in rows]
        return [entry for entry, is_visible in cited if is_visible], sum(not is_visible for _, is_visible in cited)

    async def give_feedback(
        self, question_id: int, given_by: str, value: Literal["up", "down"], reason: str = ""
    ) -> bool:
        """Note what someone thinks of an answer, and why; the last word counts. False for an unknown question."""
        async with self._database.begin() as connection:
            if await connection.scalar(select(questions.c.id).where(questions.c.id == question_id)) is None:
                return False
            await connection.execute(
                upsert(feedback)
                .values(question_id=question_id, given_by=given_by, value=value, reason=reason)
                .on_conflict_do_update(
                    index_elements=["question_id", "given_by"], set_={"value": value, "reason": reason}
                )
            )
        return True

    async def audit(
        self, platform: str, actor: str, action: str, *, allowed: bool, detail: str = "", outcome: str = ""
    ) -> None:
        """Write down who did, or tried, what, and what came of it."""
        async with self._database.begin() as connection:
            await connection.execute(
                audit.insert().values(
                    platform=platform, actor=actor, action=action, allowed=allowed, detail=detail, outcome=outcome
                )
            )


class Alive:
    """The sign of life of one process: a lock on its name, held by a connection of its own."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._connection: AsyncConnection | None = None

    async def hold(self) -> None:
        """Take the lock, or check that it is still held; a connection that was lost is replaced. Raises StoreError."""
        if self._connection is not None:
            try:
                await self._connection.execute(text("SELECT 1"))
                await self._connection.commit()
            except DBAPIError:
                await self.release()
        if self._connection is None:
            with self._database.translated():
                connection = await self._database.engine.connect()
                await _try_lock(connection, self._owner, session=True)
                await connection.commit()
            self._connection = connection

    async def release(self) -> None:
        """Let go: the questions that are still open are anybody's."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.invalidate()  # the lock goes with the server's end of it
            await connection.close()


async def _try_lock(connection: AsyncConnection, owner: str, *, session: bool = False, shared: bool = False) -> bool:
    function = "pg_try_advisory_lock" if session else "pg_try_advisory_xact_lock"
    if shared:
        function += "_shared"
    statement = text(f"SELECT {function}(hashtextextended(:name, 0))")
    return bool(await connection.scalar(statement, {"name": f"docent process {owner}"}))


def stored_question(row: Any) -> StoredQuestion:
    """Give the question of a row with the columns of `questions`."""
    return StoredQuestion(
        id=row.id,
        key=row.key,
        conversation=ConversationKey(row.platform, row.workspace, row.channel, row.thread),
        asked_by=row.asked_by,
        text=row.text,
        private=row.private,
        audience=Audience(Scope(**row.audience["scope"]), row.audience["is_public"]) if row.audience else None,
        handle=row.handle,
        status=row.status,
        attempts=row.attempts,
        sent=row.sent,
        turn_id=row.turn_id,
    )
