"""Markdown: structure from the parser, words verbatim from the source lines, embedded HTML turned into text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.ingestion.loaders.front_matter import blank_front_matter
from core.ingestion.loaders.html import html_blocks
from core.ingestion.loaders.markdown_noise import blank_template_code, clean
from core.ingestion.loaders.titles import title_from_path
from core.ingestion.plain_text import plain
from core.models import Block, BlockKind, LoadedDocument

# Deep enough for any real list; the parser drops what lies deeper, which keeps hostile nesting cheap.
_DEEPEST_NESTING = 60
_TITLE_CHARACTERS = 300
_SLICED: dict[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "table_open": "table",
    "blockquote_open": "quote",
    "fence": "code",
    "code_block": "code",
}
_LISTS = {"bullet_list_open", "ordered_list_open"}
# HTML containers that people write with blank lines inside, where CommonMark would end the HTML.
_CONTAINER = re.compile(r"<(/?)(table|ul|ol|dl)\b", re.IGNORECASE)
_ANCHOR = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*$")


def parse(text: str, relative: str) -> LoadedDocument:
    """Read Markdown (CommonMark with tables); the title is the front matter's, else the first H1's, else the
    first heading's, else made from the file's name.
    """
    lines = text.split("\n")
    front = blank_front_matter(lines)
    title = front.title
    blank_template_code(lines, components=relative.lower().endswith(".mdx"))
    blocks = tuple(_Reader(lines).read())
    headings = [block for block in blocks if block.kind == "heading"]
    headings.sort(key=lambda block: block.level != 1)
    if headings and not title:
        title = plain(headings[0].text[:_TITLE_CHARACTERS], one_line=True)
    return LoadedDocument(title or title_from_path(relative), blocks, front.owners)


class _Reader:
    """Walks the block tokens of one document; line indexes are 0-based and half-open, as the parser counts."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        # Inline parsing is left out: words are taken from the source, and it is where hostile input gets slow.
        parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST_NESTING}).enable("table")
        self._tokens = parser.disable(["inline", "text_join"]).parse("\n".join(lines))
        self._containers_close = True

    def read(self) -> Iterator[Block]:
        index, covered = 0, 0
        while index < len(self._tokens):
            token = self._tokens[index]
            after = self._after(index)
            start, end = token.map or (0, 0)
            if start < covered:
                pass  # inside an HTML container that was read as a whole
            elif token.type in _LISTS:
                yield from self._list(index, depth=0)
            elif token.type == "html_block":
                covered = self._container_end(start, end)
                yield from html_blocks("\n".join(self._lines[start:covered]), first_line=start + 1)
            elif token.type == "heading_open":
                yield from self._heading(token, self._tokens[index + 1].content)
            elif token.type in _SLICED:
                yield from self._slice(_SLICED[token.type], start, end)
            index = after

    def _after(self, index: int) -> int:
        """Give the index of the token after this one's closing token."""
        level, nesting = self._tokens[index].level, self._tokens[index].nesting
        index += 1
        if nesting == 1:
            while self._tokens[index].level > level:
                index += 1
            index += 1
        return index

    def _heading(self, token: Token, content: str) -> Iterator[Block]:
        start, end = token.map or (0, 0)
        text = _ANCHOR.sub("", " ".join(clean(content).split()))
        if text:
            yield Block("heading", text, level=int(token.tag[1]), lines=(start + 1, end))

    def _slice(self, kind: BlockKind, start: int, end: int, level: int = 0) -> Iterator[Block]:
        """Yield the source lines as one block, unless nothing is left of them."""
        while end > start and not self._lines[end - 1].strip():
            end -= 1
        while start < end and not self._lines[start].strip():
            start += 1
        text = "\n".join(self._lines[start:end])
        if kind != "code":
            text = clean(text)
        text = _dedented(text.strip("\n"))
        if text.strip():
            yield Block(kind, text, level=level, lines=(start + 1, end))

    def _list(self, index: int, depth: int) -> Iterator[Block]:
        """Yield the items of the list that opens at this token, each followed by its nested items."""
        end = self._after(index)
        index += 1
        while index < end - 1:
            yield from self._item(index, depth)
            index = self._after(index)

    def _item(self, index: int, depth: int) -> Iterator[Block]:
        """Yield an item's own lines and its nested lists in reading order; what follows a nested list is a block
        of its own at the item's depth, so that every block stands for one run of source lines.
        """
        start, end = self._tokens[index].map or (0, 0)
        last = self._after(index)
        index += 1
        while index < last - 1:
            token = self._tokens[index]
            if token.type in _LISTS and token.map:
                yield from self._slice("list_item", start, token.map[0], depth)
                yield from self._list(index, depth + 1)
                start = token.map[1]
            elif token.type == "html_block" and token.map and "<table" in token.content.lower():
                yield from self._slice("list_item", start, token.map[0], depth)
                yield from html_blocks(token.content, first_line=token.map[0] + 1)
                start = token.map[1]
            index = self._after(index)
        yield from self._slice("list_item", start, end, depth)

    def _container_end(self, start: int, end: int) -> int:
        """Extend an HTML block to the line that closes a table or list opened in it, if there is one."""
        depth = 0
        last = len(self._lines) if self._containers_close else end
        for index in range(start, last):
            if index >= end and depth <= 0:
                return index
            depth += sum(-1 if closing else 1 for closing, _ in _CONTAINER.findall(self._lines[index]))
        if depth > 0:  # look no further again: many unclosed tags would each cost a walk to the end
            self._containers_close = False
            return end
        return last


def _dedented(text: str) -> str:
    """Take the first line's indentation away from all lines that have it."""
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    if not indent:
        return text
    return "\n".join(line.removeprefix(indent) for line in text.split("\n"))
