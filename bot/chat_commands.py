"""What the commands of a chat say: help, status, forget; those for admins have their own rooms."""

from __future__ import annotations

from bot import wording
from bot.access import audience_of
from bot.chat_collections import ChatCollections
from bot.messages import Command
from bot.reingesting.reingests import Reingests
from core.bootstrap import Core
from core.storage.question_store import QuestionStore


class ChatCommands:
    """Carries out commands, whatever the platform."""

    def __init__(
        self, core: Core, questions: QuestionStore, reingests: Reingests, collections: ChatCollections
    ) -> None:
        self._core = core
        self._questions = questions
        self._reingests = reingests
        self._collections = collections

    async def do(self, command: Command, *, answering: int) -> str:
        """Do a command and give what its giver is told. answering: the questions in work. Raises StoreError."""
        if command.name == "status":
            return await self._status(command, answering)
        if command.name == "forget":
            return await self._forget(command)
        if command.name == "reingest":
            return await self._reingests.command(command)
        if command.name == "collections":
            return await self._collections.command(command)
        return wording.HELP

    async def _status(self, command: Command, answering: int) -> str:
        # Also the name of a collection can tell much: only those that are seen here are told.
        seen = await self._core.access.visible(audience_of(command.conversation, command.audience))
        collections = [entry for entry in await self._core.index.status() if entry.name in seen]
        model = self._core.model.name if self._core.model else "none"
        return wording.status_text(
            [(entry.name, entry.documents, entry.chunks) for entry in collections], model, answering
        )

    async def _forget(self, command: Command) -> str:
        turns = await self._core.conversations.forget(command.conversation)
        if not command.conversation.thread:
            # A command knows its channel but no thread: it means what this person asked there.
            turns += await self._questions.forget_asked_by(command.conversation, command.user)
        return wording.forgotten(turns) if turns else wording.NO_MEMORY
