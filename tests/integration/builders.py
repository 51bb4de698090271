"""A small folder of documents, and the stores over one database with the fake embedder."""

from __future__ import annotations

from pathlib import Path

from core.ingestion.ingest import Ingester
from core.retrieval.condense import Query, condense
from core.retrieval.retriever import Retriever
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from core.storage.search_store import SearchStore
from tests.fakes.embedder import FakeEmbedder

VACATION = """# Vacation

## Employees

Employees get 30 vacation days a year.

## Contractors

Contractors get no paid vacation. They agree their days off with the project lead.
"""
EXPENSES = """# Expenses

Hotels may cost 120 EUR a night.

| Item | Limit |
| --- | --- |
| Taxi | 40 EUR |
| Meals | 35 EUR |
"""


def write(folder: Path, **files: str) -> Path:
    """Write files by name (with the suffix .md) and give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def ingester(database: Database, embedder: FakeEmbedder | None = None) -> Ingester:
    return Ingester(IndexStore(database), RunStore(database), embedder or FakeEmbedder(), "english")


def query(question: str) -> Query:
    return condense(question, ())


def retriever(database: Database, embedder: FakeEmbedder | None = None) -> Retriever:
    return Retriever(SearchStore(database), embedder or FakeEmbedder())
