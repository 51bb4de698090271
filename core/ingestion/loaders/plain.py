"""Plain text (.txt, .rst): paragraphs, list items and the headings that people draw with underlines or capitals."""

from __future__ import annotations

import re

from core.ingestion.loaders.titles import title_from_path
from core.models import Block, LoadedDocument

_UNDERLINE = re.compile(r"([=\-~^\"'*+#`.:_])\1{2,}\s*")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_INNER_GAP = re.compile(r"\S(?:\t|[ ]{2,})\S")
_HEADING_CHARACTERS = 80
_CAPITALS_WORDS = 8
_FEWEST_CAPITALS = 4


def parse(text: str, relative: str) -> LoadedDocument:
    """Read plain text; the title is the first heading, or else made from the file's name."""
    blocks = _Reader(text.split("\n")).read()
    headings = (block.text for block in blocks if block.kind == "heading")
    return LoadedDocument(next(headings, None) or title_from_path(relative), tuple(blocks))


class _Reader:
    """One pass over the lines; indexes are 0-based here, 1-based in blocks."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._blocks: list[Block] = []
        # Heading styles in order of appearance: the first one seen is the outermost, as in reStructuredText.
        self._styles: list[str] = []
        self._indents: list[int] = []

    def read(self) -> list[Block]:
        index = 0
        while index < len(self._lines):
            if not re.search(r"\w", self._lines[index]):
                index += 1
            elif style := self._heading_style(index):
                self._add_heading(index, style)
                index += 1
            else:
                index = self._add_text(index)
        return self._blocks

    def _line(self, index: int) -> str:
        return self._lines[index] if 0 <= index < len(self._lines) else ""

    def _heading_style(self, index: int) -> str:
        """Name the way in which this line is marked as a heading, or ""."""
        line = self._line(index).strip()
        above, below = self._line(index - 1).strip(), self._line(index + 1).strip()
        if len(line) > _HEADING_CHARACTERS or _INNER_GAP.search(line):
            return ""
        overlined = _UNDERLINE.fullmatch(above)
        if above and not overlined:
            return ""
        if _UNDERLINE.fullmatch(below) and len(below) * 2 >= len(line):
            return below[0] * 2 if overlined else below[0]
        return "capitals" if not _UNDERLINE.fullmatch(below) and _is_capitals(line) and not _is_capitals(below) else ""

    def _add_heading(self, index: int, style: str) -> None:
        if style not in self._styles:
            self._styles.append(style)
        level = min(self._styles.index(style) + 1, 6)
        self._blocks.append(Block("heading", self._line(index).strip(), level=level, lines=(index + 1, index + 1)))
        self._indents = []

    def _add_text(self, start: int) -> int:
        """Add the paragraph or list item that starts here; give the index of the line after it."""
        end = start + 1
        while end < len(self._lines) and self._lines[end].strip() and not _ITEM.match(self._lines[end]):
            end += 1
        text = "\n".join(line.rstrip() for line in self._lines[start:end])
        item = _ITEM.match(self._lines[start])
        if item is None:
            self._indents = []
            self._blocks.append(Block("paragraph", text, lines=(start + 1, end)))
        else:
            level = self._depth(len(item["indent"].expandtabs(4)))
            self._blocks.append(Block("list_item", text, level=level, lines=(start + 1, end)))
        return end

    def _depth(self, indent: int) -> int:
        while self._indents and self._indents[-1] > indent:
            self._indents.pop()
        if not self._indents or self._indents[-1] < indent:
            self._indents.append(indent)
        return len(self._indents) - 1


def _is_capitals(line: str) -> bool:
    letters = sum(character.isalpha() for character in line)
    return (
        line == line.upper() != line.lower()
        and letters >= max(_FEWEST_CAPITALS, len(line) // 2)
        and len(line.split()) <= _CAPITALS_WORDS
        and line[-1] not in ".,;!"
    )
