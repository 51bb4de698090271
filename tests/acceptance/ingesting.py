"""Ingests without a model, in processes that can be killed, and reads back all that an index holds."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg

from core.bootstrap import open_core
from core.errors import DocentError
from core.ingestion import grouping
from core.settings import CoreSettings
from core.storage.embedded import start_embedded
from tests.fakes.embedder import FakeEmbedder

ROOT = Path(__file__).parents[2]
# Chunks of one transaction: few, so that a small folder takes many.
GROUP_CHUNKS = 32
CONTENTS = {
    "documents": (
        "SELECT path, c.name, title, file_hash, size FROM documents d JOIN collections c ON c.id = d.collection_id"
    ),
    "chunks": (
        "SELECT path, ordinal, content_hash, heading, text, search_text, page, first_line, last_line, terms, "
        "md5(term_weights::text), md5(embedding::text) FROM chunks JOIN documents d ON d.id = document_id"
    ),
    "terms": "SELECT term, chunks FROM terms",
    "index": "SELECT embedder, dimensions, language, chunking, chunks FROM index_settings",
    "runs": "SELECT id, status FROM ingest_runs",
}
Contents = dict[str, list[list[Any]]]


class Commands:
    """Ingests a folder, or reads what its index holds, in a process of its own each time.

    The processes are forked from one that has imported everything: that takes most of the time of a small ingest.
    """

    def __init__(self, place: str, folder: Path) -> None:
        """Start what forks them. place: a DOCENT_HOME, or a database's address."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.ingesting", place, str(folder)],
            cwd=ROOT,
            env=kept,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, *words: str) -> int:
        """Start a command that does `ingest`, tells `contents`, or both; give its process."""
        assert self._process.stdin is not None
        print(*words, file=self._process.stdin, flush=True)
        return int(self._line().removeprefix("process "))

    def told(self) -> Iterator[str]:
        """Yield what a command tells until it ends; the last line is `ended` with its exit status, -9 for killed."""
        while True:
            yield (line := self._line())
            if line.startswith("ended "):
                return

    def contents(self, *before: str) -> Contents:
        """Give everything that the index holds but the numbers and times of its rows, in an order of its own.

        before: `ingest` to ingest first. Raises AssertionError when that fails.
        """
        self.start(*before, "contents")
        *_, found, ended = self.told()
        assert ended == "ended 0", found
        contents: Contents = json.loads(found)
        return contents

    def close(self) -> None:
        """End what forks them."""
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that forks the commands has ended"
        return line.rstrip("\n")


@contextmanager
def commands(place: str, folder: Path) -> Iterator[Commands]:
    """Give the commands for the time of the block."""
    opened = Commands(place, folder)
    try:
        yield opened
    finally:
        opened.close()


class ChangingFolder:
    """A folder of documents that changes by chance, in the same way for the same seed."""

    def __init__(self, folder: Path, documents: int, seed: int) -> None:
        """Write the first documents."""
        self.folder = folder
        self._chance = random.Random(seed)
        self._made = 0
        folder.mkdir(parents=True)
        for _ in range(documents):
            self._add()

    def change(self) -> None:
        """Rewrite half of the documents; edit a section of some; move, remove and add a few: never a third of them."""
        files = sorted(self.folder.iterdir())
        self._chance.shuffle(files)
        half, few = len(files) // 2, len(files) // 10
        for file in files[:half]:
            self._write(file)
        for file in files[half : half + few]:
            sections = file.read_text(encoding="utf-8").split("\n\n")
            sections[self._chance.randrange(1, len(sections))] = self._section()
            file.write_text("\n\n".join(sections), encoding="utf-8")
        for file in files[half + few : half + 2 * few]:
            self._made += 1
            file.rename(self.folder / f"moved-{self._made}.md")
        for file in files[half + 2 * few : half + 3 * few]:
            file.unlink()
            self._add()

    def _add(self) -> None:
        self._made += 1
        self._write(self.folder / f"page-{self._made}.md")

    def _write(self, file: Path) -> None:
        sections = [self._section() for _ in range(self._chance.randint(4, 7))]
        file.write_text("\n\n".join([f"# {self._words(3)}", *sections]), encoding="utf-8")

    def _section(self) -> str:
        return f"## {self._words(3)}\n{self._words(self._chance.randint(20, 60))}."

    def _words(self, count: int) -> str:
        return " ".join(f"word{self._chance.randrange(900)}" for _ in range(count))


def main() -> None:
    """Fork a command for each line that comes in, and tell how it ended."""
    place, folder = sys.argv[1:]
    for line in sys.stdin:
        child = os.fork()
        if not child:
            print(f"process {os.getpid()}", flush=True)
            sys.exit(_command(line.split(), place, Path(folder)))
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def _command(words: list[str], place: str, folder: Path) -> int:
    """Do what the words say as `docent` would: a failure is one line and exit status 2."""
    try:
        if "ingest" in words:
            asyncio.run(_ingest(place, folder))
        if "contents" in words:
            print(json.dumps(_contents(place)), flush=True)
    except DocentError as error:
        print(error, flush=True)
        return 2
    return 0


async def _ingest(place: str, folder: Path) -> None:
    told = {"database_url": place} if _is_url(place) else {"docent_home": Path(place)}
    settings = CoreSettings(_env_file=None, chat_model="none", reranker="none", **told)  # type: ignore[arg-type,call-arg]
    with mock.patch.object(grouping, "_GROUP_CHUNKS", GROUP_CHUNKS):
        async with open_core(settings, with_model=False, embedder=FakeEmbedder()) as core:
            await core.ingester.ingest(folder, report=lambda step: print(f"step {step.done}", flush=True))


def _contents(place: str) -> Contents:
    url = place if _is_url(place) else start_embedded(Path(place))
    with psycopg.connect(url) as connection:
        found = {what: connection.execute(query.encode()).fetchall() for what, query in CONTENTS.items()}
    return {what: sorted(list(row) for row in rows) for what, rows in found.items()}


def _is_url(place: str) -> bool:
    return place.startswith("postgresql:")


if __name__ == "__main__":
    main()
