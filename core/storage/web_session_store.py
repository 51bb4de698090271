"""Who is signed in to the page: digests of tokens, with the role that each has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update

from core.storage.database import Database
from core.storage.tables import web_sessions

_SEEN_EVERY = timedelta(hours=1)


class WebSessionStore:
    """Sessions of the page, held in Postgres so that they outlast a restart. days: how long one is good."""

    def __init__(self, database: Database, days: int = 30) -> None:
        self._database = database
        self._days = days

    async def add(self, token: str, role: str) -> None:
        """Begin a session; those that are over go with the same transaction. token: a digest. Raises StoreError."""
        async with self._database.begin() as connection:
            await connection.execute(delete(web_sessions).where(web_sessions.c.created_at < self._oldest()))
            await connection.execute(insert(web_sessions).values(token=token, role=role))

    async def role(self, tokens: Sequence[str]) -> str | None:
        """Give the role of the session that one of these digests names, None when there is none. Raises StoreError."""
        alive = web_sessions.c.token.in_(tokens), web_sessions.c.created_at >= self._oldest()
        async with self._database.begin() as connection:
            found = (await connection.execute(select(web_sessions).where(*alive))).first()
            if found is None:
                return None
            await connection.execute(
                update(web_sessions)
                .where(web_sessions.c.token == found.token, web_sessions.c.seen_at < func.now() - _SEEN_EVERY)
                .values(seen_at=func.now())
            )
            return str(found.role)

    async def remove(self, tokens: Sequence[str]) -> None:
        """End a session. Raises StoreError."""
        async with self._database.begin() as connection:
            await connection.execute(delete(web_sessions).where(web_sessions.c.token.in_(tokens)))

    def _oldest(self) -> object:
        return func.now() - timedelta(days=self._days)
