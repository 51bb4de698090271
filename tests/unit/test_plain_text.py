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
    ],
)
def test_marks_go_and_words_stay(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_one_line_joins_items_with_spaces() -> None:
    assert plain("- one\n- two", one_line=True) == "one two"
