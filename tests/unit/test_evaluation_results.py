"""What is kept of an answered item."""

import dataclasses

import pytest

from core.evaluation.results import fingerprint, item_result
from core.models import Answer, Citation, Timings, Turn
from tests.unit.builders import retrieved
from tests.unit.evaluation_builders import ITEM, result

CHUNK = retrieved("Employees get 30 vacation days a year.")
ANSWER = Answer(
    ITEM.question,
    "You get 30 vacation days a year [1]. That is 45 days [1].\n\n> Employees get 30 vacation days a year. [1]",
    "phrased",
    (Citation(1, CHUNK, CHUNK.chunk.text),),
    (CHUNK,),
    condensed=ITEM.question,
    confidence=0.8,
    uncertain=True,
    model_failure="",
    timings=Timings(retrieve_ms=20, choose_ms=30, first_token_ms=100, total_ms=600, completion_tokens=21),
)


def test_an_answer_is_kept_with_its_score_and_what_is_unsupported() -> None:
    kept = item_result("dev", ITEM, ANSWER, "english")
    assert kept.key == ("dev", "hb-1")
    assert (kept.score.right, kept.score.hit_rank, kept.score.citation_precision) == (True, 1, 1.0)
    assert (kept.answer_kind, kept.uncertain, kept.confidence, kept.cited) == ("phrased", True, 0.8, ("leave.md",))
    assert (kept.sentences, kept.unsupported) == (2, ("That is 45 days [1].",))
    assert (kept.retrieve_ms, kept.choose_ms, kept.first_token_ms, kept.total_ms) == (20, 30, 100, 600)


def test_tokens_a_second_are_those_after_the_first() -> None:
    assert item_result("dev", ITEM, ANSWER, "english").tokens_per_second == pytest.approx(40)


@pytest.mark.parametrize(
    ("first_token_ms", "total_ms", "tokens"), [(None, 600.0, 0), (100.0, 600.0, 1), (100.0, 100.0, 5)]
)
def test_there_is_no_pace_without_two_tokens_and_time_between(
    first_token_ms: float | None, total_ms: float, tokens: int
) -> None:
    one = result(first_token_ms=first_token_ms, total_ms=total_ms, completion_tokens=tokens)
    assert one.tokens_per_second is None


@pytest.mark.parametrize(
    "change",
    [{"question": "How many?"}, {"must_contain_any": ("31",)}, {"evidence": "?"}, {"history": (Turn("q", "a"),)}],
)
def test_a_fingerprint_changes_with_question_and_gold(change: dict[str, object]) -> None:
    assert fingerprint(ITEM) == fingerprint(dataclasses.replace(ITEM))
    assert fingerprint(dataclasses.replace(ITEM, **change)) != fingerprint(ITEM)  # type: ignore[arg-type]
