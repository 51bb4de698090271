import numpy as np

from core.answering.evidence import Packed, pack
from core.answering.units import Unit, units_of
from tests.unit.builders import retrieved


def unit(words: str, chunk: int = 1) -> Unit:
    return Unit(retrieved(words, number=chunk), words, words, "", 0)


def packed(text: str, *scores: float) -> Packed:
    """Pack the pieces of one chunk."""
    return pack(np.array(scores), units_of(retrieved(text)), 0.7)


def test_the_best_pieces_come_first() -> None:
    assert pack(np.array([0.6, 0.9, 0.7]), [unit("a b", 1), unit("c d", 2), unit("e f", 3)], 0.7).chosen == (1, 2, 0)


def test_a_piece_of_another_chunk_goes_before_one_that_is_hardly_better() -> None:
    units = [unit("a b", 1), unit("c d", 1), unit("e f", 2)]
    assert pack(np.array([1.0, 0.80, 0.75]), units, 0.7).chosen == (0, 2, 1)
    assert pack(np.array([1.0, 0.90, 0.75]), units, 0.7).chosen == (0, 1, 2)


def test_what_only_distracts_repeats_or_is_too_long_stays_out() -> None:
    units = [unit("the answer stands here"), unit("far"), unit("answer stands", 2), unit("word " * 90, 3)]
    found = pack(np.array([1.0, 0.4, 0.9, 0.9]), units, 0.7)
    assert found.chosen == (0,)
    assert dict(found.dropped) == {1: "tail", 2: "repeats", 3: "budget"}


def test_one_long_piece_is_better_than_none() -> None:
    assert pack(np.array([1.0]), [unit("word " * 200)], 0.7).chosen == (0,)


def test_there_are_never_more_than_four() -> None:
    scores = np.array([1.0] * 8 + [0.3])
    found = pack(scores, [unit(f"piece {number}", number) for number in range(9)], 0.7)
    assert len(found.chosen) == 4
    assert [reason for _, reason in found.dropped] == ["enough"] * 4 + ["tail"]


def test_where_the_answer_is_all_but_sure_less_stands_beside_it() -> None:
    scores, units = np.array([1.0, 0.6]), [unit("a b", 1), unit("c d", 2)]
    assert pack(scores, units, 0.7).chosen == (0, 1)
    assert pack(scores, units, 0.95).chosen == (0,)


def test_the_items_of_a_list_are_chosen_in_place_of_what_announces_them_and_count_as_one_piece() -> None:
    text = "Claim:\n\n- taxis\n- trains\n- meals\n\nAna. Bo. Cy. Di."
    found = packed(text, 1.0, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9)
    assert found.chosen == (1, 2, 3, 4, 5, 6)
    assert dict(found.dropped) == {7: "enough"}


def test_a_list_within_a_list_is_quoted_under_its_own_line() -> None:
    found = packed("Claim:\n\n- By rail:\n  - trains\n  - trams\n- meals", 1.0, 0.9, 0.1, 0.1, 0.1)
    assert found.chosen == (2, 3, 4), "what stands above the chosen ones is quoted with them"
    assert dict(found.dropped) == {1: "repeats"}


def test_a_few_words_above_a_list_are_its_label_and_a_sentence_is_not() -> None:
    assert packed("- Europe\n  - London\n- Asia", 1.0, 0.1, 0.1).chosen == (1,)
    assert packed("- Ask Ana before you book a flight\n  - London\n- Asia", 1.0, 0.1, 0.1).chosen == (0,)


def test_of_a_long_list_the_best_items_are_chosen_as_far_as_there_is_room() -> None:
    item = "- " + "word " * 40
    assert packed(f"Claim:\n\n{item}\n{item}one\n{item}two", 1.0, 0.1, 0.2, 0.3).chosen == (3, 2)


def test_what_announces_a_list_stays_out_where_its_first_item_has_no_room_or_all_are_chosen() -> None:
    found = packed(f"Ask Ana.\n\nClaim:\n\n- {'word ' * 80}", 1.0, 0.9, 0.1)
    assert found.chosen == (0,)
    assert dict(found.dropped) == {1: "budget", 2: "tail"}
    found = packed("Claim:\n\n- taxis", 0.9, 1.0)
    assert found.chosen == (1,)
    assert dict(found.dropped) == {0: "repeats"}


def test_what_announces_something_that_is_not_there_is_quoted_only_for_want_of_others() -> None:
    found = packed("Ask Ana. **Steps:**", 0.6, 1.0)
    assert found.chosen == (0,)
    assert dict(found.dropped) == {1: "empty"}
    assert packed("**Steps:**", 1.0).chosen == (0,)
