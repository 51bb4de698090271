"""CSV and TSV: every row is a block of its own that reads well when it is quoted alone."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from core.errors import IngestionError
from core.ingestion.loaders.titles import title_from_path
from core.models import Block, LoadedDocument

COLUMN_LIMIT = 100
ROW_LIMIT = 100_000

_DELIMITERS = ",;\t|"
_SNIFFED_LINES = 50
_QUESTION_NAMES = {"q", "question", "questions", "frage", "fragen", "pregunta"}
_ANSWER_NAMES = {"a", "answer", "answers", "antwort", "antworten", "respuesta", "response", "reply"}
_HEADER_CHARACTERS = 60
_PROSE_WORDS = 5
_VALUE = re.compile(r"[\d\s.,:;%€$£+/()-]+|https?://\S+|\S+@\S+|.*\?")


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[str, ...]
    lines: tuple[int, int]


def parse(text: str, relative: str) -> LoadedDocument:
    """Read a table; one "row" block a row, as "**Question**" and its answer or as "Column: value; Column: value".

    Raises IngestionError for more than COLUMN_LIMIT columns or ROW_LIMIT rows, and for a quote that never closes.
    """
    delimiter = "\t" if relative.lower().endswith(".tsv") else _sniff(text)
    rows = list(_rows(text, delimiter))
    header = _header(rows)
    if header is not None:
        rows = rows[1:]
    pair = _question_and_answer(header, rows)
    width = max((len(row.cells) for row in rows), default=0)
    names = header or tuple(f"Column {number + 1}" for number in range(width) if width > 1)
    blocks = (Block("row", _readable(row.cells, names, pair), lines=row.lines) for row in rows)
    return LoadedDocument(title_from_path(relative), tuple(block for block in blocks if block.text))


def _sniff(text: str) -> str:
    """Choose the delimiter that cuts the first lines into the same number of columns most often."""
    sample = text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if row)
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        if width > 1 and (rows, width) > best_score:
            best, best_score = delimiter, (rows, width)
    return best


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """Yield the rows that hold anything, with the lines they stand on."""
    source = [line + "\n" for line in text.split("\n")]
    reader = csv.reader(source, delimiter=delimiter)
    before, count, lines = 0, 0, (1, 1)
    try:
        for cells in reader:
            lines = (before + 1, reader.line_num)
            before = reader.line_num
            if before == len(source) and _is_open(source[lines[0] - 1 :], delimiter):
                raise csv.Error("the last row never ends")
            if len(cells) > COLUMN_LIMIT:
                raise IngestionError(
                    f"The table has {len(cells):,} columns in line {lines[0]:,}, over the limit of {COLUMN_LIMIT}; "
                    "keep the columns that people ask about."
                )
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                count += 1
                if count > ROW_LIMIT:
                    raise IngestionError(f"The table has more than {ROW_LIMIT:,} rows; split it.")
                yield _Row(stripped, lines)
    except csv.Error as error:
        raise IngestionError(
            f"The table can't be read from line {lines[0]:,} on ({error}); look for a quote that is not closed."
        ) from error


def _is_open(last_row: list[str], delimiter: str) -> bool:
    """True when the row ends within quotes; the lenient reader would take the rest of the file for one cell."""
    try:
        list(csv.reader(last_row, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _header(rows: Sequence[_Row]) -> tuple[str, ...] | None:
    """Give the first row's cells when they look like names of columns rather than like data."""
    if len(rows) < 2:
        return None
    names = rows[0].cells
    if _named_pair(names) is not None:
        return names
    filled = [name for name in names if name]
    looks_right = (
        len(filled) >= 2
        and len(set(filled)) == len(filled)
        and all(len(name) <= _HEADER_CHARACTERS and not _VALUE.fullmatch(name) for name in filled)
    )
    return names if looks_right else None


def _question_and_answer(header: Sequence[str] | None, rows: Sequence[_Row]) -> tuple[int, int] | None:
    """Find the columns of question and answer, by name or because there are two and the second is prose."""
    if header is not None and (named := _named_pair(header)) is not None:
        return named
    if rows and all(len(row.cells) == 2 for row in rows):
        firsts, seconds = zip(*((row.cells[0], row.cells[1]) for row in rows), strict=True)
        prose = median(len(answer.split()) for answer in seconds) >= _PROSE_WORDS
        if prose and all(firsts) and not any(_VALUE.fullmatch(first) for first in firsts if not first.endswith("?")):
            return 0, 1
    return None


def _named_pair(names: Sequence[str]) -> tuple[int, int] | None:
    """Find the columns that are called question and answer."""
    plain = [re.sub(r"\W", "", name).lower() for name in names]
    question = next((index for index, name in enumerate(plain) if name in _QUESTION_NAMES), None)
    answer = next((index for index, name in enumerate(plain) if name in _ANSWER_NAMES), None)
    return None if question is None or answer is None else (question, answer)


def _readable(cells: Sequence[str], names: Sequence[str], pair: tuple[int, int] | None) -> str:
    head = ""
    rest = list(range(len(cells)))
    if pair is not None:
        question, answer = (cells[index] if index < len(cells) else "" for index in pair)
        if question and answer:
            head = f"**{' '.join(question.split())}**\n\n{answer}"
            rest = [index for index in rest if index not in pair]
    fields = [f"{_name(names, index)}{cells[index]}" for index in rest if cells[index]]
    if head:
        return "\n\n".join([head, *fields])
    return "; ".join(" ".join(field.split()) for field in fields)


def _name(names: Sequence[str], index: int) -> str:
    name = names[index].rstrip(":") if index < len(names) else ""
    return f"{name}: " if name else ""
