"""Makes training groups of question sets: a question, the chunks that the retriever brings, and where the answer is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.answering.evidence import passage_of
from core.answering.units import Unit, units_of
from core.evaluation.questions import EvaluationItem
from core.ingestion.plain_text import plain
from core.models import RetrievedChunk
from core.ports import Embedder, Passage
from core.retrieval.condense import Query, condense
from core.retrieval.retriever import embed_queries
from core.training.corpus import Corpus

# Of these the negatives are drawn.
_RETRIEVED = 16
_BATCH = 256
# A key phrase that is longer is no answer to point at, but a sentence.
_KEY_WORDS = 8
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A passage with what of it answers: the number of a piece -> the phrases in it to point at, () for all of it.

    answers: empty where the passage does not answer.
    """

    passage: Passage
    answers: dict[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Group:
    """A question as it is searched with the passages that hold its answer, none for an unanswerable one, and others."""

    question: str
    right: tuple[Labelled, ...]
    wrong: tuple[Labelled, ...]


def groups(items: Sequence[EvaluationItem], corpus: Corpus, embedder: Embedder) -> Iterator[Group]:
    """Yield the group of each item; an answerable one whose evidence isn't found in the corpus is left out."""
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        queries = [condense(item.question, item.history) for item in batch]
        embeddings = embed_queries(embedder, queries)
        for item, query, embedding in zip(batch, queries, embeddings, strict=True):
            group = _group(item, query, corpus, corpus.search(query, embedding, _RETRIEVED))
            if group is not None:
                yield group


def _group(item: EvaluationItem, query: Query, corpus: Corpus, found: Sequence[RetrievedChunk]) -> Group | None:
    right: list[Labelled] = []
    holding: set[int] = set()
    if item.answerable:
        for source in item.sources:
            for chunk in corpus.of_document(source):
                labelled = label(item, chunk)
                if labelled.answers:
                    holding.add(chunk.id)
                    right.append(labelled)
        if not right:
            return None
    keys = [_words(key) for key in item.must_contain_any]
    wrong = [
        Labelled(corpus.passage(chunk), {})
        for chunk in found
        if chunk.id not in holding and not any(f" {key} " in f" {_words(chunk.chunk.text)} " for key in keys if key)
    ]
    return Group(query.text, tuple(right), tuple(wrong))


def label(item: EvaluationItem, chunk: RetrievedChunk) -> Labelled:
    """Mark the pieces of a chunk that are the item's evidence; of these, the ones with a key phrase where there are."""
    units = units_of(chunk)
    evidence = _words(plain(item.evidence, one_line=True))
    inside = [number for number, unit in enumerate(units) if _is_evidence(unit, evidence)]
    keys = [key for key in item.must_contain_any if _words(key)]
    answers: dict[int, tuple[str, ...]] = {}
    for number in inside:
        words = f" {_words(units[number].plain)} "
        held = tuple(key for key in keys if f" {_words(key)} " in words)
        if held:
            answers[number] = tuple(key for key in held if len(_WORD.findall(key)) <= _KEY_WORDS)
    return Labelled(passage_of(chunk, units), answers or dict.fromkeys(inside, ()))


def _is_evidence(unit: Unit, evidence: str) -> bool:
    words = _words(unit.plain)
    if len(words.split()) < 2 and len(evidence.split()) > 1:
        return False
    return f" {words} " in f" {evidence} " or f" {evidence} " in f" {words} "


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def parse_fairytale(text: str) -> tuple[list[tuple[str, str]], list[EvaluationItem]]:
    """Read FairytaleQA (a list of stories with sections and questions) as documents (path, text) and items.

    The evidence is the sentence of the named sections that shares most words with the answer; questions whose answer
    is not told in the text are left out.
    """
    documents: list[tuple[str, str]] = []
    items: list[EvaluationItem] = []
    for story in json.loads(text):
        folder = "_".join(_WORD.findall(story["title"]))
        paths = [f"{folder}/{number:03}.txt" for number in range(len(story["sections"]))]
        documents += zip(paths, story["sections"], strict=True)
        for question in story["questions"]:
            sections = [number for number in question["sections"] if number < len(paths)]
            best = max(
                (
                    (_share(question["answers"][0], sentence), -number, sentence)
                    for number in sections
                    for sentence in re.split(r"(?<=[.!?])[\"'”’]?\s+", story["sections"][number])
                ),
                default=(0.0, 0, ""),
            )
            if question["explicit"] and best[0] >= 0.6:
                items.append(
                    EvaluationItem(
                        id=f"fairytale-{len(items)}",
                        question=question["question"],
                        kind="fact",
                        answers=tuple(question["answers"]),
                        must_contain_any=tuple(question["answers"]),
                        source=paths[-best[1]],
                        evidence=best[2],
                    )
                )
    return documents, items


_SMALL = frozenset("a an the of to in on at and or he she it they his her their was were is are that with for".split())


def _share(answer: str, sentence: str) -> float:
    wanted = set(_WORD.findall(answer.lower())) - _SMALL
    return len(wanted & set(_WORD.findall(sentence.lower()))) / len(wanted) if wanted else 0.0
