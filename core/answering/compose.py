"""Puts an answer together: the model's supported sentences, the quoted evidence under them, numbered citations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.answering.units import as_lead
from core.ingestion.plain_text import plain
from core.markers import MARKER
from core.models import Citation, Evidence, WrittenSentence

# Zero-width spaces, overriding directions, tag characters: words that people do not see, or see as others.
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u202d\u202e\U000e0000-\U000e007f]")
_FOREIGN_LINK = re.compile(r"\]\(")


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with [n] markers and the citations that they name, numbered from 1 in the order of the text."""

    text: str
    citations: tuple[Citation, ...]


def quoted(evidence: Sequence[Evidence]) -> Composed:
    """Give the answer that always stands: the evidence itself, each quotation with its number."""
    return _composed([], evidence)


def phrased(sentences: Sequence[WrittenSentence], evidence: Sequence[Evidence]) -> Composed | None:
    """Give the checked sentences that the evidence carries and the evidence quoted; None when no sentence is left."""
    carried = _carried(sentences)
    return _composed(carried, evidence) if carried else None


def growing(sentences: Sequence[WrittenSentence]) -> str:
    """Give what may be shown of a text that is still being written: the sentences that the evidence carries."""
    carried = _carried(sentences)
    return _lead(carried, _numbers(carried, ()))


def _carried(sentences: Sequence[WrittenSentence]) -> list[tuple[str, int]]:
    """Give the sentences that the evidence carries, each with the chunk that carries it."""
    return [(sentence.text, sentence.chunk_id) for sentence in sentences if sentence.chunk_id is not None]


def _composed(sentences: Sequence[tuple[str, int]], evidence: Sequence[Evidence]) -> Composed:
    numbers = _numbers(sentences, evidence)
    parts = [_lead(sentences, numbers)] if sentences else []
    citations = []
    for chunk_id, number in numbers.items():
        # Never empty: what the model was offered is a part of the evidence.
        own = sorted((piece for piece in evidence if piece.chunk.id == chunk_id), key=lambda piece: piece.position)
        parts.append(_quotation(own, number))
        cited = "\n".join(dict.fromkeys(piece.text for piece in own))
        citations.append(Citation(number, own[0].chunk, cited))
    return Composed("\n\n".join(parts), tuple(citations))


def _numbers(sentences: Sequence[tuple[str, int]], evidence: Sequence[Evidence]) -> dict[int, int]:
    """Number the chunks from 1 in the order in which the text comes to them."""
    numbers: dict[int, int] = {}
    for chunk_id in (*(chunk_id for _, chunk_id in sentences), *(piece.chunk.id for piece in evidence)):
        numbers.setdefault(chunk_id, len(numbers) + 1)
    return numbers


def _lead(sentences: Sequence[tuple[str, int]], numbers: Mapping[int, int]) -> str:
    return " ".join(_marked(sentence, numbers[chunk_id]) for sentence, chunk_id in sentences)


def _marked(sentence: str, number: int) -> str:
    end = sentence[-1] if sentence[-1] in ".!?" else "."
    return f"{sentence.rstrip('.!?').rstrip()} [{number}]{end}"


def _quotation(pieces: Sequence[Evidence], number: int) -> str:
    """Quote pieces of one chunk as a Markdown block quote; what leads several pieces stands once above them."""
    lines: list[str] = []
    leads: list[str] = []  # of the list that is being quoted, outermost first
    above = ""
    for piece in pieces:
        if piece.lead.lstrip().startswith("|"):
            lines.append(_quotable(_row(piece)))
            continue
        if piece.lead in leads:
            leads = leads[: leads.index(piece.lead) + 1]
        elif piece.lead and piece.lead == above:
            leads.append(above)
        else:
            leads = [piece.lead] if piece.lead else []
            lines += [_quotable(plain(lead, one_line=True)) for lead in leads]
        above = as_lead(piece.text)
        if piece.text.lstrip().startswith(("```", "~~~")):
            lines.extend(piece.text.splitlines())
            continue
        lines.append(_quotable(plain(piece.text, one_line=True)))
    fence = lines[-1].lstrip().startswith(("```", "~~~"))
    if fence:
        lines.append(f"[{number}]")
    else:
        lines[-1] += f" [{number}]"
    return "\n".join(f"> {line}" for line in lines)


def _quotable(line: str) -> str:
    """Give a line of a document without what would look like ours: footnote numbers, links, letters nobody sees."""
    line = _FOREIGN_LINK.sub("] (", _UNSEEN.sub("", line))
    return MARKER.sub(r"(\1)", line)


def _row(piece: Evidence) -> str:
    """Give a table row as "Column: cell; Column: cell", so that it is readable without its table."""
    names, cells = _cells(piece.lead), _cells(piece.text)
    if len(names) != len(cells):
        return plain(piece.text, one_line=True)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def _cells(row: str) -> list[str]:
    return [plain(cell, one_line=True) for cell in row.strip().strip("|").split("|")]
