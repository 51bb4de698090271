"""Reviews what the model writes, sentence by sentence: which evidence carries it, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.answering.evidence import evidence_words, heading_of
from core.answering.support import Check, carrier, nearest_rule, split_markers, supports, without_verdict
from core.ingestion.sentences import split_sentences
from core.models import Evidence, WrittenSentence

# Fewer words after a label may well be an answer of its own: "The limit is: 1,000 euros."
_COPIED_WORDS = 4


class Review:
    """Reviews what is written from some evidence.

    offered: the evidence in the prompt, numbered from 1 in this order. A sentence keeps the number that carries it,
    whatever it named; a number that was not offered is gone. A sentence that only repeats the evidence is left to
    the quotation.
    """

    def __init__(self, offered: Sequence[Evidence], question: str, language: str, check: Check = supports) -> None:
        self._offered = offered
        self._told = [evidence_words(piece) for piece in offered]
        self._question = question
        self._language = language
        self._check = check

    def sentences(self, written: str) -> tuple[WrittenSentence, ...]:
        """Tell what becomes of each sentence of a whole text, and which rule a dropped one broke."""
        return tuple(
            replace(sentence, rule=nearest_rule(sentence.text, self._told, self._question, self._language))
            if sentence.fate == "dropped"
            else sentence
            for sentence in self._judged([part for line in written.splitlines() for part in split_sentences(line)])
        )

    def finished_sentences(self, written: str) -> list[WrittenSentence]:
        """Tell the same, without rules, of a text that is still being written: of its whole sentences only."""
        *lines, last = written.splitlines() or [""]
        parts = [part for line in lines for part in split_sentences(line)]
        return self._judged(parts + split_sentences(last)[:-1])  # the last one may go on

    def _judged(self, written: Sequence[str]) -> list[WrittenSentence]:
        """Tell what becomes of each sentence; those without a word are left out."""
        sentences: list[WrittenSentence] = []
        for marked in written:
            sentence, numbers = split_markers(marked)
            sentence = without_verdict(self._without_heading(sentence))
            if not sentence:
                continue
            if any(sentence == other.text for other in sentences if other.chunk_id is not None):
                sentences.append(WrittenSentence(sentence, "repeated"))
                continue
            if any(_same_words(sentence, told) for told in self._told):
                sentences.append(WrittenSentence(sentence, "quoted"))
                continue
            cited = [number - 1 for number in numbers]
            index = carrier(sentence, cited, self._told, self._question, self._language, self._check)
            if index is None:
                sentences.append(WrittenSentence(sentence, "dropped"))
                continue
            named = not cited or index in cited
            sentences.append(WrittenSentence(sentence, "kept" if named else "corrected", self._offered[index].chunk.id))
        return sentences

    def _without_heading(self, sentence: str) -> str:
        """Take off the heading that stood before a note in the prompt: a small model copies it along."""
        for piece in self._offered:
            sentence = sentence.removeprefix(f"{heading_of(piece)}:").lstrip()
        return sentence


def _same_words(sentence: str, evidence: str) -> bool:
    def bare(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    # A small model puts labels before what it copies: "The vacation news is: Vacation news: ..."
    parts = sentence.split(": ")
    copied = [": ".join(parts[first:]) for first in range(1, len(parts))]
    told = f" {bare(evidence)} "
    return f" {bare(sentence)} " in told or any(
        f" {bare(part)} " in told for part in copied if len(part.split()) >= _COPIED_WORDS
    )
