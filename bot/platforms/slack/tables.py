"""Markdown that Slack has no words for, as Markdown that it has: tables become aligned code, wide ones lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Wider code blocks wrap on a laptop and can't be read.
WIDEST = 90

FENCE = re.compile(r"^\s*(```+|~~~+)(.*)$")
_FENCE_ON_ONE_LINE = re.compile(r"^\s*(```+)([^`]+)\1\s*$")
_DELIMITER = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(<?([^()<>\s]*)>?(?:\s+\"[^\"]*\")?\)")
_MARKS = re.compile(r"\*\*|__|~~|`")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def without_tables(markdown: str) -> str:
    """Give a text with its pipe tables outside of code replaced; everything else stays as it is."""
    lines, done, fence, at = markdown.splitlines(), [], "", 0
    while at < len(lines):
        line = lines[at]
        one_line = None if fence else _FENCE_ON_ONE_LINE.match(line)
        match = FENCE.match(line)
        end = at + 1
        if one_line:
            done.append(f"`{one_line.group(2).strip()}`")
        elif match:
            fence = ("" if match.group(1).startswith(fence) else fence) if fence else match.group(1)
            done.append(line)
        elif not fence and (end := _end_of_table(lines, at)) > at + 1:
            rows = [[_plain(cell) for cell in _split(row)] for row in (line, *lines[at + 2 : end])]
            done.extend(_drawn(rows))
        else:
            done.append(line)
        at = end
    return "\n".join(done)


def _end_of_table(lines: Sequence[str], at: int) -> int:
    """Give the index behind the table that begins at a line; the next index where none begins."""
    if "|" not in lines[at] or at + 1 == len(lines):
        return at + 1
    if "|" not in lines[at + 1] or not all(map(_DELIMITER.fullmatch, _split(lines[at + 1]))):
        return at + 1
    end = at + 2
    while end < len(lines) and "|" in lines[end] and not FENCE.match(lines[end]):
        end += 1
    return end


def _split(row: str) -> list[str]:
    inner = row.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip() for cell in _PIPE.split(inner)]


def _plain(cell: str) -> str:
    """Give a cell without marks: nothing is formatted in code."""
    text = _LINK.sub(lambda link: f"{link[1]} ({link[2]})" if "://" in link[2] else link[1], cell)
    return _MARKS.sub("", _BREAK.sub(" ", text)).replace("\\|", "|").strip()


def _drawn(rows: list[list[str]]) -> list[str]:
    columns = max(map(len, rows))
    rows = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    if sum(widths) + 2 * (columns - 1) > WIDEST:
        return ["", *_records(rows), ""]
    header, *body = ("  ".join(map(_padded, row, widths)).rstrip() for row in rows)
    return ["```", header, "  ".join("-" * max(1, width) for width in widths), *body, "```"]


def _records(rows: list[list[str]]) -> list[str]:
    """Give one list item a row, each cell under the name of its column."""
    header, *body = rows
    return [
        "- " + "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(header, row, strict=True) if cell)
        for row in body or [header]
    ]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Give how many columns a text takes where every character is as wide as a digit, or twice as wide."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
