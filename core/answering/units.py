"""Cuts a chunk into the smallest pieces that can be quoted: sentences, list items, table rows, question/answer rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.ingestion.plain_text import plain
from core.ingestion.sentences import split_sentences
from core.models import RetrievedChunk

_ITEM = re.compile(r"^(\s*)(?:[-*+]|\d{1,9}[.)])\s+")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_QUESTION_ROW = re.compile(r"^\*\*Q: ")


@dataclass(frozen=True, slots=True)
class Unit:
    """A quotable piece. text: verbatim. plain: its words. lead: what gives it meaning (header, list's opening line).

    position: its place in the chunk, from 0.
    """

    chunk: RetrievedChunk
    text: str
    plain: str
    lead: str
    position: int


def units_of(chunk: RetrievedChunk) -> list[Unit]:
    """Give the quotable pieces of a chunk in order."""
    units: list[Unit] = []
    for text, lead in _pieces(chunk.chunk.text):
        words = plain(text, one_line=True)
        if any(character.isalnum() for character in words):
            units.append(Unit(chunk, text, words, lead, len(units)))
    return units


def led_by(units: Sequence[Unit]) -> list[list[int]]:
    """Give for each piece the places of those that it leads, with all that is nested in them; units in their order."""
    led: list[list[int]] = []
    for first, unit in enumerate(units):
        leads = {as_lead(unit.text)}
        own: list[int] = []
        for place in range(first + 1, len(units)):
            other = units[place]
            if other.chunk.id != unit.chunk.id or other.lead not in leads:
                break
            own.append(place)
            leads.add(as_lead(other.text))
        led.append(own)
    return led


def as_lead(text: str) -> str:
    """Give a piece's text as those name it that it leads: of a list item only its first line."""
    return text.split("\n", 1)[0] if _ITEM.match(text) else text


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    if _QUESTION_ROW.match(text):  # a row of a question/answer table is one piece
        yield text, ""
        return
    lead = ""
    for block in _blocks(text):
        first = block[0]
        if _FENCE.match(first):
            yield "\n".join(block), lead
            lead = ""
        elif _ROW.match(first):
            yield from _rows(block)
            lead = ""
        elif _ITEM.match(first):
            yield from _items(block, lead)
            lead = ""
        else:
            sentences = split_sentences("\n".join(block))
            for sentence in sentences:
                yield sentence, ""
            lead = sentences[-1] if sentences and sentences[-1].rstrip("*_ ").endswith(":") else ""


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield runs of lines: a fence, a table, a list, or a paragraph."""
    current: list[str] = []
    kind = ""
    for line in text.splitlines():
        if kind == "fence":
            current.append(line)
            if _FENCE.match(line):
                yield current
                current, kind = [], ""
            continue
        if _FENCE.match(line):
            if current:
                yield current
            current, kind = [line], "fence"
            continue
        found = "row" if _ROW.match(line) else "item" if _ITEM.match(line) else "text" if line.strip() else ""
        continues = found == "text" and kind == "item" and line.startswith((" ", "\t"))
        if found and found != kind and not continues:
            if current:
                yield current
            current = []
            kind = found
        if found:
            current.append(line)
        elif kind == "text" and current:
            yield current
            current, kind = [], ""
    if current:
        yield current


def _rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    has_header = len(lines) > 2 and bool(_RULE.match(lines[1]))
    header = lines[0] if has_header else ""
    for line in lines[2:] if has_header else lines:
        if not _RULE.match(line):
            yield line, header


def _items(lines: list[str], lead: str) -> Iterator[tuple[str, str]]:
    """Yield each list item with its own further lines; a nested item is led by the item above it."""
    parents: list[tuple[int, str]] = []
    item: list[str] = []
    item_lead = lead
    for line in lines:
        match = _ITEM.match(line)
        if match:
            if item:
                yield "\n".join(item), item_lead
            depth = len(match.group(1))
            parents = [(other, text) for other, text in parents if other < depth]
            item_lead = parents[-1][1] if parents else lead
            parents.append((depth, line.strip()))
            item = [line.strip()]
        elif item:
            item.append(line.strip())
    if item:
        yield "\n".join(item), item_lead
