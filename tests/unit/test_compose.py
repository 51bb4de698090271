from core.answering import compose
from core.answering.review import Review
from tests.unit.builders import evidence

DAYS = evidence("Employees get 30 vacation days a year.", number=7)
FORM = evidence("Contractors fill in form C2.", number=9, document="contractors.md")


def phrase(written: str) -> compose.Composed | None:
    review = Review((DAYS, FORM), "How many vacation days do employees get?", "english")
    return compose.phrased(review.sentences(written), (DAYS, FORM))


def test_quoted_evidence_carries_its_number() -> None:
    composed = compose.quoted((DAYS, FORM))
    assert composed.text == "> Employees get 30 vacation days a year. [1]\n\n> Contractors fill in form C2. [2]"
    assert [(citation.number, citation.chunk.id) for citation in composed.citations] == [(1, 7), (2, 9)]


def test_supported_sentences_stand_above_the_quotation() -> None:
    composed = phrase("Employees get 30 days [1].")
    assert composed is not None
    assert composed.text.splitlines()[0] == "Employees get 30 days [1]."
    assert "> Employees get 30 vacation days a year. [1]" in composed.text


def test_a_wrong_marker_is_corrected_and_numbers_follow_the_text() -> None:
    composed = phrase("Contractors fill C2 in [1].")
    assert composed is not None
    assert composed.text.startswith("Contractors fill C2 in [1].")
    assert composed.citations[0].chunk.id == 9


def test_a_number_that_was_not_offered_is_removed() -> None:
    composed = phrase("Employees get 30 days [7].")
    assert composed is not None
    assert "[7]" not in composed.text


def test_unsupported_sentences_are_dropped() -> None:
    composed = phrase("Employees get 30 days [1]. They also get a company yacht [2].")
    assert composed is not None
    assert "yacht" not in composed.text


def test_a_sentence_that_repeats_the_evidence_is_left_to_the_quotation() -> None:
    assert phrase("Contractors fill in form C2 [2].") is None


def test_nothing_supported_means_no_phrasing() -> None:
    assert phrase("Employees get 45 days [1].") is None
    assert phrase("") is None


def test_a_table_row_is_read_out_with_its_columns() -> None:
    row = evidence("| Hotel | 120 EUR |", lead="| Item | Limit |")
    assert compose.quoted((row,)).text == "> Item: Hotel; Limit: 120 EUR [1]"


def test_items_of_one_list_share_their_lead_in_the_order_of_the_document() -> None:
    second = evidence("- meals", lead="You may claim:", position=2)
    first = evidence("- taxis", lead="You may claim:", position=1)
    assert compose.quoted((second, first)).text == "> You may claim:\n> taxis\n> meals [1]"


def test_what_leads_a_list_within_a_list_stands_once() -> None:
    told = [("- Book early", "Travel:"), ("- Pay by card\n  or cash", "Travel:"), ("- keep receipts", "- Pay by card")]
    told += [("- in EUR", "- Pay by card"), ("- Ask Ana", "Travel:"), ("She knows.", ""), ("- in EUR", "Travel:")]
    pieces = [evidence(text, lead=lead, position=place) for place, (text, lead) in enumerate(told)]
    assert compose.quoted(pieces).text.splitlines() == [
        "> Travel:",
        "> Book early",
        "> Pay by card or cash",
        "> keep receipts",
        "> in EUR",
        "> Ask Ana",
        "> She knows.",
        "> Travel:",
        "> in EUR [1]",
    ]


def test_code_keeps_its_fence() -> None:
    assert compose.quoted((evidence("```\nmake run\n```"),)).text == "> ```\n> make run\n> ```\n> [1]"


def test_code_stands_under_what_announces_it() -> None:
    announced = evidence("```\nmake run\n```", lead="Then **start** it:")
    assert compose.quoted((announced,)).text == "> Then start it:\n> ```\n> make run\n> ```\n> [1]"


def test_the_citation_holds_the_evidence_verbatim() -> None:
    assert compose.quoted((evidence("**Bold** words"),)).citations[0].evidence == "**Bold** words"


def test_a_label_before_copied_words_makes_no_sentence_of_ones_own() -> None:
    assert phrase("The rule is: Vacation: Employees get 30 vacation days a year [1].") is None


def test_yes_before_a_fact_is_left_out_because_nothing_can_carry_it() -> None:
    composed = phrase("Yes, employees get 30 days [1].")
    assert composed is not None
    assert composed.text.startswith("Employees get 30 days [1].")
