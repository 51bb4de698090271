"""Makes training examples for the phrasing: the prompt as the product builds it, and the answer that is wanted."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from core.answering.evidence import Chooser, evidence_of, evidence_words
from core.answering.prompt import messages_for
from core.answering.support import carrier, split_markers, tells, without_verdict
from core.answering.units import units_of
from core.evaluation.questions import EvaluationItem
from core.ingestion.sentences import split_sentences
from core.models import ChatMessage, Evidence
from core.ports import Embedder
from core.retrieval.condense import condense, gist
from core.retrieval.retriever import embed_query
from core.training.corpus import Corpus
from core.training.examples import label

# Near misses come from these; the product reads more, but what it chooses seldom comes from further down.
_RETRIEVED = 6
# An answer that is told in more words is no short one.
_LONGEST = 45
# So often the notes come in another order than by score: the model shall read them, not take the first.
_SHUFFLED = 0.25


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the answer that is wanted. is_copy: its words stand in one note just so."""

    messages: tuple[ChatMessage, ...]
    answer: str
    is_copy: bool


async def examples(
    items: Sequence[EvaluationItem],
    corpus: Corpus,
    embedder: Embedder,
    chooser: Chooser,
    chance: random.Random,
    language: str = "english",
) -> AsyncIterator[Example]:
    """Yield the examples of answerable items: their own answer where the evidence carries it, else the evidence.

    An item is left out when neither is a short answer, or when its evidence isn't found in the corpus.
    """
    for item in items:
        if not item.answerable:
            continue
        query = condense(item.question, item.history, language)
        asked = embed_query(embedder, query)
        found = corpus.search(query, asked, _RETRIEVED)
        right = _right(item, corpus)
        if not right:
            continue
        choice = await chooser.choose(query, asked, found)
        notes = _with(right, list(choice.evidence), chance)
        answer = _wanted(item, notes, right, language)
        if answer:
            turns = [replace(turn, answer=gist(turn.answer)) for turn in item.history]
            is_copy = any(_bare(split_markers(answer)[0]) in _bare(evidence_words(note)) for note in notes)
            yield Example(tuple(messages_for(item.question, notes, turns)), answer, is_copy)


def _right(item: EvaluationItem, corpus: Corpus) -> list[Evidence]:
    """Give the pieces that answer, of the first chunk that holds some."""
    for source in item.sources:
        for chunk in corpus.of_document(source):
            if answers := label(item, chunk).answers:
                units = units_of(chunk)
                return [evidence_of(units[number], 1.0) for number in answers]
    return []


def _with(right: Sequence[Evidence], chosen: list[Evidence], chance: random.Random) -> list[Evidence]:
    """Put a right piece among the chosen ones unless one is there, and sometimes change their order."""
    texts = {piece.text for piece in right}
    if not any(piece.text in texts for piece in chosen):
        chosen[-1:] = [] if len(chosen) > 3 else chosen[-1:]
        chosen.insert(min(int(chance.expovariate(1)), len(chosen)), right[0])
    if chance.random() < _SHUFFLED:
        chance.shuffle(chosen)
    return chosen


def _wanted(item: EvaluationItem, notes: Sequence[Evidence], right: Sequence[Evidence], language: str) -> str:
    words = [evidence_words(piece) for piece in notes]
    texts = {piece.text for piece in right}
    first = [index for index, piece in enumerate(notes) if piece.text in texts]
    told = []
    for sentence in split_sentences(item.answers[0]):
        stated = without_verdict(sentence)
        # People put things in another order; the model shall learn from them all the same.
        index = carrier(stated, first, words, item.question, language, tells)
        if index is not None:
            told.append(f"{stated.rstrip('.!')} [{index + 1}].")
    if told:
        return " ".join(told)
    text = words[first[0]]
    return f"{text.rstrip('.!')} [{first[0] + 1}]." if 4 <= len(text.split()) <= _LONGEST else ""


def _bare(text: str) -> str:
    words = re.findall(r"\w+", text.lower())
    return f" {' '.join(words)} "
