"""Owns what an evaluation needs of a given answer, read from an answers file or taken from an Answer."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from core.errors import ConfigurationError
from core.evaluation.questions import json_lines, validated
from core.models import Answer, RetrievedChunk


@dataclass(frozen=True, slots=True)
class GivenChunk:
    """A chunk that a system retrieved or cited: its document's path and its whole text."""

    document: str
    text: str


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a system gave for one item. passages: what it retrieved, best first. citations: what it cites."""

    id: str
    answer: str
    refused: bool
    citations: tuple[GivenChunk, ...]
    passages: tuple[GivenChunk, ...]


_ANSWER = TypeAdapter(GivenAnswer)


def parse_answers(text: str, where: str) -> dict[str, GivenAnswer]:
    """Read answers as `docent ask --batch` writes them, by id in their order.

    where: the name for error messages. Raises ConfigurationError for a line that is no answer
    and an id that comes twice.
    """
    answers: dict[str, GivenAnswer] = {}
    for place, line in json_lines(text, where):
        answer = validated(_ANSWER, line, place)
        if answer.id in answers:
            raise ConfigurationError(f"{place}: id {answer.id!r} came before; give one answer an id.")
        answers[answer.id] = answer
    return answers


def given(identifier: str, answer: Answer) -> GivenAnswer:
    """Take what an evaluation needs from an answer of the core; identifier is the item's id."""
    return GivenAnswer(
        id=identifier,
        answer=answer.text,
        refused=answer.refused,
        citations=tuple(_given_chunk(citation.chunk) for citation in answer.citations),
        passages=tuple(_given_chunk(chunk) for chunk in answer.passages),
    )


def _given_chunk(retrieved: RetrievedChunk) -> GivenChunk:
    return GivenChunk(document=retrieved.document, text=retrieved.chunk.text)
