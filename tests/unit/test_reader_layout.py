import numpy as np

from core.inference.reader import QUESTION_TOKENS, TOKENS, lay_out, parts_of, sums
from core.ports import Passage

CLS, SEP = 101, 102


def test_question_and_passage_are_joined_and_every_token_knows_its_piece() -> None:
    layout = lay_out([7, 8], [([3, 7], -1), ([4], 0), ([5, 6], 1)], (CLS, SEP))
    assert layout.ids == (CLS, 7, 8, SEP, 3, 7, 4, 5, 6, SEP)
    assert layout.types == (0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
    assert layout.asked == (0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
    assert layout.pieces == (-1, -1, -1, -1, -1, -1, 0, 1, 1, -1)


def test_a_long_question_keeps_its_end_and_a_long_passage_its_beginning() -> None:
    layout = lay_out(list(range(1000, 1200)), [(list(range(2000, 2600)), 0), ([9], 1)], (CLS, SEP))
    assert len(layout.ids) == TOKENS
    assert layout.ids[1 : QUESTION_TOKENS + 1] == tuple(range(1200 - QUESTION_TOKENS, 1200))
    assert layout.ids[QUESTION_TOKENS + 2] == 2000
    assert layout.ids[-1] == SEP
    assert 1 not in layout.pieces


def test_a_lead_stands_once_before_its_pieces_and_is_none_of_them() -> None:
    table = Passage("Leave", (("Role Days", "Employee 28"), ("Role Days", "Contractor 0")))
    assert parts_of(table) == [("Leave", -1), ("Role Days", -1), ("Employee 28", 0), ("Contractor 0", 1)]
    listed = Passage("Leave", (("", "You need:"), ("You need:", "a form"), ("You need:", "a signature")))
    assert parts_of(listed) == [("Leave", -1), ("You need:", 0), ("a form", 1), ("a signature", 2)]


def test_a_piece_weighs_as_much_as_its_tokens_together() -> None:
    reading = sums(np.log(np.array([1.0, 2.0, 3.0, 50.0])), np.array([0, 0, 2, -1]), 3)
    assert np.allclose(np.exp(reading), [3.0, 0.0, 3.0])


def test_a_piece_that_was_cut_off_does_not_disturb_the_sum() -> None:
    reading = sums(np.array([1.0]), np.array([0]), 2)
    assert np.isfinite(reading).all()
    assert np.isclose(np.logaddexp.reduce(reading), 1.0)
