"""Two runs are compared item by item, and only what is sure is called a difference."""

import json
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.evaluation.comparison import Compared, Comparison, compare, comparison_json
from core.evaluation.results import ItemResult
from tests.unit.evaluation_builders import result, run_of


def figure(comparison: Comparison, name: str) -> Compared:
    return next(one for one in comparison.figures if one.name == name)


def compared(before: list[ItemResult], after: list[ItemResult], name: str) -> Compared:
    return figure(compare(run_of(before), run_of(after, "after")), name)


def twenty(**changes: Any) -> list[ItemResult]:
    return [result(number, **changes) for number in range(20)]


def test_more_right_answers_are_better_and_fewer_are_worse() -> None:
    better = compared(twenty(right=False), twenty(), "overall")
    assert (better.champion, better.challenger, better.pairs, better.verdict) == (0.0, 1.0, 20, "better")
    assert better.gap
    assert (better.gap.difference, better.gap.low, better.gap.high) == (1.0, 1.0, 1.0)
    assert compared(twenty(), twenty(right=False), "overall").verdict == "worse"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("unwanted_refusals", {"refused": True}, {"refused": False}),
        ("total_ms", {"total_ms": 200.0}, {"total_ms": 100.0}),
        ("first_token_ms", {"first_token_ms": 90.0}, {"first_token_ms": 80.0}),
        ("answers_with_unsupported_sentences", {"unsupported": ("x",)}, {"unsupported": ()}),
        ("brier_score", {"confidence": 0.5}, {"confidence": 0.9}),
        ("recall_at_1", {"hit_rank": 2}, {"hit_rank": 1}),
        ("mean_reciprocal_rank", {"hit_rank": 3}, {"hit_rank": 2}),
        ("citation_recall", {"citation_recall": 0.0}, {"citation_recall": 1.0}),
    ],
)
def test_each_figure_knows_which_way_is_better(name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert compared(twenty(**before), twenty(**after), name).verdict == "better"
    assert compared(twenty(**after), twenty(**before), name).verdict == "worse"


def test_longer_is_neither_better_nor_worse() -> None:
    assert compared(twenty(words=40), twenty(words=60), "words").verdict == "differs"


def test_what_chance_could_do_is_no_difference() -> None:
    before = [result(number, right=number % 2 == 0) for number in range(20)]
    after = [result(number, right=number % 2 == 1) for number in range(20)]
    same = compared(before, after, "overall")
    assert same.verdict == "no difference shown"
    assert same.gap
    assert same.gap.low < 0 < same.gap.high


def test_few_items_are_too_few() -> None:
    few = compared([result(number, right=False) for number in range(9)], [result(n) for n in range(9)], "overall")
    assert (few.pairs, few.champion, few.challenger) == (9, 0.0, 1.0)
    assert (few.gap, few.verdict) == (None, "too few items")


def test_a_figure_is_compared_where_both_have_it() -> None:
    before = [result(number, first_token_ms=100.0 if number < 15 else None) for number in range(20)]
    after = [result(number, first_token_ms=80.0 if number >= 3 else None) for number in range(20)]
    one = compared(before, after, "first_token_ms")
    assert (one.pairs, one.champion, one.challenger) == (12, 100.0, 80.0)
    assert compared(twenty(), twenty(), "tokens_per_second").champion is None


def test_refusals_are_compared_over_their_own_items() -> None:
    items = [result(number, answerable=number < 12) for number in range(24)]
    told = compare(run_of(items), run_of(items))
    assert [figure(told, name).pairs for name in ("overall", "wanted_refusals", "unwanted_refusals")] == [24, 12, 12]


def test_kinds_of_items_are_compared_each() -> None:
    items = [result(number, kind="list" if number < 4 else "fact") for number in range(20)]
    told = compare(run_of(items), run_of(items))
    assert [(one.name, one.pairs) for one in told.right_by_kind] == [("fact", 16), ("list", 4)]


def test_items_are_paired_by_their_ids_whatever_their_order() -> None:
    before = [result(number, right=number < 10) for number in range(20)]
    one = compared(before, before[::-1], "overall")
    assert one.gap
    assert (one.gap.low, one.gap.high) == (0.0, 0.0)


def test_runs_over_other_items_are_refused_and_told_apart() -> None:
    before = run_of([result(1), result(2), result(3)])
    after = run_of([result(2), result(3, item="changed"), result(4), result(5)], "after")
    with pytest.raises(ConfigurationError) as refusal:
        compare(before, after)
    assert str(refusal.value) == (
        "The runs are not over the same items: 1 only in before (first: 'q1' of dev); 2 only in after (first: 'q4' of "
        "dev); 1 with another question or gold (first: 'q3' of dev); evaluate both anew."
    )


def test_what_was_set_otherwise_is_told() -> None:
    before = run_of([result()], CHAT_MODEL="bundled", TOP_K="40", OLD="1")
    after = run_of([result()], CHAT_MODEL="none", TOP_K="40")
    assert compare(before, after).differences == {"CHAT_MODEL": ("bundled", "none"), "OLD": ("1", "-")}


def test_the_json_names_each_figure() -> None:
    told = json.loads(json.dumps(comparison_json(compare(run_of(twenty()), run_of(twenty(right=False), "after")))))
    assert (told["champion"], told["challenger"], told["items"], told["confidence"]) == ("before", "after", 20, 0.95)
    overall = told["figures"]["overall"]
    assert (overall["difference"], overall["verdict"], overall["unit"]) == (-1.0, "worse", "share")
    assert told["figures"]["tokens_per_second"]["low"] is None
    assert told["right_by_kind"]["numeric"]["verdict"] == "worse"
