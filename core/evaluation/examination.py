"""Asks the golden questions anew, and tells which answers changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import QuestionError
from core.evaluation.golden import (
    Difference,
    GoldenAnswer,
    GoldenQuestion,
    against_golden,
    agrees,
    differences,
    golden_answer,
)
from core.evaluation.runner import Answers
from core.models import Question
from core.storage.golden_run_store import GoldenResult, GoldenRunStore
from core.storage.golden_store import GoldenStore


@dataclass(frozen=True, slots=True)
class Examined:
    """A golden question, what it got now and what it got before; None where it is asked for the first time."""

    golden: GoldenQuestion
    now: GoldenAnswer
    before: GoldenResult | None
    agrees: bool
    from_golden: tuple[Difference, ...]
    from_before: tuple[Difference, ...]

    @property
    def got_worse(self) -> bool:
        """True when the answer agreed before, and does not now; one that was liked agreed when it was."""
        agreed = self.before.agrees if self.before is not None else self.golden.source == "thumb"
        return agreed and not self.agrees

    @property
    def has_changed(self) -> bool:
        """True when there is something to tell: it differs from the last time, or agrees no more or again."""
        return (
            bool(self.from_before) or self.got_worse or (self.before is not None and self.before.agrees != self.agrees)
        )


def compared(
    golden: GoldenQuestion, now: GoldenAnswer, before: GoldenResult | None, language: str = "english"
) -> Examined:
    """Hold an answer against the right one and against the one before."""
    return Examined(
        golden,
        now,
        before,
        agrees(golden, now, language),
        against_golden(golden, now, language),
        differences(before.answer, now, language) if before is not None else (),
    )


async def examine(
    answerer: Answers,
    questions: GoldenStore,
    runs: GoldenRunStore,
    configuration: str,
    language: str = "english",
    *,
    asked: Callable[[int, int], None] = lambda done, total: None,
    ready: Callable[[], Awaitable[None]] | None = None,
) -> list[Examined]:
    """Ask every golden question with its collections and history, record the run and give how each went.

    asked: told how many of all are done. ready: awaited before each, so that others can go first. A question that
    can't be asked any more counts as refused. Raises StoreError, and ModelError of the embedder; nothing is recorded
    then.
    """
    made_at = await runs.now()
    golden = await questions.all()
    before: Mapping[int, GoldenResult] = await runs.latest()
    examined = []
    for done, one in enumerate(golden, start=1):
        if ready is not None:
            await ready()
        examined.append(compared(one, await _answer(answerer, one), before.get(one.id), language))
        asked(done, len(golden))
    if golden:
        await runs.save(configuration, made_at, [(one.golden.id, one.now, one.agrees) for one in examined])
    return examined


async def last_examination(questions: GoldenStore, runs: GoldenRunStore, language: str = "english") -> list[Examined]:
    """Give how the last run went, without those that were never asked, as they are held against today's right answers.

    Raises StoreError.
    """
    last = await runs.last()
    if last is None:
        return []
    now, before = await runs.latest(), await runs.latest(before=last.id)
    golden: Sequence[GoldenQuestion] = await questions.all()
    return [compared(one, now[one.id].answer, before.get(one.id), language) for one in golden if one.id in now]


async def _answer(answerer: Answers, golden: GoldenQuestion) -> GoldenAnswer:
    try:
        return golden_answer(
            await answerer.answer(Question(golden.question, golden.history, golden.collections, fresh=True))
        )
    except QuestionError:
        return GoldenAnswer("refusal")
