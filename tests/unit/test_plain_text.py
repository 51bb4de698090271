import pytest

from core.ingestion.plain_text import plain


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**Bold** and _soft_ and `code`", "Bold and soft and code"),
        ("See [the page](https://a.example/x(1)) now", "See the page now"),
        ("![a bike](bike.png) stands", "a bike stands"),
        ("- [ ] tick this", "tick this"),
        ("1. first\n2. second", "first\nsecond"),
        ("> quoted\n> twice", "quoted\ntwice"),
        ("| Item | Limit |\n| --- | ---: |\n| Hotel | 120 |", "Item | Limit\nHotel | 120"),
        ("```sh\nmake run\n```", "make run"),
        ("<b>Hello</b> &amp; bye", "Hello & bye"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        (r"a \*literal\* star", "a *literal* star"),
        ("**5 * 3 = 15** and _snake_case here_", "5 * 3 = 15 and snake_case here"),
        ("**a _nested_ *one* here**", "a nested one here"),
        ("[two](https://a.example/x(1(2))) levels", "two levels"),
        ("a\n\n \n---\n\nb", "a\nb"),
        ("wide\u2003space", "wide space"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_one_line_joins_items_with_spaces() -> None:
    assert plain("- one\n- two", one_line=True) == "one two"


@pytest.mark.parametrize(
    "hostile",
    "**a ¦_a ¦*a* *¦[¦[a](¦![a](¦![¦<http:¦<a ¦`¦`a ``¦~~a ¦\n¦\u2003¦| - ¦> ¦&amp".split("¦"),
)
def test_text_that_tries_every_pattern_in_vain_costs_no_more_than_its_length(hostile: str) -> None:
    """A pattern that looked at the rest of the text again and again would take hours here."""
    plain(hostile * (1_000_000 // len(hostile)))
