import pytest

from core.models import Turn
from core.retrieval.condense import condense

EMPLOYEES = Turn("How many vacation days do employees get?", "30 days [1].")


@pytest.mark.parametrize(
    "question", ["and for contractors?", "why?", "what about the second one?", "Do they also get it in the first year?"]
)
def test_a_question_that_leans_on_the_last_one_is_searched_with_it(question: str) -> None:
    assert condense(question, [EMPLOYEES]).text == f"{EMPLOYEES.question} {question}"


def test_a_question_that_stands_alone_changes_the_topic() -> None:
    question = "Which hotel price limit applies to business trips in Lisbon?"
    assert condense(question, [EMPLOYEES]).text == question


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    history = [EMPLOYEES, Turn("and for contractors?", "None [1].")]
    assert condense("and interns?", history).text == f"{EMPLOYEES.question} and for contractors? and interns?"


def test_without_history_a_question_stays_as_it_is() -> None:
    assert condense("  and for contractors? ", []).text == "and for contractors?"


def test_the_follow_ups_own_words_weigh_most() -> None:
    query = condense("and for contractors?", [EMPLOYEES])
    assert query.terms["contractor"] > query.terms["vacat"] > query.terms["30"] > 0
    assert query.embedded[0] == (f"{EMPLOYEES.question} 30 days . and for contractors?", 1.0)
    assert query.embedded[1][0] == "and for contractors?"


def test_of_a_long_answer_only_the_beginning_counts() -> None:
    history = [Turn("How many?", "> " + " ".join(f"word{number}" for number in range(99)))]
    assert "word24" in condense("and them?", history).terms
    assert "word25" not in condense("and them?", history).terms
