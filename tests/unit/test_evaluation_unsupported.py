"""What the model phrased is checked once more, from the answer alone."""

from core.evaluation.unsupported import phrased_sentences, unsupported_sentences
from core.models import Answer, AnswerKind, Citation
from tests.unit.builders import retrieved

LEAVE = retrieved(
    "Employees get 30 vacation days a year.\n\n- Contractors get no paid vacation.\n- Interns get 12 vacation days.",
    number=1,
)
EXPENSES = retrieved("Hotels may cost 120 EUR a night.", number=2, document="expenses.md", heading="Expenses")
CITATIONS = (
    Citation(1, LEAVE, "Employees get 30 vacation days a year."),
    Citation(2, EXPENSES, "Hotels may cost 120 EUR a night."),
)


def answer(phrased: str, kind: AnswerKind = "phrased") -> Answer:
    text = f"{phrased}\n\n> Employees get 30 vacation days a year. [1]"
    return Answer("How many days?", text, kind, CITATIONS, condensed="How many days?")


def unsupported(phrased: str) -> tuple[str, ...]:
    return unsupported_sentences(answer(phrased), "english")


def test_sentences_of_the_model_are_told_from_the_quotation_under_them() -> None:
    told = answer("You get 30 vacation days [1]. A hotel may cost 120 EUR [2].")
    assert phrased_sentences(told) == ("You get 30 vacation days [1].", "A hotel may cost 120 EUR [2].")


def test_a_quoted_answer_holds_no_sentence_of_the_model() -> None:
    assert phrased_sentences(answer("You get 30 vacation days [1].", "quoted")) == ()
    assert unsupported_sentences(answer("You get 99 vacation days [1].", "quoted"), "english") == ()


def test_what_the_cited_chunk_says_is_supported_also_beside_the_quoted_words() -> None:
    assert unsupported("You get 30 vacation days [1]. Interns get 12 vacation days [1].") == ()


def test_another_number_a_missing_citation_and_one_of_another_chunk_are_unsupported() -> None:
    told = "You get 45 vacation days [1]. You get 30 vacation days. You get 30 vacation days [2]."
    assert unsupported(told) == (
        "You get 45 vacation days [1].",
        "You get 30 vacation days.",
        "You get 30 vacation days [2].",
    )


def test_a_number_that_no_citation_has_supports_nothing() -> None:
    assert unsupported("You get 30 vacation days [7].") == ("You get 30 vacation days [7].",)


def test_the_negation_of_another_piece_of_the_chunk_does_not_count_against_a_sentence() -> None:
    assert unsupported("Contractors get no paid vacation [1].") == ()
    assert unsupported("Contractors get paid vacation [1].") == ("Contractors get paid vacation [1].",)
