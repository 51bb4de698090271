"""The process that reads suspicious files, one at a time, within its own limits of time and memory.

Each line of standard input is a request, each line of standard output its reply, both JSON. The process ends when its
input does, or by SIGALRM when a file takes too long.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, BinaryIO

import psutil
import structlog

from core.errors import IngestionError
from core.ingestion.loaders import load
from core.models import LoadedDocument

# A process that has grown to this share of its limit should make room for a new one.
_FULL = 0.3


class _Server:
    """Reads one file after the other; notes: what the loaders log on the way, which the parent logs."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._notes: list[dict[str, Any]] = []

    def serve(self, requests: BinaryIO, replies: BinaryIO) -> None:
        """Answer requests until they end: the parent sends none to a process that said it has grown large."""
        for line in requests:
            request = json.loads(line)
            signal.setitimer(signal.ITIMER_REAL, request["seconds"])
            reply = self._reply(request)
            signal.setitimer(signal.ITIMER_REAL, 0)
            replies.write(reply + b"\n")
            replies.flush()

    def keep(self, _logger: object, level: str, event: MutableMapping[str, Any]) -> Any:
        """Keep what is logged for the reply (a structlog processor)."""
        self._notes.append({"level": level, **event})
        raise structlog.DropEvent

    def _reply(self, request: dict[str, Any]) -> bytes:
        self._notes.clear()
        try:
            document = load(Path(request["path"]), request["relative"], max_bytes=request["max_bytes"])
            return self._encoded(_as_json(document))
        except IngestionError as error:
            return self._encoded({"refusal": str(error)})
        except MemoryError:
            fault = "memory"  # what was read is free again only after this block
        except Exception as error:  # noqa: BLE001  whatever a hostile file does to a parser, it is a fault of that file
            fault = f"{type(error).__name__}: {error}"
        return self._encoded({"fault": fault})

    def _encoded(self, reply: dict[str, Any]) -> bytes:
        whole = {**reply, "notes": self._notes, "is_last": self._is_full()}
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")

    def _is_full(self) -> bool:
        # Not ru_maxrss: on Linux it starts at what the parent held when it forked.
        return int(psutil.Process().memory_info().rss) > _FULL * self._memory_bytes


def _as_json(document: LoadedDocument) -> dict[str, Any]:
    blocks = [(block.kind, block.text, block.level, block.page, block.lines) for block in document.blocks]
    return {"title": document.title, "blocks": blocks, "owners": document.owners}


def main() -> None:
    """Take the memory limit from the command line and serve; what libraries print goes nowhere."""
    memory_bytes = int(sys.argv[1])
    # Where the system knows no such limit (macOS), the time limit and the limits of the loaders remain.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the input
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    server = _Server(memory_bytes)
    structlog.configure(processors=[server.keep])
    logging.disable(logging.CRITICAL)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    server.serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
