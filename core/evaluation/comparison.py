"""Compares two runs over the same items, figure by figure: the difference, how sure it is, and a verdict in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from core.errors import ConfigurationError
from core.evaluation.metrics import Interval, paired_bootstrap
from core.evaluation.questions import ItemKind
from core.evaluation.results import ItemResult
from core.evaluation.run import EvaluationRun

# Fewer pairs than this, and a bootstrap calls chance a difference.
FEWEST_PAIRS = 10
CONFIDENCE = 0.95

# Fingerprints of items by set and id.
Asked = Mapping[tuple[str, str], str]
Unit = Literal["share", "ms", "tokens/s", "words"]
Verdict = Literal["better", "worse", "differs", "no difference shown", "too few items"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that has one value an item.

    good: 1 when more is better, -1 when less is, 0 when neither is. value: None where an item has no such value.
    """

    name: str
    unit: Unit
    good: Literal[-1, 0, 1]
    value: Callable[[ItemResult], float | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both runs over the items where both have it.

    pairs: count of those items. champion, challenger: means, None without pairs. gap: challenger minus champion with
    its 95 % interval, None with too few pairs.
    """

    name: str
    unit: Unit
    pairs: int
    champion: float | None
    challenger: float | None
    gap: Interval | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side. differences: what was set otherwise, by name, as (champion's, challenger's)."""

    champion: str
    challenger: str
    items: int
    differences: dict[str, tuple[str, str]]
    figures: tuple[Compared, ...]
    right_by_kind: tuple[Compared, ...]


def _answerable(value: Callable[[ItemResult], float | None]) -> Callable[[ItemResult], float | None]:
    return lambda one: value(one) if one.score.answerable else None


def _right(one: ItemResult) -> float:
    return float(one.score.right)


MEASURES = (
    Measure("overall", "share", 1, _right),
    Measure("right", "share", 1, _answerable(_right)),
    Measure("wanted_refusals", "share", 1, lambda one: None if one.score.answerable else float(one.score.refused)),
    Measure("unwanted_refusals", "share", -1, _answerable(lambda one: float(one.score.refused))),
    Measure("recall_at_1", "share", 1, _answerable(lambda one: float(one.score.hit_within(1)))),
    Measure("recall_at_5", "share", 1, _answerable(lambda one: float(one.score.hit_within(5)))),
    Measure("recall_at_10", "share", 1, _answerable(lambda one: float(one.score.hit_within(10)))),
    Measure("mean_reciprocal_rank", "share", 1, _answerable(lambda one: one.score.reciprocal_rank)),
    Measure("citation_precision", "share", 1, lambda one: one.score.citation_precision),
    Measure("citation_recall", "share", 1, lambda one: one.score.citation_recall),
    Measure("answers_with_unsupported_sentences", "share", -1, lambda one: float(bool(one.unsupported))),
    Measure("rouge_l", "share", 1, lambda one: one.score.rouge_l),
    Measure("token_f1", "share", 1, lambda one: one.score.token_f1),
    Measure("brier_score", "share", -1, lambda one: (one.confidence - one.score.answerable) ** 2),
    Measure("words", "words", 0, lambda one: one.score.words),
    Measure("first_token_ms", "ms", -1, lambda one: one.first_token_ms),
    Measure("total_ms", "ms", -1, lambda one: one.total_ms),
    Measure("tokens_per_second", "tokens/s", 1, lambda one: one.tokens_per_second),
)


def compare(champion: EvaluationRun, challenger: EvaluationRun) -> Comparison:
    """Compare two runs. Raises ConfigurationError when they are not over the same items."""
    pairs = paired(champion, challenger)
    return Comparison(
        champion=champion.name,
        challenger=challenger.name,
        items=len(pairs),
        differences=differences(champion, challenger),
        figures=tuple(compared(measure, pairs) for measure in MEASURES),
        right_by_kind=tuple(_compared_kinds(pairs)),
    )


def paired(champion: EvaluationRun, challenger: EvaluationRun) -> list[tuple[ItemResult, ItemResult]]:
    """Pair the results by item. Raises ConfigurationError when the runs are not over the same items."""
    require_same_items(champion.name, champion.asked(), challenger.name, challenger.asked())
    second = {one.key: one for one in challenger.items}
    return [(one, second[one.key]) for one in champion.items]


def require_same_items(first_name: str, first: Asked, second_name: str, second: Asked) -> None:
    """Raise ConfigurationError naming the items that only one side has, or that changed."""
    faults = (
        ([key for key in first if key not in second], f"only in {first_name}"),
        ([key for key in second if key not in first], f"only in {second_name}"),
        ([key for key in first if key in second and first[key] != second[key]], "with another question or gold"),
    )
    told = [f"{len(keys)} {what} (first: {keys[0][1]!r} of {keys[0][0]})" for keys, what in faults if keys]
    if told:
        raise ConfigurationError(f"The runs are not over the same items: {'; '.join(told)}; evaluate both anew.")


def differences(champion: EvaluationRun, challenger: EvaluationRun) -> dict[str, tuple[str, str]]:
    """Give what the runs were made with where it isn't the same, as text; "-" where only one has it."""
    first, second = champion.made_with(), challenger.made_with()
    names = dict.fromkeys((*first, *second))
    told = {name: (first.get(name, "-"), second.get(name, "-")) for name in names}
    return {name: values for name, values in told.items() if values[0] != values[1]}


def compared(measure: Measure, pairs: Sequence[tuple[ItemResult, ItemResult]]) -> Compared:
    """Compare one figure over the pairs in which both sides have it."""
    values = [(measure.value(first), measure.value(second)) for first, second in pairs]
    both = [(first, second) for first, second in values if first is not None and second is not None]
    before, after = [first for first, _ in both], [second for _, second in both]
    gap = paired_bootstrap(after, before, confidence=CONFIDENCE) if len(both) >= FEWEST_PAIRS else None
    return Compared(
        name=measure.name,
        unit=measure.unit,
        pairs=len(both),
        champion=sum(before) / len(both) if both else None,
        challenger=sum(after) / len(both) if both else None,
        gap=gap,
        verdict=_verdict(gap, measure.good),
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison as an object; figures by name."""
    return {
        "champion": comparison.champion,
        "challenger": comparison.challenger,
        "items": comparison.items,
        "confidence": CONFIDENCE,
        "differences": {
            name: {"champion": first, "challenger": second} for name, (first, second) in comparison.differences.items()
        },
        "figures": {one.name: _compared_json(one) for one in comparison.figures},
        "right_by_kind": {one.name: _compared_json(one) for one in comparison.right_by_kind},
    }


def _compared_kinds(pairs: Sequence[tuple[ItemResult, ItemResult]]) -> list[Compared]:
    kinds: tuple[ItemKind, ...] = get_args(ItemKind)
    within = {kind: [pair for pair in pairs if pair[0].kind == kind] for kind in kinds}
    return [compared(Measure(kind, "share", 1, _right), found) for kind, found in within.items() if found]


def _verdict(gap: Interval | None, good: Literal[-1, 0, 1]) -> Verdict:
    if gap is None:
        return "too few items"
    if gap.low <= 0 <= gap.high:
        return "no difference shown"
    if good == 0:
        return "differs"
    return "better" if (gap.difference > 0) == (good > 0) else "worse"


def _compared_json(one: Compared) -> dict[str, Any]:
    gap = asdict(one.gap) if one.gap else {"difference": None, "low": None, "high": None}
    return {
        "unit": one.unit,
        "pairs": one.pairs,
        "champion": one.champion,
        "challenger": one.challenger,
        **gap,
        "verdict": one.verdict,
    }
