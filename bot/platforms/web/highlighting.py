"""Finds the evidence in a rendered chunk and marks it, over as many words, items and cells as it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from bot.platforms.web.markdown import leaves, mark
from core.ingestion.plain_text import plain

_WORD = re.compile(r"[^\W_]+")
# Shown as written, but no words to the evidence.
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def highlight(tokens: Sequence[Token], evidence: str) -> bool:
    """Mark the evidence, which is verbatim from the source of these tokens; False where none of it is found."""
    held = leaves(tokens)
    places: list[tuple[str, int, int, int]] = []  # word, leaf, first character, the one behind the last
    for number, leaf in enumerate(held):
        tags = [match.span() for match in _TAG.finditer(leaf.content)]
        for match in _WORD.finditer(leaf.content):
            if not any(first <= match.start() < last for first, last in tags):
                places.append((match.group().lower(), number, *match.span()))
    words = [place[0] for place in places]
    found = _found(words, [_words(line) for line in evidence.splitlines()])
    marked: dict[int, list[tuple[int, int]]] = {}
    for first, last in found:
        begin, end = places[first], places[last - 1]
        for number in range(begin[1], end[1] + 1):
            # What stands between two words in different tokens, such as a space before bold ones, is marked too.
            start = begin[2] if number == begin[1] else 0
            behind = _behind(held[number].content, end[3]) if number == end[1] else len(held[number].content)
            if start < behind:
                marked.setdefault(number, []).append((start, behind))
    for number, ranges in marked.items():
        mark(held[number], _apart(ranges))
    return bool(marked)


def _found(words: Sequence[str], lines: Sequence[list[str]]) -> list[tuple[int, int]]:
    """Give where lines of evidence stand among words: as many of them in one piece as can be, the next one behind."""
    found = []
    at, first = 0, 0
    while first < len(lines):
        for last in range(len(lines), first, -1):
            sought = [word for line in lines[first:last] for word in line]
            place = _place(words, sought, at)
            if place is None:
                place = _place(words, sought, 0)
            if place is not None:
                found.append((place, place + len(sought)))
                at, first = place + len(sought), last
                break
        else:
            first += 1
    return found


def _place(words: Sequence[str], sought: Sequence[str], start: int) -> int | None:
    if not sought:
        return None
    for place in range(start, len(words) - len(sought) + 1):
        if words[place] == sought[0] and words[place : place + len(sought)] == sought:
            return place
    return None


def _words(markdown: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(plain(markdown))]


def _behind(content: str, end: int) -> int:
    """Take the signs at the end of a sentence into the mark."""
    while end < len(content) and content[end] in ".!?,;:)%€$”\"'":
        end += 1
    return end


def _apart(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put ranges in order and join those that overlap."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
