"""Brings documents and their chunks up to date inside the caller's transaction, and counts terms exactly.

Rows are locked in one order everywhere: documents by path, then terms in their order, then the settings' row; so two
that write at the same time wait for each other, never in a circle. Kept answers are not waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, any_, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StoreError
from core.models import Chunk
from core.storage.answer_store import remove_lost
from core.storage.indexed_text import IndexedText
from core.storage.tables import chunks, documents, index_settings, terms


@dataclass(frozen=True, slots=True)
class DocumentWrite:
    """One document to bring in. texts: by content_hash, for at least each chunk that the stored version lacks.

    replaces: the id of the stored version, also under an older path; None for a new document. owners: those that it
    names itself.
    """

    path: str
    title: str
    file_hash: str
    size: int
    modified_ns: int
    chunks: tuple[Chunk, ...]
    texts: Mapping[str, IndexedText]
    replaces: int | None
    owners: tuple[str, ...] = ()


async def write_documents(connection: AsyncConnection, collection_id: int, writes: Iterable[DocumentWrite]) -> None:
    """Insert or replace documents; chunks whose content stays keep their row, and so their id and embedding.

    Doing it twice gives the same. Raises StoreError when a stored version changed since `texts` were chosen for it.
    """
    change = Counter[str]()
    rows: list[tuple[object, ...]] = []
    count = 0
    is_some_gone = False
    for write in sorted(writes, key=lambda write: write.path):
        document_id = await _place(connection, collection_id, write)
        kept, gone = await _settle(connection, document_id, write.chunks)
        change.subtract(term for found in gone for term in found)
        new = [chunk for chunk in write.chunks if chunk.ordinal not in kept]
        rows.extend(_row(document_id, chunk, write) for chunk in new)
        change.update(term for chunk in new for term in write.texts[chunk.content_hash].terms)
        count += len(new) - len(gone)
        is_some_gone |= bool(gone)
    await _copy(connection, rows)
    if is_some_gone:
        await remove_lost(connection)
    await _count(connection, change, count)


async def remove_documents(connection: AsyncConnection, removed: Sequence[tuple[str, int]]) -> None:
    """Take documents and their chunks out: (path, id) each; one that has another path by now stays."""
    ids = select(documents.c.id).where(
        among(documents.c.id, [document_id for _, document_id in removed]),
        among(documents.c.path, [path for path, _ in removed]),
    )
    locked = list((await connection.scalars(ids.order_by(documents.c.path).with_for_update())).all())
    gone = await _delete_chunks(connection, among(chunks.c.document_id, locked))
    await connection.execute(delete(documents).where(among(documents.c.id, locked)))
    await remove_lost(connection)
    change = Counter[str]()
    change.subtract(term for found in gone for term in found)
    await _count(connection, change, -len(gone))


async def _place(connection: AsyncConnection, collection_id: int, write: DocumentWrite) -> int:
    """Insert or update the document's row, which also locks it until the end of the transaction; give its id."""
    values = {
        "path": write.path,
        "title": write.title,
        "file_hash": write.file_hash,
        "size": write.size,
        "modified_ns": write.modified_ns,
        "owners": list(write.owners),
    }
    if write.replaces is not None:
        statement = update(documents).values(ingested_at=func.now(), **values)
        found = await connection.scalar(
            statement.where(documents.c.id == write.replaces, documents.c.collection_id == collection_id).returning(
                documents.c.id
            )
        )
        if found is not None:
            return int(found)
    insertion = (
        upsert(documents)
        .values(collection_id=collection_id, **values)
        .on_conflict_do_update(index_elements=["collection_id", "path"], set_={"ingested_at": func.now(), **values})
    )
    return int((await connection.execute(insertion.returning(documents.c.id))).scalar_one())


async def _settle(
    connection: AsyncConnection, document_id: int, wanted: Sequence[Chunk]
) -> tuple[frozenset[int], list[list[str]]]:
    """Delete the stored chunks that are not wanted any more and put the others into place.

    Gives the ordinals of the wanted chunks that have a row already, and the terms of each deleted one.
    """
    columns = (chunks.c.ordinal, chunks.c.heading, chunks.c.page, chunks.c.first_line, chunks.c.last_line)
    stored = (
        await connection.execute(
            select(chunks.c.id, chunks.c.content_hash, *columns)
            .where(chunks.c.document_id == document_id)
            .order_by(chunks.c.ordinal)
        )
    ).all()
    free: dict[str, list[Any]] = {}
    for row in stored:
        free.setdefault(row.content_hash, []).append(row)
    kept: set[int] = set()
    elsewhere: list[dict[str, object]] = []
    for chunk in wanted:
        if free.get(chunk.content_hash):
            row = free[chunk.content_hash].pop(0)
            kept.add(chunk.ordinal)
            first, last = chunk.lines or (None, None)
            place = (chunk.ordinal, chunk.heading, chunk.page, first, last)
            if tuple(row[2:]) != place:
                names = ("ordinal", "heading", "page", "first_line", "last_line")
                elsewhere.append({"id": row.id, **dict(zip(names, place, strict=True))})
    left = [row.id for rows in free.values() for row in rows]
    gone = await _delete_chunks(connection, among(chunks.c.id, left)) if left else []
    if elsewhere:
        await connection.execute(_MOVE, elsewhere)
    return frozenset(kept), gone


def among(column: Column[Any], values: Sequence[object]) -> ColumnElement[bool]:
    """Give the condition that a column has one of the values; they are one parameter, however many they are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


async def _delete_chunks(connection: AsyncConnection, which: ColumnElement[bool]) -> list[list[str]]:
    """Delete chunks and give the terms of each."""
    return list((await connection.scalars(delete(chunks).where(which).returning(chunks.c.terms))).all())


_MOVE = text(
    "UPDATE chunks SET ordinal = :ordinal, heading = :heading, page = :page, first_line = :first_line, "
    "last_line = :last_line WHERE id = :id"
)


def _row(document_id: int, chunk: Chunk, write: DocumentWrite) -> tuple[object, ...]:
    indexed = write.texts.get(chunk.content_hash)
    if indexed is None:
        raise StoreError(
            f"The stored version of {write.path!r} changed while a new one was being brought in; ingest again."
        )
    first, last = chunk.lines or (None, None)
    return (
        document_id,
        chunk.ordinal,
        chunk.heading,
        chunk.text,
        chunk.search_text,
        chunk.content_hash,
        chunk.page,
        first,
        last,
        indexed.embedding,
        list(indexed.terms),
        indexed.weights,
    )


_COPY = (
    "COPY chunks (document_id, ordinal, heading, text, search_text, content_hash, page, first_line, last_line, "
    "embedding, terms, term_weights) FROM STDIN"
)


async def _copy(connection: AsyncConnection, rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            await copy.write_row(row)


async def _count(connection: AsyncConnection, change: Counter[str], count: int) -> None:
    """Add to the document frequencies, and to the number of chunks."""
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
        fewer = [term for term, delta in changed if delta < 0]
        if fewer:
            await connection.execute(delete(terms).where(among(terms.c.term, fewer), terms.c.chunks <= 0))
    if count:
        await connection.execute(update(index_settings).values(chunks=index_settings.c.chunks + count))
