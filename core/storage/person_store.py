"""What is stored about one person: given whole, or deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, any_, delete, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.storage.database import Database
from core.storage.tables import (
    audit,
    collections,
    conversations,
    documents,
    feedback,
    golden,
    handovers,
    ingest_runs,
    questions,
    turns,
)

# Stands where a name stood.
NOBODY = "forgotten"

_PLACE = ("platform", "workspace", "channel", "thread")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a platform names them: "slack" and "U123", "web" and the page's name of a browser."""

    platform: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.user}"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted of each, and in how many rows only the name. still_open: questions without an answer yet."""

    questions: int = 0
    answers: int = 0
    feedback: int = 0
    handovers: int = 0
    conversations: int = 0
    golden: int = 0
    audit: int = 0
    runs: int = 0
    still_open: int = 0

    @property
    def is_nothing(self) -> bool:
        """True when nothing was stored."""
        return self == Forgotten()


class PersonStore:
    """Finds and deletes by person; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def export(self, person: Person) -> dict[str, list[dict[str, Any]]]:
        """Give all that is stored about a person, by kind, oldest first; times are datetimes. No kind is left out.

        Of conversations it gives those that they took part in, and of their turns only the person's own. Documents
        that name them as an owner are told, too; that stands in the documents, and forgetting leaves it.
        """
        theirs = _asked_by(person)
        named = literal(str(person))
        stored: dict[str, Select[Any]] = {
            "questions": select(questions).where(theirs).order_by(questions.c.id),
            "answers": select(turns)
            .where(turns.c.id.in_(select(questions.c.turn_id).where(theirs)))
            .order_by(turns.c.id),
            "conversations": select(conversations).where(_took_part(person)).order_by(conversations.c.id),
            "feedback": select(feedback).where(feedback.c.given_by == str(person)).order_by(feedback.c.created_at),
            "handovers": select(handovers).where(_handed(person)).order_by(handovers.c.created_at),
            "golden": select(golden).where(_golden_of(person)).order_by(golden.c.id),
            "audit": select(audit).where(_audited(person)).order_by(audit.c.id),
            "ingest_runs": select(ingest_runs)
            .where(ingest_runs.c.requested_by == str(person))
            .order_by(ingest_runs.c.id),
            "owned_documents": select(collections.c.name.label("collection"), documents.c.path)
            .join(documents, documents.c.collection_id == collections.c.id)
            .where(or_(named == any_(documents.c.owners), named == any_(documents.c.listed_owners)))
            .order_by(documents.c.id),
        }
        async with self._database.begin() as connection:
            return {kind: await _rows(connection, query) for kind, query in stored.items()}

    async def forget(self, person: Person) -> Forgotten:
        """Delete it; where a record has to stay, of what was done or of a right answer, only who it was goes.

        A question that is being answered stays until that is over: forget once more then.
        """
        theirs = _asked_by(person)
        closed = (theirs, questions.c.status != "open")
        async with self._database.begin() as connection:
            places = (await connection.execute(select(*(questions.c[name] for name in _PLACE)).where(*closed))).all()
            named = update(golden).where(golden.c.given_by == str(person)).values(given_by=NOBODY)
            own = select(questions.c.turn_id).where(*closed)
            return Forgotten(
                golden=await _count(connection, named),
                answers=await _count(connection, delete(turns).where(turns.c.id.in_(own))),
                feedback=await _count(connection, delete(feedback).where(feedback.c.given_by == str(person))),
                handovers=await _count(connection, delete(handovers).where(_handed(person))),
                questions=await _count(connection, delete(questions).where(*closed)),
                conversations=await _count(connection, delete(conversations).where(_is_empty(places))),
                audit=await _count(connection, update(audit).where(_audited(person)).values(actor=NOBODY)),
                runs=await _count(
                    connection,
                    update(ingest_runs)
                    .where(ingest_runs.c.requested_by == str(person), ingest_runs.c.finished_at.is_not(None))
                    .values(requested_by=NOBODY, report=None),
                ),
                still_open=int(await connection.scalar(select(func.count()).select_from(questions).where(theirs)) or 0),
            )

    async def expire(self, days: int) -> int:
        """Take the names out of golden questions that are so many days old (0: keep all); gives of how many."""
        if days == 0:
            return 0
        old = golden.c.created_at < func.now() - timedelta(days=days)
        async with self._database.begin() as connection:
            return await _count(
                connection, update(golden).where(old, golden.c.given_by != NOBODY).values(given_by=NOBODY)
            )


def _asked_by(person: Person) -> ColumnElement[bool]:
    return (questions.c.platform == person.platform) & (questions.c.asked_by == person.user)


def _took_part(person: Person) -> ColumnElement[bool]:
    same = [questions.c[name] == conversations.c[name] for name in _PLACE]
    return exists().where(_asked_by(person), *same)


def _handed(person: Person) -> ColumnElement[bool]:
    """Tell what they handed over, and what was handed over to them."""
    return or_(handovers.c.asked_by == str(person), handovers.c.owner == str(person))


def _golden_of(person: Person) -> ColumnElement[bool]:
    own = select(questions.c.id).where(_asked_by(person))
    return or_(golden.c.given_by == str(person), golden.c.question_id.in_(own))


def _audited(person: Person) -> ColumnElement[bool]:
    return (audit.c.platform == person.platform) & (audit.c.actor == person.user)


def _is_empty(places: Sequence[Any]) -> ColumnElement[bool]:
    """Tell which conversations of these places have no turn any more."""
    there = tuple_(*(conversations.c[name] for name in _PLACE)).in_([tuple(place) for place in places])
    return there & ~exists().where(turns.c.conversation_id == conversations.c.id)


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[dict[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = (await connection.execute(query)).mappings().all()
    return [dict(row) for row in rows]


async def _count(connection: AsyncConnection, statement: Any) -> int:
    """Run a statement that changes rows and give how many."""
    return int((await connection.execute(statement)).rowcount)
