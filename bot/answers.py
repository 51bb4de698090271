"""The life of answers: each grows in its own task, is shown while it does, and always ends in a last message."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import asdict, replace

import structlog

from bot import wording
from bot.access import audience_of
from bot.delivery import Throttle, closing_reply, final_reply, footnotes, working_reply
from bot.incidents import logged
from bot.links import Links
from bot.messages import Footnote, IncomingMessage, Reply, Sent, Surface
from bot.metrics import Metrics, Outcome
from bot.pace import Pace
from core.answering.answerer import EvidenceFound, TextGrown
from core.answering.reuse import SearchBegun
from core.bootstrap import Core
from core.errors import ConfigurationError, PlatformError, QuestionError, StoreError
from core.models import Answer, Question, Timings
from core.storage.question_store import QuestionStore

log = structlog.get_logger()


class Answers:
    """The answers that this process is writing, by the ids of their questions.

    ended: questions that ended here, in whatever way. metrics: told of each of them.
    """

    def __init__(self, core: Core, questions: QuestionStore, links: Links) -> None:
        self._core = core
        self._links = links
        self._questions = questions
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._showing: dict[int, set[asyncio.Task[Sent]]] = {}
        self._pace = Pace(core.settings.parallel)
        self.ended = 0
        self.metrics = Metrics()

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, question_id: int) -> bool:
        return question_id in self._tasks

    @property
    def waiting(self) -> int:
        """The number of questions that wait for the model's first token."""
        return self._pace.waiting

    def start(
        self, question_id: int, surface: Surface, message: IncomingMessage, sent: Sent | None, *, fresh: bool = False
    ) -> None:
        """Answer a question that is ours, in the messages of `sent` (see Surface.show). fresh: see Question."""
        answering = self._answer(question_id, surface, message, sent, time.perf_counter(), fresh=fresh)
        task = asyncio.create_task(answering, name=f"question-{question_id}")
        self._tasks[question_id] = task
        task.add_done_callback(lambda done: self._forget_task(question_id, done))

    def _forget_task(self, question_id: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(question_id) is task:
            del self._tasks[question_id]

    async def stop(self, question_id: int) -> None:
        """Stop an answer; returns when nothing of it is on its way any more."""
        task = self._tasks.get(question_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(*self._showing.get(question_id, ()), return_exceptions=True)

    async def drain(self, grace_seconds: float) -> None:
        """Let answers end for a while, then stop those that are left."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=grace_seconds)
        for question_id in {*self._tasks, *self._showing}:
            await self.stop(question_id)

    async def show(
        self, surface: Surface, message: IncomingMessage, question_id: int, reply: Reply, sent: Sent | None
    ) -> Sent:
        """Show a reply and note our messages; goes on to its end when the caller is cancelled.

        A post that is on its way can't be called back: only with its note is the answer never posted twice.
        Raises PlatformError and StoreError.
        """

        async def show() -> Sent:
            shown = await surface.show(message, reply, sent)
            if shown != sent:
                await self._questions.note_sent(question_id, {"ids": list(shown.ids), "handle": dict(shown.handle)})
            return shown

        task = asyncio.create_task(show(), name=f"show-{question_id}")
        self._showing.setdefault(question_id, set()).add(task)
        task.add_done_callback(lambda done: self._forget_showing(question_id, done))
        return await asyncio.shield(task)

    def _forget_showing(self, question_id: int, task: asyncio.Task[Sent]) -> None:
        left = self._showing.get(question_id, set())
        left.discard(task)
        if not left:
            self._showing.pop(question_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.debug("show failed", question=question_id, error=str(task.exception()))

    async def _answer(
        self,
        question_id: int,
        surface: Surface,
        message: IncomingMessage,
        sent: Sent | None,
        started: float,
        *,
        fresh: bool,
    ) -> None:
        """Answer, and count how that ended. started: when the question was taken, by time.perf_counter."""
        last = sent
        outcome: Outcome | None = None
        timings = Timings()

        async def show(reply: Reply) -> None:
            nonlocal last
            last = await self.show(surface, message, question_id, reply, last)

        throttle = Throttle(show, surface.edit_seconds)
        try:
            reply, answer = await self._reply(question_id, message, throttle, fresh=fresh)
            written = time.perf_counter()
            if answer:
                elsewhere = sum(answer.timings.stages.values())
                timings = answer.timings.including("queue", max(0.0, _milliseconds(written - started) - elsewhere))
            await throttle.finish(reply)
            timings = timings.including("deliver", _milliseconds(time.perf_counter() - written))
            outcome = _outcome(answer)
            # A follow-up leans on the last question about the documents, whatever was said in between.
            # With all of its stages, the desk's too.
            is_searched = answer is not None and answer.small_talk is None
            remembered = replace(answer, timings=timings) if answer is not None and is_searched else None
            turn = await self._core.conversations.add(message.conversation, remembered) if remembered else None
            await self._questions.close(question_id, "answered" if answer else "failed", turn)
            if answer and _is_for_all(message):
                await self._core.reusing.keep(answer, turn)
        except PlatformError as error:
            # Nobody can be told where nothing can be posted; the log is all that is left.
            log.warning("answer refused by the platform", question=question_id, error=str(error))
            await self._close_quietly(question_id)
        except StoreError as error:
            logged("answer not recorded", error)
        except asyncio.CancelledError:
            outcome = outcome or "cancelled"
            raise
        finally:
            self.metrics.observe(message.conversation.platform, outcome or "failed", timings)
            self._pace.leave(question_id)
            await throttle.stop()
            self.ended += 1

    async def _close_quietly(self, question_id: int) -> None:
        try:
            await self._questions.close(question_id, "failed")
        except StoreError as error:
            logged("failure not recorded", error)

    async def _reply(
        self, question_id: int, message: IncomingMessage, throttle: Throttle, *, fresh: bool
    ) -> tuple[Reply, Answer | None]:
        """Give the last message and the answer in it, None when the question could not be answered."""
        try:
            answer = await self._written(question_id, message, throttle, fresh=fresh)
        except QuestionError:
            limit = self._core.settings.question_characters
            too_long = len(message.text.strip()) > limit
            return closing_reply(wording.too_long(limit) if too_long else wording.EMPTY_QUESTION), None
        except ConfigurationError as error:
            logged("not ready", error)
            return closing_reply(wording.NOTHING_INGESTED_CHAT), None
        except StoreError as error:
            return closing_reply(wording.database_gone(logged("answer failed", error))), None
        except Exception as error:  # noqa: BLE001  whatever it is, the person who asked gets a sentence
            return closing_reply(wording.failed(logged("answer failed", error))), None
        return final_reply(answer, question_id, self._links), answer

    async def _written(self, question_id: int, message: IncomingMessage, throttle: Throttle, *, fresh: bool) -> Answer:
        if await self._core.index.settings() is None:
            raise ConfigurationError(wording.NOTHING_INGESTED)
        seen = await self._core.access.visible(audience_of(message.conversation, message.audience))
        history = await self._core.conversations.turns(message.conversation, collections=seen)
        sources: tuple[Footnote, ...] = ()
        async with aclosing(self._core.reusing.stream(Question(message.text, history, seen, fresh))) as events:
            async for event in events:
                if isinstance(event, Answer):
                    break
                if isinstance(event, SearchBegun):
                    await throttle.offer(working_reply(question_id, status=wording.SEARCHING))
                    continue
                if isinstance(event, EvidenceFound):
                    sources = footnotes(event.citations, self._links)
                    self._pace.enter(question_id)
                if isinstance(event, TextGrown):
                    self._pace.begin(question_id)
                text = event.text if isinstance(event, TextGrown) else ""
                status = wording.writing(*self._pace.outlook(question_id))
                await throttle.offer(working_reply(question_id, status=status, text=text, footnotes=sources))
            else:
                raise AssertionError("an answerer's stream ends with an Answer")
        log.info(
            "question answered",
            platform=message.conversation.platform,
            question=question_id,
            kind=event.kind,
            reused=event.reused,
            chunks=len(event.passages),
            best_distance=round(min((chunk.cosine_distance for chunk in event.passages), default=2.0), 3),
            model_failure=event.model_failure,
            **asdict(event.timings),
        )
        return event


def _is_for_all(message: IncomingMessage) -> bool:
    """Tell whether a question was asked where everyone may know of it: the platform said that the channel is public."""
    return not message.private and message.audience is not None and message.audience.is_public


def _outcome(answer: Answer | None) -> Outcome:
    if answer is None:
        return "failed"
    return "reused" if answer.reused else answer.kind


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
