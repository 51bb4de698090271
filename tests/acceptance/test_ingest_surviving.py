"""Kill -9 of the ingesting process and of Postgres at random points: the next ingest makes the index whole."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from core.storage.embedded import start_embedded
from tests.acceptance.conftest import Docent
from tests.acceptance.ingesting import ChangingFolder, Commands, Contents, commands
from tests.conftest import database_url, on_server

DOCUMENTS, KILLS, SEED = 30, 10, 5
NOTHING: Contents = {}
PAGES = 240
PAGE = "# Page {n}\n\n" + "\n\n".join(f"## Part {part}\n\nRule {{n}}.{part} holds for team {{n}}." for part in range(6))


@pytest.fixture
def pages(tmp_path: Path) -> ChangingFolder:
    """A folder that changes by chance."""
    return ChangingFolder(tmp_path / "pages", DOCUMENTS, SEED)


@pytest.fixture
def from_scratch(postgres_url: str, template_database: str, pages: ChangingFolder) -> Iterator[Callable[[], Contents]]:
    """Gives what an index holds that is built from the folder as it is, in an empty database."""
    url = database_url(postgres_url, "scratch")
    on_server(postgres_url, f"CREATE DATABASE scratch TEMPLATE {template_database}")
    with commands(url, pages.folder) as scratch:

        def build() -> Contents:
            on_server(url, "TRUNCATE collections, terms, index_settings, ingest_runs CASCADE")
            return scratch.contents("ingest")

        yield build
    on_server(postgres_url, "DROP DATABASE scratch WITH (FORCE)")


@pytest.fixture
def home() -> Iterator[Path]:
    """A DOCENT_HOME whose Postgres is ended with the test."""
    with tempfile.TemporaryDirectory(prefix="docent-home-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            psutil.Process(postmaster(Path(folder))).kill()


def postmaster(home: Path) -> int:
    """Give the process of the embedded Postgres as its pid file names it."""
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def kill_process(process: int, _: random.Random) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


class KillPostgres:
    """Kills the embedded Postgres: the postmaster alone, or it and all that it has started."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __call__(self, _: int, chance: random.Random) -> None:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            server = psutil.Process(postmaster(self._home))
            others = server.children() if chance.random() < 0.5 else []
            for process in (server, *others):
                process.kill()


def kills(
    ingests: Commands, pages: ChangingFolder, kill: Callable[[int, random.Random], None]
) -> Iterator[tuple[list[str], bool]]:
    """Ingest the folder; then change it and kill something at a random point of its ingest, until ten were in time.

    Yields what the killed ingest told, and whether the index was what the caller had left before it.
    """
    chance = random.Random(SEED)
    started = time.monotonic()
    ingests.start("ingest")
    steps = len(list(ingests.told()))
    a_step = (time.monotonic() - started) / steps
    done, late = 0, True
    while done < KILLS:
        pages.change()
        process = ingests.start("ingest")
        told = ingests.told()
        heard = [next(told) for _ in range(chance.randrange(steps // 2))]  # a good half of the documents change
        time.sleep(chance.uniform(0, 2 * a_step))
        kill(process, chance)
        heard += told
        if heard[-1] == "ended 0":
            late = True
            continue
        yield heard, not late
        done, late = done + 1, False


def assert_whole(between: Contents, before: Contents, after: Contents) -> None:
    """Assert that each document is as it was or as it will be, and that the counters count what is there."""
    old, new = by_document(before), by_document(after)
    for path, rows in by_document(between).items():
        assert rows in (old.get(path), new.get(path)), f"{path} is half written"
    counted: dict[str, int] = {}
    for chunk in between["chunks"]:
        for term in chunk[9]:
            counted[term] = counted.get(term, 0) + 1
    assert dict(between["terms"]) == counted
    assert [row[-1] for row in between["index"]] == [len(between["chunks"])]


def by_document(found: Contents) -> dict[str, list[object]]:
    """Give each document's row with those of its chunks."""
    rows: dict[str, list[object]] = {row[0]: [row] for row in found["documents"]}
    for chunk in found["chunks"]:
        rows[chunk[0]].append(chunk)
    return rows


def assert_same_index(found: Contents, wanted: Contents) -> None:
    """Assert that two indexes hold the same, whatever way led there."""
    for what in ("documents", "chunks", "terms", "index"):
        assert found[what] == wanted[what], what


def test_an_ingest_after_each_of_ten_kills_of_the_process_gives_the_index_of_one_from_scratch(
    migrated_url: str, pages: ChangingFolder, from_scratch: Callable[[], Contents]
) -> None:
    partly, after = 0, NOTHING
    with commands(migrated_url, pages.folder) as ingests:
        for told, is_known in kills(ingests, pages, kill_process):
            assert told[-1] == "ended -9"
            before, between = after, ingests.contents()
            after = ingests.contents("ingest")
            assert_same_index(after, from_scratch())
            if is_known:
                assert_whole(between, before, after)
                partly += between["chunks"] not in (before["chunks"], after["chunks"])
    assert partly, "killed in the middle"
    assert {status for _, status in after["runs"]} == {"done", "interrupted"}


def test_an_ingest_after_each_of_ten_kills_of_postgres_gives_the_index_of_one_from_scratch(
    home: Path, pages: ChangingFolder, from_scratch: Callable[[], Contents]
) -> None:
    start_embedded(home)  # this process uses it too, so that it doesn't stop and start with every command
    after = NOTHING
    with commands(str(home), pages.folder) as ingests:
        for number, (told, is_known) in enumerate(kills(ingests, pages, KillPostgres(home))):
            *_, reason, ended = told
            assert ended == "ended 2", told
            assert "embedded Postgres" in reason
            assert not any("Traceback" in line for line in told)
            # It comes up again whatever the next command is: now one that reads, now the ingest.
            before, between = after, ingests.contents() if number % 2 else None
            after = ingests.contents("ingest")
            assert_same_index(after, from_scratch())
            if is_known and between:
                assert_whole(between, before, after)


def write_pages(folder: Path) -> None:
    for number in range(PAGES):
        (folder / f"page{number:03}.md").write_text(PAGE.replace("{n}", str(number)))


def start_and_wait_for_200(docent: Docent, folder: Path) -> subprocess.Popen[str]:
    """Start an ingest of the pages; by then its first transaction is over and its last is not."""
    process = docent.start("ingest", str(folder))
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(rf"\b2\d\d\b.*\b{PAGES}\b", line):
            return process
    raise AssertionError("no progress was told")


def chunks_of(docent: Docent) -> int:
    return sum(collection["chunks"] for collection in docent.json("status")["collections"])


@pytest.mark.models
def test_an_ingest_that_was_killed_is_made_whole_by_the_next(fresh: Docent, tmp_path: Path) -> None:
    write_pages(tmp_path)
    process = start_and_wait_for_200(fresh, tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    between = chunks_of(fresh)
    assert 0 < between < PAGES * 6, "killed in the middle"
    assert between % 6 == 0, "no document is half in"
    summary = fresh.json("ingest", str(tmp_path))
    assert summary["unchanged"] == between / 6
    assert summary["added"] == PAGES - between / 6
    assert chunks_of(fresh) == PAGES * 6
    again = fresh.json("ingest", str(tmp_path))
    assert (again["unchanged"], again["chunks_embedded"]) == (PAGES, 0)
    assert fresh.json("status")["runs"][2]["status"] == "interrupted"


@pytest.mark.models
def test_an_ingest_whose_postgres_is_killed_ends_with_one_line_and_the_next_starts_it_again(
    fresh: Docent, tmp_path: Path
) -> None:
    write_pages(tmp_path)
    process = start_and_wait_for_200(fresh, tmp_path)
    os.kill(postmaster(fresh.home), signal.SIGKILL)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output) == (2, "")
    assert "the embedded Postgres" in errors.strip().splitlines()[-1]
    assert "Traceback" not in errors
    summary = fresh.json("ingest", str(tmp_path))
    assert summary["added"] + summary["unchanged"] == PAGES
    assert chunks_of(fresh) == PAGES * 6
