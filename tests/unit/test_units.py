from core.answering.units import led_by, units_of
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


def test_a_piece_leads_its_list_with_all_that_is_nested_in_it() -> None:
    units = units_of(retrieved("Claim:\n\n- Travel\n  by rail:\n  - trains\n- Food\n\nAsk Ana."))
    assert [unit.plain for unit in units] == ["Claim:", "Travel by rail:", "trains", "Food", "Ask Ana."]
    assert led_by(units) == [[1, 2, 3], [2], [], [], []]


def test_no_piece_leads_those_of_another_list_or_chunk() -> None:
    units = [
        *units_of(retrieved("Then:\n\n- a\n\nAsk.\n\nThen:\n\n- b", number=1)),
        *units_of(retrieved("Then:", number=2)),
        *units_of(retrieved("Then:\n\n- c", number=3)),
    ]
    assert led_by(units) == [[1], [], [], [4], [], [], [7], []]
