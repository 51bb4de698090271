import pytest

from core.models import Turn
from core.retrieval.condense import condense

EMPLOYEES = Turn("How many vacation days do employees get?", "30 days [1].")


@pytest.mark.parametrize(
    "question", ["and for contractors?", "why?", "what about the second one?", "Do they also get it in their first year?"]
)
def test_a_question_that_leans_on_the_last_one_is_searched_with_it(question: str) -> None:
    assert condense(question, [EMPLOYEES]) == f"{EMPLOYEES.question} {question}"


def test_a_question_that_stands_alone_changes_the_topic() -> None:
    question = "Which hotel price limit applies to business trips in Lisbon?"
    assert condense(question, [EMPLOYEES]) == question


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    history = [EMPLOYEES, Turn("and for contractors?", "None [1].")]
    assert condense("and interns?", history) == f"{EMPLOYEES.question} and for contractors? and interns?"


def test_without_history_a_question_stays_as_it_is() -> None:
    assert condense("  and for contractors? ", []) == "and for contractors?"
