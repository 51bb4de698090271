"""Results are summed up to the figures that are shown."""

import json

import pytest

from core.evaluation.report import Share, report_json, report_on
from tests.unit.evaluation_builders import result

RESULTS = [
    result(
        1,
        answer_kind="phrased",
        sentences=2,
        unsupported=("x",),
        first_token_ms=100.0,
        total_ms=1100.0,
        completion_tokens=11,
    ),
    result(2, right=False, kind="list", uncertain=True, total_ms=300.0),
    result(3, kind="list", uncertain=True, model_failure="too slow", total_ms=200.0),
    result(4, answerable=False),
]


def test_answers_are_counted_and_judged_by_how_they_were_made() -> None:
    report = report_on(RESULTS)
    assert report.by_answer == {
        "phrased": Share(1, 1.0),
        "quoted": Share(2, 0.5),
        "refused": Share(1, 1.0),
        "chat": Share(0, None),
    }
    assert report.uncertain == Share(2, 0.5)
    assert report.by_kind == {"list": Share(2, 0.5), "numeric": Share(1, 1.0), "unanswerable": Share(1, 1.0)}


def test_unsupported_sentences_and_failures_of_the_model_are_counted() -> None:
    report = report_on(RESULTS)
    assert (report.sentences, report.unsupported_sentences, report.model_failures) == (2, 1, 1)


def test_speed_is_the_median_and_the_slow_end() -> None:
    speed = report_on([result(number, total_ms=float(number)) for number in range(101)]).speed
    assert (speed.total_ms, speed.total_p95_ms) == (50.0, 95.0)
    assert (speed.retrieve_ms, speed.choose_ms) == (30.0, 50.0)
    assert (speed.first_token_ms, speed.first_token_p95_ms, speed.tokens_per_second) == (None, None, None)
    assert report_on(RESULTS).speed.tokens_per_second == pytest.approx(10.0)


def test_the_probability_is_judged() -> None:
    report = report_on(RESULTS)
    assert report.confidence_area_under_curve == 1.0
    assert report.brier_score == pytest.approx(0.01)
    assert [one.count for one in report.reliability] == [1, 3]


def test_without_unanswerable_items_there_is_no_area() -> None:
    assert report_on(RESULTS[:3]).confidence_area_under_curve is None


def test_the_json_is_flat_keeps_its_contract_and_has_no_nan() -> None:
    told = json.loads(json.dumps(report_json(report_on(RESULTS)), allow_nan=False))
    kept = "answerable unanswerable recall_at_1 recall_at_5 recall_at_10 mean_reciprocal_rank right unwanted_refusals "
    kept += "wanted_refusals overall citation_precision citation_recall rouge_l token_f1 median_words phrased quoted "
    kept += "refused first_token_ms"
    assert set(kept.split()) <= set(told)
    assert (told["phrased"], told["quoted"], told["refused"]) == (1, 2, 1)
    assert (told["right_of_quoted"], told["right_of_chat"], told["right_of_uncertain"]) == (0.5, None, 0.5)
    assert told["right_by_kind"]["list"] == {"items": 2, "right": 0.5}
    assert told["overall"] == 0.75
