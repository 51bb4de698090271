"""Sums the results of an evaluation up to the figures that `docent eval` shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np

from core.evaluation.metrics import Figures, area_under_curve, figures
from core.evaluation.questions import ItemKind
from core.evaluation.reliability import ReliabilityBin, brier_score, reliability
from core.evaluation.results import ItemResult
from core.models import AnswerKind


@dataclass(frozen=True, slots=True)
class Share:
    """Right answers of some items: how many items, and the share that is right, None of none."""

    items: int
    right: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds (median, or 95th percentile) and tokens a second (median); None where a stage did not run."""

    retrieve_ms: float | None
    choose_ms: float | None
    first_token_ms: float | None
    first_token_p95_ms: float | None
    total_ms: float | None
    total_p95_ms: float | None
    tokens_per_second: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run, or of one set of it.

    by_answer: by how they were made. uncertain: answers that say so of themselves. by_kind: by the kinds of items that
    there are. sentences: count of those that a model phrased. unsupported_sentences: count of those that the evidence
    check does not carry. model_failures: answers that had to do without the model. brier_score and
    confidence_area_under_curve: of the probability that the documents answer, None where they can't be told.
    """

    figures: Figures
    by_answer: dict[AnswerKind, Share]
    uncertain: Share
    by_kind: dict[ItemKind, Share]
    sentences: int
    unsupported_sentences: int
    model_failures: int
    brier_score: float | None
    confidence_area_under_curve: float | None
    reliability: tuple[ReliabilityBin, ...]
    speed: Speed


def report_on(results: Sequence[ItemResult]) -> Report:
    """Sum up results."""
    predictions = [(one.confidence, one.score.answerable) for one in results]
    area = area_under_curve(predictions)
    answer_kinds: tuple[AnswerKind, ...] = get_args(AnswerKind)
    item_kinds: tuple[ItemKind, ...] = get_args(ItemKind)
    there = {one.kind for one in results}
    return Report(
        figures=figures(one.score for one in results),
        by_answer={kind: _share(one for one in results if one.answer_kind == kind) for kind in answer_kinds},
        uncertain=_share(one for one in results if one.uncertain),
        by_kind={kind: _share(one for one in results if one.kind == kind) for kind in item_kinds if kind in there},
        sentences=sum(one.sentences for one in results),
        unsupported_sentences=sum(len(one.unsupported) for one in results),
        model_failures=sum(bool(one.model_failure) for one in results),
        brier_score=brier_score(predictions),
        confidence_area_under_curve=None if math.isnan(area) else area,
        reliability=reliability(predictions),
        speed=_speed(results),
    )


def report_json(report: Report) -> dict[str, Any]:
    """Give a report as one flat object; shares are 0 to 1, times in milliseconds."""
    return {
        **asdict(report.figures),
        **{kind: share.items for kind, share in report.by_answer.items()},
        **{f"right_of_{kind}": share.right for kind, share in report.by_answer.items()},
        "uncertain": report.uncertain.items,
        "right_of_uncertain": report.uncertain.right,
        "right_by_kind": {kind: asdict(share) for kind, share in report.by_kind.items()},
        "sentences": report.sentences,
        "unsupported_sentences": report.unsupported_sentences,
        "model_failures": report.model_failures,
        **asdict(report.speed),
        "brier_score": report.brier_score,
        "confidence_area_under_curve": report.confidence_area_under_curve,
        "reliability": [asdict(one) for one in report.reliability],
    }


def _share(results: Iterable[ItemResult]) -> Share:
    right = [one.score.right for one in results]
    return Share(len(right), sum(right) / len(right) if right else None)


def _speed(results: Sequence[ItemResult]) -> Speed:
    first = [one.first_token_ms for one in results if one.first_token_ms is not None]
    total = [one.total_ms for one in results]
    paces = [pace for one in results if (pace := one.tokens_per_second) is not None]
    return Speed(
        retrieve_ms=_quantile([one.retrieve_ms for one in results], 0.5),
        choose_ms=_quantile([one.choose_ms for one in results], 0.5),
        first_token_ms=_quantile(first, 0.5),
        first_token_p95_ms=_quantile(first, 0.95),
        total_ms=_quantile(total, 0.5),
        total_p95_ms=_quantile(total, 0.95),
        tokens_per_second=_quantile(paces, 0.5),
    )


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
