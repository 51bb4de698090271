"""The desk: takes what people do on any platform, answers each question once, and always says how it ended."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import asdict, replace

import structlog

from bot import wording
from bot.admin import Admins, Reingest, command_words
from bot.delivery import Throttle, closing_reply, final_reply, working_reply
from bot.messages import Command, CommandUpdate, IncomingMessage, Press, Reply, Sent, Surface
from bot.pace import Pace
from core.answering.answerer import EvidenceFound, TextGrown
from core.answering.small_talk import small_talk
from core.bootstrap import Core
from core.errors import ConfigurationError, PlatformError, QuestionError, StoreError
from core.models import Answer, ConversationKey, Question
from core.storage.question_store import Alive, QuestionStore, StoredQuestion

log = structlog.get_logger()

# A question that killed its process this often is not tried again.
_ATTEMPTS = 3


class Dispatcher:
    """Implements `bot.messages.Desk` for every platform of one process."""

    def __init__(self, core: Core, admins: Admins) -> None:
        self._core = core
        self._admins = admins
        self._owner = uuid.uuid4().hex
        self._questions = QuestionStore(core.database)
        self._alive = Alive(core.database, self._owner)
        self._surfaces: dict[str, Surface] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._showing: dict[int, set[asyncio.Task[Sent]]] = {}
        self._pace = Pace()
        self._reingest = Reingest(core)
        self.answered = 0  # questions that ended here, in whatever way

    # --- what people do

    async def receive(self, message: IncomingMessage) -> None:
        """Take a question, an edit or a deletion (see Desk)."""
        surface = self._surfaces[message.conversation.platform]
        try:
            if message.kind == "question":
                await self._take(surface, message)
            else:
                await self._change(surface, message)
        except StoreError as error:
            await self._apologise(surface, message, error)

    async def _take(self, surface: Surface, message: IncomingMessage) -> None:
        if not message.addressed and small_talk(message.text):
            return  # thanks to a colleague, in a thread that we take part in
        question_id = await self._questions.claim(
            message.key,
            message.conversation,
            message.user,
            message.text,
            private=message.private,
            handle=message.handle,
            owner=self._owner,
        )
        if question_id is None:
            return
        self._start(question_id, surface, message, None)
        try:
            await surface.acknowledge(message)
        except PlatformError as error:
            log.warning("acknowledgement refused", question=question_id, error=str(error))

    async def _change(self, surface: Surface, message: IncomingMessage) -> None:
        stored = await self._questions.find(message.key)
        if stored is None or stored.status == "retracted":
            return
        if message.kind == "edited" and message.text.strip() == stored.text.strip():
            return
        await self._stop(stored.id)
        stored = await self._questions.get(stored.id) or stored  # what was sent until it stopped
        await self._questions.drop_turn(stored.id)
        # Without a note of what was sent it may have been on its way; the surface can find it.
        sent = _sent(stored.sent) or Sent()
        message = replace(message, handle={**stored.handle, **message.handle})
        if message.kind == "deleted":
            await self._questions.close(stored.id, "retracted")
            try:
                await surface.retract(message, sent)
            except PlatformError as error:
                log.warning("retraction refused", question=stored.id, error=str(error))
            return
        await self._questions.reopen(stored.id, message.text, self._owner)
        self._start(stored.id, surface, message, sent)

    async def press(self, press: Press) -> str:
        """Do what a button says (see Desk)."""
        try:
            stored = await self._questions.get(press.question_id)
            if stored is None or stored.conversation.platform != press.platform:
                return wording.NO_EVIDENCE
            if press.action == "cancel":
                return await self._cancel(stored, press)
            if press.action == "evidence":
                cited = await self._questions.evidence(stored.id)
                return wording.evidence_text(
                    [(entry["number"], entry["document"], entry["evidence"]) for entry in cited]
                )
            await self._questions.give_feedback(stored.id, f"{press.platform}:{press.user}", press.action)
        except StoreError as error:
            return wording.database_gone(_logged("button failed", error))
        return wording.THANKS

    async def _cancel(self, stored: StoredQuestion, press: Press) -> str:
        if press.user != stored.asked_by and not self._admins.include(press.platform, press.user):
            return wording.ONLY_THE_ASKER
        if stored.id not in self._tasks:
            return wording.NOT_RUNNING
        await self._stop(stored.id)
        stored = await self._questions.get(stored.id) or stored
        if stored.status != "open":
            return wording.NOT_RUNNING
        await self._questions.close(stored.id, "cancelled")
        message = _message(stored)
        await self._show(
            self._surfaces[press.platform], message, stored.id, closing_reply(wording.CANCELLED), _sent(stored.sent)
        )
        return ""

    async def command(self, command: Command) -> AsyncIterator[CommandUpdate]:
        """Do what a command says (see Desk)."""
        try:
            if command.name == "help":
                yield CommandUpdate(wording.HELP)
            elif command.name == "status":
                yield CommandUpdate(await self._status())
            elif command.name == "forget":
                turns = await self._core.conversations.forget(command.conversation)
                if not command.conversation.thread:
                    # A command knows its channel but no thread: it means what this person asked there.
                    turns += await self._questions.forget_asked_by(command.conversation, command.user)
                yield CommandUpdate(wording.forgotten(turns) if turns else wording.NO_MEMORY)
            else:
                allowed = self._admins.include(command.platform, command.user)
                await self._questions.audit(
                    command.platform, command.user, "reingest", allowed=allowed, detail=command.argument[:200]
                )
                if not allowed:
                    yield CommandUpdate(wording.NOT_AN_ADMIN)
                    return
                folder, dry_run = command_words(command.argument)
                async for text in self._reingest.run(folder, dry_run=dry_run):
                    yield CommandUpdate(text, private=False)
        except StoreError as error:
            yield CommandUpdate(wording.database_gone(_logged("command failed", error)))

    async def _status(self) -> str:
        collections = await self._core.index.status()
        model = self._core.model.name if self._core.model else "none"
        return wording.status_text(
            [(entry.name, entry.documents, entry.chunks) for entry in collections], model, len(self._tasks)
        )

    async def participates(self, conversation: ConversationKey) -> bool:
        """Tell whether we took part in a conversation (see Desk)."""
        try:
            return await self._questions.has_answered_in(conversation)
        except StoreError as error:
            _logged("could not tell whether we take part", error)
            return False

    async def folders(self) -> list[str]:
        """Give what may be ingested again (see Desk)."""
        try:
            return await self._reingest.names()
        except StoreError as error:
            _logged("could not list folders", error)
            return []

    # --- the life of the process

    def attach(self, surface: Surface) -> None:
        """Make a platform known; its messages may be received from now on."""
        self._surfaces[surface.platform] = surface

    async def resume(self, surface: Surface) -> None:
        """Answer what dead processes left open on a platform (see Desk)."""
        self.attach(surface)
        try:
            await self._alive.hold()
            left = await self._questions.take_over(surface.platform, self._owner)
            for stored in left:
                await self._take_up(surface, stored)
        except StoreError as error:
            _logged("could not look for open questions", error)

    async def _take_up(self, surface: Surface, stored: StoredQuestion) -> None:
        message = _message(stored)
        if stored.attempts > _ATTEMPTS:
            sent = _sent(stored.sent) or Sent()
            await self._show(surface, message, stored.id, closing_reply(wording.GIVEN_UP), sent)
            await self._questions.close(stored.id, "failed")
            return
        self._start(stored.id, surface, message, _sent(stored.sent) or Sent())

    async def watch(self, seconds: float = 15.0) -> None:
        """Keep our sign of life and look after the questions of other processes that died; runs until cancelled."""
        while True:
            for surface in list(self._surfaces.values()):
                await self.resume(surface)
            await asyncio.sleep(seconds)

    async def begin(self) -> None:
        """Take our sign of life before the first question. Raises StoreError."""
        await self._alive.hold()

    async def drain(self, grace_seconds: float) -> None:
        """Let answers finish for a while; what is still open then is left to whoever takes over."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=grace_seconds)
        for question_id in {*self._tasks, *self._showing}:
            await self._stop(question_id)
        await self._alive.release()

    @property
    def busy(self) -> int:
        """The number of questions that are being answered here."""
        return len(self._tasks)

    # --- one answer

    def _start(self, question_id: int, surface: Surface, message: IncomingMessage, sent: Sent | None) -> None:
        task = asyncio.create_task(self._answer(question_id, surface, message, sent), name=f"question-{question_id}")
        self._tasks[question_id] = task
        task.add_done_callback(lambda done: self._forget_task(question_id, done))

    def _forget_task(self, question_id: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(question_id) is task:
            del self._tasks[question_id]

    async def _stop(self, question_id: int) -> None:
        task = self._tasks.get(question_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(*self._showing.get(question_id, ()), return_exceptions=True)

    async def _answer(self, question_id: int, surface: Surface, message: IncomingMessage, sent: Sent | None) -> None:
        last = sent

        async def show(reply: Reply) -> None:
            nonlocal last
            last = await self._show(surface, message, question_id, reply, last)

        throttle = Throttle(show, surface.edit_seconds)
        try:
            reply, answer = await self._reply(question_id, message, throttle)
            await throttle.finish(reply)
            # A follow-up leans on the last question about the documents, whatever was said in between.
            remembered = answer if answer is not None and answer.small_talk is None else None
            turn = await self._core.conversations.add(message.conversation, remembered) if remembered else None
            await self._questions.close(question_id, "answered" if answer else "failed", turn)
        except PlatformError as error:
            # Nobody can be told where nothing can be posted; the log is all that is left.
            log.warning("answer refused by the platform", question=question_id, error=str(error))
            await self._close_quietly(question_id)
        except StoreError as error:
            _logged("answer not recorded", error)
        finally:
            self._pace.leave(question_id)
            await throttle.stop()
            self.answered += 1

    async def _reply(
        self, question_id: int, message: IncomingMessage, throttle: Throttle
    ) -> tuple[Reply, Answer | None]:
        """Give the last message and the answer in it, None when the question could not be answered."""
        try:
            answer = await self._written(question_id, message, throttle)
        except QuestionError:
            limit = self._core.settings.question_characters
            too_long = len(message.text.strip()) > limit
            return closing_reply(wording.too_long(limit) if too_long else wording.EMPTY_QUESTION), None
        except ConfigurationError as error:
            _logged("not ready", error)
            return closing_reply(wording.NOTHING_INGESTED_CHAT), None
        except StoreError as error:
            return closing_reply(wording.database_gone(_logged("answer failed", error))), None
        except Exception as error:  # noqa: BLE001  whatever it is, the person who asked gets a sentence
            return closing_reply(wording.failed(_logged("answer failed", error))), None
        return final_reply(answer, question_id), answer

    async def _written(self, question_id: int, message: IncomingMessage, throttle: Throttle) -> Answer:
        if await self._core.index.settings() is None:
            raise ConfigurationError(wording.NOTHING_INGESTED)
        history = await self._core.conversations.turns(message.conversation)
        evidence: EvidenceFound | None = None
        await throttle.offer(working_reply(question_id, status=wording.SEARCHING))
        async with aclosing(self._core.answerer.stream(Question(message.text, history))) as events:
            async for event in events:
                if isinstance(event, Answer):
                    break
                if isinstance(event, EvidenceFound):
                    evidence = event
                    self._pace.enter(question_id)
                if isinstance(event, TextGrown):
                    self._pace.begin(question_id)
                text = event.text if isinstance(event, TextGrown) else ""
                status = wording.writing(*self._pace.outlook(question_id))
                citations = evidence.citations if evidence else ()
                await throttle.offer(working_reply(question_id, status=status, text=text, citations=citations))
            else:
                raise AssertionError("an answerer's stream ends with an Answer")
        log.info(
            "question answered",
            platform=message.conversation.platform,
            question=question_id,
            kind=event.kind,
            chunks=len(event.passages),
            best_distance=round(min((chunk.cosine_distance for chunk in event.passages), default=2.0), 3),
            model_failure=event.model_failure,
            **asdict(event.timings),
        )
        return event

    async def _show(
        self, surface: Surface, message: IncomingMessage, question_id: int, reply: Reply, sent: Sent | None
    ) -> Sent:
        """Show a reply and note our messages; goes on to its end when the caller is cancelled.

        A post that is on its way can't be called back: only with its note is the answer never posted twice.
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

    async def _close_quietly(self, question_id: int) -> None:
        try:
            await self._questions.close(question_id, "failed")
        except StoreError as error:
            _logged("failure not recorded", error)

    async def _apologise(self, surface: Surface, message: IncomingMessage, error: StoreError) -> None:
        reference = _logged("question not taken", error)
        if message.kind != "question":
            return
        try:
            await surface.whisper(message, wording.database_gone(reference))
        except PlatformError as refused:
            log.warning("apology refused", reference=reference, error=str(refused))


def _logged(event: str, error: Exception) -> str:
    """Log an error under a reference that people can quote, and give the reference."""
    reference = uuid.uuid4().hex[:8]
    log.error(event, reference=reference, error_type=type(error).__name__, error=str(error))
    return reference


def _sent(stored: Mapping[str, object] | None) -> Sent | None:
    if stored is None:
        return None
    ids, handle = stored.get("ids"), stored.get("handle")
    return Sent(
        tuple(map(str, ids)) if isinstance(ids, list) else (),
        {str(name): str(value) for name, value in handle.items()} if isinstance(handle, dict) else {},
    )


def _message(stored: StoredQuestion) -> IncomingMessage:
    return IncomingMessage(
        "question",
        stored.key,
        stored.conversation,
        stored.asked_by,
        stored.text,
        private=stored.private,
        handle=stored.handle,
    )
