"""Tells when something in a folder has changed that an ingest would look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

from watchfiles import Change, awatch

from core.ingestion.ignoring import IGNORE_FILE
from core.ingestion.loaders import SUPPORTED
from core.ingestion.owners import OWNERS_FILES


async def bursts_of_changes(folder: Path, quiet_seconds: float, longest_seconds: float) -> AsyncIterator[None]:
    """Yield once for each burst of changes: when it has been quiet for a while, or when it has gone on for long.

    Ends when the folder is not the same one any more: removed, or replaced by another.
    Raises OSError, or RuntimeError of the watcher, where the folder can't be watched.
    """
    identity = _identity(folder)
    changes = awatch(
        folder,
        watch_filter=_matters(folder),
        debounce=max(1, int(longest_seconds * 1000)),
        step=max(1, int(quiet_seconds * 1000)),
        # Without changes it comes back now and then, for a look at the folder itself.
        rust_timeout=max(1, int(longest_seconds * 1000)),
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    async with aclosing(changes):
        async for burst in changes:
            if burst:
                yield
            if _identity(folder) != identity:
                return


def _matters(folder: Path) -> Callable[[Change, str], bool]:
    """Leave out hidden files and folders, and files that no ingest reads; what is gone may have been a folder."""
    start = len(folder.parts)

    def matters(_change: Change, changed: str) -> bool:
        path = Path(changed)
        parts = path.parts[start:]
        if any(part.startswith(".") for part in parts[:-1]):
            return False
        if len(parts) == 1 and parts[0] in OWNERS_FILES:
            return True
        if parts and parts[-1].startswith("."):
            return parts[-1] == IGNORE_FILE
        return path.suffix.lower() in SUPPORTED or not path.is_file()

    return matters


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
