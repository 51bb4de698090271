"""What the message about a run says at each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import wording
from bot.reingesting.drawing import draw, progress_line
from core.storage.run_store import StoredRun

NOW = datetime(2026, 11, 2, tzinfo=UTC)
PLAN = {"added": 3, "changed": 2, "moved": 1, "removed": 4, "unchanged": 90, "failed": 0, "stored": 97}
SUMMARY = {**PLAN, "failed": [], "chunks_embedded": 12, "chunks_kept": 30}
QUEUED = StoredRun(
    id=7,
    collection="hr",
    folder="/docs/hr",
    status="queued",
    requested_by="slack:U1",
    owner="",
    dry_run=False,
    rebuild=False,
    confirmed=False,
    plan={},
    progress={},
    summary={},
    error="",
    report={},
    requested_at=NOW,
    started_at=None,
    finished_at=None,
)
RUNNING = replace(QUEUED, status="running", plan=PLAN, started_at=NOW)
DONE = replace(RUNNING, status="done", summary=SUMMARY, finished_at=NOW)


def test_a_run_that_was_asked_for_says_by_whom_and_can_be_stopped() -> None:
    reply = draw(QUEUED, "Ada")
    assert (reply.stage, reply.text) == ("working", "**Ingesting hr**, asked for by Ada")
    assert (reply.status, reply.actions, reply.question_id) == (wording.RUN_LOOKING, ("stop",), 7)


def test_the_plan_comes_first_then_a_bar_with_rate_and_time_left() -> None:
    progress = {"done": 2, "total": 6, "chunks": 20, "document": "a.md", "chunks_per_second": 2.5, "seconds": 8.0}
    reply = draw(replace(RUNNING, progress=progress), "Ada")
    assert "Plan: 3 added, 2 changed, 1 moved, 4 removed, 90 unchanged, 0 failed." in reply.text
    assert reply.status == "██████░░░░░░░░░░░░░░ 2 of 6 documents · 2.5 chunks/s · about 16 s left"


def test_chunks_to_embed_and_to_keep_are_told_where_they_are_known() -> None:
    plan = {**PLAN, "chunks_embedded": 12, "chunks_kept": 30}
    assert "Chunks: 12 to embed, 30 to keep." in draw(replace(RUNNING, plan=plan), "Ada").text


def test_progress_without_a_rate_yet_says_only_how_far_it_is() -> None:
    assert progress_line({"done": 0, "total": 6}) == "░" * 20 + " 0 of 6 documents"
    assert progress_line({"done": 0, "total": 0}).startswith("█" * 20)
    assert "4 min left" in progress_line({"done": 1, "total": 5, "seconds": 60})


def test_a_large_removal_asks() -> None:
    reply = draw(replace(RUNNING, status="waiting"), "Ada")
    assert "This would remove 4 of 97 documents." in reply.text
    assert reply.actions == ("confirm", "leave")


def test_the_summary_names_failed_files_and_why_and_counts_the_rest_of_them() -> None:
    failed = [{"document": f"{number}.pdf", "reason": "is encrypted"} for number in range(12)]
    reply = draw(replace(DONE, status="failed in part", summary={**SUMMARY, "failed": failed}), "Ada")
    assert (reply.stage, reply.actions, reply.status) == ("final", (), "")
    assert "Done: 3 added, 2 changed, 1 moved, 4 removed, 90 unchanged, 12 failed." in reply.text
    assert "Chunks: 12 embedded, 30 kept." in reply.text
    assert "- 9.pdf: is encrypted" in reply.text
    assert "10.pdf" not in reply.text
    assert "2 more" in reply.text
    assert "Plan:" not in reply.text


def test_a_dry_run_ends_with_its_plan() -> None:
    reply = draw(replace(DONE, dry_run=True), "Ada")
    assert "would change in hr" in reply.text
    assert "Plan: 3 added" in reply.text
    assert "Nothing was changed." in reply.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "failed", "summary": {}, "error": "The folder isn't there."}, "The folder isn't there."),
        ({"status": "interrupted", "summary": {}}, wording.RUN_INTERRUPTED),
        ({"status": "cancelled", "summary": {}}, wording.RUN_LEFT),
        ({"status": "cancelled"}, "What was written until then is kept."),
    ],
)
def test_every_end_is_told(change: dict[str, object], said: str) -> None:
    reply = draw(replace(DONE, **change), "Ada")  # type: ignore[arg-type]
    assert said in reply.text
    assert reply.stage == "final"


def test_a_cancelled_run_is_stopping_until_its_worker_has_stopped() -> None:
    reply = draw(replace(RUNNING, status="cancelled"), "Ada")
    assert (reply.stage, reply.status, reply.actions) == ("working", wording.RUN_STOPPING, ())


def test_a_confirmed_run_waits_for_a_worker() -> None:
    assert draw(replace(QUEUED, plan=PLAN, confirmed=True), "Ada").status == wording.RUN_QUEUED
