"""Asks every question of a set, one after the other, and keeps how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from core.errors import ConfigurationError, ModelError, QuestionError
from core.evaluation.questions import EvaluationItem
from core.evaluation.results import ItemResult, item_result
from core.models import Answer, ChatMessage, Question, Sampling
from core.ports import ChatModel


class Answers(Protocol):
    """What is evaluated: the core's answerer."""

    def checked(self, text: str) -> str:
        """Give a question as it is asked. Raises QuestionError when it can't be."""
        ...

    async def answer(self, question: Question) -> Answer:
        """Give the final answer."""
        ...


async def ask_all(
    answerer: Answers,
    model: ChatModel | None,
    set_name: str,
    items: Sequence[EvaluationItem],
    *,
    collections: tuple[str, ...] | None,
    language: str,
    asked: Callable[[], None],
) -> list[ItemResult]:
    """Answer every item in order; `asked` is told of each. model: the one that the answerer phrases with.

    Raises ConfigurationError before the first answer when a question can't be asked, StoreError or ModelError when
    the database or the embedder fails.
    """
    for item in items:
        try:
            answerer.checked(item.question)
        except QuestionError as error:
            raise ConfigurationError(f"Item {item.id!r} of {set_name} can't be asked: {error}") from error
    questions = [Question(item.question, item.history, collections) for item in items]
    # With the last one, so that nothing of it is in a cache when it is measured.
    await _warm_up(answerer, model, questions[-1])
    results = []
    for item, question in zip(items, questions, strict=True):
        answer = await answerer.answer(question)
        results.append(item_result(set_name, item, answer, language))
        asked()
    return results


async def _warm_up(answerer: Answers, model: ChatModel | None, question: Question) -> None:
    """Load what is loaded at its first use, so that no measured answer pays for it."""
    await answerer.answer(question)
    if model is None:
        return
    try:
        hello = (ChatMessage("user", "Hello"),)
        async with aclosing(model.stream(hello, Sampling(max_tokens=1))) as tokens:
            async for _ in tokens:
                pass
    except ModelError:
        return  # every answer will carry this failure, where it is counted
