"""Who may see what: private collections, limits of channels, and what an audience therefore sees.

The rule, in the words of the README: no public channel sees a private collection; a private channel or a direct
message sees one only when a limit of its own names it; for the rest the nearest limit counts, of the channel, else of
its workspace, else of its platform, and without any limit every collection that is not private is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import ConfigurationError
from core.storage.database import Database
from core.storage.tables import channel_collections, chunks, collections, documents


@dataclass(frozen=True, slots=True)
class Scope:
    """What a limit holds for: a platform, one of its workspaces, or one channel ("" for all of them)."""

    platform: str
    workspace: str = ""
    channel: str = ""

    def __str__(self) -> str:
        return ":".join(part for part in (self.platform, self.workspace, self.channel) if part)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads what is said: the people of one channel. is_public: also when nobody knows what kind it is."""

    scope: Scope
    is_public: bool = True


@dataclass(frozen=True, slots=True)
class CollectionAccess:
    """A collection, what is in it and who is kept out. named_for: the places whose limits name it, such as slack:T1."""

    name: str
    documents: int
    chunks: int
    private: bool
    named_for: tuple[str, ...]


# 2: the channel's own limit, 1: its workspace's, 0: its platform's.
_VISIBLE = text(
    """
    WITH applying AS (
        SELECT collection_id, (workspace <> '')::int + (channel <> '')::int AS nearness
        FROM channel_collections
        WHERE platform = :platform
            AND (workspace, channel) IN ((:workspace, :channel), (:workspace, ''), ('', ''))
    ),
    nearest AS (SELECT * FROM applying WHERE nearness = (SELECT max(nearness) FROM applying))
    SELECT k.name
    FROM collections k LEFT JOIN nearest n ON n.collection_id = k.id
    WHERE (n.collection_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM nearest))
        AND (NOT k.private OR (n.nearness = 2 AND NOT :is_public))
    ORDER BY k.name
    """
)


class AccessStore:
    """Limits and private marks, held in Postgres so that every process keeps to them at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def visible(self, audience: Audience) -> tuple[str, ...]:
        """Give the names of the collections that an audience may see, in order; for `Question.collections`."""
        values = {**asdict(audience.scope), "is_public": audience.is_public}
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(_VISIBLE, values)).all())

    async def collections(self) -> list[CollectionAccess]:
        """Give every collection by name."""
        counted = (
            select(
                collections.c.id,
                collections.c.name,
                collections.c.private,
                func.count(func.distinct(documents.c.id)).label("documents"),
                func.count(chunks.c.id).label("chunks"),
            )
            .select_from(collections.outerjoin(documents).outerjoin(chunks))
            .group_by(collections.c.id)
            .order_by(collections.c.name)
        )
        limits = select(channel_collections).order_by(*channel_collections.primary_key)
        async with self._database.begin() as connection:
            rows = (await connection.execute(counted)).all()
            named: dict[int, list[str]] = {}
            for limit in await connection.execute(limits):
                scope = Scope(limit.platform, limit.workspace, limit.channel)
                named.setdefault(limit.collection_id, []).append(str(scope))
        return [
            CollectionAccess(row.name, row.documents, row.chunks, row.private, tuple(named.get(row.id, ())))
            for row in rows
        ]

    async def set_private(self, names: Sequence[str], *, private: bool) -> None:
        """Mark collections private, or open them. Raises ConfigurationError for those that are not there."""
        async with self._database.begin() as connection:
            ids = await _ids(connection, names)
            await connection.execute(update(collections).where(collections.c.id.in_(ids)).values(private=private))

    async def limit(self, scope: Scope, names: Sequence[str]) -> None:
        """Let a scope see these collections only, whatever its limit was.

        names: at least one. Raises ConfigurationError for those that are not there.
        """
        async with self._database.begin() as connection:
            ids = await _ids(connection, names)
            await _lift(connection, scope)
            await connection.execute(
                insert(channel_collections), [{**asdict(scope), "collection_id": identifier} for identifier in ids]
            )

    async def lift(self, scope: Scope) -> bool:
        """Take a scope's own limit away; False when it had none."""
        async with self._database.begin() as connection:
            return await _lift(connection, scope)


async def _ids(connection: AsyncConnection, names: Sequence[str]) -> list[int]:
    known = {row.name: row.id for row in await connection.execute(select(collections.c.id, collections.c.name))}
    unknown = sorted(set(names) - set(known))
    if unknown:
        there = ", ".join(sorted(known)) or "none yet"
        raise ConfigurationError(f"There is no collection {', '.join(map(repr, unknown))}; there is: {there}.")
    return [known[name] for name in dict.fromkeys(names)]


async def _lift(connection: AsyncConnection, scope: Scope) -> bool:
    where = [channel_collections.c[name] == value for name, value in asdict(scope).items()]
    return bool((await connection.execute(delete(channel_collections).where(*where))).rowcount)
