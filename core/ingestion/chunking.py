"""Cuts a loaded document into chunks along its structure, each small enough for the embedder to see whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.ingestion.plain_text import plain
from core.ingestion.sentences import split_sentences
from core.models import Block, Chunk, LoadedDocument

# Raise this when chunks come out differently: unchanged files are then cut anew at the next ingest.
CHUNKING_VERSION = 2
HEADING_SEPARATOR = " › "
_SPECIAL_TOKENS = 2  # [CLS] and [SEP]
_PREFIX_SHARE = 0.3  # of the embedder's limit at most for title and heading path
# To some tokenizers a word of any length is one unknown word; none stands for more characters than these here.
_TOKEN_CHARACTERS = 40
_PIECE_CHARACTERS = 2_000

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece that is kept whole: its source text, its tokens and where it stood."""

    text: str
    tokens: int
    kind: str
    page: int | None
    lines: tuple[int, int] | None
    opens: bool = False  # the line that opens a list or a table: repeated where the list is cut
    repeated: bool = False  # overlap: it stands in the chunk before, too


def chunk_document(
    document: LoadedDocument, count_tokens: CountTokens, *, max_tokens: int, target_tokens: int | None = None
) -> list[Chunk]:
    """Cut a document into chunks.

    count_tokens: tokens of each text as the embedder counts them, special tokens included.
    max_tokens: what the embedder sees at most; no chunk's search_text exceeds it.
    target_tokens: a chunk is closed once it is this full (default: max_tokens).
    """
    chunks: list[Chunk] = []
    for path, blocks in _sections(document):
        prefix = _prefix(document.title, path, count_tokens, int(max_tokens * _PREFIX_SHARE))
        room = max_tokens - _SPECIAL_TOKENS - (_tokens(prefix, count_tokens) if prefix else 0)
        units = _units(blocks, count_tokens, room)
        target = min(room, target_tokens or room)
        for packed in _pack(units, room, target):
            chunks.append(_chunk(len(chunks), prefix, path, packed))
    return chunks


def _tokens(text: str, count_tokens: CountTokens) -> int:
    return _counts([text], count_tokens)[0]


def _counts(texts: Sequence[str], count_tokens: CountTokens) -> list[int]:
    """Give the tokens of each text without the special ones."""
    counted = zip(texts, count_tokens(texts), strict=True)
    return [max(count - _SPECIAL_TOKENS, len(text) // _TOKEN_CHARACTERS) for text, count in counted]


def _prefix(title: str, path: tuple[str, ...], count_tokens: CountTokens, limit: int) -> str:
    """Give title and heading path as embedded, the outer headings dropped first where it gets too long."""
    names = [title, *(name for name in path if name != title)]
    while names:
        prefix = HEADING_SEPARATOR.join(names)
        if _tokens(prefix, count_tokens) <= limit:
            return prefix
        names.pop(1 if len(names) > 2 else 0)
    return ""


def _sections(document: LoadedDocument) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Yield each heading path with the blocks right under it; headings with nothing under them join the path only."""
    stack: list[tuple[int, str]] = []
    body: list[Block] = []
    for block in document.blocks:
        if block.kind == "heading":
            if body:
                yield tuple(name for _, name in stack), body
                body = []
            level = block.level or 1
            stack = [(other, name) for other, name in stack if other < level]
            stack.append((level, plain(block.text, one_line=True)))
        elif block.text.strip():
            body.append(block)
    if body:
        yield tuple(name for _, name in stack), body


def _units(blocks: Sequence[Block], count_tokens: CountTokens, room: int) -> list[_Unit]:
    """Make the pieces that are kept whole; a block that is too large is cut at rows, lines, sentences or words."""
    texts = [_indented(block) for block in blocks]
    counts = _counts([plain(text) for text in texts], count_tokens)
    units: list[_Unit] = []
    for index, (block, text, tokens) in enumerate(zip(blocks, texts, counts, strict=True)):
        follower = blocks[index + 1].kind if index + 1 < len(blocks) else ""
        opens = block.kind == "paragraph" and follower in {"list_item", "table", "code"} and tokens <= room // 4
        unit = _Unit(text, tokens, block.kind, block.page, block.lines, opens)
        units.extend([unit] if tokens <= room else _cut(unit, count_tokens, room))
    return units


def _indented(block: Block) -> str:
    if block.kind != "list_item" or block.level == 0:
        return block.text.strip("\n")
    indent = "  " * block.level
    lines = block.text.strip("\n").splitlines()
    lines[0] = lines[0].lstrip()
    return "\n".join(indent + line for line in lines)


def _cut(unit: _Unit, count_tokens: CountTokens, room: int) -> list[_Unit]:
    if unit.kind == "table":
        return _cut_table(unit, count_tokens, room)
    pieces = _pieces(unit.text, unit.kind)
    return [
        replace(unit, text=text, tokens=tokens) for text, tokens in _fill(pieces, count_tokens, room, _joint(unit.kind))
    ]


def _cut_table(unit: _Unit, count_tokens: CountTokens, room: int) -> list[_Unit]:
    """Cut between rows, the header repeated on each part so that a row keeps its meaning."""
    lines = unit.text.splitlines()
    header, rows = lines[:2], lines[2:]
    header_text = "\n".join(header)
    header_tokens = _tokens(plain(header_text), count_tokens)
    if header_tokens > room // 2:  # a header that leaves no room explains little
        header_text, header_tokens, rows = "", 0, lines
    parts = _fill(rows, count_tokens, room - header_tokens, "\n")
    first = unit.lines[0] + len(lines) - len(rows) if unit.lines else None
    units = []
    for text, tokens in parts:
        span = text.count("\n") + 1
        where = (first, first + span - 1) if first is not None else None
        units.append(
            replace(
                unit,
                text=f"{header_text}\n{text}" if header_text else text,
                tokens=tokens + header_tokens,
                lines=where if where and unit.lines and where[1] <= unit.lines[1] else unit.lines,
            )
        )
        if first is not None:
            first += span
    return units


def _joint(kind: str) -> str:
    return "\n" if kind == "code" else " "


def _pieces(text: str, kind: str) -> list[str]:
    if kind == "code":
        return text.splitlines()
    lines = text.splitlines()
    if kind == "list_item" and len(lines) > 1:
        return [piece for line in lines for piece in split_sentences(line)]
    return split_sentences(text)


def _fill(pieces: Iterable[str], count_tokens: CountTokens, room: int, joint: str) -> list[tuple[str, int]]:
    """Join pieces greedily into texts of at most room tokens; a piece above that is cut between words."""
    small: list[str] = []
    for piece in pieces:
        small.extend(part for length in _lengths(piece) for part in _cut_words(length, count_tokens, room))
    filled: list[tuple[str, int]] = []
    current: list[str] = []
    used = 0
    counts = _counts([plain(piece) for piece in small], count_tokens) if small else []
    for piece, tokens in zip(small, counts, strict=True):
        if current and used + tokens > room:
            filled.append((joint.join(current), used))
            current, used = [], 0
        current.append(piece)
        used += tokens
    if current:
        filled.append((joint.join(current), used))
    return filled


def _lengths(piece: str) -> Iterator[str]:
    """Cut a very long piece between words, so that halving has little to read again at each level."""
    start = 0
    while len(piece) - start > _PIECE_CHARACTERS:
        end = start + _PIECE_CHARACTERS
        space = max(piece.rfind(" ", start, end), piece.rfind("\n", start, end))
        end = space if space > start else end
        yield piece[start:end].strip()
        start = end
    yield piece[start:].strip() if start else piece


def _cut_words(piece: str, count_tokens: CountTokens, room: int) -> list[str]:
    """Halve a piece between words, or between characters where there are none, until each part fits."""
    if len(piece) < 2 or _tokens(plain(piece), count_tokens) <= room:
        return [piece]
    middle = len(piece) // 2
    space = max(piece.rfind(" ", 0, middle + 1), piece.rfind("\n", 0, middle + 1))
    at = space if space > len(piece) // 4 else middle
    return [
        part
        for half in (piece[:at], piece[at:])
        if half.strip()
        for part in _cut_words(half.strip(), count_tokens, room)
    ]


def _pack(units: Sequence[_Unit], room: int, target: int) -> Iterator[list[_Unit]]:
    """Group units of one section; where it is cut, the opening line or the last short unit is repeated as overlap."""
    current: list[_Unit] = []
    used = 0
    opening: _Unit | None = None
    for unit in units:
        row = unit.kind == "row"
        if current and (row or used + unit.tokens > room or used >= target):
            yield current
            current = [] if row else _overlap(current, opening, room - unit.tokens)
            used = sum(kept.tokens for kept in current)
        if unit.opens:
            opening = unit
        elif unit.kind not in {"list_item", "table", "code"}:
            opening = None
        current.append(unit)
        used += unit.tokens
    if current:
        yield current


def _overlap(previous: Sequence[_Unit], opening: _Unit | None, room: int) -> list[_Unit]:
    """Choose what the next chunk repeats of the last one: at most a quarter of the room."""
    candidate = opening if opening is not None else previous[-1]
    if candidate.kind in {"table", "code"} or candidate.tokens > room // 4:
        return []
    return [replace(candidate, repeated=True)]


_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s")


def _chunk(ordinal: int, prefix: str, path: tuple[str, ...], units: Sequence[_Unit]) -> Chunk:
    text = units[0].text
    for before, after in pairwise(units):
        tight = before.kind == after.kind == "list_item" and bool(_MARK.match(after.text))
        text += ("\n" if tight else "\n\n") + after.text
    body = plain(text)
    search_text = f"{prefix}\n{body}" if prefix else body
    own = [unit for unit in units if not unit.repeated]
    lines = [unit.lines for unit in own if unit.lines]
    pages = [unit.page for unit in own if unit.page is not None]
    return Chunk(
        ordinal=ordinal,
        text=text,
        heading=HEADING_SEPARATOR.join(path),
        search_text=search_text,
        content_hash=hashlib.sha256(f"{search_text}\0{text}".encode()).hexdigest(),
        page=pages[0] if pages else None,
        lines=(min(first for first, _ in lines), max(last for _, last in lines)) if lines else None,
    )
