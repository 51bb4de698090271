from core.answering.review import Review
from core.models import Rule, SentenceFate
from tests.unit.builders import evidence

DAYS = evidence("Employees get 30 vacation days a year.", number=7)
FORM = evidence("Contractors fill in form C2.", number=9, document="contractors.md")
REVIEW = Review((DAYS, FORM), "How many vacation days do employees get?", "english")

Told = tuple[str, SentenceFate, int | None, Rule | None]


def told(written: str) -> list[Told]:
    return [(one.text, one.fate, one.chunk_id, one.rule) for one in REVIEW.sentences(written)]


def test_what_became_of_each_sentence_is_told() -> None:
    assert told(
        "Employees get 30 days [1]. Employees get 30 days [1]. Contractors fill C2 in [1]. "
        "Contractors fill in form C2 [2]. They also get 3 yachts [2]. [1]"
    ) == [
        ("Employees get 30 days.", "kept", 7, None),
        ("Employees get 30 days.", "repeated", None, None),
        ("Contractors fill C2 in.", "corrected", 9, None),
        ("Contractors fill in form C2.", "quoted", None, None),
        ("They also get 3 yachts.", "dropped", None, "numbers"),
    ]


def test_a_footnote_nought_names_no_evidence() -> None:
    assert told("Contractors fill C2 in [0].") == [("Contractors fill C2 in.", "corrected", 9, None)]


def test_of_a_text_that_is_being_written_only_whole_sentences_are_reviewed() -> None:
    assert [one.text for one in REVIEW.finished_sentences("Employees get 30 days [1]. Contractors fill C2")] == [
        "Employees get 30 days."
    ]
    assert REVIEW.finished_sentences("") == []
