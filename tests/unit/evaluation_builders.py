"""Short ways to make results and runs of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.evaluation.metrics import ItemScore
from core.evaluation.questions import EvaluationItem
from core.evaluation.results import ItemResult
from core.evaluation.run import AskedSet, EvaluationRun

ITEM = EvaluationItem(
    id="hb-1",
    question="How many vacation days do employees get?",
    kind="numeric",
    answers=("30 days",),
    must_contain_any=("30",),
    source="leave.md",
    evidence="Employees get 30 vacation days a year.",
)


def result(number: int = 1, *, right: bool = True, answerable: bool = True, **changes: Any) -> ItemResult:
    """Give the result of item q1, q2, ... of the set "dev"; changes go to the result or to its score."""
    score = {
        "id": f"q{number}",
        "answerable": answerable,
        "refused": not answerable and right,
        "right": right,
        "hit_rank": 1 if answerable else None,
    }
    values: dict[str, Any] = {
        "set": "dev",
        "item": f"{number:016x}",
        "question": "How many days?",
        "kind": "numeric" if answerable else "unanswerable",
        "answer": "> 30 days [1]",
        "answer_kind": "refused" if score["refused"] else "quoted",
        "uncertain": False,
        "confidence": 0.9 if answerable else 0.1,
        "cited": ("leave.md",),
        "sentences": 0,
        "unsupported": (),
        "retrieve_ms": 30.0,
        "choose_ms": 50.0,
        "first_token_ms": None,
        "total_ms": 100.0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "model_failure": "",
    }
    for name, value in changes.items():
        (values if name in values else score)[name] = value
    return ItemResult(**values, score=ItemScore(**score))


def run_of(items: Iterable[ItemResult], name: str = "before", **settings: str) -> EvaluationRun:
    """Give a run of items with settings by their names in the environment."""
    asked = AskedSet("dev", 2, documents=16, chunks=114, chunking=1, fingerprint="abc")
    return EvaluationRun(name, "2026-01-31T10:00:00+00:00", settings, {"docent": "1.0"}, (asked,), tuple(items))
