"""DOCX: headings and lists by style, tables in place, tracked deletions and tables of contents left out."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import nsmap, qn

from core.errors import IngestionError
from core.ingestion.loaders.files import MEGABYTE
from core.ingestion.loaders.pipe_tables import REPEATED_CHARACTERS, pipe_table
from core.ingestion.loaders.titles import title_from_path
from core.models import Block, LoadedDocument

UNPACKED_LIMIT = 300 * MEGABYTE
XML_LIMIT = 64 * MEGABYTE
RATIO_LIMIT = 200
MEMBER_LIMIT = 5_000
_RATIO_MATTERS_FROM = MEGABYTE

# What zipfile, lxml and python-docx raise on damaged packages; lxml's own errors are SyntaxErrors.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OpcError,
    SyntaxError,
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
_HEADING_STYLE = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN = (qn(f"w:{name}") for name in ("t", "tab", "br", "cr", "noBreakHyphen"))
_PARAGRAPH, _TABLE, _ROW, _CELL = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc"))
_TEXT_BOX, _VALUE = qn("w:txbxContent"), qn("w:val")
# Containers whose content counts: content controls, insertions, hyperlinks and the like are simply walked through.
_LEFT_OUT = {qn(f"w:{name}") for name in ("del", "moveFrom", "pPr", "rPr", "sectPr", "tblPr", "sdtPr", "instrText")}
_LEFT_OUT.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_MOST_SPANNED = 50


def parse(data: bytes, relative: str) -> LoadedDocument:
    """Read a Word document; the title is its Title paragraph's, else the first Heading 1's, else its properties',
    else made from the file's name. Blocks have no pages and no lines: Word lays out pages only when it opens a file.

    Raises IngestionError for damaged packages and for those that would unpack beyond the limits.
    """
    try:
        _refuse_bomb(data)
        document = docx.Document(BytesIO(data))
        reader = _Reader(document)
        reader.walk(document.element.body)
        title = (document.core_properties.title or "").strip()
    except _DAMAGE as error:
        reason = str(error).split("\n", 1)[0][:120] or type(error).__name__
        raise IngestionError(f"The Word file is damaged ({reason}); open it in Word and save it again.") from error
    first = next((block.text for block in reader.blocks if block.kind == "heading" and block.level == 1), "")
    return LoadedDocument(reader.title or first or title or title_from_path(relative), tuple(reader.blocks))


def _refuse_bomb(data: bytes) -> None:
    """Check the declared sizes before anything is unpacked; zipfile reads no more than a member declares."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    xml = sum(member.file_size for member in members if member.filename.lower().endswith((".xml", ".rels")))
    dense = any(
        member.file_size > _RATIO_MATTERS_FROM and member.file_size > RATIO_LIMIT * max(1, member.compress_size)
        for member in members
    )
    if dense or unpacked > UNPACKED_LIMIT or xml > XML_LIMIT or len(members) > MEMBER_LIMIT:
        raise IngestionError(
            f"The Word file would unpack from {len(data) / MEGABYTE:.1f} MB to {unpacked / MEGABYTE:.0f} MB in "
            f"{len(members)} parts, over what a document needs; split it or save it again without embedded files."
        )


class _Reader:
    """Walks the body of one document and keeps the counters of its numbered lists."""

    def __init__(self, document: Any) -> None:
        self.blocks: list[Block] = []
        self.title = ""
        self._styles = {style.style_id: style for style in document.styles}
        self._default_style = next(
            (style for style in document.styles if style.element.get(qn("w:default")) == "1" and style.type == 1), None
        )
        self._formats = _number_formats(document)
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)

    def walk(self, element: Any) -> None:
        """Read the block-level content of an element in document order."""
        for child in element.iterchildren():
            if child.tag == _PARAGRAPH:
                self._paragraph(child)
                for box in child.iter(_TEXT_BOX):
                    if next(box.iterancestors(_PARAGRAPH)) is child and not _is_left_out(box, child):
                        self.walk(box)
            elif child.tag == _TABLE:
                self._table(child)
            elif child.tag not in _LEFT_OUT:
                self.walk(child)

    def _paragraph(self, paragraph: Any) -> None:
        text = _text(paragraph)
        if not text:
            return
        names = [style.name or "" for style in self._style_chain(paragraph)]
        name = names[0].lower() if names else ""
        if name == "title":
            self.title = self.title or text.replace("\n", " ")
            self.blocks.append(Block("heading", text.replace("\n", " "), level=1))
        elif name.startswith(("toc ", "table of figures")):
            return
        elif level := self._heading_level(paragraph, names):
            self.blocks.append(Block("heading", text.replace("\n", " "), level=level))
        elif item := self._list_item(paragraph, names):
            depth, marker = item
            indented = text.replace("\n", "\n" + " " * (len(marker) + 1))
            self.blocks.append(Block("list_item", f"{marker} {indented}", level=depth))
        elif name in {"quote", "intense quote"}:
            self.blocks.append(Block("quote", text))
        else:
            self.blocks.append(Block("paragraph", text))

    def _style_chain(self, paragraph: Any) -> Iterator[Any]:
        """Yield the paragraph's style and those that it is based on, nearest first."""
        style = self._styles.get(paragraph.style, self._default_style)
        seen = set()
        while style is not None and style.style_id not in seen:
            seen.add(style.style_id)
            yield style
            style = getattr(style, "base_style", None)

    def _heading_level(self, paragraph: Any, names: list[str]) -> int:
        """Give 1 to 6 for a heading, else 0: by the style's name, or by an outline level for styles of one's own."""
        for name in names:
            if match := _HEADING_STYLE.match(name):
                return min(int(match[1]), 6)
        for element in (paragraph, *(style.element for style in self._style_chain(paragraph))):
            value = _value(element, "w:pPr/w:outlineLvl")
            if value.isdecimal():
                return min(int(value) + 1, 6) if int(value) < 9 else 0
        return 0

    def _list_item(self, paragraph: Any, names: list[str]) -> tuple[int, str] | None:
        """Give a list item's depth and its marker, None for other paragraphs."""
        chain = [paragraph, *(style.element for style in self._style_chain(paragraph))]
        number_id = next((value for element in chain if (value := _value(element, "w:pPr/w:numPr/w:numId"))), "")
        style = next((name.lower() for name in names if name.lower().startswith("list")), "")
        if number_id in {"", "0"}:
            is_list = style.startswith(("list bullet", "list number")) and number_id != "0"
            number_id = style if is_list else ""
        if not number_id:
            return None
        value = next((value for element in chain if (value := _value(element, "w:pPr/w:numPr/w:ilvl"))), "")
        depth = int(value) if value.isdecimal() else 0
        if not depth and style[-1:].isdecimal():  # "List Bullet 2"
            depth = int(style[-1]) - 1
        counters = self._counters[number_id]
        counters[depth] = counters.get(depth, 0) + 1
        for deeper in [level for level in counters if level > depth]:
            del counters[deeper]
        default = "decimal" if style.startswith("list number") else "bullet"
        bullet = self._formats.get((number_id, int(value) if value.isdecimal() else 0), default) in {"bullet", "none"}
        return min(depth, 8), "-" if bullet else f"{counters[depth]}."

    def _table(self, table: Any) -> None:
        rows = _rows(table)
        if all(len(row) <= 1 for row in rows):  # a box round some text, not a table
            for cell in table.iter(_CELL):
                if next(cell.iterancestors(_TABLE)) is table:
                    self.walk(cell)
        elif text := pipe_table(rows):
            self.blocks.append(Block("table", text))


def _rows(table: Any) -> list[list[str]]:
    """Give a table's cells as text; cells merged downwards are repeated so that each row can be read alone."""
    rows: list[list[str]] = []
    for row in table.iter(_ROW):
        if next(row.iterancestors(_TABLE)) is not table:
            continue
        line: list[str] = []
        for cell in row.iter(_CELL):
            if next(cell.iterancestors(_TABLE)) is not table:
                continue
            merged = cell.find("w:tcPr/w:vMerge", nsmap)
            if merged is not None and merged.get(_VALUE, "continue") == "continue":
                above = rows[-1] if rows else []
                text = above[len(line)] if len(line) < len(above) else ""
                text = text if len(text) <= REPEATED_CHARACTERS else ""
            else:
                text = " ".join(filter(None, (_text(paragraph) for paragraph in cell.iter(_PARAGRAPH))))
            span = _value(cell, "w:tcPr/w:gridSpan")
            width = min(int(span), _MOST_SPANNED) if span.isdecimal() and len(span) < 4 else 1
            line.extend([text, *[""] * (width - 1)])
        rows.append(line)
    return rows


def _text(paragraph: Any) -> str:
    """Give a paragraph's words with insertions and without deletions, field codes and text boxes."""
    pieces: list[str] = []
    for element in paragraph.iter(_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN):
        if _is_left_out(element, paragraph) or next(element.iterancestors(_PARAGRAPH)) is not paragraph:
            continue
        if element.tag == _TEXT:
            pieces.append(element.text or "")
        else:
            pieces.append({_TAB: " ", _HYPHEN: "-"}.get(element.tag, "\n"))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_left_out(element: Any, top: Any) -> bool:
    for ancestor in element.iterancestors():
        if ancestor is top:
            return False
        if ancestor.tag in _LEFT_OUT:
            return True
    return False


def _value(element: Any, path: str) -> str:
    """Give the w:val of the element at a path, "" when there is none."""
    found = element.find(path, nsmap)
    return "" if found is None else str(found.get(_VALUE, ""))


def _number_formats(document: Any) -> dict[tuple[str, int], str]:
    """Map list id and depth to its number format ("bullet", "decimal", ...)."""
    part = next((rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None)
    if part is None:
        return {}
    formats: dict[str, dict[int, str]] = {}
    for abstract in part.element.findall("w:abstractNum", nsmap):
        formats[abstract.get(qn("w:abstractNumId"))] = {
            int(level.get(qn("w:ilvl"), "0")): _value(level, "w:numFmt") for level in abstract.findall("w:lvl", nsmap)
        }
    return {
        (number.get(qn("w:numId")), depth): name
        for number in part.element.findall("w:num", nsmap)
        for depth, name in formats.get(_value(number, "w:abstractNumId"), {}).items()
    }
