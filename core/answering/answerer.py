"""The way of one question: condense, retrieve, choose evidence, decide, phrase, check."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from core.answering import compose
from core.answering.evidence import Chooser
from core.answering.prompt import fitted_messages
from core.answering.review import Review
from core.answering.small_talk import small_talk
from core.answering.stages import StageClock
from core.answering.support import Check, supports
from core.errors import ModelError, QuestionError
from core.models import Answer, Citation, Dropped, Evidence, Question, Sampling, WrittenSentence
from core.ports import ChatModel
from core.retrieval.condense import Query, condense
from core.retrieval.retriever import Retriever

# Below this probability that the evidence answers the question, silence is the honest answer.
REFUSE_BELOW = 0.38
# And below this one it is said that it may not be the answer.
SURE_FROM = 0.5
# Chunks that are looked at, and chunks that are told of afterwards.
_CANDIDATES = 16
_PASSAGES = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one answer. characters: the longest question; the others in tokens of the chat model."""

    question_characters: int
    context_tokens: int
    history_tokens: int


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """Told first: what the answer will rest on."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class TextGrown:
    """Told when the model begins, and as often as there is more: its sentences that the evidence carries."""

    text: str


Event = EvidenceFound | TextGrown | Answer


async def final_answer(stream: AsyncGenerator[object, None]) -> Answer:
    """Give the Answer that a stream of events ends with. Raises what the stream raises."""
    final: Answer | None = None
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Answer):
                final = event
    assert final is not None  # a stream ends with an Answer or an error
    return final


class Answerer:
    """Answers questions from one index; `model` None quotes the evidence."""

    def __init__(
        self,
        retriever: Retriever,
        chooser: Chooser,
        model: ChatModel | None,
        sampling: Sampling,
        limits: Limits,
        language: str,
        check: Check = supports,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._retriever = retriever
        self._chooser = chooser
        self._model = model
        self._sampling = sampling
        self._limits = limits
        self._language = language
        self._check = check
        self._clock = clock

    async def answer(self, question: Question) -> Answer:
        """Give the final answer. Raises QuestionError, StoreError or ModelError (of the embedder)."""
        return await final_answer(self.stream(question))

    async def stream(self, question: Question) -> AsyncGenerator[Event, None]:
        """Yield the evidence, the growing text and at last the Answer; closing it cancels the model.

        A chat model that is busy, too slow or broken costs nobody the answer: the quoted evidence stands.
        """
        text = self.checked(question.text)
        if (kind := small_talk(text)) is not None:
            yield Answer(question=text, text="", kind="chat", small_talk=kind, confidence=1.0)
            return
        stages = StageClock("condense", self._clock)
        query = condense(text, question.history, self._language)
        stages.enter("embed")
        embedding = await self._retriever.embed(query)
        stages.enter("search")
        nearest = await self._retriever.nearest(embedding, query, limit=_CANDIDATES, collections=question.collections)
        stages.enter("choose")
        choice = await self._chooser.choose(query, embedding, nearest.chunks)
        evidence = choice.evidence
        base = Answer(
            question=text,
            text="",
            kind="refused",
            passages=choice.passages[:_PASSAGES],
            model=self._model.name if self._model else "none",
            condensed=query.text,
            confidence=choice.probability,
            evidence=evidence,
            dropped=(*choice.dropped, *(Dropped(chunk, "duplicate") for chunk in nearest.duplicates)),
        )
        if not evidence or base.confidence < REFUSE_BELOW:
            yield replace(base, timings=stages.stop())
            return
        quoted = compose.quoted(evidence)
        yield EvidenceFound(quoted.citations)
        sentences: tuple[WrittenSentence, ...] = ()
        written = _Written(Review((), query.text, self._language, self._check))
        if self._model is not None:
            stages.enter("prompt")
            try:
                async with aclosing(self._write(self._model, question, query, evidence, stages, written)) as pieces:
                    async for grown in pieces:
                        yield grown
            except ModelError as error:
                written.failure = str(error)
            stages.enter("check")
            sentences = written.review.sentences(written.text)
        phrased = compose.phrased(sentences, evidence)
        composed = phrased or quoted
        yield replace(
            base,
            text=composed.text,
            kind="phrased" if phrased else "quoted",
            citations=composed.citations,
            uncertain=base.confidence < SURE_FROM,
            written=written.text,
            sentences=sentences,
            model_failure=written.failure,
            timings=stages.stop(prompt_tokens=written.prompt_tokens, completion_tokens=written.completion_tokens),
        )

    async def _write(
        self,
        model: ChatModel,
        question: Question,
        query: Query,
        evidence: tuple[Evidence, ...],
        stages: StageClock,
        written: _Written,
    ) -> AsyncGenerator[TextGrown, None]:
        messages, offered, written.prompt_tokens = await fitted_messages(
            model,
            question.text,
            evidence,
            question.history,
            max_tokens=self._sampling.max_tokens,
            context_tokens=self._limits.context_tokens,
            history_tokens=self._limits.history_tokens,
        )
        written.review = Review(offered, query.text, self._language, self._check)
        stages.enter("first_token")
        shown: str | None = None
        async with aclosing(model.stream(messages, self._sampling)) as tokens:
            async for token in tokens:
                if not written.completion_tokens:
                    stages.first_token()
                written.completion_tokens += 1
                written.text += token
                text = compose.growing(written.review.finished_sentences(written.text))
                if text != shown:
                    shown = text
                    yield TextGrown(text)

    def checked(self, text: str) -> str:
        """Give a question without white space around it; raises QuestionError when it is empty or too long."""
        text = text.strip()
        if not text:
            raise QuestionError('The question is empty; ask something, such as "How do I book leave?".')
        limit = self._limits.question_characters
        if len(text) > limit:
            raise QuestionError(
                f"The question has {len(text):,} characters, but at most {limit:,} are read (QUESTION_CHARACTERS)."
            )
        return text


@dataclass(slots=True)
class _Written:
    """What the model has written so far, kept also when it fails half-way."""

    review: Review
    text: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failure: str = ""
