import math

from core.storage.word_query import word_query

MILLION = 1_000_000


def weights(frequencies: dict[str, int], total: int = MILLION) -> dict[str, float]:
    return {term: math.log(total / frequency) for term, frequency in frequencies.items()}


def asked(frequencies: dict[str, int], total: int = MILLION) -> str:
    return word_query(weights(frequencies, total), frequencies, total)


def test_every_chunk_with_one_of_the_words_is_scored_where_they_are_few() -> None:
    assert asked({"cookie": 300, "key": 700}) == "'cookie' | 'key'"
    assert asked({"vacation": 200, "day": 240}, 1_000) == "'vacation' | 'day'"


def test_a_word_in_more_than_a_quarter_of_the_chunks_brings_none() -> None:
    assert asked({"cookie": 300, "team": 250_001}) == "'cookie'"


def test_where_all_are_common_the_two_rarest_do() -> None:
    assert asked({"team": 400, "we": 700, "work": 500}, 1_000) == "'team' | 'work'"


def test_no_word_asks_for_nothing() -> None:
    assert asked({}) == ""


def test_common_words_have_to_stand_together() -> None:
    assert asked({"expense": 20_000, "hotel": 30_000}) == "('expense' & ('hotel'))"


def test_a_rare_word_suffices_beside_common_ones() -> None:
    assert asked({"src_cookie_key": 3, "rotate": 20_000, "key": 30_000}) == "'src_cookie_key' | ('rotate' & ('key'))"


def test_one_common_word_alone_is_looked_up_all_the_same() -> None:
    assert asked({"vacation": 90_000}) == "'vacation'"


def test_what_only_the_most_common_words_share_is_not_read() -> None:
    query = asked({"rare": 40_000, "often": 120_000, "always": 200_000})
    assert query.startswith("('rare' & ")
    assert " | ('often'" not in query


def test_words_that_the_question_weighs_less_are_combined_last() -> None:
    frequencies = {f"gist{number}": 15_000 for number in range(20)} | {"expense": 20_000, "hotel": 30_000}
    weighed = {term: 0.1 if term.startswith("gist") else 4.0 for term in frequencies}
    query = word_query(weighed, frequencies, MILLION)
    assert "'expense'" in query
    assert "'hotel'" in query
    assert query.count("gist") < 20, "a follow-up's many words make no query without end"


def test_quotes_and_backslashes_are_the_words_own() -> None:
    assert asked({"o'neil": 1, "c:\\temp": 1}) == "'o''neil' | 'c:\\\\temp'"
