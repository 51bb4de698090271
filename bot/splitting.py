"""Cuts a Markdown text at a platform's limit: between paragraphs, then lines, then words; code fences stay balanced."""

from __future__ import annotations

import re
from collections.abc import Callable

_FENCE = re.compile(r"^\s*(```+|~~~+)(.*)$")


def split_markdown(text: str, limit: int, measure: Callable[[str], int] = len) -> list[str]:
    """Cut a text into parts of at most `limit` as measured; joined they hold every word. Empty text gives no part.

    A fence that is cut is closed in one part and opened again, with its language, in the next.
    """
    parts: list[str] = []
    current: list[str] = []
    fence = ""  # the line that opened the fence in which we are
    for line in _lines(text, limit // 2, measure):
        match = _FENCE.match(line)
        closing = f"\n{_mark(fence)}" if fence else ""
        if current and measure("\n".join([*current, line]) + closing) > limit:
            rest = [] if fence else _since_paragraph(current, limit, measure)
            parts.append(_closed(current[: len(current) - len(rest)], fence))
            current = [*([fence] if fence else []), *rest]
        current.append(line)
        if match:
            fence = "" if fence and match.group(1).startswith(_mark(fence)) else fence or line.strip()
    parts.append(_closed(current, fence))
    return [part for part in (part.strip("\n") for part in parts) if part.strip()]


def _mark(fence: str) -> str:
    match = _FENCE.match(fence)
    return match.group(1) if match else ""


def _closed(lines: list[str], fence: str) -> str:
    return "\n".join([*lines, _mark(fence)] if fence else lines)


def _since_paragraph(lines: list[str], limit: int, measure: Callable[[str], int]) -> list[str]:
    """Give the lines after the last blank one, when a good part of the limit stays before them."""
    for index in range(len(lines) - 1, 0, -1):
        if not lines[index].strip() and not any(_FENCE.match(line) for line in lines[index:]):
            return lines[index + 1 :] if measure("\n".join(lines[:index])) > limit // 3 else []
    return []


def _lines(text: str, limit: int, measure: Callable[[str], int]) -> list[str]:
    """Give the lines, those above the limit cut between words (or characters where there are none)."""
    found: list[str] = []
    for line in text.splitlines():
        while measure(line) > limit:
            at = limit
            while measure(line[:at]) > limit:
                at = at * 3 // 4
            space = line.rfind(" ", at // 2, at)
            at = space if space > 0 else at
            found.append(line[:at].rstrip())
            line = line[at:].lstrip()
        found.append(line)
    return found
