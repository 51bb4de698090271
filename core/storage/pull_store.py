"""How the last git pull of each collection's folder went, for `docent status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.storage.database import Database
from core.storage.tables import collections, folder_pulls


@dataclass(frozen=True, slots=True)
class FailedPull:
    """A collection whose folder could not be pulled the last time, and why, in one line."""

    collection: str
    error: str
    pulled_at: datetime


class PullStore:
    """The record of pulls, the last of each collection; each method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, collection: str, error: str) -> None:
        """Record a pull; error: "" when it went well. Nothing happens for a collection that isn't there (any more)."""
        wanted = select(collections.c.id, literal(error, Text)).where(collections.c.name == collection)
        statement = upsert(folder_pulls).from_select(["collection_id", "error"], wanted)
        async with self._database.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["collection_id"], set_={"error": error, "pulled_at": func.now()}
                )
            )

    async def failed(self) -> list[FailedPull]:
        """Give the collections whose last pull failed, by name."""
        query = (
            select(collections.c.name, folder_pulls.c.error, folder_pulls.c.pulled_at)
            .join(folder_pulls)
            .where(folder_pulls.c.error != "")
            .order_by(collections.c.name)
        )
        async with self._database.begin() as connection:
            return [FailedPull(*row) for row in await connection.execute(query)]
