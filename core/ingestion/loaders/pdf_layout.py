"""From positioned pieces of text to headings, paragraphs, list items and tables: the reading of a PDF's layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from core.ingestion.loaders.pipe_tables import pipe_table
from core.models import Block

_BULLETS = "•‣◦▪▫●○■□–—\x7f\x95\uf0b7\uf0a7\uf0d8"
_BULLET = re.compile(rf"(?:[{_BULLETS}*]|[-o](?=\s))\s*(?=\S)")
_NUMBER = re.compile(r"(?:\d{1,3}|[a-z])[.)]\s+(?=\S)")
_NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})+\.?\s+[^\W\d_]")
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|p\.)?\s*\d{1,4}\s*(?:(?:of|von|/)\s*\d{1,4})?\W*", re.IGNORECASE)
_MARK = re.compile(rf"[{_BULLETS}*o-]|(?:\d{{1,3}}|[a-z])[.)]")
_NARROW, _WIDE = "ijlt.,:;'!|()[]f ", "mwMW%@"

# In units of the font size.
_SAME_LINE = 0.4
_WIDE_GAP = 1.5
_MARK_GAP = 5.0
_CELL_PITCH = 1.45
_COLUMN_DRIFT = 4.0
_ROW_GAP = 5.0
# In units of the usual size and of the usual distance between lines.
_LARGER = 1.1
_PARAGRAPH_GAP = 1.25
_EDGE_LINES = 3
_REPEATING_SHARE = 0.6
_HEADING_CHARACTERS = 120
_LONGEST_CELL = 30


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text as it is drawn: x to the right and y upwards in points, size in points."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page's spans in the order in which they are drawn; number from 1."""

    number: int
    spans: tuple[Span, ...]


@dataclass(slots=True)
class _Line:
    """Spans that follow each other on one baseline without a wide gap."""

    page: int
    x: float
    y: float
    size: float
    bold: bool
    text: str
    end: float  # estimated right edge
    closed: bool  # its last span ended a line of the drawing


def blocks_of_pages(pages: Sequence[Page]) -> list[Block]:
    """Read the pages into blocks; headers, footers and page numbers that repeat are left out."""
    lines = [_lines(page) for page in pages]
    kept = _without_running_lines(lines)
    style = _Style.of([line for page in kept for line in page])
    words = _hyphenated_words(kept)
    return [block for page in kept for block in _blocks(page, style, words)]


def _lines(page: Page) -> list[_Line]:
    lines: list[_Line] = []
    for span in page.spans:
        if lines and _goes_on(lines, span):
            _extend(lines[-1], span)
        else:
            text, end = span.text, span.x + _width(span.text.strip(), span.size)
            lines.append(_Line(page.number, span.x, span.y, span.size, span.bold, text, end, text.endswith("\n")))
    for line in lines:
        line.text = " ".join(line.text.split())
    return lines


def _on_one_baseline(line: _Line, other: _Line | Span) -> bool:
    return abs(line.y - other.y) <= _SAME_LINE * max(line.size, other.size)


def _goes_on(lines: list[_Line], span: Span) -> bool:
    """True when a span goes on with the last line; a list's mark is followed by its text across a wider gap."""
    line = lines[-1]
    if not _on_one_baseline(line, span):
        return False
    if not line.closed and span.x <= line.end:  # a change of font within a line keeps the line's position
        return True
    leads = len(lines) == 1 or not _on_one_baseline(lines[-2], line)
    gap = _MARK_GAP if leads and _MARK.fullmatch(line.text.strip()) else _WIDE_GAP
    return span.x > line.x and span.x - line.end <= gap * span.size


def _extend(line: _Line, span: Span) -> None:
    width = _width(span.text.strip(), span.size)
    if _MARK.fullmatch(line.text.strip()):
        line.text, line.size, line.bold = f"{line.text} {span.text}", span.size, span.bold
        line.end = span.x + width
    else:
        if len(span.text) > len(line.text):  # a footnote mark or a large initial doesn't set the line's size and place
            line.size, line.y = span.size, span.y
        line.text += (" " if line.closed else "") + span.text
        line.bold = line.bold and span.bold
        line.end = max(line.end, span.x) + width
    line.closed = span.text.endswith("\n")


def _width(text: str, size: float) -> float:
    """Estimate how wide a text is drawn; the fonts' own widths are not at hand here."""
    ems = sum(0.3 if c in _NARROW else 0.85 if c in _WIDE else 0.67 if c.isupper() else 0.52 for c in text)
    return ems * size


def _without_running_lines(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Leave out lines that stand at the same place at the top or bottom of most pages, and bare page numbers."""
    upwards = [sorted(page, key=lambda line: line.y) for page in pages]
    edges = [page[:_EDGE_LINES] + page[_EDGE_LINES:][-_EDGE_LINES:] for page in upwards]
    counts = Counter(key for edge in edges for key in {_key(line) for line in edge})
    needed = max(2, _REPEATING_SHARE * len(pages))

    def is_running(line: _Line) -> bool:
        return counts[_key(line)] >= needed or _PAGE_NUMBER.fullmatch(line.text) is not None

    kept = []
    for page, ordered in zip(pages, upwards, strict=True):
        # Only what lies outside of everything else: the same words may well stand on many pages further in.
        running = [*takewhile(is_running, ordered), *takewhile(is_running, reversed(ordered))]
        left_out = {id(line) for line in running}
        kept.append([line for line in page if id(line) not in left_out])
    return kept


def _key(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.y)


@dataclass(frozen=True, slots=True)
class _Style:
    """What is usual in this document: body size, line distance, sizes of headings from large to small."""

    size: float
    pitch: float
    larger: tuple[float, ...]
    bold_body: bool

    @classmethod
    def of(cls, lines: Sequence[_Line]) -> _Style:
        """Measure a document's lines."""
        characters: Counter[float] = Counter()
        bold = 0
        for line in lines:
            characters[line.size] += len(line.text)
            bold += len(line.text) if line.bold else 0
        size = characters.most_common(1)[0][0] if characters else 0.0
        pitches = sorted(
            above.y - below.y
            for above, below in pairwise(lines)
            if above.page == below.page
            and above.size == below.size == size
            and size * 0.8 < above.y - below.y < size * 2.5
        )
        pitch = pitches[len(pitches) // 4] if pitches else size * 1.2
        larger = tuple(sorted((other for other in characters if other > size * _LARGER), reverse=True))
        return cls(size, pitch, larger, bold * 2 > sum(characters.values()))


def _blocks(lines: list[_Line], style: _Style, words: set[str]) -> Iterator[Block]:
    """Yield one page's blocks."""
    room = max((line.end for line in lines), default=0.0)
    index = 0
    while index < len(lines):
        page = lines[index].page
        end, table = _table(lines, index)
        if table:
            yield Block("table", table, page=page)
        elif level := _heading_level(lines, index, style):
            end = index + 1
            while end < len(lines) and _continues_heading(lines, end, style, level):
                end += 1
            yield Block("heading", _joined(lines[index:end], 0.0, words), level=level, page=page)
        else:
            end = index + 1
            while end < len(lines) and _continues(lines, end, style):
                end += 1
            yield _text_block(lines[index:end], room, words)
        index = end


def _text_block(lines: list[_Line], room: float, words: set[str]) -> Block:
    text = _joined(lines, room, words)
    if bullet := _BULLET.match(text):
        return Block("list_item", f"- {text[bullet.end() :]}", page=lines[0].page)
    return Block("list_item" if _NUMBER.match(text) else "paragraph", text, page=lines[0].page)


def _heading_level(lines: list[_Line], index: int, style: _Style) -> int:
    """Give the level of a heading, 0 for other lines: by size, by weight, or by a number such as 2.1."""
    line = lines[index]
    text = line.text
    if len(text) > _HEADING_CHARACTERS or not re.search(r"[^\W\d_]", text) or _BULLET.match(text):
        return 0
    if line.size in style.larger:
        return min(style.larger.index(line.size) + 1, 6)
    ends_like_a_heading = text[-1] not in ".;,:"
    if line.bold and not style.bold_body and line.size >= style.size and ends_like_a_heading:
        return min(len(style.larger) + 1, 6)
    if _NUMBERED_HEADING.match(text) and ends_like_a_heading and not _continues(lines, index + 1, style):
        return min(text.split()[0].strip(".").count(".") + 1, 6)
    return 0


def _continues_heading(lines: list[_Line], index: int, style: _Style, level: int) -> bool:
    above, line = lines[index - 1], lines[index]
    if _on_one_baseline(above, line):
        return line.x > above.x
    near = 0 < above.y - line.y <= line.size * 1.5 and above.size == line.size
    return near and not line.text[0].isdigit() and _heading_level(lines, index, style) == level


def _continues(lines: list[_Line], index: int, style: _Style) -> bool:
    """True when a line goes on with the paragraph or list item of the line before."""
    if index >= len(lines):
        return False
    above, line = lines[index - 1], lines[index]
    if _on_one_baseline(above, line):
        return line.x > above.x
    if _BULLET.match(line.text) or _NUMBER.match(line.text) or abs(above.size - line.size) > 0.5:
        return False
    if not 0 < above.y - line.y < style.pitch * _PARAGRAPH_GAP or _table(lines, index)[1]:
        return False
    return line.bold == above.bold or not (line.bold and _heading_level(lines, index, style))


def _joined(lines: Sequence[_Line], room: float, words: set[str]) -> str:
    """Join wrapped lines: with a space where the line was full, by a line end where it was ended on purpose."""
    text = lines[0].text
    for above, line in pairwise(lines):
        following = line.text
        first_word = following.split(" ", 1)[0]
        if text.endswith("\u00ad"):
            text = text[:-1] + following
        elif re.search(r"[^\W\d_]-$", text) and following[:1].islower():
            text = _without_hyphen(text, first_word, words) + following
        elif above.end + _width(f" {first_word}", above.size) < room * 0.9 and not _on_one_baseline(above, line):
            text += "\n" + following
        else:
            text += " " + following
    return text


def _without_hyphen(text: str, first_word: str, words: set[str]) -> str:
    """Drop a hyphen that only breaks the line; the document's other words tell "on-call" from "com-pany"."""
    start = text.rsplit(maxsplit=1)[-1]
    ending = re.sub(r"\W+$", "", first_word)
    return text if f"{start}{ending}".casefold() in words else text[:-1]


def _hyphenated_words(pages: Sequence[Sequence[_Line]]) -> set[str]:
    words = (word for page in pages for line in page for word in line.text.split() if "-" in word)
    return {word.strip(".,;:!?()\"'").casefold() for word in words}


def _table(lines: list[_Line], index: int) -> tuple[int, str]:
    """Read the table that starts here: the index after it and the table; (index, "") when none does."""
    rows: list[list[tuple[float, str]]] = []
    end = index
    while end < len(lines):
        row_end, row = _row(lines, end)
        if len(row) < 2:
            break
        if rows and not (_fits(row, rows, lines[end].size) and _below(lines[end:row_end], lines[end - 1])):
            break
        rows.append(row)
        end = row_end
    if len(rows) < 2:
        return index, ""
    columns = [x for x, _ in max(rows, key=len)]
    table = []
    for row in rows:
        cells = [""] * len(columns)
        for x, text in row:
            column = min(range(len(columns)), key=lambda number: abs(columns[number] - x))
            cells[column] = f"{cells[column]} {text}".strip()
        table.append(cells)
    return end, pipe_table(table)


def _row(lines: list[_Line], index: int) -> tuple[int, list[tuple[float, str]]]:
    """Read cells from left to right, each with the lines that it wraps to; give where they end, and (x, text) each."""
    cells: list[tuple[float, str]] = []
    low = high = lines[index].y
    left = right = float("-inf")
    while index < len(lines):
        first = lines[index]
        end = index + 1
        while end < min(len(lines), index + _LONGEST_CELL) and _wraps(lines[end - 1], lines[end], first):
            end += 1
        cell = lines[index:end]
        beside = cell[-1].y <= high + first.size and first.y >= low - first.size
        if not beside or first.x <= left or first.x < right - first.size:
            break
        cells.append((first.x, " ".join(line.text for line in cell)))
        low, high = min(low, cell[-1].y), max(high, first.y)
        left, right = first.x, max(line.end for line in cell)
        index = end
    return index, cells


def _below(row: Sequence[_Line], above: _Line) -> bool:
    top, bottom = max(line.y for line in row), min(line.y for line in row)
    return bottom < above.y <= top + _ROW_GAP * above.size


def _wraps(above: _Line, line: _Line, first: _Line) -> bool:
    """True when a line is the next one of the same cell."""
    if _BULLET.match(line.text) or _NUMBER.match(line.text):
        return False
    return 0 < above.y - line.y <= _CELL_PITCH * line.size and abs(line.x - first.x) <= line.size


def _fits(row: list[tuple[float, str]], rows: list[list[tuple[float, str]]], size: float) -> bool:
    columns = [x for x, _ in max(rows, key=len)]
    few, many = sorted(([x for x, _ in row], columns), key=len)
    return all(min(abs(x - column) for column in many) <= _COLUMN_DRIFT * size for x in few)
