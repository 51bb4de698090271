"""Who is signed in to the page: digests of tokens, with the role that each has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update

from core.storage.database import Database
from core.storage.tables import web_sessions

# How long a session is good.
SESSION_DAYS = 30
_SEEN_EVERY = timedelta(hours=1)
_OLDEST = func.now() - timedelta(days=SESSION_DAYS)


class WebSessionStore:
    """Sessions of the page, held in Postgres so that they outlast a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: str, role: str) -> None:
        """Begin a session; those that are over go with the same transaction. token: a digest. Raises StoreError."""
        async with self._database.begin() as connection:
            await connection.execute(delete(web_sessions).where(web_sessions.c.created_at < _OLDEST))
            await connection.execute(insert(web_sessions).values(token=token, role=role))

    async def role(self, tokens: Sequence[str]) -> str | None:
        """Give the role of the session that one of these digests names, None when there is none. Raises StoreError."""
        alive = web_sessions.c.token.in_(tokens), web_sessions.c.created_at >= _OLDEST
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

    async def expire(self) -> int:
        """Sign out everyone whose browser was not seen on the page all that time; gives how many. Raises StoreError."""
        async with self._database.begin() as connection:
            return (await connection.execute(delete(web_sessions).where(web_sessions.c.seen_at < _OLDEST))).rowcount
