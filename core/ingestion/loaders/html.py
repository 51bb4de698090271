"""HTML: the page's own content as blocks, without navigation, scripts, forms and hidden parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from core.errors import IngestionError
from core.ingestion.loaders.pipe_tables import REPEATED_CHARACTERS, pipe_table
from core.ingestion.loaders.titles import title_from_path
from core.models import Block, BlockKind, LoadedDocument

TAG_LIMIT = 500_000

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu"}
# fmt: off
_DROPPED = {
    "head", "script", "style", "template", "noscript", "nav", "aside", "iframe", "svg", "canvas", "object", "audio",
    "video", "button", "select", "option", "input", "textarea", "dialog", "map",
}
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "q", "ruby", "rt", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr",
}
# fmt: on
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST_SPANNED = 50
# libxml2 counts lines in 16 bits for HTML.
_LAST_COUNTED_LINE = 65_534


def parse(text: str, relative: str) -> LoadedDocument:
    """Read a page; the title is its first H1's, else its <title>, else the first heading's, else the file name's.

    Raises IngestionError when the page has more than TAG_LIMIT tags or is nested too deeply to be read whole.
    """
    root = _tree(text)
    blocks: list[Block] = []
    for content in _contents(root):
        blocks = _read(content)
        if blocks:
            break
    headings = [block for block in blocks if block.kind == "heading"]
    first_h1 = next((block.text for block in headings if block.level == 1), "")
    page_title = " ".join("".join(root.itertext("title")).split()) if root is not None else ""
    first_heading = headings[0].text if headings else ""
    return LoadedDocument(first_h1 or page_title or first_heading or title_from_path(relative), tuple(blocks))


def html_blocks(markup: str, first_line: int = 1) -> list[Block]:
    """Give the blocks of an HTML fragment whose first line is line `first_line` of its document."""
    root = _tree(markup)
    return [] if root is None else _read(root, first_line)


def _tree(markup: str) -> Any:
    """Parse markup into its root element, None when there is none."""
    if markup.count("<") > TAG_LIMIT:
        raise IngestionError(f"The page has more than {TAG_LIMIT:,} tags; split it.")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        # "<html>" in front keeps leading text and comments from being taken for an empty document.
        root = etree.fromstring(b"<html>" + markup.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" or "depth" in entry.message for entry in parser.error_log):
        raise _too_deep()
    return root


def _contents(root: Any) -> Iterator[Any]:
    """Yield what may hold the page's own content, the most specific first."""
    if root is None:
        return
    yield from root.xpath("(//main | //*[@role='main'])[1]")
    articles = root.xpath("//article[not(ancestor::article)]")
    if len(articles) == 1:
        yield articles[0]
    yield root


def _read(element: Any, first_line: int = 1) -> list[Block]:
    reader = _Reader(first_line)
    try:
        reader.walk(element)
    except RecursionError as error:
        raise _too_deep() from error
    reader.flush()
    return reader.blocks


def _too_deep() -> IngestionError:
    return IngestionError("The page is nested too deeply to be read whole; save it in a simpler form.")


class _Reader:
    """Collects loose words into paragraphs and turns block elements into blocks, in reading order."""

    def __init__(self, first_line: int, depth: int = 0) -> None:
        self.blocks: list[Block] = []
        self._first_line = first_line
        self._depth = depth
        self._words: list[str] = []
        self._line = 0
        self._span: tuple[int, int] | None = None

    def walk(self, element: Any) -> None:
        """Read what stands inside an element."""
        self._line = max(self._line, element.sourceline or 0)
        self._say(element.text)
        for child in element:
            self._enter(child)
            self._say(child.tail)

    def flush(self, kind: BlockKind = "paragraph") -> None:
        """End the paragraph in progress."""
        text = _tidy("".join(self._words))
        span, self._words, self._span = self._span, [], None
        if text:
            self._add(kind, text, span=span)

    def _say(self, text: str | None) -> None:
        if not text:
            return
        start = self._line + len(text[: len(text) - len(text.lstrip())].split("\n")) - 1
        self._line += text.count("\n")
        # Line ends and tabs of the source are only space; a <br> is written as "\v" until the text is tidied.
        self._words.append(re.sub(r"[ \t\r\n]+", " ", text))
        if text.strip():
            end = self._line - len(text[len(text.rstrip()) :].split("\n")) + 1
            self._span = (self._span[0] if self._span else start, end)

    def _add(self, kind: BlockKind, text: str, level: int = 0, span: tuple[int, int] | None = None) -> None:
        lines = None
        if span and 0 < span[0] <= span[1] <= _LAST_COUNTED_LINE:
            lines = (span[0] + self._first_line - 1, span[1] + self._first_line - 1)
        self.blocks.append(Block(kind, text, level=level, lines=lines))

    def _enter(self, element: Any) -> None:
        tag = element.tag.lower() if isinstance(element.tag, str) else ""
        if not tag or tag in _DROPPED or _is_hidden(element) or _is_furniture(element, tag):
            return
        if tag in _INLINE:
            self.walk(element)
        elif tag == "br":
            self._words.append("\v")
        elif tag == "img":
            self._say(" ".join((element.get("alt") or "").split()))
        else:
            self.flush()
            self._line = max(self._line, element.sourceline or 0)
            self._enter_block(element, tag)
            self.flush()

    def _enter_block(self, element: Any, tag: str) -> None:
        if tag in _HEADINGS:
            self._add_whole("heading", element, _HEADINGS[tag])
        elif tag in _LISTS:
            self._list(element, numbered=tag == "ol")
        elif tag == "dl":
            self._definitions(element)
        elif tag == "pre":
            self._code(element)
        elif tag == "blockquote":
            self._add_whole("quote", element)
        elif tag == "table" and not _is_layout(element):
            self._table(element)
        else:
            self.walk(element)

    def _inside(self, element: Any, depth: int = 0) -> list[Block]:
        """Give the blocks inside an element, apart from those collected so far."""
        reader = _Reader(self._first_line, depth)
        reader.walk(element)
        reader.flush()
        self._line = max(self._line, reader._line)
        return reader.blocks

    def _add_whole(self, kind: BlockKind, element: Any, level: int = 0) -> None:
        inner = self._inside(element)
        joint = " " if kind == "heading" else "\n"
        if text := joint.join(block.text for block in inner):
            self.blocks.append(Block(kind, text.replace("\n", joint), level=level, lines=_covering(inner)))

    def _list(self, element: Any, *, numbered: bool) -> None:
        start = element.get("start") or ""
        number = int(start) if start.isdecimal() and len(start) < 6 else 1
        for child in element:
            if child.tag in _LISTS:  # a list right inside a list belongs to the item before
                self.blocks.extend(_nested(child, self._first_line, self._depth + 1))
                continue
            if child.tag != "li" or _is_hidden(child):
                self._enter(child)
                self.flush()
                continue
            inner = self._inside(child, self._depth + 1)
            if any(block.kind == "heading" for block in inner):  # cards written as a list
                self.blocks.extend(inner)
                continue
            own = [block for block in inner if block.kind != "list_item"]
            marker = f"{number}." if numbered else "-"
            number += 1
            if own:
                text = "\n".join(block.text for block in own)
                indented = text.replace("\n", "\n" + " " * (len(marker) + 1))
                item = Block("list_item", f"{marker} {indented}", level=self._depth, lines=_covering(own))
                self.blocks.append(item)
            self.blocks.extend(block for block in inner if block.kind == "list_item")

    def _definitions(self, element: Any) -> None:
        """Read a definition list: each definition is an item that begins with its terms."""
        terms: list[Block] = []
        for child in element.iter("dt", "dd"):
            if next(child.iterancestors("dl")) is not element:
                continue
            inner = self._inside(child)
            if child.tag == "dt":
                terms.extend(inner)
            elif inner:
                term = ", ".join(block.text for block in terms)
                text = "\n".join(block.text for block in inner)
                whole = f"{term}: {text}" if term else text
                self.blocks.append(Block("list_item", whole, lines=_covering([*terms, *inner])))
                terms = []
        self.blocks.extend(terms)

    def _code(self, element: Any) -> None:
        text = "".join(element.itertext())
        line = element.sourceline or 0
        stripped = text.strip("\n")
        if stripped.strip():
            first = line + len(text) - len(text.lstrip("\n"))
            self._add("code", f"```\n{stripped}\n```", span=(first, first + stripped.count("\n")))

    def _table(self, element: Any) -> None:
        for caption in element.iterchildren("caption"):
            self.walk(caption)
            self.flush()
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        cells: list[list[str]] = []
        inner: list[Block] = []
        held: dict[int, tuple[int, str]] = {}  # column -> rows still covered from above, text
        for row in rows:
            line: list[str] = []
            for cell in row.iterchildren("td", "th"):
                _fill_from_above(line, held)
                blocks = self._inside(cell)
                inner.extend(blocks)
                text = " ".join(block.text for block in blocks)
                rows_below = _span(cell.get("rowspan")) - 1
                for _ in range(_span(cell.get("colspan"))):
                    if rows_below and len(line) < _MOST_SPANNED:
                        held[len(line)] = (rows_below, text if len(text) <= REPEATED_CHARACTERS else "")
                    line.append(text)
                    text = ""
            _fill_from_above(line, held)
            cells.append(line)
        if table := pipe_table(cells):
            self.blocks.append(Block("table", table, lines=_covering(inner)))


def _nested(element: Any, first_line: int, depth: int) -> list[Block]:
    reader = _Reader(first_line, depth)
    reader._list(element, numbered=element.tag == "ol")
    return reader.blocks


def _fill_from_above(line: list[str], held: dict[int, tuple[int, str]]) -> None:
    """Repeat cells that span down from earlier rows, so that each row can be read alone."""
    while len(line) in held:
        column = len(line)
        rows, text = held.pop(column)
        if rows > 1:
            held[column] = (rows - 1, text)
        line.append(text)


def _span(value: str | None) -> int:
    """Give the number of rows or columns that a cell says it covers, within reason."""
    return min(int(value), _MOST_SPANNED) if value and value.isdecimal() and len(value) < 4 and int(value) else 1


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDING_STYLE.search(element.get("style") or ""))
    )


def _is_furniture(element: Any, tag: str) -> bool:
    """True for the page's header, footer and input forms, but not for an article's header or a form round it all."""
    if tag in {"header", "footer"}:
        return next(element.iterancestors("main", "article"), None) is None
    return tag == "form" and next(element.iter("main", "article", "h1", "h2"), None) is None


def _is_layout(table: Any) -> bool:
    """True for a table that only arranges the page: one column, or headings, lists of cards or tables inside."""
    if table.get("role") == "presentation" or next(table.iterdescendants("table", *_HEADINGS), None) is not None:
        return True
    return all(len(row) <= 1 for row in table.iter("tr"))


def _covering(blocks: list[Block]) -> tuple[int, int] | None:
    spans = [block.lines for block in blocks if block.lines]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \u00a0]+", " ", line).strip() for line in text.split("\v"))
    return "\n".join(line for line in lines if line)
