"""A desk with a folder of documents, for what people think of its answers and what becomes of these."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import text

from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.messages import Action, IncomingMessage, Press, Reply
from core.bootstrap import Core
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope
from core.storage.golden_run_store import GoldenRunStore
from core.storage.golden_store import GoldenStore
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.surface import FakeSurface
from tests.integration.builders import EXPENSES, VACATION, write

ASKED = "How many vacation days do employees get?"
UNKNOWN = "xylophone zeppelin quokka?"


class Office:
    """People ask in threads of a public channel. platform: slack, unless another is meant."""

    def __init__(self, core: Core, model: FakeChatModel, folder: Path, *, tells_outdated: bool = True) -> None:
        self.core = core
        self.model = model
        self.folder = folder
        self.surface = FakeSurface()
        self.desk = Dispatcher(core, Admins(""), tells_outdated=tells_outdated)
        self.golden = GoldenStore(core.database)
        self.runs = GoldenRunStore(core.database)

    async def open(self) -> None:
        await self.ingest(vacation=VACATION, expenses=EXPENSES)
        await self.desk.begin()
        await self.desk.resume(self.surface)

    async def ingest(self, **files: str) -> None:
        write(self.folder, **files)
        await self.core.ingester.ingest(self.folder)

    def message(self, words: str = ASKED, thread: str = "1", *, number: str = "", **more: object) -> IncomingMessage:
        audience = Audience(Scope("slack", "T1", "C1"), is_public=True)
        key = f"slack:T1:C1:{number or thread}"
        conversation = ConversationKey("slack", "T1", "C1", thread)
        return IncomingMessage(
            "question", key, conversation, "U1", words, handle={"ts": thread}, audience=audience, **more
        )  # type: ignore[arg-type]

    async def ask(self, words: str = ASKED, thread: str = "1", *, number: str = "") -> int:
        """Ask and give the question's id."""
        await self.desk.receive(self.message(words, thread, number=number))
        await self.settle()
        async with self.core.database.begin() as connection:
            return int(await connection.scalar(text("SELECT max(id) FROM questions")) or 0)

    async def settle(self) -> None:
        while self.desk.busy:
            await asyncio.sleep(0.01)

    async def press(self, action: Action, question: int = 1, user: str = "U1", reason: str = "") -> str:
        return await self.desk.press(Press("slack", question, action, user, reason=reason))

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        async with self.core.database.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    def told(self) -> list[Reply]:
        """Give the messages that tell of outdated answers."""
        return [shown[-1] for name, shown in self.surface.messages.items() if ":outdated#" in name]
