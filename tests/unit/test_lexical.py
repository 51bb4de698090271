import math

import pytest

from core.retrieval.lexical import chunk_weights, query_weights, question_terms, sparse, tokenize


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Vacations", ["vacat"]),
        ("the employee's", ["the", "employe"]),
        ("SRC_COOKIE_KEY", ["src", "cooki", "key", "src_cookie_key"]),
        ("maxRetries", ["maxretri", "max", "retri"]),
        ("#ask-people", ["ask", "peopl", "ask-people"]),
        ("有給休暇", ["有給", "給休", "休暇"]),
    ],
)
def test_words_become_terms(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


def test_a_question_is_searched_without_the_words_around_it() -> None:
    assert question_terms("How do I get a new laptop?") == ["new", "laptop"]


def test_another_language_has_its_own_stems() -> None:
    assert tokenize("Urlaubstage", "german") == ["urlaubstag"]
    assert tokenize("Days", "simple") == ["days"]


def test_the_inner_product_is_bm25() -> None:
    chunk = ["leave", "leave", "sick"] + ["filler"] * 87  # as long as the average: the length factor is 1
    score = sum(
        weight * chunk_weights(chunk)[term]
        for term, weight in query_weights({"leave": 1.0}, {"leave": 3, "sick": 9}, total=10).items()
    )
    assert score == pytest.approx(math.log(1 + (10 - 3 + 0.5) / (3 + 0.5)) * 2 * 2.2 / (2 + 1.2))


def test_rare_terms_weigh_more_and_unknown_ones_nothing() -> None:
    weights = query_weights({"rare": 1, "common": 1, "unknown": 1}, {"rare": 1, "common": 90}, total=100)
    assert set(weights) == {"rare", "common"}
    assert weights["rare"] > weights["common"] > 0


def test_weights_have_a_place_in_the_sparse_vector() -> None:
    placed = sparse({"leave": 1.5, "sick": 0.5}, dimensions=1 << 24)
    assert sorted(placed.values()) == [0.5, 1.5]
    assert sum(sparse({"leave": 1.0, "sick": 2.0}, dimensions=1).values()) == 3.0


def test_a_word_of_any_length_costs_no_more_than_its_length_and_is_a_short_term() -> None:
    """Looked at again from each of its letters, this word would take an hour."""
    terms = tokenize("0a" * 500_000)
    assert [len(term) for term in terms] == [200]
