"""Desks over a fresh database with a few documents in it; only the models are fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.admin import Admins
from bot.dispatch import Dispatcher
from core.bootstrap import open_core
from core.ports import ChatModel, Reader
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import write
from tests.platforms.real_desk import DOCUMENTS

StartDesk = Callable[..., Awaitable[Dispatcher]]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", **DOCUMENTS)


@pytest.fixture
async def start(migrated_url: str, folder: Path) -> AsyncIterator[StartDesk]:
    """Start one more process: its own core and desk over the same database."""
    async with AsyncExitStack() as stack:

        async def start_desk(
            model: ChatModel | None = None, embedder: FakeEmbedder | None = None, reader: Reader | None = None
        ) -> Dispatcher:
            core = await stack.enter_async_context(
                open_core(
                    settings_for(migrated_url),
                    embedder=embedder or FakeEmbedder(),
                    model=model or FakeChatModel("Hm."),
                    reader=reader,
                )
            )
            await core.ingester.ingest(folder)
            desk = Dispatcher(core, Admins("slack:UADA"))
            stack.push_async_callback(desk.drain, 0)
            await desk.begin()
            return desk

        yield start_desk
