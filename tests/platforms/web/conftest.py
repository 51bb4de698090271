"""The page over a small handbook, ready to be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.page_builders import HANDBOOK, Served, served


class Serve(Protocol):
    async def __call__(self, **options: object) -> Served: ...


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    folder.mkdir()
    for name, text in HANDBOOK.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
async def serve(migrated_url: str, handbook: Path) -> AsyncIterator[Serve]:
    """Give what starts a process with the page; the handbook is ingested by the first."""
    async with AsyncExitStack() as stack:
        started: list[Served] = []

        async def start(**options: object) -> Served:
            process = await stack.enter_async_context(served(migrated_url, **options))  # type: ignore[arg-type]
            if not started:
                await process.core.ingester.ingest(handbook, collection="handbook")
            started.append(process)
            return process

        yield start
