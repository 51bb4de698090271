"""When the digest of gaps was last sent to a channel: once a week, by whichever process comes first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.storage.database import Database
from core.storage.tables import digests


@dataclass(frozen=True, slots=True)
class DueDigest:
    """A digest that is ours to send. name: the same for every try to send it, another one for the next."""

    name: str


class DigestStore:
    """The record of digests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def due(self, channel: str, days: int = 7) -> AsyncIterator[DueDigest | None]:
        """Give the digest to send to a channel inside the block, None where none is due or another process has it.

        It counts as sent when the block ends, and not when it raises. Raises StoreError.
        """
        lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
        async with self._database.begin() as connection:
            if not await connection.scalar(lock, {"name": f"docent digest {channel}"}):
                yield None
                return
            last = select(digests.c.sent_at, digests.c.sent_at > func.now() - timedelta(days=days))
            row = (await connection.execute(last.where(digests.c.channel == channel))).one_or_none()
            if row is not None and row[1]:
                yield None
                return
            yield DueDigest(row[0].isoformat() if row is not None else "first")
            sent = upsert(digests).values(channel=channel, sent_at=func.clock_timestamp())
            await connection.execute(
                sent.on_conflict_do_update(index_elements=["channel"], set_={"sent_at": sent.excluded.sent_at})
            )
