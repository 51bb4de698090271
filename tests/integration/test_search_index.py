"""The indexes that search reads, and how chunks are stored for it, over a real Postgres."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

import migrations
from core.storage.database import Database
from core.storage.search_store import SearchStore
from core.storage.word_query import word_query
from tests.conftest import settings_for
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import ingester, query, retriever, write

_STORED_APART = text(
    "SELECT count(*) FILTER (WHERE pg_column_toast_chunk_id(embedding) IS NOT NULL), "
    "count(*) FILTER (WHERE pg_column_toast_chunk_id(term_weights) IS NOT NULL), "
    "count(*) FILTER (WHERE pg_column_toast_chunk_id(full_text) IS NOT NULL), count(*) FROM chunks"
)
_INDEX = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_chunks_embedding'")


def pages(count: int) -> dict[str, str]:
    """Pages of one long chunk each, no two words of which are the same."""
    return {
        f"page{n}": f"# Page {n}\n\nVacation. " + " ".join(f"word{n}x{place}" for place in range(110))
        for n in range(count)
    }


async def stored(database: Database) -> tuple[int, ...]:
    async with database.begin() as connection:
        return tuple((await connection.execute(_STORED_APART)).one())


async def test_what_search_computes_with_stands_in_the_chunks_own_row(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", **pages(5)))
    embeddings, weights, texts, count = await stored(database)
    assert (embeddings, weights, texts) == (0, 0, count), "something has to be stored apart: the words, not these"


async def test_a_wider_embedder_gets_the_same_index_and_rows(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", **pages(5))
    wide = FakeEmbedder(dimensions=768, name="wide")
    await ingester(database).ingest(folder)
    await ingester(database, wide).ingest(folder, rebuild=True)
    async with database.begin() as connection:
        assert "halfvec(768)" in str(await connection.scalar(_INDEX))
    assert (await stored(database))[:2] == (0, 0)
    assert len(await retriever(database, wide).retrieve(query("Vacation?"))) == 5


async def test_an_older_index_is_stored_anew_with_all_that_is_in_it(empty_database: str) -> None:
    database = await Database.open(settings_for(empty_database))
    chance = np.random.default_rng(1)
    vectors = [", ".join(map(str, chance.normal(size=384).round(6))) for _ in range(30)]
    async with database.begin() as connection:
        await connection.run_sync(migrations.upgrade, "0006")
        await connection.execute(text("INSERT INTO index_settings VALUES (1, 'fake', 384, 'english', 1, 30)"))
        await connection.execute(text("INSERT INTO collections (name, folder) VALUES ('docs', '/docs')"))
        await connection.execute(
            text(
                "INSERT INTO documents (collection_id, path, title, file_hash, size, modified_ns) "
                "SELECT id, 'a.md', 'A', '', 0, 0 FROM collections"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO chunks (document_id, ordinal, heading, text, search_text, content_hash, embedding, terms, "
                "term_weights) SELECT id, :ordinal, '', :words, :words, :ordinal, CAST(:vector AS vector), "
                "string_to_array(:words, ' '), '{1:1}/16777216' FROM documents"
            ),
            [
                {
                    "ordinal": n,
                    "vector": f"[{vector}]",
                    "words": " ".join(f"word{n}x{chance.integers(10**9)}" for _ in range(120)),
                }
                for n, vector in enumerate(vectors)
            ],
        )
    assert (await stored(database))[0] == 30
    await database.ensure_schema(migrate=True)
    assert (await stored(database))[0] == 0
    wanted = np.array(vectors[7].split(", "), dtype=np.float32)
    wanted /= np.linalg.norm(wanted)
    best, *rest = await SearchStore(database).search(wanted, {}, collections=None, vector_limit=30, text_limit=0)
    await database.close()
    assert (best.retrieved.chunk.ordinal, len(rest)) == (7, 29)
    assert best.retrieved.cosine_distance == pytest.approx(0, abs=1e-6)


async def test_distances_and_embeddings_are_those_of_the_full_vectors(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", **pages(5)))
    (question,) = FakeEmbedder().embed(["vacation"])
    found = await SearchStore(database).search(question, {}, collections=None, vector_limit=5, text_limit=0)
    for one in found:
        (wanted,) = FakeEmbedder().embed([one.retrieved.chunk.search_text])
        assert np.array_equal(one.embedding, wanted)
        assert one.retrieved.cosine_distance == pytest.approx(1 - float(question @ wanted), abs=1e-6)


async def test_the_vector_index_is_read(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", **pages(5)))
    name = database.engine.url.database
    async with database.begin() as connection:  # with so few rows Postgres would leave it alone
        await connection.execute(text(f"ALTER DATABASE {name} SET enable_seqscan = off"))
    await database.engine.dispose()
    (question,) = FakeEmbedder().embed(["vacation"])
    await SearchStore(database).search(question, {}, collections=None, vector_limit=5, text_limit=0)
    async with database.begin() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
    async with database.begin() as connection:
        used = text("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ix_chunks_embedding'")
        assert await connection.scalar(used) == 1


async def test_a_word_that_stands_everywhere_is_scored_in_so_many_chunks_only(
    database: Database, tmp_path: Path
) -> None:
    await ingester(database).ingest(write(tmp_path / "docs", **pages(30)))
    (question,) = FakeEmbedder().embed(["vacation"])
    for scored, ranked in ((7, 7), (100, 30)):
        found = await SearchStore(database, scored=scored).search(
            question, {"vacat": 1.0}, collections=None, vector_limit=5, text_limit=50
        )
        assert sum(one.retrieved.text_rank is not None for one in found) == ranked


async def test_postgres_reads_a_query_of_common_words_as_it_is_meant(database: Database) -> None:
    chance = random.Random(1)
    frequencies = {"it's": 900, "expense": 20_000, "hotel": 30_000, "limit": 40_000, "c:\\": 60_000}
    weights = {"it's": 7.0, "expense": 3.9, "hotel": 3.5, "limit": 3.2, "c:\\": 2.8}
    words = word_query(weights, frequencies, 1_000_000)
    statement = text("SELECT CAST(:words AS tsquery) @@ array_to_tsvector(:terms)")
    matched = {}
    async with database.begin() as connection:
        for size in (1, 2, 2, 2, 3, 3, 4, 5):
            terms = tuple(sorted(chance.sample(sorted(weights), size)))
            matched[terms] = await connection.scalar(statement, {"words": words, "terms": list(terms)})
        everything = sorted(weights)
        assert await connection.scalar(statement, {"words": words, "terms": everything})
    weighed = {terms: sum(weights[term] for term in terms) for terms in matched}
    assert min(weighed[terms] for terms, yes in matched.items() if yes) > max(
        weighed[terms] for terms, yes in matched.items() if not yes
    )
