"""Who owns the documents that came nearest to a question, and which owner was asked about it already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.storage.database import Database
from core.storage.tables import handovers

# What an answer cited is nearer than what else was found. What its front matter says of a document counts before what
# the folder's list says.
_NEAREST = text(
    """
    WITH near AS (
        SELECT each ->> 'collection' AS collection, each ->> 'document' AS document, min(place) AS place
        FROM questions q
        JOIN turns t ON t.id = q.turn_id
        CROSS JOIN LATERAL jsonb_array_elements(t.citations || coalesce(t.found -> 'passages', '[]'))
            WITH ORDINALITY AS found (each, place)
        WHERE q.id = :id
        GROUP BY 1, 2
    )
    SELECT n.document, CASE WHEN d.owners <> '{}' THEN d.owners ELSE d.listed_owners END AS owners
    FROM near n
    JOIN collections k ON k.name = n.collection AND k.name = ANY (:collections)
    JOIN documents d ON d.collection_id = k.id AND d.path = n.document
    ORDER BY n.place
    LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class OwnedDocument:
    """A document and its owners as they are written: a name, an email address, or slack:U123 and the like."""

    path: str
    owners: tuple[str, ...]


class HandoverStore:
    """Owners by question, and what was handed to them; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def nearest(self, question_id: int, collections: Sequence[str], limit: int) -> list[OwnedDocument]:
        """Give the documents of these collections that came nearest to a question, best first.

        Those that are not in the index any more are left out; none for a question whose answer was forgotten.
        """
        values = {"id": question_id, "collections": list(collections), "limit": limit}
        async with self._database.begin() as connection:
            rows = (await connection.execute(_NEAREST, values)).all()
        return [OwnedDocument(row.document, tuple(row.owners)) for row in rows]

    async def claim(self, question_id: int, owner: str, *, asked_by: str, document: str) -> bool:
        """Note that an owner is asked about a question; False when they were before, by any process."""
        statement = (
            upsert(handovers)
            .values(question_id=question_id, owner=owner, asked_by=asked_by, document=document)
            .on_conflict_do_nothing()
            .returning(handovers.c.question_id)
        )
        async with self._database.begin() as connection:
            return await connection.scalar(statement) is not None

    async def release(self, question_id: int, owner: str) -> None:
        """Take it back: they could not be asked."""
        async with self._database.begin() as connection:
            await connection.execute(
                delete(handovers).where(handovers.c.question_id == question_id, handovers.c.owner == owner)
            )
