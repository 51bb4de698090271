"""What makes an answer right, a chunk a hit, and a difference between two systems believable."""

import dataclasses
import math
from collections.abc import Callable

import pytest

from core.errors import ConfigurationError
from core.evaluation.answers import GivenAnswer, GivenChunk
from core.evaluation.metrics import (
    answers_right,
    area_under_curve,
    figures,
    hit_rank,
    holds_evidence,
    holds_phrase,
    paired_bootstrap,
    rouge_l,
    score,
    score_set,
    token_f1,
)
from core.evaluation.questions import EvaluationItem

ITEM = EvaluationItem(
    id="hb-1",
    question="how many days off do I get?",
    kind="numeric",
    answers=("25 days a year", "25"),
    must_contain_any=("25", "twenty-five"),
    source="leave.md",
    also=("faq.md",),
    evidence="one two three four five six seven eight nine ten",
)
UNANSWERABLE = EvaluationItem("hb-2", "is there a sabbatical?", "unanswerable", (), (), "leave.md", "")
HIT = GivenChunk("leave.md", f"Before. {ITEM.evidence.upper()}, after.")
MISS = GivenChunk("leave.md", "Nothing of the kind.")


def answer(
    text: str = "25 days [1].",
    *,
    identifier: str = "hb-1",
    refused: bool = False,
    citations: tuple[GivenChunk, ...] = (),
    passages: tuple[GivenChunk, ...] = (),
) -> GivenAnswer:
    return GivenAnswer(identifier, text, refused, citations, passages)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("It lives in BambooHR, our HRIS", "bamboohr"),
        ("That isn't allowed.", "isn't"),
        ("That isn’t allowed.", "isn't"),
        ("No, it closed in March.", "no,"),
        ("You get 2.5k a year", "2.5k"),
        ("It pays $1k per SDR.", "$1k"),
        ("It pays US$1k per SDR.", "$1k"),
        ("Ask in #discuss-cody.", "#discuss-cody"),
        ("It is 50% of the quota", "50%"),
        ("Expect 7–10 days", "7-10"),
        ("Expect 7-10 days", "7–10"),
        ("On your last\n  day", "last day"),
        ("Create a _new_ Zoom meeting", "new zoom"),
        ("Create a **new** Zoom meeting", "new zoom"),
        ("Set `SRC_COOKIE_KEY` again", "src_cookie_key"),
        ("Put it in the `release` branch", "`release`"),
        ("Press ⌘ and K", "⌘"),
        ("It costs 500.", "500"),
        ("It costs 500, all in.", "500"),
    ],
)
def test_a_phrase_is_found_as_whole_words(text: str, phrase: str) -> None:
    assert holds_phrase(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Bamboozled again", "bamboo"),
        ("Nobody knows", "no"),
        ("I know, thanks", "no,"),
        ("No idea", "no,"),
        ("It costs 1,500", "500"),
        ("It costs 1500", "500"),
        ("It costs $80,000", "$80"),
        ("It costs $800", "$80"),
        ("It costs 80.5", "80"),
        ("You get 2.5k a year", "5k"),
        ("You get 12.5k a year", "2.5k"),
        ("Ask in #discuss-codyx", "#discuss-cody"),
        ("Put it in the release branch", "`release`"),
        ("Anything", " "),
    ],
)
def test_a_part_of_a_word_or_number_is_not_the_phrase(text: str, phrase: str) -> None:
    assert not holds_phrase(text, phrase)


def test_an_answer_is_right_when_it_holds_one_key_phrase() -> None:
    assert answers_right(ITEM, answer("You have twenty-five days."))
    assert not answers_right(ITEM, answer("You have thirty days."))


def test_a_citation_marker_is_no_key_phrase() -> None:
    assert not answers_right(ITEM, answer("You have thirty days [25]."))
    assert answers_right(ITEM, answer("You have [25](leave.md) days."))


def test_a_refusal_is_wrong_where_there_is_an_answer_and_right_where_there_is_none() -> None:
    assert not answers_right(ITEM, answer("Nothing found; 25 documents searched.", refused=True))
    assert answers_right(UNANSWERABLE, answer(refused=True))
    assert not answers_right(UNANSWERABLE, answer(refused=False))


@pytest.mark.parametrize(
    ("document", "words", "hit"),
    [
        ("leave.md", "one two three four five six seven", True),
        ("leave.md", "one two three four five six six six", False),
        ("faq.md", "ten nine eight seven six five four", True),
        ("other.md", ITEM.evidence, False),
    ],
)
def test_a_hit_is_of_a_document_that_answers_and_holds_seven_tenths_of_the_evidence(
    document: str, words: str, hit: bool
) -> None:
    assert holds_evidence(ITEM, GivenChunk(document, words)) is hit


def test_an_unanswerable_item_has_no_hit() -> None:
    assert not holds_evidence(UNANSWERABLE, HIT)


def test_the_first_hit_counts() -> None:
    assert hit_rank(ITEM, [MISS, HIT, HIT]) == 2
    assert hit_rank(ITEM, [MISS]) is None


def test_rouge_l_follows_the_order_of_words_and_token_f1_does_not() -> None:
    assert rouge_l("days 25 off", "25 days off") == pytest.approx(2 / 3)
    assert token_f1("days 25 off", "25 days off") == 1
    assert rouge_l("You get 25 days, the lot", "25 days") == pytest.approx(2 * 2 / (6 + 2))
    assert token_f1("You get 25 days, the lot", "25 days") == pytest.approx(2 * 2 / (5 + 2))


@pytest.mark.parametrize("overlap", [rouge_l, token_f1])
def test_nothing_in_common_is_nought(overlap: Callable[[str, str], float]) -> None:
    assert overlap("no idea", "25 days") == overlap("", "25 days") == overlap("", "") == 0


def test_a_score_takes_the_nearest_gold_answer_and_leaves_markers_out() -> None:
    scored = score(ITEM, answer("25 [1]"))
    assert (scored.rouge_l, scored.token_f1, scored.words) == (1, 1, 1)


def test_citations_are_scored_by_the_evidence_that_they_hold() -> None:
    scored = score(ITEM, answer(citations=(HIT, MISS, MISS, HIT)))
    assert (scored.citation_precision, scored.citation_recall) == (0.5, 1)
    scored = score(ITEM, answer(citations=(MISS,)))
    assert (scored.citation_precision, scored.citation_recall) == (0, 0)


def test_an_answer_without_citations_has_recall_nought_but_no_precision() -> None:
    scored = score(ITEM, answer())
    assert (scored.citation_precision, scored.citation_recall) == (None, 0)


def test_a_refusal_has_no_length_and_no_citation_figures_but_keeps_its_hit() -> None:
    scored = score(ITEM, answer("25 days", refused=True, citations=(HIT,), passages=(HIT,)))
    assert (scored.words, scored.citation_precision, scored.citation_recall) == (None, None, None)
    assert (scored.rouge_l, scored.token_f1, scored.hit_rank) == (0, 0, 1)


def test_a_hit_past_the_tenth_passage_counts_nowhere() -> None:
    tenth = score(ITEM, answer(passages=(*[MISS] * 9, HIT)))
    eleventh = score(ITEM, answer(passages=(*[MISS] * 10, HIT)))
    assert (tenth.hit_within(10), tenth.hit_within(5), tenth.reciprocal_rank) == (True, False, 0.1)
    assert (eleventh.hit_rank, eleventh.hit_within(10), eleventh.reciprocal_rank) == (11, False, 0)


def test_a_set_without_an_answer_to_each_item_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"1 of 2 questions have no answer \(first: 'hb-2'\)"):
        score_set([ITEM, UNANSWERABLE], {"hb-1": answer()})


def test_figures_sum_up_a_set() -> None:
    items = [dataclasses.replace(ITEM, id=name) for name in "abcd"]
    items += [dataclasses.replace(UNANSWERABLE, id=name) for name in "ef"]
    answers = [
        answer("25", identifier="a", citations=(HIT,), passages=(HIT,)),
        answer("thirty days of it", identifier="b", citations=(MISS,), passages=(MISS, HIT)),
        answer("Not found.", identifier="c", refused=True, passages=(*[MISS] * 5, HIT)),
        answer("about 25", identifier="d", passages=(MISS,)),
        answer("Not found.", identifier="e", refused=True),
        answer("Yes, one month", identifier="f", citations=(HIT,)),
    ]
    summed = figures(score_set(items, {one.id: one for one in answers}))
    assert (summed.answerable, summed.unanswerable) == (4, 2)
    assert (summed.recall_at_1, summed.recall_at_5, summed.recall_at_10) == (0.25, 0.5, 0.75)
    assert summed.mean_reciprocal_rank == pytest.approx((1 + 1 / 2 + 1 / 6 + 0) / 4)
    assert (summed.right, summed.unwanted_refusals, summed.wanted_refusals) == (0.5, 0.25, 0.5)
    assert summed.overall == pytest.approx(3 / 6)
    assert summed.citation_precision == 0.5
    assert summed.citation_recall == pytest.approx(1 / 3)
    assert summed.median_words == pytest.approx(2.5)
    assert summed.token_f1 == pytest.approx((1 + 2 / 7 + 0 + 2 / 3) / 4)
    assert summed.rouge_l == pytest.approx((1 + 2 / 8 + 0 + 2 / 3) / 4)


def test_figures_that_nothing_stands_behind_are_none() -> None:
    summed = figures([score(UNANSWERABLE, answer(refused=True))])
    assert (summed.right, summed.recall_at_1, summed.median_words, summed.wanted_refusals) == (None, None, None, 1)


def test_the_interval_of_a_constant_difference_is_that_difference() -> None:
    gap = paired_bootstrap([0.75, 0.5, 1.0], [0.5, 0.25, 0.75])
    assert (gap.difference, gap.low, gap.high) == (0.25, 0.25, 0.25)


def test_pairs_stay_together_when_resampled() -> None:
    first, second = [1.0, 0.0] * 50, [0.0, 1.0] * 50
    gap = paired_bootstrap(first, second)
    # Paired differences are +1 and -1: their mean over 100 pairs has a standard error of 0.1.
    assert gap.difference == 0
    assert gap.low == pytest.approx(-0.196, abs=0.03)
    assert gap.high == pytest.approx(0.196, abs=0.03)
    narrow = paired_bootstrap(first, second, confidence=0.5)
    assert gap.low < narrow.low < 0 < narrow.high < gap.high


def test_the_interval_repeats_with_its_seed() -> None:
    first, second = [1.0, 0.0, 0.3, 0.9], [0.0, 1.0, 0.2, 0.1]
    assert paired_bootstrap(first, second) == paired_bootstrap(first, second)
    assert paired_bootstrap(first, second, resamples=100) != paired_bootstrap(first, second, resamples=100, seed=1)


def test_the_interval_is_the_same_however_many_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = [1.0, 0.0, 0.3, 0.9], [0.0, 1.0, 0.2, 0.1]
    at_once = paired_bootstrap(first, second)
    monkeypatch.setattr("core.evaluation.metrics._BLOCK", 9)
    assert paired_bootstrap(first, second) == at_once


@pytest.mark.parametrize(("first", "second"), [([], []), ([1.0], [1.0, 0.0])])
def test_systems_of_different_items_are_not_compared(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match=f"got {len(first)} and {len(second)}"):
        paired_bootstrap(first, second)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    assert area_under_curve([(0.9, True), (0.6, True), (0.7, False), (0.1, False)]) == 0.75


def test_a_tie_is_half_a_pair() -> None:
    assert area_under_curve([(0.5, True), (0.5, False)]) == 0.5
    assert area_under_curve([(0.5, True), (0.5, False), (0.4, False)]) == 0.75


@pytest.mark.parametrize("scored", [[], [(0.5, True)], [(0.5, False), (0.7, False)]])
def test_there_is_no_area_without_both_kinds(scored: list[tuple[float, bool]]) -> None:
    assert math.isnan(area_under_curve(scored))
