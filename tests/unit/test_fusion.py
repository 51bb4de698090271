"""Which of the chunks that say nearly the same are left out, and that it is told."""

from __future__ import annotations

import numpy as np

from core.retrieval.fusion import thin
from core.storage.search_store import Candidate
from tests.unit.builders import retrieved


def candidate(number: int, *direction: float) -> Candidate:
    vector = np.array(direction, np.float32)
    return Candidate(retrieved(number=number), 0.0, vector / np.linalg.norm(vector))


def ids(candidates: tuple[Candidate, ...]) -> list[int]:
    return [one.retrieved.id for one in candidates]


def test_of_two_that_say_nearly_the_same_the_better_one_is_chosen_and_the_other_told() -> None:
    thinned = thin([candidate(1, 1, 0), candidate(2, 1, 0.01), candidate(3, 0, 1)], limit=5, duplicate_similarity=0.97)
    assert (ids(thinned.chosen), ids(thinned.duplicates)) == ([1, 3], [2])


def test_what_comes_after_the_limit_is_neither() -> None:
    thinned = thin([candidate(1, 1, 0), candidate(2, 0, 1)], limit=1, duplicate_similarity=0.97)
    assert (ids(thinned.chosen), ids(thinned.duplicates)) == ([1], [])
