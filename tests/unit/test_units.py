from core.answering.units import units_of
from tests.unit.builders import retrieved


def pieces(text: str) -> list[tuple[str, str]]:
    return [(unit.text, unit.lead) for unit in units_of(retrieved(text))]


def test_prose_is_cut_into_sentences() -> None:
    assert pieces("Ask Ana. She knows.") == [("Ask Ana.", ""), ("She knows.", "")]


def test_list_items_are_led_by_the_line_that_opens_the_list() -> None:
    text = "You may claim:\n\n- taxis\n- meals\n  up to 20 EUR"
    assert pieces(text)[1:] == [("- taxis", "You may claim:"), ("- meals\nup to 20 EUR", "You may claim:")]


def test_a_nested_item_is_led_by_the_item_above_it() -> None:
    assert pieces("- Travel:\n  - trains\n- Food")[1:] == [("- trains", "- Travel:"), ("- Food", "")]


def test_table_rows_are_led_by_their_header() -> None:
    text = "| Item | Limit |\n| --- | --- |\n| Hotel | 120 |\n| Taxi | 40 |"
    assert pieces(text) == [("| Hotel | 120 |", "| Item | Limit |"), ("| Taxi | 40 |", "| Item | Limit |")]


def test_code_and_question_rows_stay_whole() -> None:
    assert pieces("```\na\n\nb\n```") == [("```\na\n\nb\n```", "")]
    assert pieces("**Q: Where? Why?**\n\nHere. Because.") == [("**Q: Where? Why?**\n\nHere. Because.", "")]


def test_the_opening_line_leads_only_what_follows_it() -> None:
    assert pieces("Choose:\n\n- a\n\nThen:\n\n- b") == [
        ("Choose:", ""),
        ("- a", "Choose:"),
        ("Then:", ""),
        ("- b", "Then:"),
    ]
