"""Asks made chunks in every way that is compared, and takes the times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from benchmarks.search_corpus import DOCUMENT, Block
from benchmarks.search_database import LANGUAGE
from benchmarks.search_exact import EVERYTHING, recall
from core.models import Chunk
from core.ports import Embeddings
from core.retrieval.condense import Query
from core.retrieval.lexical import query_weights
from core.storage.chunk_writing import DocumentWrite
from core.storage.database import Database
from core.storage.index_store import IndexSettings, IndexStore
from core.storage.indexed_text import index_text, sparse_text, vector_text
from core.storage.search_store import SearchStore
from core.storage.word_query import word_query

# As deep as the product reads each list.
DEPTH = 50
UNMEASURED = 5


@dataclass(frozen=True)
class Index:
    """A vector index that is compared. order: its ORDER BY; beyond: whether as many rows as ef are ranked anew."""

    name: str
    on: str
    order: str
    beyond: bool = False

    def definition(self, dimensions: int) -> str:
        """Give the statement that makes it."""
        return f"CREATE INDEX {self.name} ON chunks USING hnsw ({self.on.format(d=dimensions)})"

    def query(self, dimensions: int, ef: int, seen: str = "TRUE") -> str:
        """Give the search for the nearest, ranked by the full vectors in the end."""
        limit = max(ef, DEPTH) if self.beyond else DEPTH
        return (
            f"SELECT id FROM (SELECT id, embedding <=> %(vector)s::vector AS distance FROM chunks "
            f"WHERE {seen} ORDER BY {self.order.format(d=dimensions)} LIMIT {limit}) AS found "
            f"ORDER BY distance, id LIMIT {DEPTH}"
        )


INDEXES = (
    Index("full_precision", "embedding vector_cosine_ops", "embedding <=> %(vector)s::vector"),
    Index(
        "one_bit",
        "(binary_quantize(embedding)::bit({d})) bit_hamming_ops",
        "binary_quantize(embedding)::bit({d}) <~> binary_quantize(%(vector)s::vector)::bit({d})",
        beyond=True,
    ),
    Index(
        "ix_chunks_embedding",  # the product's own
        "(embedding::halfvec({d})) halfvec_cosine_ops",
        "embedding::halfvec({d}) <=> %(vector)s::halfvec({d})",
    ),
)


@dataclass(frozen=True)
class Times:
    """Of some questions: milliseconds at the median and the 95th percentile, and recall@10 against the exact result."""

    p50: float
    p95: float
    recall: float

    @classmethod
    def of(cls, seconds: Sequence[float], found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> Times:
        """Sum up."""
        p50, p95 = np.quantile(np.array(seconds) * 1000, (0.5, 0.95))
        return cls(float(p50), float(p95), recall(found, exact))


def by_index(
    url: str, index: Index, vectors: Embeddings, ef: int, exact: Sequence[Sequence[int]], collection: str = EVERYTHING
) -> Times:
    """Search with one index alone; under a filter the scan goes on until it has enough, as in the product."""
    seen = (
        "TRUE"
        if collection == EVERYTHING
        else "(document_id IN (SELECT d.id FROM documents d JOIN collections k ON k.id = d.collection_id "
        f"WHERE k.name = '{collection}')) IS TRUE"
    )
    statement = index.query(vectors.shape[1], ef, seen).encode()
    found, seconds = [], []
    with psycopg.connect(url, autocommit=True) as connection:
        settings = {"hnsw.ef_search": ef, "hnsw.iterative_scan": "relaxed_order", "hnsw.max_scan_tuples": 500_000}
        # Whatever it costs, this index is read.
        for name, value in {**settings, "hnsw.scan_mem_multiplier": 8, "enable_seqscan": "off", "jit": "off"}.items():
            connection.execute(f"SET {name} = {value}".encode())
        for vector in [*vectors[:UNMEASURED], *vectors]:
            started = time.perf_counter()
            rows = connection.execute(statement, {"vector": vector_text(vector.tolist())}).fetchall()
            seconds.append(time.perf_counter() - started)
            found.append([int(row[0]) for row in rows])
    return Times.of(seconds[UNMEASURED:], found[UNMEASURED:], exact)


async def whole(
    database: Database,
    queries: Sequence[Query],
    vectors: Embeddings,
    exact: Sequence[Sequence[int]],
    collection: str = EVERYTHING,
    *,
    words: bool = True,
) -> Times:
    """Search as the product does: by meaning and, unless told otherwise, by words."""
    store = SearchStore(database)
    names = None if collection == EVERYTHING else [collection]
    found, seconds = [], []
    asked = [*zip(queries, vectors, strict=True)]
    for query, vector in [*asked[:UNMEASURED], *asked]:
        started = time.perf_counter()
        candidates = await store.search(
            vector, query.terms if words else {}, collections=names, vector_limit=DEPTH, text_limit=DEPTH
        )
        seconds.append(time.perf_counter() - started)
        found.append([one.retrieved.id for one in candidates if one.retrieved.vector_rank])
    return Times.of(seconds[UNMEASURED:], found[UNMEASURED:], exact)


def by_words(url: str, queries: Sequence[Query], chunks_with: dict[str, int], total: int) -> tuple[Times, Times]:
    """Search by words alone: scoring every chunk that holds one of them, and those that the product chooses.

    The recall of both is against the first.
    """
    statement = (
        b"SELECT id FROM chunks WHERE full_text @@ %(words)s::tsquery "
        b"ORDER BY term_weights <#> %(weights)s::sparsevec, id LIMIT 50"
    )
    found: dict[bool, list[list[int]]] = {True: [], False: []}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in {"jit": "off", "max_parallel_workers_per_gather": 0}.items():
            connection.execute(f"SET {name} = {value}".encode())
        for query in queries:
            weights = query_weights(query.terms, chunks_with, total)
            if not weights:
                continue
            every = " | ".join("'" + term.replace("\\", "\\\\").replace("'", "''") + "'" for term in weights)
            for is_every, words in ((True, every), (False, word_query(weights, chunks_with, total))):
                started = time.perf_counter()
                rows = connection.execute(statement, {"words": words, "weights": sparse_text(weights)}).fetchall()
                seconds[is_every].append(time.perf_counter() - started)
                found[is_every].append([int(row[0]) for row in rows])
    return Times.of(seconds[True], found[True], found[True]), Times.of(seconds[False], found[False], found[True])


async def while_writing(
    database: Database, block: Block, search: Callable[[], Awaitable[Times]]
) -> tuple[Times, float]:
    """Search while documents are written one by one, as an ingest does; give chunks a second, too.

    The documents are removed in the end.
    """
    store = IndexStore(database)
    settings = await store.settings()
    assert settings is not None  # the tables were filled
    collection = await store.collection("rest", "")
    writer = asyncio.create_task(_write(store, collection, settings, _documents(block)))
    started = time.perf_counter()
    times = await search()
    writer.cancel()
    seconds = time.perf_counter() - started
    await asyncio.gather(writer, return_exceptions=True)
    written = [one for one in (await store.documents("rest")).values() if one.path.startswith("written/")]
    await store.remove([(one.path, one.id) for one in written])
    return times, len(written) * DOCUMENT / seconds


async def _write(
    store: IndexStore, collection: int, settings: IndexSettings, documents: Sequence[DocumentWrite]
) -> None:
    for document in documents:
        await store.write(collection, [document], settings)


def _documents(block: Block) -> list[DocumentWrite]:
    written = []
    for start in range(0, len(block.texts), DOCUMENT):
        texts = block.texts[start : start + DOCUMENT]
        chunks = tuple(
            Chunk(place, text, "", text, str(block.first + start + place)) for place, text in enumerate(texts)
        )
        indexed = {
            chunk.content_hash: index_text(chunk.search_text, vector, LANGUAGE)
            for chunk, vector in zip(chunks, block.embeddings[start:], strict=False)
        }
        written.append(DocumentWrite(f"written/{start}.md", "Written", "", 0, 0, chunks, indexed, None))
    return written
