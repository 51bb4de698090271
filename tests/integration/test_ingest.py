import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import ConfigurationError, ModelError, StoreError
from core.ingestion import loaders
from core.ingestion.ingest import Ingester
from core.ingestion.outcome import CancelledRunError, IngestRunningError, Progress, RemovalNotConfirmedError
from core.ingestion.plan import Plan, Work, work_of
from core.models import LoadedDocument
from core.ports import Embeddings
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import EXPENSES, VACATION, ingester, query, retriever, write


async def rows(database: Database) -> list[tuple[str, int, str]]:
    """Everything that questions can see: path, ordinal, text."""
    async with database.begin() as connection:
        found = await connection.execute(
            text("SELECT path, ordinal, text FROM chunks JOIN documents ON documents.id = document_id ORDER BY 1, 2")
        )
        return [(row.path, row.ordinal, row.text) for row in found]


async def rows_from_scratch(database: Database, folder: Path) -> list[tuple[str, int, str]]:
    """What an ingest of the folder into an empty index gives."""
    await ingester(database).ingest(folder, rebuild=True)
    return await rows(database)


async def chunk_ids(database: Database) -> list[int]:
    async with database.begin() as connection:
        return list((await connection.scalars(text("SELECT id FROM chunks ORDER BY id"))).all())


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
    folder = write(tmp_path / "docs", **{f"page{n}": f"# Page {n}\n\nOnly here: {n}." for n in range(150)})
    await ingester(database).ingest(folder, report=steps.append)
    done = [step.done for step in steps]
    assert (done[0], done[-1], {step.total for step in steps}) == (0, 150, {150})
    assert done == sorted(done)
    assert len(set(done)) > 2
    assert steps[-1].chunks == 150
    assert steps[-1].chunks_per_second > 0


async def test_the_plan_is_told_before_anything_is_done(database: Database, tmp_path: Path) -> None:
    plans: list[tuple[Plan, int]] = []
    before: list[int] = []
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(
        folder, planned=lambda plan: plans.append((plan, len(before))), report=lambda step: before.append(step.done)
    )
    ((plan, told),) = plans
    assert ([work.path for work in plan.added], told) == (["vacation.md"], 0)


async def test_two_collections_live_side_by_side(database: Database, tmp_path: Path) -> None:
    await ingester(database).ingest(write(tmp_path / "a", vacation=VACATION), "people")
    await ingester(database).ingest(write(tmp_path / "b", vacation=EXPENSES), "money")
    status = await IndexStore(database).status()
    assert [(entry.name, entry.documents) for entry in status] == [("money", 1), ("people", 1)]


async def test_a_second_ingest_is_told_who_runs_the_first_and_how_far_it_is(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    runs = RunStore(database)
    async with IndexStore(database).lock("default"):
        run = await runs.request("default", "/srv/docs", requested_by="slack:U1")
        await runs.start(run, "machine:7")
        await runs.note_progress(run, asdict(Progress(120, 883, 900, "a.md", 20.0)))
        with pytest.raises(IngestRunningError, match=r"slack:U1.*120 of 883 documents.*machine:7"):
            await ingester(database).ingest(folder)
        assert (await ingester(database).ingest(folder, dry_run=True)).added == 1
    assert (await ingester(database).ingest(folder)).added == 1


async def test_a_run_is_recorded_with_who_asked_its_plan_and_its_summary(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, empty="")
    summary = await ingester(database).ingest(folder, requested_by="cli:ann")
    (run,) = await RunStore(database).last()
    assert (run.status, run.requested_by, run.folder) == ("failed in part", "cli:ann", str(folder))
    assert run.plan["first"] == {"added": ["empty.md", "vacation.md"]}
    assert run.summary == summary.as_json()
    assert run.summary["failed"][0]["document"] == "empty.md"


async def test_an_ingest_that_someone_cancels_ends_and_keeps_what_it_wrote(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", **{f"page{n}": VACATION.replace("30", str(n)) for n in range(400)})
    runs = RunStore(database)

    class Cancelling(FakeEmbedder):
        def embed(self, texts: Sequence[str]) -> Embeddings:
            if not stopping.is_set():
                asyncio.run_coroutine_threadsafe(self.cancel(), loop).result()
            return super().embed(texts)

        async def cancel(self) -> None:
            (run,) = await runs.last()
            await runs.cancel(run.id)
            stopping.set()

    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.ingestion.ingest._SECONDS_BETWEEN_NOTES", 0.0)
        with pytest.raises(CancelledRunError):
            await ingester(database, Cancelling()).ingest(folder)
    (run,) = await runs.last()
    assert run.status == "cancelled"
    assert run.finished_at is not None
    assert (await ingester(database).ingest(folder)).added == 400


async def test_much_is_removed_only_when_that_is_confirmed(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", **{f"page{n}": VACATION.replace("30", str(n)) for n in range(8)})
    await ingester(database).ingest(folder)
    before = await rows(database)
    for n in range(3):
        (folder / f"page{n}.md").unlink()
    write(folder, expenses=EXPENSES)
    with pytest.raises(RemovalNotConfirmedError, match=r"remove 3 of the 8 .*docent ingest .*docs --yes") as raised:
        await ingester(database).ingest(folder)
    assert (raised.value.removed, raised.value.total) == (3, 8)
    assert await rows(database) == before
    assert len(await RunStore(database).last()) == 1
    assert (await ingester(database).ingest(folder, dry_run=True)).removed == 3
    assert (await ingester(database).ingest(folder, confirmed=True)).removed == 3


async def test_a_failure_in_the_middle_leaves_whole_documents_and_a_record(database: Database, tmp_path: Path) -> None:
    class FailingEmbedder(FakeEmbedder):
        def embed(self, texts: Sequence[str]) -> Embeddings:
            raise ModelError("out of memory")

    folder = write(tmp_path / "docs", vacation=VACATION)
    with pytest.raises(ModelError):
        await ingester(database, FailingEmbedder()).ingest(folder)
    assert await rows(database) == []
    assert [run.status for run in await RunStore(database).last()] == ["failed"]
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


async def test_a_copy_of_a_document_embeds_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    write(folder / "old", vacation=VACATION)
    embedder = CountingEmbedder()
    summary = await ingester(database, embedder).ingest(folder)
    assert (summary.added, summary.chunks_embedded, summary.chunks_kept, embedder.embedded) == (1, 0, 2, 0)
    async with database.begin() as connection:
        kinds = "SELECT count(DISTINCT (embedding::text, terms, term_weights::text)) FROM chunks"
        assert await connection.scalar(text(kinds)) == 2
    kept, counted, total, number = await frequencies(database)
    assert (kept, total) == (counted, number)


async def test_two_documents_that_change_places_embed_nothing(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", a=VACATION, b=EXPENSES)
    await ingester(database).ingest(folder)
    write(folder, a=EXPENSES, b=VACATION)
    summary = await ingester(database).ingest(folder)
    assert (summary.changed, summary.chunks_embedded) == (2, 0)
    assert await rows(database) == await rows_from_scratch(database, folder)


async def test_a_moved_document_keeps_its_chunks_ids(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    before = await chunk_ids(database)
    (folder / "hr").mkdir()
    (folder / "vacation.md").rename(folder / "hr" / "leave.md")
    await ingester(database).ingest(folder)
    assert await chunk_ids(database) == before


async def test_a_document_that_has_its_title_from_its_name_is_embedded_under_the_new_one(
    database: Database, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", leave="Employees get 30 days.")
    await ingester(database).ingest(folder)
    (folder / "leave.md").rename(folder / "holidays.md")
    summary = await ingester(database).ingest(folder)
    assert (summary.moved, summary.chunks_embedded) == (1, 1)
    async with database.begin() as connection:
        assert await connection.scalar(text("SELECT search_text FROM chunks")) == "Holidays\nEmployees get 30 days."


async def test_a_batch_that_is_brought_in_twice_gives_the_same_index(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder)
    (folder / "vacation.md").rename(folder / "leave.md")
    write(folder, expenses=EXPENSES.replace("120", "140"), other="# Other\n\nNew words.")
    engine = ingester(database)
    plan = await engine.plan(folder, "default")
    collection_id = await engine.prepare(folder, "default")
    for _ in range(2):
        work = [Work(**written) for written in json.loads(json.dumps([item.as_json() for item in work_of(plan)]))]
        outcome = await engine.bring_in(folder, collection_id, work)
        assert (outcome.added, outcome.changed, outcome.moved) == (1, 1, 1)
    await engine.finish(plan, "default")
    assert await rows(database) == await rows_from_scratch(database, folder)
    kept, counted, total, number = await frequencies(database)
    assert (kept, total) == (counted, number)


async def test_a_file_that_changes_while_it_is_read_is_read_again_next_time(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)

    def load_then_write(path: Path, relative: str) -> LoadedDocument:
        document = loaders.load(path, relative)
        write(folder, vacation=VACATION.replace("30", "31"))
        return document

    store = IndexStore(database)
    await Ingester(store, RunStore(database), FakeEmbedder(), "english", load_then_write).ingest(folder)
    assert "30 vacation" in (await rows(database))[0][2]
    assert (await ingester(database).ingest(folder)).changed == 1
    assert "31 vacation" in (await rows(database))[0][2]


async def test_what_was_made_for_an_index_that_was_rebuilt_meanwhile_is_refused(
    database: Database, tmp_path: Path
) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION)
    engine = ingester(database)
    plan = await engine.plan(folder, "default")
    collection_id = await engine.prepare(folder, "default")
    await ingester(database, FakeEmbedder(name="other")).ingest(folder, "others", rebuild=True)
    with pytest.raises(StoreError, match="rebuilt meanwhile"):
        await engine.bring_in(folder, collection_id, work_of(plan))


async def test_a_rebuild_that_failed_can_be_taken_up_without_another(database: Database, tmp_path: Path) -> None:
    class Failing(FakeEmbedder):
        def embed(self, texts: Sequence[str]) -> Embeddings:
            raise ModelError("out of memory")

    folder = write(tmp_path / "docs", vacation=VACATION)
    await ingester(database).ingest(folder)
    with pytest.raises(ModelError):
        await ingester(database, Failing(dimensions=768, name="wide")).ingest(folder, rebuild=True)
    assert (await ingester(database, FakeEmbedder(dimensions=768, name="wide")).ingest(folder)).added == 1


async def test_questions_never_see_half_a_document(database: Database, tmp_path: Path) -> None:
    def page(version: int) -> str:
        return "# Rules\n\n" + "\n\n".join(f"## Part {n}\n\nRule {n} of version {version}." for n in range(12))

    folder = tmp_path / "docs"
    names = ["rules", "all"]
    await ingester(database).ingest(write(folder, rules=page(0)))
    done = asyncio.Event()

    async def ask() -> list[set[str]]:
        seen = []
        while not done.is_set():
            found = await retriever(database).retrieve(query("Which rule?"), limit=12)
            assert len(found) == 12
            seen.append({chunk.chunk.text.split()[-1] for chunk in found})
        return seen

    asking = asyncio.create_task(ask())
    for version in range(1, 6):
        (folder / f"{names[0]}.md").rename(folder / f"{names[1]}.md")
        names.reverse()
        await ingester(database).ingest(folder)
        await ingester(database).ingest(write(folder, **{names[0]: page(version)}))
    done.set()
    seen = await asking
    assert [versions for versions in seen if len(versions) > 1] == []
    assert len(set.union(*seen)) > 1
