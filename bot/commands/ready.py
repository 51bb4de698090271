"""What every asking command checks first: something is ingested, and with this embedder."""

from __future__ import annotations

from bot import wording
from core.bootstrap import Core
from core.errors import ConfigurationError


async def require_index(core: Core) -> None:
    """Raise ConfigurationError while nothing is ingested or when the embedder isn't the index's."""
    if await core.index.settings() is None:
        raise ConfigurationError(wording.NOTHING_INGESTED)
    await core.ingester.check_settings()
