"""The words and numbers that figures of an evaluation are shown with."""

from __future__ import annotations

from core.evaluation.comparison import Unit, Verdict

LABELS = {
    "overall": "overall right",
    "right": "right, of the answerable",
    "wanted_refusals": "refused, of the unanswerable",
    "unwanted_refusals": "refused, of the answerable",
    "recall_at_1": "right chunk first (R@1)",
    "recall_at_5": "among the first 5 (R@5)",
    "recall_at_10": "among the first 10 (R@10)",
    "mean_reciprocal_rank": "mean reciprocal rank",
    "citation_precision": "citations that hold the evidence",
    "citation_recall": "a citation holds the evidence",
    "answers_with_unsupported_sentences": "with unsupported sentences",
    "rouge_l": "ROUGE-L against the gold",
    "token_f1": "token F1 against the gold",
    "brier_score": "Brier score of the probability",
    "confidence_area_under_curve": "area under its curve",
    "words": "words of an answer",
    "first_token_ms": "time to first token",
    "total_ms": "time in all",
    "tokens_per_second": "tokens a second",
}
VERDICTS: dict[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "differs": "differs",
    "no difference shown": "no difference shown",
    "too few items": "too few items to tell",
}


def amount(value: float | None, unit: Unit) -> str:
    """Give a value in its unit, "-" for none."""
    if value is None:
        return "-"
    if unit == "share":
        return f"{value:.3f}"
    if unit == "ms":
        return f"{value:,.0f} ms"
    return f"{value:.1f}"


def signed(value: float, unit: Unit) -> str:
    """Give a difference with its sign."""
    if unit == "share":
        return f"{value:+.3f}"
    return f"{value:+,.0f}" if unit == "ms" else f"{value:+.1f}"
