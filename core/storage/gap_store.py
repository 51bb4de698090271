"""What the documents could not answer, and which documents are never cited or disliked, from questions and turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from core.storage.database import Database

# The newest of so many are looked at: comparing each with each takes memory by the square of their number.
LARGEST = 4000

# A question counts when its answer was a refusal, uncertain, or disliked. Small talk has no turn, and so has a question
# that was forgotten. Everyone may know of a question only where the platform said that its channel is public.
_GAPS = text(
    """
    SELECT q.id, coalesce(nullif(t.found ->> 'searched', ''), q.text) AS text, q.platform || ':' || q.asked_by AS asker,
        NOT q.private AND q.platform <> 'web' AND coalesce((q.audience ->> 'is_public')::boolean, false) AS is_public,
        q.created_at AS asked_at, t.kind = 'refused' AS is_refused,
        coalesce((t.found ->> 'uncertain')::boolean, false) AS is_uncertain,
        coalesce(f.disliked, 0) AS disliked, coalesce(f.reasons, '{}') AS reasons,
        coalesce(t.found -> 'passages', '[]') AS passages, t.citations
    FROM questions q
    JOIN turns t ON t.id = q.turn_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS disliked, array_agg(reason ORDER BY created_at) FILTER (WHERE reason <> '') AS reasons
        FROM feedback WHERE question_id = q.id AND value = 'down'
    ) AS f ON true
    WHERE q.created_at >= now() - make_interval(days => :days)
        AND t.kind <> 'chat'
        AND (t.kind = 'refused' OR coalesce((t.found ->> 'uncertain')::boolean, false) OR f.disliked > 0)
    ORDER BY q.created_at DESC, q.id DESC
    LIMIT :limit
    """
)

_ANSWERED = text(
    """
    SELECT count(*) FROM questions q JOIN turns t ON t.id = q.turn_id
    WHERE q.created_at >= now() - make_interval(days => :days) AND t.kind <> 'chat'
    """
)

# Each answer counts once for a document, however many of its chunks it found or cites.
_DOCUMENTS = text(
    """
    WITH recent AS (
        SELECT id, citations, coalesce(found -> 'passages', '[]') AS passages FROM turns
        WHERE created_at >= now() - make_interval(days => :days)
    ),
    retrieved AS (
        SELECT each ->> 'collection' AS collection, each ->> 'document' AS document, count(DISTINCT r.id) AS turns
        FROM recent r, jsonb_array_elements(r.passages) AS each GROUP BY 1, 2
    ),
    citing AS (
        SELECT DISTINCT r.id, each ->> 'collection' AS collection, each ->> 'document' AS document
        FROM recent r, jsonb_array_elements(r.citations) AS each
    ),
    cited AS (
        SELECT c.collection, c.document, count(*) AS turns,
            count(*) FILTER (WHERE v.down > 0) AS disliked, count(*) FILTER (WHERE v.up > 0) AS liked
        FROM citing c
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE f.value = 'down') AS down, count(*) FILTER (WHERE f.value = 'up') AS up
            FROM questions q JOIN feedback f ON f.question_id = q.id WHERE q.turn_id = c.id
        ) AS v ON true
        GROUP BY 1, 2
    )
    SELECT k.name AS collection, d.path AS document, coalesce(r.turns, 0) AS retrieved, coalesce(c.turns, 0) AS cited,
        coalesce(c.disliked, 0) AS disliked, coalesce(c.liked, 0) AS liked
    FROM documents d
    JOIN collections k ON k.id = d.collection_id
    LEFT JOIN retrieved r ON (r.collection, r.document) = (k.name, d.path)
    LEFT JOIN cited c ON (c.collection, c.document) = (k.name, d.path)
    ORDER BY k.name, d.path
    """
)


@dataclass(frozen=True, slots=True)
class DocumentName:
    """A document as people name it: its collection, and its path relative to the ingested folder."""

    collection: str
    path: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that was refused, answered uncertainly or disliked.

    text: the question as it was searched. asker: platform and user id, to count people by, never to be shown.
    is_public: everyone may know of it; others are for admins alone. disliked: how many said so. reasons: why they did.
    documents: the nearest, best first.
    """

    id: int
    text: str
    asker: str
    is_public: bool
    asked_at: datetime
    is_refused: bool = False
    is_uncertain: bool = False
    disliked: int = 0
    reasons: tuple[str, ...] = ()
    documents: tuple[DocumentName, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentUse:
    """How often a document was found, cited, disliked and liked: answers each."""

    document: DocumentName
    retrieved: int
    cited: int
    disliked: int
    liked: int


class GapStore:
    """Reads what questions and feedback tell of the documents; each method raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def gaps(self, days: int) -> list[Gap]:
        """Give what the documents could not answer in so many days, newest first, at most LARGEST of them."""
        async with self._database.begin() as connection:
            rows = (await connection.execute(_GAPS, {"days": days, "limit": LARGEST})).all()
        return [_gap(row) for row in rows]

    async def answered(self, days: int) -> int:
        """Give how many questions got an answer or a refusal in so many days."""
        async with self._database.begin() as connection:
            return int(await connection.scalar(_ANSWERED, {"days": days}) or 0)

    async def documents(self, days: int) -> list[DocumentUse]:
        """Give every document with how it was used in so many days, by collection and path."""
        async with self._database.begin() as connection:
            rows = (await connection.execute(_DOCUMENTS, {"days": days})).all()
        return [
            DocumentUse(DocumentName(row.collection, row.document), row.retrieved, row.cited, row.disliked, row.liked)
            for row in rows
        ]


def _gap(row: Any) -> Gap:
    # What an answer cited is nearer than what else was found.
    near = [DocumentName(each["collection"], each["document"]) for each in (*row.citations, *row.passages)]
    return Gap(
        id=row.id,
        text=row.text,
        asker=row.asker,
        is_public=row.is_public,
        asked_at=row.asked_at,
        is_refused=row.is_refused,
        is_uncertain=row.is_uncertain,
        disliked=row.disliked,
        reasons=tuple(row.reasons),
        documents=tuple(dict.fromkeys(near)),
    )
