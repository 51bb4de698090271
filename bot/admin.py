"""What admins may do from a chat: ingest again what was ingested before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot import wording
from core.bootstrap import Core
from core.errors import ConfigurationError, StoreError
from core.ingestion.ingest import Progress, Summary


class Admins:
    """Who is an admin: DOCENT_ADMINS, such as "slack:U123,discord:456"."""

    def __init__(self, setting: str) -> None:
        self._names = frozenset(name.strip() for name in setting.split(",") if name.strip())
        wrong = sorted(name for name in self._names if not all(name.partition(":")[::2]))
        if wrong:
            raise ConfigurationError(f"DOCENT_ADMINS has {wrong[0]!r}; write platform:user, such as slack:U123.")

    def include(self, platform: str, user: str) -> bool:
        """Tell whether a platform's user is an admin."""
        return f"{platform}:{user}" in self._names


def command_words(argument: str) -> tuple[str, bool]:
    """Give the folder ("" for all) and whether it is a dry run, from what stood behind `reingest`."""
    words = argument.split()
    return " ".join(word for word in words if word != "--dry-run"), "--dry-run" in words


class Reingest:
    """Ingests known collections again; a chat names them, never a path."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def names(self) -> list[str]:
        """Give the names of the collections that can be ingested again."""
        return [entry.name for entry in await self._core.index.status()]

    async def run(self, folder: str, *, dry_run: bool) -> AsyncIterator[str]:
        """Ingest one collection, or all for "", telling progress and the summary; each text replaces the last."""
        known = {entry.name: Path(entry.folder) for entry in await self._core.index.status()}
        by_folder = {path.name: name for name, path in known.items()}
        chosen = folder if folder in known else by_folder.get(folder)
        if folder and chosen is None:
            yield wording.no_such_folder(folder, list(known))
            return
        done: list[str] = []
        for name in [chosen] if chosen else list(known):
            steps: asyncio.Queue[Progress | None] = asyncio.Queue()
            task = asyncio.create_task(
                self._core.ingester.ingest(known[name], name, dry_run=dry_run, report=steps.put_nowait)
            )
            task.add_done_callback(lambda _, steps=steps: steps.put_nowait(None))  # type: ignore[misc]
            while (step := await steps.get()) is not None:
                yield "\n".join([*done, wording.ingest_progress(name, step.done, step.total)])
            done.append(await _outcome(task))
        yield "\n\n".join(done)


async def _outcome(task: asyncio.Task[Summary]) -> str:
    try:
        return "\n".join(wording.summary_lines(await task))
    except (ConfigurationError, StoreError) as error:
        return wording.ingest_refused(str(error))
