"""What `docent ingest` and `docent status` show in the terminal."""

import io
import json
from argparse import Namespace
from pathlib import Path

import pytest
from rich.console import Console

import bot.commands.ingest
from bot.cli import build_parser, main
from bot.commands.ingest import bar, ingest_shown, text
from bot.commands.status import show
from core.ingestion.outcome import Progress, RemovalNotConfirmedError
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from tests.integration.builders import EXPENSES, VACATION, ingester, write


def pages(folder: Path, count: int) -> Path:
    return write(folder, **{f"page{n}": f"# Page {n}\n\nOnly here: {n}." for n in range(count)})


async def status(database: Database, *alive: int) -> str:
    output = io.StringIO()
    collections, runs = await IndexStore(database).status(), await RunStore(database).last()
    show(Console(file=output, width=200, markup=False), collections, runs, set(alive))
    return output.getvalue()


async def test_the_plan_comes_first_then_the_summary(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, empty="")
    summary = await ingest_shown(ingester(database), folder)
    assert capsys.readouterr().err == "Plan: 2 added, 0 changed, 0 moved, 0 removed, 0 unchanged, 0 failed.\n"
    assert text(summary).splitlines()[:2] == [
        "Collection default: 1 added, 0 changed, 0 moved, 0 removed, 0 unchanged, 1 failed.",
        "Chunks: 2 embedded, 0 kept.",
    ]
    assert text(summary).splitlines()[2].startswith("failed: empty.md: ")


async def test_a_dry_run_lists_the_first_paths_of_each_kind_and_counts_the_chunks(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, expenses=EXPENSES)
    await ingester(database).ingest(folder)
    (folder / "expenses.md").rename(folder / "spending.md")
    pages(folder, 7)
    summary = await ingest_shown(ingester(database), folder, dry_run=True)
    shown = capsys.readouterr().err.splitlines()
    assert shown[1:] == [
        *(f"  added: page{n}.md" for n in range(5)),
        "  added: and 2 more",
        "  moved: expenses.md → spending.md",
    ]
    assert "Chunks: 7 would be embedded, 1 would be kept." in text(summary)


async def test_without_a_terminal_a_large_removal_is_refused_with_what_to_type(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pages(tmp_path / "my docs", 8)
    await ingester(database).ingest(folder, "handbook")
    for n in range(4):
        (folder / f"page{n}.md").unlink()
    with pytest.raises(RemovalNotConfirmedError) as raised:
        await ingest_shown(ingester(database), folder, "handbook")
    assert "remove 4 of the 8 documents of the collection 'handbook'" in str(raised.value)
    assert f"`docent ingest '{folder}' --collection handbook --yes`" in str(raised.value)
    assert "  removed: page0.md\n" in capsys.readouterr().err
    assert (await ingest_shown(ingester(database), folder, "handbook", confirmed=True)).removed == 4


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_on_a_terminal_a_large_removal_is_asked_about(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
) -> None:
    folder = pages(tmp_path / "docs", 8)
    await ingester(database).ingest(folder)
    for n in range(4):
        (folder / f"page{n}.md").unlink()
    monkeypatch.setattr(bot.commands.ingest, "_can_ask", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    if answer == "y":
        assert (await ingest_shown(ingester(database), folder)).removed == 4
    else:
        with pytest.raises(RemovalNotConfirmedError):
            await ingest_shown(ingester(database), folder)
    assert capsys.readouterr().err.count("  removed: page0.md") == 1, "the plan is shown once"


def test_the_command_ends_with_one_helpful_line_and_status_2(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    folder = pages(tmp_path / "docs", 4)
    assert main(["ingest", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 4
    for n in range(3):
        (folder / f"page{n}.md").unlink()
    assert main(["ingest", str(folder), "--json"]) == 2
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert shown.err.startswith("docent: This would remove 3 of the 4 documents")
    assert main(["ingest", str(folder), "--json", "--yes"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == 3
    assert main(["status", "--json"]) == 0
    (second, first) = json.loads(capsys.readouterr().out)["runs"]
    assert (first["summary"]["added"], second["summary"]["removed"], second["status"]) == (4, 3, "done")


def test_yes_is_off_unless_given() -> None:
    assert build_parser().parse_args(["ingest", "docs"]) == Namespace(
        command="ingest",
        folder=Path("docs"),
        collection="default",
        dry_run=False,
        yes=False,
        rebuild=False,
        json=False,
    )


def test_a_terminal_gets_a_bar_with_rate_and_document() -> None:
    output = io.StringIO()
    with bar(Console(file=output, width=150, force_terminal=True)) as report:
        report(Progress(441, 883, 4000, "hr/[bold]\n\x1b[2J.md", 20.0))
    shown = output.getvalue()
    assert "441/883" in shown
    assert "4000 chunks, 20.0/s" in shown
    assert "hr/[bold]��[2J.md" in shown


def test_a_log_gets_a_line_every_fifty_files() -> None:
    output = io.StringIO()
    with bar(Console(file=output, width=80)) as report:
        for done in (0, 20, 49, 60, 70, 99, 100, 149):
            report(Progress(done, 150, 10 * done, "a.md", 5.0))
    assert output.getvalue().splitlines() == [
        "ingesting 60/150, 600 chunks, 5.0/s",
        "ingesting 100/150, 1000 chunks, 5.0/s",
    ]


async def test_status_tells_how_the_last_runs_went_and_why_files_failed(database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", vacation=VACATION, empty="")
    await ingester(database).ingest(folder, requested_by="cli:ann")
    write(folder, vacation=VACATION.replace("30", "31"))
    await ingester(database).ingest(folder, requested_by="slack:U1")
    shown = await status(database)
    lines = [line for line in shown.splitlines() if "default:" in line]
    assert "failed in part, asked for by slack:U1, 1 changed, 1 failed, 1 chunks embedded" in lines[0]
    assert "asked for by cli:ann, 1 added, 1 failed, 2 chunks embedded" in lines[1]
    assert shown.count("failed: empty.md: ") == 1


async def test_status_tells_who_runs_an_ingest_now_and_how_far_it_is(database: Database) -> None:
    runs = RunStore(database)
    run = await runs.request("default", "/srv/docs", requested_by="slack:U1")
    await runs.start(run, "machine:7")
    assert "running, asked for by slack:U1, on machine:7, just begun" in await status(database, run)
    await runs.note_progress(run, {"done": 120, "total": 883, "chunks": 900, "document": "", "chunks_per_second": 20.0})
    assert "on machine:7, 120 of 883 documents, 900 chunks, 20.0/s" in await status(database, run)
    assert "default: interrupted, asked for by slack:U1" in await status(database)
