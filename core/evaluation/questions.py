"""Owns question sets: what an evaluation item is and how sets in JSON lines or SQuAD's format become items."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from core.errors import ConfigurationError
from core.models import Turn

ItemKind = Literal["fact", "procedure", "list", "policy", "numeric", "person", "followup", "unanswerable"]


@dataclass(frozen=True, slots=True)
class EvaluationItem:
    """One question with its gold.

    answers: gold answers as a person would write them. must_contain_any: a right answer holds one of these.
    source: path of the document that answers, relative to the ingested folder; for an unanswerable item the nearest
    one or "". also: other documents that answer as well. evidence: the words of the source that answer, verbatim.
    history: earlier turns, oldest first.
    """

    id: str
    question: str
    kind: ItemKind
    answers: tuple[str, ...]
    must_contain_any: tuple[str, ...]
    source: str
    evidence: str
    also: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()

    @property
    def answerable(self) -> bool:
        """False when the right answer is a refusal."""
        return self.kind != "unanswerable"

    @property
    def sources(self) -> tuple[str, ...]:
        """All documents that answer the question."""
        return (self.source, *self.also)


@dataclass(frozen=True, slots=True)
class SquadDocument:
    """One paragraph of a SQuAD file as a document of its own; name is a relative path ending in .txt."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SquadSet:
    """A SQuAD file as a folder of one-paragraph documents and the questions over it."""

    documents: tuple[SquadDocument, ...]
    items: tuple[EvaluationItem, ...]


@dataclass(frozen=True, slots=True)
class _SquadAnswer:
    text: str
    answer_start: int


@dataclass(frozen=True, slots=True)
class _SquadQuestion:
    id: str
    question: str
    answers: tuple[_SquadAnswer, ...]
    is_impossible: bool = False  # SQuAD 1.1 and its kin leave it out


@dataclass(frozen=True, slots=True)
class _SquadParagraph:
    context: str
    qas: tuple[_SquadQuestion, ...]


@dataclass(frozen=True, slots=True)
class _SquadArticle:
    title: str
    paragraphs: tuple[_SquadParagraph, ...]


@dataclass(frozen=True, slots=True)
class _SquadFile:
    data: tuple[_SquadArticle, ...]


_ITEM = TypeAdapter(EvaluationItem)
_SQUAD = TypeAdapter(_SquadFile)
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+")

Parsed = TypeVar("Parsed")


def parse_questions(text: str, where: str) -> tuple[EvaluationItem, ...]:
    """Read a question set in JSON lines.

    text: one object a line, `answer` is accepted for a single gold answer; blank lines are skipped.
    where: the name for error messages. Raises ConfigurationError for a line that is no item, an id that
    comes twice and an answerable item with no or an empty key phrase, or no evidence.
    """
    items: dict[str, EvaluationItem] = {}
    for place, line in json_lines(text, where):
        item = _item(line, place)
        if item.id in items:
            raise ConfigurationError(f"{place}: id {item.id!r} came before; give every item an id of its own.")
        items[item.id] = item
    if not items:
        raise ConfigurationError(f"{where} holds no question; write one JSON object a line.")
    return tuple(items.values())


def parse_squad(text: str, where: str) -> SquadSet:
    """Read SQuAD-format JSON (1.1 or 2.0): every paragraph becomes a document, every question an item.

    The evidence is the sentence around the first gold answer; key phrases are all gold answers.
    where: the name for error messages. Raises ConfigurationError when the text is not of this format.
    """
    try:
        squad = _SQUAD.validate_json(text)
    except ValidationError as error:
        raise ConfigurationError(f"{where} is not in SQuAD's format: {_faults(error)}.") from None
    documents: list[SquadDocument] = []
    items: list[EvaluationItem] = []
    for article in squad.data:
        folder = re.sub(r"\W+", "_", article.title).strip("_") or "untitled"
        for paragraph in article.paragraphs:
            document = SquadDocument(f"{folder}/{len(documents) + 1:04}.txt", paragraph.context)
            documents.append(document)
            items += [_squad_item(question, document) for question in paragraph.qas]
    return SquadSet(tuple(documents), tuple(items))


def json_lines(text: str, where: str) -> list[tuple[str, dict[str, object]]]:
    """Give each non-blank line as (its place for error messages, its object), or raise ConfigurationError."""
    objects: list[tuple[str, dict[str, object]]] = []
    # Not splitlines(): JSON strings may hold U+2028 and its like unescaped.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{where} line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigurationError(f"{place} is not JSON ({error}); write one JSON object a line.") from None
        if not isinstance(value, dict):
            raise ConfigurationError(f"{place} holds no JSON object but {line.strip()[:40]!r}; write one a line.")
        objects.append((place, value))
    return objects


def validated(adapter: TypeAdapter[Parsed], value: object, place: str) -> Parsed:
    """Turn a JSON value into the adapter's type, or raise ConfigurationError naming each fault."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ConfigurationError(f"{place}: {_faults(error)}.") from None


def _item(line: dict[str, object], place: str) -> EvaluationItem:
    if "answers" not in line and "answer" in line:
        line = {**line, "answers": [line["answer"]] if line["answer"] else []}
    item = validated(_ITEM, line, place)
    keys = item.must_contain_any
    if item.answerable and not (keys and all(key.strip() for key in keys) and item.evidence.strip()):
        raise ConfigurationError(
            f"{place}: {item.id!r} is answerable but lacks a key phrase or evidence; "
            'fill must_contain_any and evidence, or set kind to "unanswerable".'
        )
    return item


def _squad_item(question: _SquadQuestion, document: SquadDocument) -> EvaluationItem:
    answerable = bool(question.answers) and not question.is_impossible
    answers = tuple(dict.fromkeys(answer.text for answer in question.answers)) if answerable else ()
    return EvaluationItem(
        id=question.id,
        question=question.question.strip(),
        kind="fact" if answerable else "unanswerable",
        answers=answers,
        must_contain_any=answers,
        source=document.name,
        evidence=_sentence_around(document.text, question.answers[0]) if answerable else "",
    )


def _sentence_around(text: str, answer: _SquadAnswer) -> str:
    """Give the sentence, or sentences, of the text that hold the answer."""
    starts = [end.end() for end in _SENTENCE_END.finditer(text, 0, answer.answer_start)]
    closing = _SENTENCE_END.search(text, answer.answer_start + len(answer.text))
    return text[starts[-1] if starts else 0 : closing.end() if closing else len(text)].strip()


def _faults(error: ValidationError) -> str:
    """Name the first faults of a validation in one line."""
    faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:3]]
    more = error.error_count() - len(faults)
    return "; ".join(faults) + (f"; and {more} more" if more else "")
