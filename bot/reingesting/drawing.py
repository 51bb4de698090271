"""A run as a message: its plan first, a bar with rate and time left while it goes on, its summary in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import wording
from bot.messages import Action, Reply
from core.storage.run_store import StoredRun

_BAR = 20
# Longer lists stand in `docent status`; a message is read by people.
_FAILED_SHOWN = 10


def title(collection: str, asked_by: str, *, dry_run: bool) -> str:
    """Give the first line."""
    return wording.run_title(collection, asked_by, dry_run=dry_run)


def is_over(run: StoredRun) -> bool:
    """Tell whether a run will say nothing more: it has ended, and its worker has stopped."""
    return run.finished_at is not None


def draw(run: StoredRun, asked_by: str) -> Reply:
    """Give what the message about a run looks like now."""
    parts = [title(run.collection, asked_by, dry_run=run.dry_run)]
    if run.plan and (run.dry_run or not run.summary):
        parts.append(_plan(run.plan))
    if is_over(run):
        return Reply("final", "\n\n".join([*parts, _end(run)]))
    if run.status == "waiting":
        parts.append(wording.run_would_remove(int(run.plan["removed"]), int(run.plan["stored"])))
        return Reply("working", "\n\n".join(parts), actions=("confirm", "leave"), question_id=run.id)
    actions: tuple[Action, ...] = () if run.status == "cancelled" else ("stop",)
    return Reply("working", "\n\n".join(parts), _going_on(run), actions=actions, question_id=run.id)


def _going_on(run: StoredRun) -> str:
    if run.status == "cancelled":
        return wording.RUN_STOPPING
    if run.status == "queued":
        return wording.RUN_QUEUED if run.confirmed else wording.RUN_LOOKING
    return progress_line(run.progress) if run.progress else wording.RUN_LOOKING


def progress_line(progress: Mapping[str, Any]) -> str:
    """Give the bar, how far it is, the rate and the time left, as far as they are known."""
    done, total = int(progress["done"]), int(progress["total"])
    filled = _BAR * done // total if total else _BAR
    bar = "█" * filled + "░" * (_BAR - filled)
    seconds = float(progress.get("seconds", 0))
    left = seconds / done * (total - done) if done and seconds and total > done else None
    return wording.run_progress(bar, done, total, float(progress.get("chunks_per_second", 0)), left)


def _plan(plan: Mapping[str, Any]) -> str:
    return wording.run_plan(
        {name: int(plan.get(name, 0)) for name in wording.RUN_COUNTS},
        (int(plan["chunks_embedded"]), int(plan["chunks_kept"])) if "chunks_embedded" in plan else None,
    )


def _end(run: StoredRun) -> str:
    if run.status == "failed":
        return wording.ingest_refused(run.error)
    if run.status == "interrupted":
        return wording.RUN_INTERRUPTED
    if run.status == "cancelled" and not run.summary:
        return wording.RUN_LEFT
    if run.dry_run:
        return wording.run_rehearsed(*_failures(run))
    counts = {name: _count(run.summary, name) for name in wording.RUN_COUNTS}
    chunks = int(run.summary.get("chunks_embedded", 0)), int(run.summary.get("chunks_kept", 0))
    return wording.run_summary(counts, chunks, *_failures(run), stopped=run.status == "cancelled")


def _count(summary: Mapping[str, Any], name: str) -> int:
    value = summary.get(name, 0)
    return len(value) if isinstance(value, list) else int(value)


def _failures(run: StoredRun) -> tuple[list[tuple[str, str]], int]:
    """Give the first documents that failed, with why, and how many more there are."""
    failed = [(str(entry["document"]), str(entry["reason"])) for entry in run.summary.get("failed", ())]
    return failed[:_FAILED_SHOWN], max(0, len(failed) - _FAILED_SHOWN)
