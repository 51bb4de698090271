"""Compares a folder with what is stored and says what an ingest would do; nothing is written here."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import ConfigurationError, IngestionError

# A file changed this recently may change again within the same clock tick: its time is not trusted (as in git's
# "racy" index entries, https://git-scm.com/docs/racy-git).
_RACY_NS = 2_000_000_000


class Known(Protocol):
    """What the plan needs of a stored document."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def file_hash(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def modified_ns(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of the folder. path: relative, with "/". modified_ns: 0 when the clock can't be trusted yet."""

    path: str
    file_hash: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest does: each file stands in one of these. `moved` pairs a file with its stored document's path."""

    added: tuple[FoundFile, ...] = ()
    changed: tuple[FoundFile, ...] = ()
    moved: tuple[tuple[FoundFile, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[FoundFile, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


def list_files(folder: Path, supported: frozenset[str]) -> Iterator[str]:
    """Yield the relative paths of the supported files in order; hidden files and folders stay out.

    Links to folders are not followed, links to files only where they stay inside the folder.
    Raises ConfigurationError when the folder isn't there or can't be read.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "isn't there"
        raise ConfigurationError(f"The folder {str(folder)!r} {what}; name the folder that holds the documents.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigurationError(f"The folder {str(folder)!r} can't be read; give this user the right to read it.")
    root = folder.resolve()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith(".") or path.suffix.lower() not in supported:
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            yield path.relative_to(folder).as_posix()


def make_plan(folder: Path, paths: Iterable[str], stored: Mapping[str, Known], *, recut: bool = False) -> Plan:
    """Compare files with stored documents, path by path; a file is hashed only when its size or time differs.

    recut: treat every stored file as changed (the way of cutting chunks has changed).
    """
    added: list[FoundFile] = []
    changed: list[FoundFile] = []
    unchanged: list[FoundFile] = []
    failed: list[tuple[str, str]] = []
    seen: set[str] = set()
    for path in paths:
        seen.add(path)
        known = stored.get(path)
        try:
            found = _look(folder, path, known)
            path.encode()  # names that are no UTF-8 can't be stored
        except (OSError, UnicodeEncodeError, IngestionError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            failed.append((path.encode(errors="replace").decode(), f"can't be read: {reason}"))
            continue
        if known is None:
            added.append(found)
        elif found.file_hash != known.file_hash or recut:
            changed.append(found)
        else:
            unchanged.append(found)
    removed = [path for path in stored if path not in seen]
    added, moved, removed = _pair_moves(added, removed, stored)
    return Plan(tuple(added), tuple(changed), tuple(moved), tuple(removed), tuple(unchanged), tuple(failed))


def _look(folder: Path, path: str, known: Known | None) -> FoundFile:
    file = folder / path
    stat = file.stat()
    if known and known.modified_ns and (stat.st_size, stat.st_mtime_ns) == (known.size, known.modified_ns):
        return FoundFile(path, known.file_hash, stat.st_size, stat.st_mtime_ns)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    trusted = time.time_ns() - stat.st_mtime_ns > _RACY_NS
    return FoundFile(path, digest, stat.st_size, stat.st_mtime_ns if trusted else 0)


def _pair_moves(
    added: Sequence[FoundFile], removed: Sequence[str], stored: Mapping[str, Known]
) -> tuple[list[FoundFile], list[tuple[FoundFile, str]], list[str]]:
    """Recognise a file that went from one path and came at another with the same content."""
    gone: dict[str, list[str]] = {}
    for path in removed:
        gone.setdefault(stored[path].file_hash, []).append(path)
    really_added: list[FoundFile] = []
    moved: list[tuple[FoundFile, str]] = []
    for found in added:
        if gone.get(found.file_hash):
            moved.append((found, gone[found.file_hash].pop(0)))
        else:
            really_added.append(found)
    went = {old for _, old in moved}
    return really_added, moved, [path for path in removed if path not in went]
