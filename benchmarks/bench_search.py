"""Measures search among up to a million chunks: recall@10 against the exact result, milliseconds, build and memory.

The chunks are made out of a folder's real ones (search_corpus.py) and put into Docent's own tables; the indexes of
vectors that could be had are built one after the other, the product's own last. See README.md, "Search at size".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from pydantic import SecretStr

from benchmarks.ingest_runs import REPOSITORY, Server, server
from benchmarks.machine import busy, machine, versions
from benchmarks.search_corpus import BLOCK, SHARES, Corpus, Mixer, read_corpus
from benchmarks.search_database import Tables
from benchmarks.search_exact import EVERYTHING, Exact, within
from benchmarks.search_tables import (
    Size,
    alone_table,
    build_table,
    cost_picture,
    neighbours_table,
    product_table,
    words_table,
)
from benchmarks.search_ways import INDEXES, by_index, by_words, while_writing, whole
from core.evaluation.questions import parse_questions
from core.inference.factory import build_embedder
from core.ports import Embeddings
from core.retrieval.condense import Query, condense
from core.retrieval.retriever import embed_queries
from core.settings import CoreSettings
from core.storage.database import Database
from core.storage.search_store import search_width

SIZES = (10_000, 100_000, 1_000_000)
WIDTHS = (50, 60, 80, 100, 120, 150, 200, 300, 400, 800)
# Under a filter, and for all chunks with a word, a question can take seconds: so many are asked.
SLOW = 40
FILTERED_WIDTH = 200
ROWS_COMPARED = 1_000


class Bench:
    """Loads one size after the other into the same tables, and measures each."""

    def __init__(
        self,
        postgres: Server,
        url: str,
        corpus: Corpus,
        queries: list[Query],
        vectors: Embeddings,
        *,
        seed: int,
        others: bool,
    ) -> None:
        """others: compare the product's index of vectors with the others that could be had."""
        self._postgres, self._url, self._queries, self._vectors = postgres, url, queries, vectors
        self._corpus = corpus
        self._others = others
        self._mixer = Mixer(corpus, seed)
        self._tables = Tables(url, corpus.embeddings.shape[1])
        self._exact = Exact(vectors, 10)
        self._rows = Exact(self._mixer.block(0, ROWS_COMPARED).embeddings, 11, (EVERYTHING,))
        self.neighbours: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    async def run(self, wanted: list[int]) -> list[Size]:
        """Measure every size."""
        database = await Database.open(CoreSettings(_env_file=None, database_url=SecretStr(self._url)))
        await database.ensure_schema()
        definitions = self._tables.begin()
        self._real()
        sizes = []
        for chunks in wanted:
            size = self._load(chunks)
            sizes.append(size)
            self._compare(size, definitions)
            await self._product(database, size)
            for name in definitions:
                self._tables.drop(name)
        await database.close()
        return sizes

    def _real(self) -> None:
        """Note how far the real chunks are from each other."""
        real = self._corpus.embeddings
        for share in (4, 2, 1):
            chance = np.random.default_rng(share)
            part = real[chance.permutation(len(real))[: len(real) // share]]
            rows, questions = within(part[:ROWS_COMPARED], part, 11), within(self._vectors, part, 10)
            self.neighbours[f"{len(part):,} real"] = (rows[:, 1:], questions)

    def _load(self, chunks: int) -> Size:
        """Load up to so many chunks."""
        size = Size(chunks)
        started = time.perf_counter()
        while self._tables.rows < chunks:
            block = self._mixer.block(self._tables.rows // BLOCK)
            self._tables.add(block)
            self._exact.add(block)
            self._rows.add(block)
            if self._tables.rows % (10 * BLOCK) == 0:
                say(f"{self._tables.rows:,} chunks loaded")
        self._tables.count()
        size.loading, size.table = time.perf_counter() - started, self._tables.size()
        self.neighbours[f"{chunks:,} made"] = (self._rows.distances()[:, 1:], self._exact.distances())
        return size

    def _compare(self, size: Size, definitions: dict[str, str]) -> None:
        """Build and measure each index that could be had; the product's, with that of words, stay."""
        dimensions = self._corpus.embeddings.shape[1]
        for index in INDEXES:
            is_ours = index.name in definitions
            if not is_ours and not self._others:
                continue
            made = definitions if is_ours else {index.name: index.definition(dimensions)}
            for name, definition in made.items():
                say(f"{size.chunks:,}: building {name}")
                size.indexes[name] = self._tables.build(self._postgres, name, definition)
            asked = [(width, EVERYTHING) for width in WIDTHS] + [(FILTERED_WIDTH, name) for name in SHARES]
            for width, collection in asked:
                count = len(self._vectors) if collection == EVERYTHING else SLOW
                exact = self._exact.nearest(collection)[:count]
                times = by_index(self._url, index, self._vectors[:count], width, exact, collection)
                size.alone[index.name, width, collection] = times
            if not is_ours:
                self._tables.drop(index.name)

    async def _product(self, database: Database, size: Size) -> None:
        """Measure the product's whole search, and its search by words alone."""
        say(f"{size.chunks:,}: the product's search")
        size.ef = search_width(size.chunks)

        async def ask(collection: str = EVERYTHING, *, words: bool = True) -> None:
            exact = self._exact.nearest(collection)
            name = " ".join([collection, *([] if words else ["by meaning alone"])])
            size.product[name] = await whole(database, self._queries, self._vectors, exact, collection, words=words)

        await ask(words=False)
        for collection in (EVERYTHING, *SHARES):
            await ask(collection)
        block = self._mixer.block(10**6)
        everything = self._exact.nearest()
        times, size.written = await while_writing(
            database, block, lambda: whole(database, self._queries, self._vectors, everything)
        )
        size.product[f"{EVERYTHING}, while {size.written:.0f} chunks a second are written"] = times
        every, chosen = by_words(self._url, self._queries[:SLOW], self._tables.chunks_with, size.chunks)
        size.words = {"every chunk with one of them": every, "as the product chooses": chosen}


def say(words: str) -> None:
    """Tell how far it is."""
    print(words, file=sys.stderr, flush=True)


def read_questions(file: Path, limit: int) -> tuple[list[Query], Embeddings]:
    """Give the questions that stand alone, as the product searches for them, and their embeddings."""
    items = parse_questions(file.read_text(encoding="utf-8"), str(file))
    queries = [condense(item.question, ()) for item in items if not item.history][:limit]
    return queries, embed_queries(build_embedder(CoreSettings(_env_file=None)), queries)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    examples = REPOSITORY / "examples"
    parser = argparse.ArgumentParser(description="Search among chunks that are made out of a folder's real ones.")
    parser.add_argument("folder", type=Path, nargs="?", default=examples / "handbook", help="the sample handbook")
    parser.add_argument("--questions", type=Path, default=examples / "questions.jsonl", metavar="SET.jsonl")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="ask the first N questions (200)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="(10000 100000 1000000)")
    parser.add_argument(
        "--corpus", type=Path, metavar="FILE.npz", help="where the embedded folder is kept for the next time"
    )
    parser.add_argument("--product-only", action="store_true", help="leave the other indexes of vectors out")
    parser.add_argument("--seed", type=int, default=0, help="of the chunks that are made (0)")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the cost curve")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if any(size < BLOCK or size % BLOCK for size in options.sizes):
        parser.error(f"sizes are multiples of {BLOCK:,}")
    return options


def main() -> None:
    """Measure and print."""
    options = arguments()
    before = busy()
    queries, vectors = read_questions(options.questions, options.limit)
    with server() as postgres, tempfile.TemporaryDirectory(prefix="bench-corpus-") as place:
        corpus = read_corpus(options.corpus or Path(place) / "corpus.npz", options.folder, postgres)
        with postgres.database("search") as url:
            bench = Bench(postgres, url, corpus, queries, vectors, seed=options.seed, others=not options.product_only)
            sizes = asyncio.run(bench.run(sorted(set(options.sizes))))
        conditions = {
            "machine": machine(),
            "busy": f"{before} at the beginning, {busy()} at the end",
            "postgres": postgres.version(),
            "versions": ", ".join(f"{name} {number}" for name, number in versions(("numpy", "psycopg")).items()),
            "asked": f"{len(queries)} questions of {options.questions.name}, over {len(corpus.texts):,} real chunks",
        }
    if options.picture:
        options.picture.write_text(cost_picture(sizes, EVERYTHING, conditions), encoding="utf-8")
    if options.json:
        measured = [
            {**asdict(size), "alone": [[*key, asdict(one)] for key, one in size.alone.items()]} for size in sizes
        ]
        print(json.dumps({"conditions": conditions, "sizes": measured}, indent=2))
        return
    print("\n".join(f"{name}: {words}" for name, words in conditions.items()))
    for table in (
        neighbours_table(bench.neighbours),
        build_table(sizes),
        alone_table(sizes),
        words_table(sizes),
        product_table(sizes),
    ):
        print(f"\n{table}")
    for size in sizes:
        print(f"\n{size.chunks:,} chunks: loaded in {size.loading:.0f} s")


if __name__ == "__main__":
    main()
