"""Gives the documents that a set brings along an index of their own, away from the team's.

Chats search every collection, and how rare a word is counts over all of them: foreign documents in the team's database
would turn up in its answers and move its ranking, and the team's would move the figures of the set.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.commands.ingest import bar
from bot.evaluating.places import evaluations_folder
from bot.opening import open_docent
from core.bootstrap import Core
from core.errors import ConfigurationError
from core.evaluation.questions import SquadDocument
from core.settings import CoreSettings
from core.storage.embedded import start_embedded


@asynccontextmanager
async def open_own_index(
    settings: CoreSettings, name: str, documents: Sequence[SquadDocument], *, quiet: bool
) -> AsyncIterator[Core]:
    """Open the core on an embedded Postgres below the evaluations' folder that mirrors the documents.

    What was ingested before is kept, so only what changed is embedded; another embedder makes it anew. quiet: no bar.
    Raises ConfigurationError when the documents can't be written or ingested, StoreError without the embedded Postgres.
    """
    folder = evaluations_folder(settings) / "documents" / name
    await asyncio.to_thread(mirror, folder / "documents", documents)
    url = await asyncio.to_thread(start_embedded, folder.resolve())
    own = settings.model_copy(update={"database_url": SecretStr(url)})
    async with open_docent(own, migrate=True) as core:
        try:
            await core.ingester.check_settings()
            rebuild = False
        except ConfigurationError:
            rebuild = True
        with bar(quiet=quiet) as report:
            summary = await core.ingester.ingest(folder / "documents", name, rebuild=rebuild, report=report)
        if summary.failed:
            document, reason = summary.failed[0]
            raise ConfigurationError(
                f"{len(summary.failed)} documents of {name} can't be ingested (first: {document}: {reason})."
            )
        yield core


def mirror(folder: Path, documents: Sequence[SquadDocument]) -> None:
    """Make a folder hold exactly these documents, leaving alone what is there already. Raises ConfigurationError."""
    wanted = {folder / document.name: document.text.encode() for document in documents}
    try:
        for path in list(folder.rglob("*.txt")):
            if path not in wanted:
                path.unlink()
        for path, content in wanted.items():
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            f"The set's documents can't be written to {str(folder)!r}: {error}; set DOCENT_HOME to a folder of yours."
        ) from error
