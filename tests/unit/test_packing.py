import numpy as np

from core.answering.evidence import pack
from core.answering.units import Unit
from tests.unit.builders import retrieved


def unit(words: str, chunk: int = 1) -> Unit:
    return Unit(retrieved(words, number=chunk), words, words, "", 0)


def test_the_best_pieces_come_first() -> None:
    assert pack(np.array([0.6, 0.9, 0.7]), [unit("a b", 1), unit("c d", 2), unit("e f", 3)]).chosen == (1, 2, 0)


def test_a_piece_of_another_chunk_goes_before_one_that_is_hardly_better() -> None:
    units = [unit("a b", 1), unit("c d", 1), unit("e f", 2)]
    assert pack(np.array([1.0, 0.80, 0.75]), units).chosen == (0, 2, 1)
    assert pack(np.array([1.0, 0.90, 0.75]), units).chosen == (0, 1, 2)


def test_what_only_distracts_repeats_or_is_too_long_stays_out() -> None:
    units = [unit("the answer stands here"), unit("far"), unit("answer stands", 2), unit("word " * 90, 3)]
    packed = pack(np.array([1.0, 0.4, 0.9, 0.9]), units)
    assert packed.chosen == (0,)
    assert dict(packed.dropped) == {1: "tail", 2: "repeats", 3: "budget"}


def test_one_long_piece_is_better_than_none() -> None:
    assert pack(np.array([1.0]), [unit("word " * 200)]).chosen == (0,)


def test_there_are_never_more_than_four() -> None:
    scores = np.array([1.0] * 8 + [0.3])
    packed = pack(scores, [unit(f"piece {number}", number) for number in range(9)])
    assert len(packed.chosen) == 4
    assert [reason for _, reason in packed.dropped] == ["enough"] * 4 + ["tail"]
