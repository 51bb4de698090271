"""What ingestion reads and writes: collections, documents, their chunks, term frequencies and runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StoreError
from core.models import Chunk
from core.ports import Embeddings
from core.retrieval.lexical import chunk_weights, sparse, tokenize
from core.storage.database import Database, rebuild_for
from core.storage.tables import LEXICAL_DIMENSIONS, chunks, collections, documents, index_settings, ingest_runs, terms


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
class DocumentWrite:
    """One document to bring in: `embeddings` has a row for each chunk whose content_hash is in `new`, in order.

    replaces: the id of the stored version, also under an older path; None for a new document.
    """

    path: str
    title: str
    file_hash: str
    size: int
    modified_ns: int
    chunks: tuple[Chunk, ...]
    new: frozenset[str]
    embeddings: Embeddings
    replaces: int | None


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
        values = {
            "embedder": settings.embedder,
            "dimensions": settings.dimensions,
            "language": settings.language,
            "chunking": settings.chunking,
        }
        async with self._database.begin() as connection:
            await connection.execute(
                upsert(index_settings).values(id=1, **values).on_conflict_do_update(index_elements=["id"], set_=values)
            )

    async def reset(self, dimensions: int) -> None:
        """Empty the whole index and give the embedding column another width."""
        async with self._database.begin() as connection:
            await connection.run_sync(rebuild_for, dimensions)
            await connection.execute(delete(index_settings))

    @asynccontextmanager
    async def lock(self, collection: str) -> AsyncIterator[None]:
        """Hold the one right to ingest into a collection; raises StoreError when another process has it.

        The lock belongs to a connection, so it goes with a process that is killed.
        """
        async with self._database.engine.connect() as connection:
            key = {"key": f"docent ingest {collection}"}
            got = await connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key)
            await connection.commit()
            if not got:
                raise StoreError(
                    f"Another ingest into the collection {collection!r} is running; wait until it ends "
                    "(`docent status` shows how far it is)."
                )
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
            .where(chunks.c.document_id.in_(document_ids))
            .order_by(chunks.c.document_id, chunks.c.ordinal)
        )
        hashes: dict[int, list[str]] = {document_id: [] for document_id in document_ids}
        async with self._database.begin() as connection:
            for document_id, content_hash in (await connection.execute(query)).all():
                hashes[document_id].append(content_hash)
        return hashes

    async def touch(self, stats: Mapping[int, int]) -> None:
        """Note new modification times (ns) of documents whose content is the same: document id -> modified_ns."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE documents SET modified_ns = new.modified_ns "
                    "FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS bigint[])) AS new(id, modified_ns) "
                    "WHERE documents.id = new.id"
                ),
                {"ids": list(stats), "times": list(stats.values())},
            )

    async def remove(self, document_ids: Sequence[int]) -> None:
        """Take documents and their chunks out."""
        async with self._database.begin() as connection:
            gone = Counter[str]()
            rows = await connection.execute(select(chunks.c.terms).where(chunks.c.document_id.in_(document_ids)))
            count = 0
            for (chunk_terms,) in rows:
                gone.subtract(chunk_terms)
                count -= 1
            await connection.execute(delete(documents).where(documents.c.id.in_(document_ids)))
            await _count_terms(connection, gone, count)

    async def write(self, collection_id: int, writes: Sequence[DocumentWrite], language: str) -> None:
        """Bring documents in, all in one transaction: a reader sees the old version of each or the new one.

        Chunks whose content stays keep their row, and so their id and embedding.
        """
        async with self._database.begin() as connection:
            change = Counter[str]()
            count = 0
            rows: list[tuple[object, ...]] = []
            for write in writes:
                document_id, kept = await _place_document(connection, collection_id, write, change)
                count += len(write.chunks) - kept.before
                rows.extend(_new_rows(document_id, write, kept, language, change))
            await _copy_chunks(connection, rows)
            await _count_terms(connection, change, count)

    async def start_run(self, collection_id: int, folder: str) -> int:
        """Record that an ingest began; runs of this collection that never ended count as interrupted."""
        async with self._database.begin() as connection:
            await connection.execute(
                update(ingest_runs)
                .where(ingest_runs.c.collection_id == collection_id, ingest_runs.c.status == "running")
                .values(status="interrupted", finished_at=func.now())
            )
            return int(
                (
                    await connection.execute(
                        insert(ingest_runs)
                        .values(collection_id=collection_id, folder=folder, status="running")
                        .returning(ingest_runs.c.id)
                    )
                ).scalar_one()
            )

    async def finish_run(self, run_id: int, status: str, summary: Mapping[str, Any]) -> None:
        """Record how an ingest ended: `done`, `failed in part` or `failed`."""
        async with self._database.begin() as connection:
            await connection.execute(
                update(ingest_runs)
                .where(ingest_runs.c.id == run_id)
                .values(status=status, summary=dict(summary), finished_at=func.now())
            )

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

    async def last_runs(self, limit: int = 5) -> list[dict[str, Any]]:
        """Give the last ingests, newest first: folder, status, summary, started_at, finished_at."""
        query = select(ingest_runs, collections.c.name.label("collection")).join(collections)
        async with self._database.begin() as connection:
            rows = await connection.execute(query.order_by(ingest_runs.c.id.desc()).limit(limit))
            return [dict(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class _Kept:
    before: int  # chunks of the stored version
    ordinals: frozenset[int]  # of the new version: chunks that keep their row


async def _place_document(
    connection: AsyncConnection, collection_id: int, write: DocumentWrite, change: Counter[str]
) -> tuple[int, _Kept]:
    """Insert or update the document's row, drop chunks that are gone, move the ones that stay."""
    values = {
        "path": write.path,
        "title": write.title,
        "file_hash": write.file_hash,
        "size": write.size,
        "modified_ns": write.modified_ns,
    }
    if write.replaces is None:
        document_id = (
            await connection.execute(
                insert(documents).values(collection_id=collection_id, **values).returning(documents.c.id)
            )
        ).scalar_one()
        return int(document_id), _Kept(0, frozenset())
    await connection.execute(
        update(documents).where(documents.c.id == write.replaces).values(ingested_at=func.now(), **values)
    )
    stored = (
        await connection.execute(
            select(chunks.c.id, chunks.c.content_hash, chunks.c.terms)
            .where(chunks.c.document_id == write.replaces)
            .order_by(chunks.c.ordinal)
        )
    ).all()
    free: dict[str, list[int]] = {}
    for row in stored:
        free.setdefault(row.content_hash, []).append(row.id)
    kept: dict[int, Chunk] = {}
    for chunk in write.chunks:
        if free.get(chunk.content_hash):
            kept[free[chunk.content_hash].pop(0)] = chunk
    for row in stored:
        if row.id not in kept:
            change.subtract(row.terms)
    await connection.execute(
        delete(chunks).where(chunks.c.document_id == write.replaces, chunks.c.id.not_in(list(kept)))
    )
    for chunk_id, chunk in kept.items():
        first, last = chunk.lines or (None, None)
        await connection.execute(
            update(chunks)
            .where(chunks.c.id == chunk_id)
            .values(ordinal=chunk.ordinal, heading=chunk.heading, page=chunk.page, first_line=first, last_line=last)
        )
    return write.replaces, _Kept(len(stored), frozenset(chunk.ordinal for chunk in kept.values()))


def _new_rows(
    document_id: int, write: DocumentWrite, kept: _Kept, language: str, change: Counter[str]
) -> list[tuple[object, ...]]:
    vectors = iter(write.embeddings)
    by_hash: dict[str, Any] = {}
    rows: list[tuple[object, ...]] = []
    for chunk in write.chunks:
        if chunk.content_hash in write.new and chunk.content_hash not in by_hash:
            by_hash[chunk.content_hash] = next(vectors)
        if chunk.ordinal in kept.ordinals:
            continue
        weights = chunk_weights(tokenize(chunk.search_text, language))
        change.update(weights.keys())
        first, last = chunk.lines or (None, None)
        rows.append(
            (
                document_id,
                chunk.ordinal,
                chunk.heading,
                chunk.text,
                chunk.search_text,
                chunk.content_hash,
                chunk.page,
                first,
                last,
                "[" + ",".join(f"{value:.7g}" for value in by_hash[chunk.content_hash]) + "]",
                sorted(weights),
                sparse_text(weights),
            )
        )
    return rows


def sparse_text(weights: Mapping[str, float]) -> str:
    """Give term weights as pgvector reads a sparsevec: {1-based dimension:value,...}/dimensions."""
    placed = sorted(sparse(weights, LEXICAL_DIMENSIONS).items())
    return "{" + ",".join(f"{place + 1}:{value:.6g}" for place, value in placed) + f"}}/{LEXICAL_DIMENSIONS}"


_COPY = (
    "COPY chunks (document_id, ordinal, heading, text, search_text, content_hash, page, first_line, last_line, "
    "embedding, terms, term_weights) FROM STDIN"
)


async def _copy_chunks(connection: AsyncConnection, rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            await copy.write_row(row)


async def _count_terms(connection: AsyncConnection, change: Counter[str], count: int) -> None:
    """Add to the document frequencies; in term order, so that two ingests never wait for each other in a circle."""
    changed = sorted((term, delta) for term, delta in change.items() if delta)
    if changed:
        await connection.execute(
            text(
                "INSERT INTO terms (term, chunks) "
                "SELECT * FROM unnest(CAST(:terms AS text[]), CAST(:deltas AS int[])) "
                "ON CONFLICT (term) DO UPDATE SET chunks = terms.chunks + EXCLUDED.chunks"
            ),
            {"terms": [term for term, _ in changed], "deltas": [delta for _, delta in changed]},
        )
        await connection.execute(delete(terms).where(terms.c.chunks <= 0))
    if count:
        await connection.execute(update(index_settings).values(chunks=index_settings.c.chunks + count))
