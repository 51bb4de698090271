"""What an ingest tells about itself: how far it is, what a part of it did, and the summary at its end."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import ConfigurationError, DocentError, StoreError
from core.ingestion.plan import Plan
from core.storage.run_store import StoredRun


class RemovalNotConfirmedError(ConfigurationError):
    """An ingest would take more than a third of a collection out, and nobody has confirmed that.

    removed, total: documents that would go, and that the collection has.
    """

    def __init__(self, folder: Path, collection: str, removed: int, total: int) -> None:
        words = ["docent", "ingest", str(folder), *([] if collection == "default" else ["--collection", collection])]
        super().__init__(
            f"This would remove {removed} of the {total} documents of the collection {collection!r}. If that is meant, "
            f"run `{shlex.join([*words, '--yes'])}`; --dry-run in place of --yes shows what would go."
        )
        self.removed = removed
        self.total = total


@dataclass(frozen=True, slots=True)
class Outcome:
    """What bringing in a batch did, JSON-able by asdict. failed: (document, reason). Chunks kept weren't embedded."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    chunks_embedded: int = 0
    chunks_kept: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            added=self.added + other.added,
            changed=self.changed + other.changed,
            moved=self.moved + other.moved,
            failed=self.failed + other.failed,
            chunks_embedded=self.chunks_embedded + other.chunks_embedded,
            chunks_kept=self.chunks_kept + other.chunks_kept,
        )

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Outcome:
        """Give an outcome as `asdict` wrote it, also after its way through JSON."""
        failed = tuple((document, reason) for document, reason in written["failed"])
        return cls(**{**written, "failed": failed})


@dataclass(frozen=True, slots=True)
class Summary:
    """What an ingest did, or would do in a dry run; failed holds (document, reason).

    stored: documents that the collection had before. seconds: how long it took.
    """

    collection: str
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    chunks_embedded: int = 0
    chunks_kept: int = 0
    dry_run: bool = False
    stored: int = 0
    seconds: float = 0.0

    @property
    def status(self) -> Literal["done", "failed in part"]:
        """Give how the run of this summary ended."""
        return "failed in part" if self.failed else "done"

    def as_json(self) -> dict[str, Any]:
        """Give the summary with its failures as objects: the JSON of `docent ingest` and of a run."""
        failed = [{"document": document, "reason": reason} for document, reason in self.failed]
        return {**asdict(self), "failed": failed}


def summarise(collection: str, plan: Plan, outcome: Outcome, *, dry_run: bool = False, seconds: float = 0.0) -> Summary:
    """Put the plan and the outcome of all its work together."""
    return Summary(
        collection=collection,
        added=outcome.added,
        changed=outcome.changed,
        moved=outcome.moved,
        removed=len(plan.removed),
        unchanged=plan.unchanged,
        failed=plan.failed + outcome.failed,
        chunks_embedded=outcome.chunks_embedded,
        chunks_kept=outcome.chunks_kept,
        dry_run=dry_run,
        stored=plan.stored,
        seconds=round(seconds, 3),
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: files of those that need work, chunks embedded so far, the current document ("": none)."""

    done: int
    total: int
    chunks: int
    document: str
    chunks_per_second: float = 0.0


Report = Callable[[Progress], None]


class CancelledRunError(DocentError):
    """Somebody cancelled the ingest; what it had brought in stays."""


class IngestRunningError(StoreError):
    """Another ingest into the collection runs; the message says whose, since when and how far it is."""

    def __init__(self, collection: str, run: StoredRun | None) -> None:
        super().__init__(_running(collection, run))
        self.run = run


def _running(collection: str, run: StoredRun | None) -> str:
    if run is None or run.started_at is None:
        return f"Another ingest into the collection {collection!r} is running; wait until it ends."
    progress = run.progress
    far = f", {progress['done']} of {progress['total']} documents so far" if progress else ""
    return (
        f"{run.requested_by or run.owner} is ingesting {run.folder} into the collection {collection!r} since "
        f"{run.started_at.astimezone():%H:%M}{far} (run {run.id} on {run.owner}); wait until it ends, "
        "`docent status` shows how far it is."
    )
