"""An ingest that dies at any step leaves whole documents, and the next one ends as if nothing had happened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import ModelError, StoreError
from core.ingestion.ingest import Ingester
from core.ports import Embeddings
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, ingester, write

Index = list[tuple[str, int, str, str, int]]


class DyingStore(IndexStore):
    """Fails at the nth call of one method, before or after it has done its work."""

    def __init__(self, database: Database, step: str, nth: int, *, after: bool) -> None:
        super().__init__(database)
        self._left = nth
        self._after = after
        self._original = getattr(super(), step)
        setattr(self, step, self._die)

    async def _die(self, *arguments: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise StoreError("the server is gone")
        result = await self._original(*arguments)
        if self._left == 0:
            raise StoreError("the server is gone")
        return result


class DyingEmbedder(FakeEmbedder):
    def embed(self, texts: Sequence[str]) -> Embeddings:
        raise ModelError("out of memory")


async def index(database: Database) -> Index:
    """Everything that makes a chunk."""
    query = (
        "SELECT path, ordinal, content_hash, heading, first_line FROM chunks "
        "JOIN documents ON documents.id = document_id ORDER BY path, ordinal"
    )
    async with database.begin() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def index_from_scratch(database: Database, folder: Path) -> Index:
    await ingester(database).ingest(folder, rebuild=True)
    return await index(database)


def by_document(found: Index) -> dict[str, Index]:
    return {path: [row for row in found if row[0] == path] for path, *_ in found}


def before(folder: Path) -> Path:
    pages = {f"page{n}": f"# Page {n}\n\nOnly here: {n}.\n\n## More\n\nAnd {n} times more." for n in range(150)}
    return write(folder, vacation=VACATION, expenses=EXPENSES, old="# Old\n\nNobody needs this.", **pages)


def change(folder: Path) -> Path:
    """Add two, change two, move two, remove two."""
    (folder / "expenses.md").rename(folder / "spending.md")
    (folder / "page7.md").rename(folder / "page007.md")
    (folder / "old.md").unlink()
    (folder / "page8.md").unlink()
    pages = {f"new{n}": f"# New {n}\n\nThis is new: {n}." for n in range(2)}
    changed = {"vacation": VACATION.replace("30", "31"), "page9": "# Page 9\n\nNow without more."}
    return write(folder, **pages, **changed)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("step", "nth"),
    [
        ("settings", 2),
        ("collection", 1),
        ("documents", 1),
        ("chunk_hashes", 1),
        ("indexed_texts", 1),
        ("write", 1),
        ("remove", 1),
        ("touch", 1),
    ],
)
async def test_an_ingest_of_changes_that_dies_is_finished_by_the_next(
    database: Database, tmp_path: Path, step: str, nth: int, after: bool
) -> None:
    folder = before(tmp_path / "docs")
    await ingester(database).ingest(folder)
    old = by_document(await index(database))
    change(folder)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE documents SET modified_ns = 1"))
    store = DyingStore(database, step, nth, after=after)
    with pytest.raises(StoreError, match="the server is gone"):
        await Ingester(store, RunStore(database), FakeEmbedder(), "english").ingest(folder)
    dead = await index(database)
    await ingester(database).ingest(folder)
    new = by_document(await index(database))
    for path, chunks in by_document(dead).items():
        assert chunks in (old.get(path), new.get(path))
    # What has moved was there all the time, under one name or the other.
    assert {"expenses.md", "spending.md"} & by_document(dead).keys()
    assert await index(database) == await index_from_scratch(database, folder)


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_first_ingest_that_dies_keeps_what_it_wrote(database: Database, tmp_path: Path, nth: int) -> None:
    def page(number: int) -> str:
        return "\n\n".join(f"## Part {number} {part}\n\nRule {number} {part}." for part in range(20))

    folder = write(tmp_path / "docs", **{f"page{number}": page(number) for number in range(100)})
    store = DyingStore(database, "write", nth, after=True)
    with pytest.raises(StoreError):
        await Ingester(store, RunStore(database), FakeEmbedder(), "english").ingest(folder)
    written = len(by_document(await index(database)))
    assert 0 < written < 100
    summary = await ingester(database).ingest(folder)
    assert (summary.unchanged, summary.added) == (written, 100 - written)
    assert await index(database) == await index_from_scratch(database, folder)


async def test_an_embedder_that_dies_changes_nothing_and_is_recorded(database: Database, tmp_path: Path) -> None:
    folder = before(tmp_path / "docs")
    await ingester(database).ingest(folder)
    old = await index(database)
    change(folder)
    with pytest.raises(ModelError):
        await ingester(database, DyingEmbedder()).ingest(folder)
    assert await index(database) == old
    run = (await RunStore(database).last())[0]
    assert (run.status, run.error) == ("failed", "out of memory")
