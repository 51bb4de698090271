"""Groups of documents on their way into the index: one is written while the next one is embedded."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.errors import ModelError
from core.ingestion import grouping
from core.ingestion.ingest import Ingester
from core.ingestion.outcome import Progress
from core.ports import Embeddings
from core.storage.chunk_writing import DocumentWrite
from core.storage.database import Database
from core.storage.index_store import IndexSettings, IndexStore
from core.storage.run_store import RunStore
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import write

SAME = "# Rule\n\nKeep the door closed.\n"


@pytest.fixture(autouse=True)
def _a_document_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_GROUP_CHUNKS", 1)


class NotingEmbedder(FakeEmbedder):
    """Notes what it embeds. embeds: set once it was asked for the second time. fails_at: the call that fails."""

    def __init__(self, fails_at: int = 0) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.embeds = threading.Event()
        self._calls = 0
        self._fails_at = fails_at

    def embed(self, texts: Sequence[str]) -> Embeddings:
        self._calls += 1
        if self._calls == self._fails_at:
            raise ModelError("out of memory")
        if self._calls == 2:
            self.embeds.set()
        self.texts += texts
        return super().embed(texts)


class SlowStore(IndexStore):
    """Lets no write end before the embedder was asked again, or `seconds` are over."""

    def __init__(self, database: Database, embedder: NotingEmbedder, seconds: float = 20.0) -> None:
        super().__init__(database)
        self.waited: list[bool] = []
        self._embedder = embedder
        self._seconds = seconds

    async def write(self, collection_id: int, writes: Sequence[DocumentWrite], settings: IndexSettings) -> None:
        self.waited.append(await asyncio.to_thread(self._embedder.embeds.wait, self._seconds))
        await super().write(collection_id, writes, settings)


def slow_ingester(database: Database, embedder: NotingEmbedder, seconds: float = 20.0) -> tuple[Ingester, SlowStore]:
    store = SlowStore(database, embedder, seconds)
    return Ingester(store, RunStore(database), embedder, "english"), store


async def test_a_group_is_written_while_the_next_one_is_embedded(database: Database, tmp_path: Path) -> None:
    embedder = NotingEmbedder()
    ingester, store = slow_ingester(database, embedder)
    await ingester.ingest(write(tmp_path / "docs", a="# A\n\nOne.\n", b="# B\n\nTwo.\n", c="# C\n\nThree.\n"))
    assert store.waited == [True, True, True]
    assert sorted(await store.documents("default")) == ["a.md", "b.md", "c.md"]


async def test_a_text_that_is_just_being_written_is_not_embedded_again(database: Database, tmp_path: Path) -> None:
    embedder = NotingEmbedder()
    ingester, _ = slow_ingester(database, embedder, seconds=1.0)
    folder = write(tmp_path / "docs", a=SAME)
    (folder / "b").mkdir()
    (folder / "b" / "a.md").write_text(SAME)
    summary = await ingester.ingest(folder)
    assert (summary.added, summary.chunks_embedded, summary.chunks_kept) == (2, 1, 1)
    assert len(embedder.texts) == 1


async def test_what_is_ready_gets_in_although_the_next_group_fails(database: Database, tmp_path: Path) -> None:
    ingester, store = slow_ingester(database, NotingEmbedder(fails_at=2), seconds=0.1)
    with pytest.raises(ModelError):
        await ingester.ingest(write(tmp_path / "docs", a="# A\n\nOne.\n", b="# B\n\nTwo.\n"))
    assert sorted(await store.documents("default")) == ["a.md"]


async def test_who_is_cancelled_leaves_nothing_half_written_behind(database: Database, tmp_path: Path) -> None:
    embedder = NotingEmbedder()
    ingester, store = slow_ingester(database, embedder, seconds=2.0)
    task = asyncio.create_task(ingester.ingest(write(tmp_path / "docs", a="# A\n\nOne.\n")))
    while not store.waited and not embedder.texts:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await store.documents("default")


async def test_progress_never_goes_back(database: Database, tmp_path: Path) -> None:
    told: list[int] = []

    def note(progress: Progress) -> None:
        told.append(progress.done)

    embedder = NotingEmbedder()
    ingester, _ = slow_ingester(database, embedder, seconds=0.1)
    names = {f"d{number}": f"# D{number}\n\nText {number}.\n" for number in range(5)}
    await ingester.ingest(write(tmp_path / "docs", **names), report=note)
    assert told == sorted(told)
    assert told[-1] == 5
