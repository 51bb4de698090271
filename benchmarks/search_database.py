"""Fills Docent's own tables with made chunks, and builds and drops their indexes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from benchmarks.ingest_runs import LOOK_SECONDS, Server
from benchmarks.search_corpus import DOCUMENT, SHARES, Block
from core.storage.indexed_text import index_text

LANGUAGE = "english"
# What an index is built with; more than the largest one needs, so that it is built in memory.
BUILD_MEMORY = "4GB"

_CHUNKS = (
    "COPY chunks (id, document_id, ordinal, heading, text, search_text, content_hash, embedding, terms, term_weights) "
    "FROM STDIN"
)


@dataclass(frozen=True)
class Built:
    """An index. seconds: to build it; bytes: on disk; memory: by how much Postgres grew for it, in bytes."""

    seconds: float
    bytes: int
    memory: int


@dataclass
class Tables:
    """The chunks of one database. chunks_with: in how many chunks each term stands."""

    url: str
    dimensions: int
    rows: int = 0
    chunks_with: Counter[str] = field(default_factory=Counter)

    def begin(self) -> dict[str, str]:
        """Make the collections, drop the indexes on what chunks say; give the statement that makes each again."""
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "INSERT INTO index_settings VALUES (1, 'made', %s, %s, 0, 0)", (self.dimensions, LANGUAGE)
            )
            for number, name in enumerate(SHARES):
                connection.execute(
                    "INSERT INTO collections (id, name, folder) OVERRIDING SYSTEM VALUE VALUES (%s, %s, '')",
                    (number + 1, name),
                )
            definitions: dict[str, str] = dict(
                connection.execute(
                    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'chunks' "
                    "AND indexdef NOT LIKE '%USING btree%'"
                ).fetchall()
            )
            # Rows get their numbers here; what the product writes between them gets others.
            for table in ("documents", "chunks"):
                connection.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH 1000000000".encode())
            for name in definitions:
                connection.execute(f"DROP INDEX {name}".encode())
        return definitions

    def add(self, block: Block) -> None:
        """Put rows in; they have to follow those that are there."""
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            documents = range(block.first // DOCUMENT + 1, (block.first + len(block.texts)) // DOCUMENT + 1)
            with cursor.copy(
                "COPY documents (id, collection_id, path, title, file_hash, size, modified_ns) FROM STDIN"
            ) as copy:
                for number in documents:
                    collection = int(block.collections[(number - 1) * DOCUMENT - block.first]) + 1
                    copy.write_row((number, collection, f"{number}.md", f"Document {number}", "", 0, 0))
            with cursor.copy(_CHUNKS) as copy:
                for place, text in enumerate(block.texts, start=block.first):
                    indexed = index_text(text, block.embeddings[place - block.first], LANGUAGE)
                    document, ordinal = divmod(place, DOCUMENT)
                    row = (place + 1, document + 1, ordinal, "", text, text, str(place))
                    copy.write_row((*row, indexed.embedding, list(indexed.terms), indexed.weights))
                    self.chunks_with.update(indexed.terms)
        self.rows += len(block.texts)

    def count(self) -> None:
        """Bring the counts of terms and chunks up to date, then what the planner knows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("TRUNCATE terms")
            with connection.cursor() as cursor, cursor.copy("COPY terms FROM STDIN") as copy:
                for term in self.chunks_with.items():
                    copy.write_row(term)
            connection.execute("UPDATE index_settings SET chunks = %s", (self.rows,))
            connection.execute("VACUUM ANALYZE")

    def size(self) -> int:
        """Give the bytes of the chunks without their indexes."""
        with psycopg.connect(self.url) as connection:
            (size,) = connection.execute("SELECT pg_table_size('chunks')").fetchone() or (0,)
        return int(size)

    def build(self, postgres: Server, name: str, definition: str) -> Built:
        """Build an index and say what that took."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"SET maintenance_work_mem = '{BUILD_MEMORY}'".encode())
            with _grown(postgres) as grown:
                started = time.perf_counter()
                connection.execute(definition.encode())
                seconds = time.perf_counter() - started
            (size,) = connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone() or (0,)
        return Built(seconds, int(size), grown["bytes"])

    def drop(self, name: str) -> None:
        """Drop an index."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"DROP INDEX {name}".encode())


@contextmanager
def _grown(postgres: Server) -> Iterator[Mapping[str, int]]:
    """Watch by how many bytes the server's memory grows at most during the block; to be read after it."""
    grown = {"bytes": 0}
    before, ended = postgres.memory(), threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            grown["bytes"] = max(grown["bytes"], postgres.memory() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        ended.set()
        watcher.join()
