"""What ingestion reads and writes: collections, documents and their chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from sqlalchemy import Text, cast, delete, func, select, text
from sqlalchemy.dialects.postgresql import Insert, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from core.errors import StoreError
from core.storage.chunk_writing import DocumentWrite, among, remove_documents, write_documents
from core.storage.database import Database, rebuild_for
from core.storage.indexed_text import IndexedText
from core.storage.run_store import lock_name
from core.storage.tables import chunks, collections, documents, index_settings


class CollectionBusyError(StoreError):
    """Another process holds the right to ingest into the collection."""

    def __init__(self, collection: str) -> None:
        super().__init__(
            f"Another ingest into the collection {collection!r} is running; wait until it ends "
            "(`docent status` shows how far it is)."
        )


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What the index was made with; it must match what questions are asked with."""

    embedder: str
    dimensions: int
    language: str
    chunking: int


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the index knows it. modified_ns 0: its clock could not be trusted, compare the hash."""

    id: int
    path: str
    file_hash: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class ListedOwners:
    """Whom the folder's list names as the owners of a document, id and path as the index knows it."""

    id: int
    path: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """A collection as `status` shows it."""

    name: str
    folder: str
    documents: int
    chunks: int


class IndexStore:
    """The index as ingestion sees it; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self) -> IndexSettings | None:
        """Give what the index was made with, None while it was never filled."""
        async with self._database.begin() as connection:
            row = (await connection.execute(select(index_settings))).one_or_none()
        return IndexSettings(row.embedder, row.dimensions, row.language, row.chunking) if row else None

    async def save_settings(self, settings: IndexSettings) -> None:
        """Record what the index is made with from now on."""
        async with self._database.begin() as connection:
            await connection.execute(_saving(settings))

    async def reset(self, settings: IndexSettings) -> None:
        """Empty the whole index, make room for vectors of another width and record what it is made with."""
        async with self._database.begin() as connection:
            await connection.execute(delete(index_settings))  # first: waits for whoever writes
            await connection.run_sync(rebuild_for, settings.dimensions)
            await connection.execute(_saving(settings))

    @asynccontextmanager
    async def lock(self, collection: str) -> AsyncIterator[None]:
        """Hold the one right to ingest into a collection; raises CollectionBusyError when another process has it.

        The lock belongs to a connection, so it goes with a process that is killed. StoreError at the end: the
        connection, and so the lock, was lost on the way.
        """
        with self._database.translated():
            async with self._database.engine.connect() as connection:
                key = {"key": lock_name(collection)}
                got = await connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key)
                await connection.commit()
                if not got:
                    raise CollectionBusyError(collection)
                try:
                    yield
                finally:
                    await connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)
                    await connection.commit()

    async def collection(self, name: str, folder: str) -> int:
        """Give the id of a collection, made when it is new; it mirrors `folder` from now on."""
        async with self._database.begin() as connection:
            return int(
                (
                    await connection.execute(
                        upsert(collections)
                        .values(name=name, folder=folder)
                        .on_conflict_do_update(index_elements=["name"], set_={"folder": folder})
                        .returning(collections.c.id)
                    )
                ).scalar_one()
            )

    async def documents(self, collection: str) -> dict[str, StoredDocument]:
        """Give the stored documents of a collection by path; empty for an unknown one."""
        query = (
            select(documents.c.id, documents.c.path, documents.c.file_hash, documents.c.size, documents.c.modified_ns)
            .join(collections)
            .where(collections.c.name == collection)
        )
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return {row.path: StoredDocument(row.id, row.path, row.file_hash, row.size, row.modified_ns) for row in rows}

    async def chunk_hashes(self, document_ids: Sequence[int]) -> dict[int, list[str]]:
        """Give the content hashes of the chunks of each document in order."""
        query = (
            select(chunks.c.document_id, chunks.c.content_hash)
            .where(among(chunks.c.document_id, document_ids))
            .order_by(chunks.c.document_id, chunks.c.ordinal)
        )
        hashes: dict[int, list[str]] = {document_id: [] for document_id in document_ids}
        async with self._database.begin() as connection:
            for document_id, content_hash in (await connection.execute(query)).all():
                hashes[document_id].append(content_hash)
        return hashes

    async def indexed_texts(self, content_hashes: Sequence[str]) -> dict[str, IndexedText]:
        """Give what is stored for these content hashes, in whatever document; unknown ones are left out."""
        query = (
            select(
                chunks.c.content_hash,
                cast(chunks.c.embedding, Text).label("embedding"),
                chunks.c.terms,
                cast(chunks.c.term_weights, Text).label("weights"),
            )
            .ext(distinct_on(chunks.c.content_hash))
            .where(among(chunks.c.content_hash, content_hashes))
        )
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return {row.content_hash: IndexedText(row.embedding, tuple(row.terms), row.weights) for row in rows}

    async def known_hashes(self, content_hashes: Sequence[str]) -> frozenset[str]:
        """Give those of the content hashes that are stored, in whatever document."""
        query = select(chunks.c.content_hash).distinct().where(among(chunks.c.content_hash, content_hashes))
        async with self._database.begin() as connection:
            return frozenset((await connection.scalars(query)).all())

    async def write(self, collection_id: int, writes: Sequence[DocumentWrite], settings: IndexSettings) -> None:
        """Bring documents in, all in one transaction: a reader sees the old version of each or the new one.

        settings: what their texts were made with. Raises StoreError when the index is made with something else by now.
        """
        async with self._database.begin() as connection:
            # Shared with other writers; whoever empties the index waits for them.
            made_with = select(index_settings.c.embedder, index_settings.c.language).with_for_update(
                read=True, key_share=True
            )
            row = (await connection.execute(made_with)).one_or_none()
            if row is None or tuple(row) != (settings.embedder, settings.language):
                raise StoreError(
                    f"The index was rebuilt meanwhile, and not with embedder {settings.embedder} and SEARCH_LANGUAGE="
                    f"{settings.language}; ingest again."
                )
            await write_documents(connection, collection_id, writes)

    async def remove(self, removed: Sequence[tuple[str, int]]) -> None:
        """Take documents and their chunks out: (path, id) each; one that has another path by now stays."""
        async with self._database.begin() as connection:
            await remove_documents(connection, removed)

    async def touch(self, stats: Mapping[int, int]) -> None:
        """Note new clocks (ns) of documents whose content is the same: document id -> modified_ns."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE documents SET modified_ns = new.modified_ns "
                    "FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS bigint[])) AS new(id, modified_ns) "
                    "WHERE documents.id = new.id"
                ),
                {"ids": list(stats), "times": list(stats.values())},
            )

    async def listed_owners(self, collection: str) -> list[ListedOwners]:
        """Give what is noted of the folder's list of owners for each document of a collection."""
        query = (
            select(documents.c.id, documents.c.path, documents.c.listed_owners)
            .join(collections)
            .where(collections.c.name == collection)
        )
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [ListedOwners(row.id, row.path, tuple(row.listed_owners)) for row in rows]

    async def note_listed_owners(self, changed: Sequence[ListedOwners]) -> None:
        """Note other owners; nothing else of a document changes."""
        statement = text("UPDATE documents SET listed_owners = :owners WHERE id = :id AND path = :path")
        rows = [{"id": each.id, "path": each.path, "owners": list(each.owners)} for each in changed]
        if rows:
            async with self._database.begin() as connection:
                await connection.execute(statement, rows)

    async def status(self) -> list[CollectionStatus]:
        """Give every collection with what is in it."""
        query = (
            select(
                collections.c.name,
                collections.c.folder,
                func.count(func.distinct(documents.c.id)).label("documents"),
                func.count(chunks.c.id).label("chunks"),
            )
            .select_from(collections.outerjoin(documents).outerjoin(chunks))
            .group_by(collections.c.id)
            .order_by(collections.c.name)
        )
        async with self._database.begin() as connection:
            rows = (await connection.execute(query)).all()
        return [CollectionStatus(row.name, row.folder, row.documents, row.chunks) for row in rows]

    async def any_title(self) -> str:
        """Give the title of the document that was ingested first; "" when there is none."""
        async with self._database.begin() as connection:
            return await connection.scalar(select(documents.c.title).order_by(documents.c.id).limit(1)) or ""


def _saving(settings: IndexSettings) -> Insert:
    values = asdict(settings)
    return upsert(index_settings).values(id=1, **values).on_conflict_do_update(index_elements=["id"], set_=values)
