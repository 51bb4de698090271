"""Finds the sentences of a given answer that the evidence check does not carry, from the answer alone."""

from __future__ import annotations

from core.answering.support import split_markers, supports
from core.answering.units import units_of
from core.ingestion.plain_text import plain
from core.ingestion.sentences import split_sentences
from core.models import Answer, Citation


def phrased_sentences(answer: Answer) -> tuple[str, ...]:
    """Give the sentences that the model phrased, with their markers; quotations are no sentences of the model."""
    if answer.kind != "phrased":
        return ()
    lines = (line for line in answer.text.splitlines() if not line.startswith(">"))
    return tuple(sentence for line in lines for sentence in split_sentences(line))


def unsupported_sentences(answer: Answer, language: str) -> tuple[str, ...]:
    """Give the phrased sentences that no piece of a chunk that they cite carries; one that cites nothing is among them.

    language: SEARCH_LANGUAGE. The check is the product's own, so this finds what got past it in putting the answer
    together (a wrong number, a cut sentence), not what the check itself can't see.
    """
    cited = {citation.number: citation for citation in answer.citations}
    found = []
    for marked in phrased_sentences(answer):
        sentence, numbers = split_markers(marked)
        pieces = [piece for number in numbers if number in cited for piece in _pieces(cited[number])]
        if not any(supports(sentence, piece, answer.condensed or answer.question, language) for piece in pieces):
            found.append(marked)
    return tuple(found)


def _pieces(citation: Citation) -> list[str]:
    """Give the quotable pieces of a cited chunk as the check reads evidence, and the cited words as a whole."""
    units = [f"{plain(unit.lead, one_line=True)} {unit.plain}".strip() for unit in units_of(citation.chunk)]
    return [*units, plain(citation.evidence, one_line=True)]
