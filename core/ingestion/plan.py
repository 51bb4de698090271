"""Compares a folder with what is stored and says what an ingest would do; nothing is written here.

Three rules make an ingest cost what has changed:
- A file counts as unchanged when its size and clock are the stored ones. The clock is the later of the times at which
  the file and its directory entry changed (mtime and ctime): a time that was set back moves the second, which nobody
  can set, so an edit behind an old date is still seen.
- A file of another size has changed, and one of a new name is new: neither is hashed here. Whoever brings it in hashes
  what it reads.
- A new file whose size a missing one had is hashed: the same content under another name has moved.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from core.errors import IngestionError
from core.ingestion.chunking import CHUNKING_VERSION
from core.ingestion.listing import Listing
from core.ingestion.loaders.files import check_regular, open_regular
from core.ingestion.owners import OwnerRules

# A file changed this recently may change again within the same clock tick: its time is not trusted (as in git's
# "racy" index entries, https://git-scm.com/docs/racy-git).
_RACY_NS = 2_000_000_000
# Stands before the digest in a stored hash: a document that was cut in another way counts as changed.
_CUT_MARK = f"{CHUNKING_VERSION}:"
_DIGEST = 64  # hexadecimal digits of SHA-256
_BLOCK_BYTES = 1024 * 1024
# What one batch of work holds at most: a minute or so for one machine, and little to do again after a crash.
_BATCH_FILES = 64
_BATCH_BYTES = 4 * 1024 * 1024

WorkKind = Literal["added", "changed", "moved"]


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
class Work:
    """A file to bring in. path: relative, with "/". size: bytes.

    stored: the id of the stored version, also under an older path (moved_from); None for a new document.
    """

    kind: WorkKind
    path: str
    size: int
    stored: int | None = None
    moved_from: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give what `Work(**...)` makes the same work of."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest would do.

    removed: (path, stored id) of documents whose file is gone. unchanged: how many files.
    touched: stored id -> new clock of unchanged files. failed: (path, reason) of what can't be looked at.
    stored: how many documents the collection has before. owner_rules: the folder's list of owners, None where it can't
    be read, so that the owners stay as they are.
    """

    added: tuple[Work, ...] = ()
    changed: tuple[Work, ...] = ()
    moved: tuple[Work, ...] = ()
    removed: tuple[tuple[str, int], ...] = ()
    unchanged: int = 0
    touched: Mapping[int, int] = field(default_factory=dict)
    failed: tuple[tuple[str, str], ...] = ()
    stored: int = 0
    owner_rules: OwnerRules | None = None

    @property
    def removes_much(self) -> bool:
        """Tell whether so much goes that it may be a mistake: over two documents and over a third of all."""
        return len(self.removed) > 2 and 3 * len(self.removed) > self.stored

    def as_json(self, first: int = 5) -> dict[str, Any]:
        """Give the counts, and under "first" the first paths of each kind; a moved one as "old → new"."""
        paths: dict[str, list[str]] = {
            "added": [work.path for work in self.added[:first]],
            "changed": [work.path for work in self.changed[:first]],
            "moved": [f"{work.moved_from} → {work.path}" for work in self.moved[:first]],
            "removed": [path for path, _ in self.removed[:first]],
            "failed": [path for path, _ in self.failed[:first]],
        }
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "moved": len(self.moved),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
            "failed": len(self.failed),
            "stored": self.stored,
            "first": {kind: found for kind, found in paths.items() if found},
        }


def make_plan(folder: Path, listing: Listing, stored: Mapping[str, Known]) -> Plan:
    """Compare files with stored documents, path by path.

    Documents below a folder that can't be listed stay as they are: nobody knows whether they are gone.
    """
    new: list[Work] = []
    changed: list[Work] = []
    touched: dict[int, int] = {}
    failed = [(_storable(place), reason) for place, reason in listing.unreadable]
    missing = {path: known for path, known in stored.items() if not _lies_in(path, listing.unreadable)}
    unchanged = 0
    for path in listing.paths:
        known = missing.pop(path, None)
        try:
            status = _status(folder, path)
            if known is None:
                new.append(Work("added", path, status.st_size))
            elif not _is_same(folder / path, status, known):
                changed.append(Work("changed", path, status.st_size, known.id))
            else:
                unchanged += 1
                if known.modified_ns != (now := trusted_clock(status)):
                    touched[known.id] = now
        except IngestionError as error:
            failed.append((_storable(path), str(error)))
    added, moved = _pair_moves(folder, new, missing)
    return Plan(
        added=tuple(added),
        changed=tuple(changed),
        moved=tuple(moved),
        removed=tuple((path, known.id) for path, known in missing.items()),
        unchanged=unchanged,
        touched=touched,
        failed=tuple(failed),
        stored=len(stored),
    )


def work_of(plan: Plan) -> list[Work]:
    """Give what must be brought in, moved documents first: they cost least and their old path is wrong already."""
    return [*plan.moved, *plan.changed, *plan.added]


def batches_of(work: Sequence[Work]) -> Iterator[list[Work]]:
    """Yield work in pieces for one worker at a time, bounded in files and bytes; a larger file is one on its own."""
    batch: list[Work] = []
    size = 0
    for item in work:
        if batch and (len(batch) == _BATCH_FILES or size + item.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


def fingerprint(file: Path) -> str:
    """Give what tells a file's content, and how it would be cut now, from any other. Raises IngestionError."""
    digest = hashlib.sha256()
    with open_regular(file) as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    return _CUT_MARK + digest.hexdigest()


def clock(status: os.stat_result) -> int:
    """Give when a file last changed, in nanoseconds: in its content, its times or its rights."""
    return max(status.st_mtime_ns, status.st_ctime_ns)


def trusted_clock(status: os.stat_result) -> int:
    """Give a file's clock to be stored; 0 when the file may still change within the same tick of it."""
    found = clock(status)
    return found if time.time_ns() - found > _RACY_NS else 0


def _status(folder: Path, path: str) -> os.stat_result:
    if path != _storable(path):
        raise IngestionError("The file's name is not UTF-8; rename it.")
    return check_regular(folder / path, sys.maxsize)


def _storable(path: str) -> str:
    """Give a path that can be stored and shown: with question marks for the bytes of a name that is not UTF-8."""
    return path.encode(errors="replace").decode()


def _lies_in(path: str, folders: Iterable[tuple[str, str]]) -> bool:
    return any(folder == "." or path.startswith(f"{folder}/") for folder, _ in folders)


def _is_same(file: Path, status: os.stat_result, known: Known) -> bool:
    if status.st_size != known.size or known.file_hash[:-_DIGEST] != _CUT_MARK:
        return False
    return clock(status) == known.modified_ns or fingerprint(file) == known.file_hash


def _pair_moves(folder: Path, new: Sequence[Work], missing: dict[str, Known]) -> tuple[list[Work], list[Work]]:
    """Tell moved files from added ones; what has moved is taken out of `missing`."""
    sizes = {known.size for known in missing.values()}
    gone: dict[str, list[str]] = {}
    for path, known in missing.items():
        gone.setdefault(known.file_hash[-_DIGEST:], []).append(path)
    added: list[Work] = []
    moved: list[Work] = []
    for work in new:
        old = gone.get(_digest_if_readable(folder / work.path), []) if work.size in sizes else []
        if old:
            known = missing.pop(old[0])
            moved.append(Work("moved", work.path, work.size, known.id, old.pop(0)))
        else:
            added.append(work)
    return added, moved


def _digest_if_readable(file: Path) -> str:
    """Tell a new file's content; "" for one that can't be read, which whoever brings it in will report."""
    try:
        return fingerprint(file)[-_DIGEST:]
    except IngestionError:
        return ""
