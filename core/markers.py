"""The markers of footnotes as they stand in answers: [n], with n of at most three digits."""

from __future__ import annotations

import re

MARKER = re.compile(r"\[(\d{1,3})\]")
_WITH_SPACE = re.compile(rf"\s*{MARKER.pattern}")


def without_markers(text: str) -> str:
    """Give a text without its markers and the white space before each."""
    return _WITH_SPACE.sub("", text)


def marked_numbers(text: str) -> tuple[int, ...]:
    """Give the numbers of the markers in a text, in order."""
    return tuple(int(number) for number in MARKER.findall(text))
