from collections.abc import Sequence

import numpy as np
import pytest

from core.answering.reading import log_odds_of, read_in_steps
from core.ports import Passage, Reading

PASSAGES = [Passage(f"Chunk {number}", (("", f"{number} a"), ("", f"{number} b"))) for number in range(12)]


class Noting:
    """A reader that is sure of one passage's second piece. read_at: how many passages each call was for."""

    def __init__(self, answer: int | None, *, log_odds: float = 3.0, is_calibrated: bool = True) -> None:
        self.is_calibrated = is_calibrated
        self.read_at: list[int] = []
        self._answer = answer
        self._log_odds = log_odds

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self.read_at.append(len(passages))
        return [
            np.array([-9.0, self._log_odds if passage.heading == f"Chunk {self._answer}" else -9.0], np.float32)
            for passage in passages
        ]


@pytest.mark.parametrize(("answer", "read_at"), [(0, [4]), (3, [4]), (4, [4, 4]), (9, [4, 4, 4]), (None, [4, 4, 4])])
def test_it_reads_on_until_it_is_sure(answer: int | None, read_at: list[int]) -> None:
    reader = Noting(answer)
    readings = read_in_steps(reader, "What?", PASSAGES)
    assert reader.read_at == read_at
    assert [len(reading) for reading in readings] == [2] * 12
    best = int(np.argmax([reading.max() for reading in readings]))
    assert answer is None or best == answer


def test_what_was_not_read_weighs_nothing() -> None:
    readings = read_in_steps(Noting(0), "What?", PASSAGES)
    assert log_odds_of(readings) == pytest.approx(log_odds_of(readings[:4]))
    assert all((reading < -1000).all() for reading in readings[4:])


def test_little_is_read_at_once() -> None:
    reader = Noting(None)
    assert len(read_in_steps(reader, "What?", PASSAGES[:3])) == 3
    assert reader.read_at == [3]
    assert read_in_steps(reader, "What?", []) == []


def test_one_that_is_hardly_sure_reads_on() -> None:
    reader = Noting(0, log_odds=0.5)
    read_in_steps(reader, "What?", PASSAGES)
    assert reader.read_at == [4, 4, 4]


def test_one_on_a_scale_of_its_own_reads_all() -> None:
    reader = Noting(0, log_odds=90.0, is_calibrated=False)
    read_in_steps(reader, "What?", PASSAGES)
    assert reader.read_at == [12]


def test_nothing_to_read_has_no_odds() -> None:
    assert log_odds_of([]) == -np.inf
