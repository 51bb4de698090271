"""Runs an ingest as a process of its own, in a database of its own, and watches its clock and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from core.storage.embedded import start_embedded

REPOSITORY = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Run:
    """A process that has ended. seconds: from its start to its end; memory: the most that was seen, in bytes.

    memory: resident, its children included. postgres: of all of Postgres' processes, what they share counted once.
    """

    output: Any
    seconds: float
    memory: int
    postgres: int


class Server:
    """The embedded Postgres in a folder of its own, for as many databases as are wanted."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.folder = folder
        self._url = start_embedded(folder)
        pid_file = folder / "postgres" / "postmaster.pid"
        self._process = psutil.Process(int(pid_file.read_text().split()[0]))

    def version(self) -> str:
        """Give the versions of Postgres and pgvector."""
        with psycopg.connect(self._url) as connection:
            (postgres,) = connection.execute("SHOW server_version").fetchone() or ("",)
            query = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
            (pgvector,) = connection.execute(query).fetchone() or ("",)
        return f"PostgreSQL {postgres}, pgvector {pgvector}"

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Create a database, give its URL, and drop it in the end."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            address, _, options = self._url.partition("?")
            yield f"{address.rsplit('/', 1)[0]}/{name}?{options}"
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @staticmethod
    def count(url: str, table: str) -> int:
        """Give the number of rows of a table."""
        with psycopg.connect(url) as connection:
            (rows,) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or (0,)
        return int(rows)

    def memory(self) -> int:
        """Give the memory of all its processes now, in bytes."""
        return _memory(self._process, shared_once=True)


@contextmanager
def server() -> Iterator[Server]:
    """Run a Postgres in a temporary folder for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        yield Server(Path(folder))


def docent_ingest(postgres: Server, url: str, folder: Path) -> Run:
    """Run `docent ingest` into a database; its output is the JSON of the summary. Exits when that fails as a whole."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DOCENT_HOME", "DATABASE_URL")}
    environment = {
        **kept,
        "DOCENT_HOME": str(postgres.folder),
        "DATABASE_URL": url,
        "CHAT_MODEL": "none",
        "PYTHONPATH": str(REPOSITORY),
    }
    # In that folder, because the working folder's .env is read too.
    command = [sys.executable, "-m", "bot", "ingest", str(folder), "--json"]
    return watched(command, postgres, environment, postgres.folder)


def watched(command: Sequence[str], postgres: Server, environment: dict[str, str], folder: Path) -> Run:
    """Run a command that prints one JSON object. Exits with its own words when it fails."""
    most = [0, 0]
    ended = threading.Event()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )

        def watch() -> None:
            with suppress(psutil.NoSuchProcess):
                seen = psutil.Process(process.pid)
                while not ended.wait(LOOK_SECONDS):
                    most[0] = max(most[0], _memory(seen))
                    most[1] = max(most[1], postgres.memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - started
        ended.set()
        watcher.join()
        if process.returncode not in (0, 1):  # 1: a file could not be read, the others are in
            errors.seek(0)
            sys.exit(f"{' '.join(command)} failed with exit status {process.returncode}:\n{errors.read()}")
    return Run(json.loads(output), seconds, *most)


def _memory(process: psutil.Process, *, shared_once: bool = False) -> int:
    """Give the bytes that a process and its children have in memory; shared_once only where the system can tell."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                full = one.memory_full_info() if shared_once else one.memory_info()
                total += getattr(full, "pss", full.rss)
    return total
