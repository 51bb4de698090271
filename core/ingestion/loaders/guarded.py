"""Reads files within limits of size, time and memory: risky ones in a process of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock
from typing import Any

import structlog

from core.errors import IngestionError
from core.ingestion.loaders import load
from core.ingestion.loaders.files import FILE_LIMIT, MEGABYTE, check_regular
from core.models import Block, LoadedDocument

MEMORY_LIMIT = 1024 * MEGABYTE
SECONDS = 60.0

# Formats whose parsers unpack and follow references, and sizes that take noticeable time, are read apart.
_RISKY = frozenset({".pdf", ".docx"})
_LARGE = MEGABYTE // 16
# A process of 60 MB is not kept for files that may come tomorrow.
_IDLE_SECONDS = 60.0
_PACKAGE_PARENT = Path(__file__).resolve().parents[3]

_log = structlog.get_logger(__name__)


class Loader:
    """Loads documents within limits; safe to use from many threads, each then reads in a process of its own."""

    def __init__(
        self, *, max_bytes: int = FILE_LIMIT, seconds: float = SECONDS, memory_bytes: int = MEMORY_LIMIT
    ) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = Lock()
        self._idle: list[_Child] = []

    def load(self, path: Path, relative: str) -> LoadedDocument:
        """Read one document; `relative` is its path below the ingested folder.

        Raises IngestionError with a one-line reason when the file can't be read within the limits.
        """
        size = check_regular(path, self.max_bytes).st_size
        if size <= _LARGE and path.suffix.lower() not in _RISKY:
            return load(path, relative, max_bytes=self.max_bytes)
        request = {"path": str(path.absolute()), "relative": relative}
        child = self._take()
        try:
            reply = child.ask({**request, "max_bytes": self.max_bytes, "seconds": self.seconds})
        except BaseException:
            child.end()
            raise
        if reply is None:
            raise self._broken(child.ended())
        if reply["is_last"]:
            child.end()
        else:
            self._give_back(child)
        return self._document(reply, relative)

    def close(self) -> None:
        """End the processes that wait for more."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _take(self) -> _Child:
        with self._lock:
            waiting, self._idle = self._idle, []
            chosen = next((child for child in reversed(waiting) if child.is_fresh), None)
            self._idle = [child for child in waiting if child.is_fresh and child is not chosen]
            stale = [child for child in waiting if child is not chosen and child not in self._idle]
        for child in stale:
            child.end()
        try:
            return chosen or _Child(self._memory_bytes)
        except OSError as error:
            raise IngestionError(
                f"No process can be started to read the file in ({error.strerror}); try again."
            ) from error

    def _give_back(self, child: _Child) -> None:
        child.rest()
        with self._lock:
            self._idle.append(child)

    def _document(self, reply: dict[str, Any], relative: str) -> LoadedDocument:
        for note in reply["notes"]:
            getattr(_log, note.pop("level"))(note.pop("event"), **note)
        if "refusal" in reply:
            raise IngestionError(reply["refusal"])
        if reply.get("fault") == "memory":
            raise IngestionError(
                f"Reading the file takes more than {self._memory_bytes // MEGABYTE:,} MB of memory; split it."
            )
        if "fault" in reply:
            reason = " ".join(str(reply["fault"]).split())[:120]
            raise IngestionError(f"The file can't be parsed ({reason}); export it again from its source.")
        return LoadedDocument(
            reply["title"],
            tuple(
                Block(kind, text, level=level, page=page, lines=(lines[0], lines[1]) if lines else None)
                for kind, text, level, page, lines in reply["blocks"]
            ),
            tuple(reply["owners"]),
        )

    def _broken(self, status: int) -> IngestionError:
        if status == -signal.SIGALRM:
            return IngestionError(
                f"Reading the file takes more than {self.seconds:g} s; split it, save it in a simpler form, or raise "
                "FILE_SECONDS."
            )
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return IngestionError(f"The file ended the process that read it ({name}); export it again from its source.")


class _Child:
    """One process of core.ingestion.loaders.child."""

    def __init__(self, memory_bytes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.ingestion.loaders.child", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_PACKAGE_PARENT,
        )
        self._rested = time.monotonic()

    @property
    def is_fresh(self) -> bool:
        """True while it waits for its next file, and for not too long."""
        return self._process.poll() is None and time.monotonic() - self._rested < _IDLE_SECONDS

    def rest(self) -> None:
        self._rested = time.monotonic()

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Give the reply, None when the process ended over it."""
        # Both are pipes, as asked for above.
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self._process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def ended(self) -> int:
        """Give the exit status of a process that has ended, negative for a signal."""
        self._process.communicate()
        return self._process.returncode

    def end(self) -> None:
        """End the process whatever it does."""
        self._process.kill()
        self._process.communicate()
