import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import ConfigurationError, ModelError, StoreError
from core.ingestion.ingest import Progress
from core.ports import Embeddings
from core.storage.database import Database
from core.storage.index_store import IndexStore
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, ingester, write


async def rows(database: Database) -> list[tuple[str, int, str]]:
    """Everything that questions can see: path, ordinal, text."""
    async with database.begin() as connection:
        found = await connection.execute(
            text("SELECT path, ordinal, text FROM chunks JOIN documents ON documents.id = document_id ORDER BY 1, 2")
        )
        return [(row.path, row.ordinal, row.text) for row in found]


async def frequencies(database: Database) -> tuple[dict[str, int], dict[str, int], int, int]:
    """The document frequencies as kept and as counted anew, then the number of chunks likewise."""
    async with database.begin() as connection:
        kept = {row.term: row.chunks for row in await connection.execute(text("SELECT term, chunks FROM terms"))}
        rows = await connection.execute(text("SELECT unnest(terms) AS term, count(*) AS n FROM chunks GROUP BY 1"))
        counted = {row.term: row.n for row in rows}
        total = await connection.scalar(text("SELECT chunks FROM index_settings"))
        number = await connection.scalar(text("SELECT count(*) FROM chunks"))
    return kept, counted, total or 0, number or 0


class CountingEmbedder(FakeEmbedder):
    """Counts the texts that it was asked to embed."""

    embedded = 0

    def embed(self, texts: Sequence[str]) -> Embeddings:
        self.embedded += len(texts)
        return super().embed(texts)


async def test_a_folder_goes_in_once(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    embedder = CountingEmbedder()
    first = await ingester(database, embedder).ingest(folder)
    assert (first.added, first.chunks_embedded) == (2, 3)
    before = await rows(database)
    second = await ingester(database, embedder).ingest(folder)
    assert (second.added, second.unchanged, second.chunks_embedded) == (0, 2, 0)
    assert embedder.embedded == 3
    assert await rows(database) == before


async def test_only_the_changed_section_is_embedded_again(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    write(folder, vacation=VACATION.replace("30 vacation", "31 vacation"))
    summary = await ingester(database).ingest(folder)
    assert (summary.changed, summary.chunks_embedded, summary.chunks_kept) == (1, 1, 1)
    assert "31 vacation" in (await rows(database))[0][2]


async def test_a_section_put_before_the_others_keeps_their_chunks(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    async with database.begin() as connection:
        ids = set((await connection.scalars(text("SELECT id FROM chunks"))).all())
    write(folder, vacation=VACATION.replace("## Employees", "## Interns\n\nInterns get 12 days.\n\n## Employees"))
    await ingester(database).ingest(folder)
    async with database.begin() as connection:
        assert ids < set((await connection.scalars(text("SELECT id FROM chunks"))).all())
    assert [row[1] for row in await rows(database)] == [0, 1, 2]


async def test_a_moved_file_embeds_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    (folder / "vacation.md").rename(folder / "leave.md")
    summary = await ingester(database).ingest(folder)
    assert (summary.moved, summary.added, summary.removed, summary.chunks_embedded) == (1, 0, 0, 0)
    assert {row[0] for row in await rows(database)} == {"leave.md"}


async def test_what_is_gone_from_the_folder_goes_from_the_index(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder)
    (folder / "expenses.md").unlink()
    summary = await ingester(database).ingest(folder)
    assert summary.removed == 1
    assert {row[0] for row in await rows(database)} == {"vacation.md"}


async def test_document_frequencies_stay_exact_through_every_change(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder)
    write(folder, vacation=VACATION.replace("Employees get", "Everybody gets"), other="# Other\n\nNew words.")
    (folder / "expenses.md").unlink()
    await ingester(database).ingest(folder)
    kept, counted, total, number = await frequencies(database)
    assert kept == counted
    assert total == number == 3


async def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_in(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, empty="")
    (folder / "latin.txt").write_bytes("Größe und Maß, wie üblich für Bücher".encode("latin-1"))
    summary = await ingester(database).ingest(folder)
    assert summary.added == 1
    assert sorted(document for document, _ in summary.failed) == ["empty.md", "latin.txt"]
    assert all(reason for _, reason in summary.failed)


async def test_a_file_that_became_unreadable_keeps_its_last_good_version(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    before = await rows(database)
    (folder / "vacation.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    summary = await ingester(database).ingest(folder)
    assert [document for document, _ in summary.failed] == ["vacation.md"]
    assert await rows(database) == before


async def test_a_dry_run_says_what_would_change_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    before = await rows(database)
    write(folder, vacation=VACATION.replace("30", "31"), expenses=EXPENSES)
    embedder = CountingEmbedder()
    summary = await ingester(database, embedder).ingest(folder, dry_run=True)
    assert (summary.changed, summary.added, summary.chunks_embedded, summary.chunks_kept) == (1, 1, 2, 1)
    assert summary.dry_run
    assert embedder.embedded == 0
    assert await rows(database) == before


async def test_progress_is_told_from_the_first_file_to_the_last(database: Database, tmp_path: Path) -> None:
    steps: list[Progress] = []
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder, report=steps.append)
    assert [(step.done, step.total) for step in steps] == [(0, 2), (1, 2), (2, 2)]


async def test_two_collections_live_side_by_side(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "a", vacation=VACATION), "people")
    await ingester(database).ingest(write(tmp_path / "b", vacation=EXPENSES), "money")
    status = await IndexStore(database).status()
    assert [(entry.name, entry.documents) for entry in status] == [("money", 1), ("people", 1)]


async def test_a_second_ingest_into_the_same_collection_is_told_to_wait(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    async with IndexStore(database).lock("default"):
        with pytest.raises(StoreError, match="Another ingest into the collection 'default'"):
            await ingester(database).ingest(folder)
    assert (await ingester(database).ingest(folder)).added == 1


async def test_a_failure_in_the_middle_leaves_whole_documents_and_a_record(database: Database, tmp_path: Path) -> None:
    class FailingEmbedder(FakeEmbedder):
        def embed(self, texts: Sequence[str]) -> Embeddings:
            raise ModelError("out of memory")

    folder = write(tmp_path / "docs", vacation=VACATION)
    with pytest.raises(ModelError):
        await ingester(database, FailingEmbedder()).ingest(folder)
    assert await rows(database) == []
    assert [run["status"] for run in await IndexStore(database).last_runs()] == ["failed"]
    assert (await ingester(database).ingest(folder)).added == 1


async def test_a_cancelled_ingest_can_be_taken_up_again(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", **{f"page{n}": VACATION.replace("30", str(n)) for n in range(30)})
    started = asyncio.Event()
    task = asyncio.create_task(ingester(database).ingest(folder, report=lambda step: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ingester(database).ingest(folder)
    found = await rows(database)
    assert len(found) == len(set(found)) == 60


async def test_another_embedder_is_refused_until_a_rebuild(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    wider = FakeEmbedder(dimensions=768, name="wide")
    with pytest.raises(ConfigurationError, match=r"768 dimensions but chunks.embedding has 384.*--rebuild"):
        await ingester(database, wider).ingest(folder)
    summary = await ingester(database, wider).ingest(folder, rebuild=True)
    assert (summary.added, summary.chunks_embedded) == (1, 2)
    with pytest.raises(ConfigurationError, match=r"384 dimensions but chunks\.embedding has 768"):
        await ingester(database).ingest(folder)


async def test_an_embedder_of_the_same_width_but_another_name_is_refused(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    with pytest.raises(ConfigurationError, match="can't be compared"):
        await ingester(database, FakeEmbedder(name="other")).ingest(folder)


@pytest.mark.parametrize(("made", "fault"), [(False, "isn't there"), (True, "is a file")])
async def test_a_folder_that_is_none_is_refused(database: Database, tmp_path: Path, made: bool, fault: str) -> None:
    folder = tmp_path / "docs"
    if made:
        folder.write_text("a file")
    with pytest.raises(ConfigurationError, match=fault):
        await ingester(database).ingest(folder)


async def test_hidden_files_and_links_out_of_the_folder_stay_out(database: Database, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", secret="# Secret\n\nA secret.")
    folder = write(tmp_path / "docs", vacation=VACATION)
    write(folder / ".git", hidden="# Hidden\n\nA hidden page.")
    (folder / "link.md").symlink_to(outside / "secret.md")
    (folder / "loop").symlink_to(folder)
    summary = await ingester(database).ingest(folder)
    assert summary.added == 1


async def test_a_new_time_with_the_same_content_changes_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    os.utime(folder / "vacation.md", (1_000_000_000, 1_000_000_000))
    summary = await ingester(database).ingest(folder)
    assert (summary.unchanged, summary.changed) == (1, 0)
    (known,) = (await IndexStore(database).documents("default")).values()
    assert known.modified_ns == 1_000_000_000 * 10**9
