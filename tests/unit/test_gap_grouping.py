"""Questions are grouped by the distance of their embeddings."""

from __future__ import annotations

import numpy as np

from core.reporting.grouping import groups_of, most_central

# Angles in degrees: near ones mean nearly the same.
ANGLES = [0, 90, 5, 95, 180]
# Words that no two texts share leave 0.3 of the distance.
APART = 0.3
NAMES = "shed leave hotel laptop badge visa lunch printer parking dog cat".split()


def at(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_near_questions_are_one_group_and_far_ones_are_not() -> None:
    assert groups_of(NAMES[:5], at(*ANGLES), APART + 0.1) == [[0, 2], [1, 3], [4]]


def test_a_chain_of_near_neighbours_does_not_join_what_is_far_apart() -> None:
    chain = list(range(0, 181, 20))
    groups = groups_of(NAMES[: len(chain)], at(*chain), APART + 0.15)
    assert len(groups) > 1
    assert all(chain[group[-1]] - chain[group[0]] < 90 for group in groups)


def test_words_that_are_shared_bring_questions_together() -> None:
    texts = ["bicycle shed", "where is the bicycle shed", "parental leave"]
    assert groups_of(texts, at(0, 60, 120), 0.4) == [[0, 1], [2]]
    assert groups_of(["where", "who"], at(0, 60), 0.4) == [[0], [1]], "words that say nothing are none"


def test_the_same_words_are_one_question_whatever_their_case_and_signs() -> None:
    assert groups_of(["Who?", "who", "WHO!", "what"], at(0, 0, 0, 90), 0.1) == [[0, 1, 2], [3]]
    assert groups_of(["?", "!"], at(0, 90), 0.1) == [[0], [1]]


def test_none_and_one_need_no_tree() -> None:
    assert groups_of([], at(), 0.1) == []
    assert groups_of(["who"], at(0), 0.1) == [[0]]


def test_the_most_central_is_the_nearest_to_all_and_the_first_of_equals() -> None:
    assert most_central([0, 1, 2], at(0, 20, 40)) == 1
    assert most_central([0, 1], at(0, 20)) == 0
