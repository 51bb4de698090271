"""Gives an answer again that was made before, when the question, what may be seen and the configuration are the same.

Two questions are the same when only case, white space or the signs at their end tell them apart. Nothing cleverer: a
wrong answer that comes at once is worse than a right one that takes its time.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from core.answering.answerer import Answerer, Event, final_answer
from core.answering.small_talk import small_talk
from core.models import Answer, Question, Timings
from core.retrieval.condense import leans_on_history
from core.storage.answer_store import AnswerStore

_END_SIGNS = ".?!…。？！"


@dataclass(frozen=True, slots=True)
class SearchBegun:
    """Told first when no answer is kept: the documents are searched now."""


class ReusingAnswerer:
    """Answers like the Answerer behind it, but at once with what is kept.

    configuration: gives what names the present configuration, see core.answering.configuration.
    enabled: False keeps nothing and gives nothing again.
    """

    def __init__(
        self,
        answerer: Answerer,
        store: AnswerStore,
        configuration: Callable[[], str],
        *,
        enabled: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._answerer = answerer
        self._store = store
        self._configuration = configuration
        self._enabled = enabled
        self._clock = clock

    async def answer(self, question: Question) -> Answer:
        """Give the final answer. Raises what Answerer.answer raises."""
        return await final_answer(self.stream(question))

    async def stream(self, question: Question) -> AsyncGenerator[Event | SearchBegun, None]:
        """Yield the kept answer, or that the search has begun and then what the Answerer yields.

        A question that is asked anew takes what is kept away first.
        """
        started = self._clock()
        key, seen = await self._place(question)
        if key and question.fresh:
            await self._store.drop(key)
        elif key and (kept := await self._store.find(key, seen)) is not None:
            text = question.text.strip()
            timings = Timings(total_ms=round((self._clock() - started) * 1000, 1))
            yield replace(kept, question=text, condensed=text, timings=timings)
            return
        yield SearchBegun()
        async with aclosing(self._answerer.stream(question)) as events:
            async for event in events:
                if isinstance(event, Answer) and is_worth_keeping(event):
                    yield replace(event, reuse_key=key)
                else:
                    yield event

    async def keep(self, answer: Answer, turn_id: int | None = None) -> None:
        """Keep an answer that may be kept for whoever asks the same and sees the same. Raises StoreError.

        turn_id: the turn that it became; when that is forgotten, so is the answer.
        """
        if answer.reuse_key:
            await self._store.keep(answer.reuse_key, answer, turn_id)

    async def _place(self, question: Question) -> tuple[str, Sequence[str]]:
        """Give the key of a question's answer, "" where none may be reused, and the collections that are seen."""
        normal = normalised(question.text)
        if not self._enabled or not normal or small_talk(question.text) is not None:
            return "", ()
        if question.history and leans_on_history(question.text):
            return "", ()
        seen = await self._store.collections() if question.collections is None else question.collections
        return reuse_key(normal, seen, self._configuration()), seen


def normalised(question: str) -> str:
    """Give what is the same for questions that differ in case, white space or the signs at their end only."""
    return " ".join(question.lower().split()).rstrip(_END_SIGNS + " ")


def reuse_key(normal: str, collections: Sequence[str], configuration: str) -> str:
    """Give the key of an answer: 64 hexadecimal digits, in which nobody's words can be read."""
    parts = json.dumps([normal, sorted(set(collections)), configuration])
    return hashlib.sha256(parts.encode()).hexdigest()


def is_worth_keeping(answer: Answer) -> bool:
    """Tell whether an answer is as good as it gets: sure, found in the documents, and not for want of the model."""
    is_found = answer.kind in ("phrased", "quoted") and bool(answer.citations)
    return is_found and not answer.uncertain and not answer.model_failure
