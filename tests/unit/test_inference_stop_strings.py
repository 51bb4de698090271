import pytest

from core.inference.stop_strings import StopStrings


@pytest.mark.parametrize(
    ("stop", "pieces", "expected"),
    [
        ((), ["a", "b"], "ab"),
        (("END",), ["some ", "text"], "some text"),
        (("END",), ["some EN", "D and more"], "some "),
        (("END",), ["E", "N", "D"], ""),
        (("END",), ["EN", "EN", "D"], "EN"),
        (("END", "\n"), ["one\ntwo END"], "one"),
        (("b", "abc"), ["xabc"], "x"),
        (("aab",), ["aa", "ab"], "a"),
        (("",), ["text"], "text"),
        (("END",), ["text EN"], "text EN"),
    ],
)
def test_text_comes_out_up_to_the_first_stop_string(stop: tuple[str, ...], pieces: list[str], expected: str) -> None:
    scanner = StopStrings(stop)
    passed = "".join(scanner.feed(piece) for piece in pieces)
    assert passed + scanner.flush() == expected


def test_only_what_may_begin_a_stop_string_is_held_back() -> None:
    scanner = StopStrings(("END",))
    assert scanner.feed("text E") == "text "
    assert not scanner.reached
    assert scanner.feed("very") == "Every"


def test_nothing_comes_out_after_a_stop_string() -> None:
    scanner = StopStrings(("END",))
    scanner.feed("END")
    assert scanner.reached
    assert scanner.feed("more") == scanner.flush() == ""
