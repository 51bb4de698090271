"""The desk: takes what people do on any platform, answers each question once, and always says how it ended."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot import wording
from bot.access import audience_of
from bot.admin import Admins
from bot.answers import Answers
from bot.chat_collections import ChatCollections
from bot.chat_commands import ChatCommands
from bot.delivery import closing_reply
from bot.digest import GapDigest, parse_channel
from bot.feedback import Feedback
from bot.handover import Handovers
from bot.incidents import logged
from bot.links import NO_LINKS, Links
from bot.messages import RUN_ACTIONS, Command, IncomingMessage, Press, Sent, Surface
from bot.metrics import Metrics
from bot.outdated import OutdatedAnswers
from bot.reingesting.reingests import Reingests
from bot.reingesting.reports import Reports
from core.answering.small_talk import small_talk
from core.bootstrap import Core
from core.errors import PlatformError, StoreError
from core.models import ConversationKey
from core.storage.question_store import Alive, QuestionStore, StoredQuestion

log = structlog.get_logger()

# A question that killed its process this often is not tried again.
_ATTEMPTS = 3


class Dispatcher:
    """Implements `bot.messages.Desk` for every platform of one process."""

    def __init__(
        self,
        core: Core,
        admins: Admins,
        links: Links = NO_LINKS,
        *,
        tells_outdated: bool = False,
        gaps_channel: str = "",
    ) -> None:
        """links: how sources become addresses. tells_outdated: conversations are told when an answer is outdated.

        gaps_channel: gets the weekly digest of gaps, "" for none. Raises ConfigurationError when it is no channel.
        """
        self._core = core
        self._admins = admins
        self._owner = uuid.uuid4().hex
        self._questions = QuestionStore(core.database)
        self._alive = Alive(core.database, self._owner)
        self._surfaces: dict[str, Surface] = {}
        self._answers = Answers(core, self._questions, links)
        self._feedback = Feedback(core, self._questions)
        self._handovers = Handovers(core, admins, self._surfaces)
        self._reingests = Reingests(core, self._questions, admins, self._surfaces)
        self._reports = Reports(core.runs, self._surfaces)
        self._outdated = OutdatedAnswers(core, self._questions, self._surfaces) if tells_outdated else None
        place = parse_channel(gaps_channel)
        self._digest = GapDigest(core, self._surfaces, *place) if place else None
        collections = ChatCollections(core.access, self._questions, admins)
        self._commands = ChatCommands(core, self._questions, self._reingests, collections)

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
            audience=message.audience,
            handle=message.handle,
            owner=self._owner,
        )
        if question_id is None:
            return
        self._answers.start(question_id, surface, message, None)
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
        await self._answers.stop(stored.id)
        stored = await self._questions.get(stored.id) or stored  # what was sent until it stopped
        await self._questions.drop_turn(stored.id)
        await self._feedback.drop(stored.id)
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
        self._answers.start(stored.id, surface, message, sent)

    async def press(self, press: Press) -> str:
        """Do what a button says (see Desk)."""
        try:
            if press.action in RUN_ACTIONS:
                return await self._reingests.press(press)
            stored = await self._questions.get(press.question_id)
            if stored is None or stored.conversation.platform != press.platform:
                return wording.NO_EVIDENCE
            if press.action == "cancel":
                return await self._cancel(stored, press)
            if press.action == "evidence":
                return await self._evidence(stored, press)
            if press.action == "anew":
                return await self._answer_anew(stored)
            if press.action in ("up", "down"):
                return await self._feedback.take(stored, press)
            if press.action == "human":
                return await self._handovers.hand_over(stored, press)
        except StoreError as error:
            return wording.database_gone(logged("button failed", error))
        return wording.THANKS

    async def _evidence(self, stored: StoredQuestion, press: Press) -> str:
        """Show what an answer rests on, as far as those may see it who read there now."""
        seen = await self._core.access.visible(audience_of(stored.conversation, press.audience))
        cited, kept_back = await self._questions.evidence(stored.id, seen)
        return wording.evidence_text(
            [(entry["number"], entry["document"], entry["evidence"]) for entry in cited], kept_back
        )

    async def _cancel(self, stored: StoredQuestion, press: Press) -> str:
        may = press.user == stored.asked_by or self._admins.include(press.platform, press.user, manages=press.manages)
        if not may:
            return wording.ONLY_THE_ASKER
        if stored.id not in self._answers:
            return wording.NOT_RUNNING
        await self._answers.stop(stored.id)
        stored = await self._questions.get(stored.id) or stored
        if stored.status != "open":
            return wording.NOT_RUNNING
        await self._questions.close(stored.id, "cancelled")
        message = _message(stored)
        await self._answers.show(
            self._surfaces[press.platform], message, stored.id, closing_reply(wording.CANCELLED), _sent(stored.sent)
        )
        return ""

    async def _answer_anew(self, stored: StoredQuestion) -> str:
        """Answer a question once more, in the same messages; whoever reads the answer may ask for that."""
        if not await self._questions.reopen_answered(stored.id, self._owner):
            return wording.ANSWERED_ANEW
        await self._answers.stop(stored.id)
        await self._questions.drop_turn(stored.id)
        surface, sent = self._surfaces[stored.conversation.platform], _sent(stored.sent) or Sent()
        self._answers.start(stored.id, surface, _message(stored), sent, fresh=True)
        return ""

    async def command(self, command: Command) -> str:
        """Do what a command says (see Desk)."""
        try:
            return await self._commands.do(command, answering=self.busy)
        except StoreError as error:
            return wording.database_gone(logged("command failed", error))

    async def participates(self, conversation: ConversationKey) -> bool:
        """Tell whether we took part in a conversation (see Desk)."""
        try:
            return await self._questions.has_answered_in(conversation)
        except StoreError as error:
            logged("could not tell whether we take part", error)
            return False

    async def folders(self) -> list[str]:
        """Give what may be ingested again (see Desk)."""
        try:
            return await self._reingests.folders()
        except StoreError as error:
            logged("could not list folders", error)
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
            logged("could not look for open questions", error)

    async def _take_up(self, surface: Surface, stored: StoredQuestion) -> None:
        message = _message(stored)
        if stored.attempts > _ATTEMPTS:
            sent = _sent(stored.sent) or Sent()
            await self._answers.show(surface, message, stored.id, closing_reply(wording.GIVEN_UP), sent)
            await self._questions.close(stored.id, "failed")
            return
        self._answers.start(stored.id, surface, message, _sent(stored.sent) or Sent())

    async def watch(self, seconds: float = 15.0) -> None:
        """Keep our sign of life, look after the questions of other processes that died, tell how runs go.

        Runs until cancelled.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reports.keep(), name="reports")
            if self._outdated is not None:
                group.create_task(self._outdated.keep(), name="outdated-answers")
            if self._digest is not None:
                group.create_task(self._digest.keep(), name="digest")
            group.create_task(self._keep(seconds), name="sign-of-life")

    async def _keep(self, seconds: float) -> None:
        while True:
            for surface in list(self._surfaces.values()):
                await self.resume(surface)
            await asyncio.sleep(seconds)

    async def begin(self) -> None:
        """Take our sign of life before the first question. Raises StoreError."""
        await self._alive.hold()

    async def drain(self, grace_seconds: float) -> None:
        """Let answers finish for a while; what is still open then is left to whoever takes over."""
        await self._answers.drain(grace_seconds)
        await self._alive.release()

    @property
    def busy(self) -> int:
        """The number of questions that are being answered here."""
        return len(self._answers)

    @property
    def waiting(self) -> int:
        """The number of questions that wait for the chat model here."""
        return self._answers.waiting

    @property
    def metrics(self) -> Metrics:
        """What is counted and timed of the questions that end here."""
        return self._answers.metrics

    @property
    def answered(self) -> int:
        """The number of questions that ended here, in whatever way."""
        return self._answers.ended

    @property
    def told(self) -> int:
        """The number of ingest runs that were told of to their end here."""
        return self._reports.ended

    async def _apologise(self, surface: Surface, message: IncomingMessage, error: StoreError) -> None:
        reference = logged("question not taken", error)
        if message.kind != "question":
            return
        try:
            await surface.whisper(message, wording.database_gone(reference))
        except PlatformError as refused:
            log.warning("apology refused", reference=reference, error=str(refused))


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
        audience=stored.audience,
    )
