"""The weekly digest: tells a channel what was asked and the documents could not answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import structlog

from bot import wording
from bot.incidents import logged
from bot.messages import IncomingMessage, Reply, Sent, Surface
from core.bootstrap import Core
from core.errors import ConfigurationError, ModelError, PlatformError, StoreError
from core.models import ConversationKey
from core.reporting.reporter import GapReporter
from core.storage.access_store import AccessStore, Audience, Scope
from core.storage.digest_store import DigestStore, DueDigest
from core.storage.gap_store import GapStore

log = structlog.get_logger()

_LOOK_SECONDS = 600.0
# A platform connects within seconds of the start.
_FIRST_LOOK_SECONDS = 20.0
_DAYS = 7
_GROUPS = 10
_CHANNEL = re.compile(r"(slack):([A-Z0-9]+)|(discord):([0-9]+)")


def parse_channel(setting: str) -> tuple[str, str] | None:
    """Read GAPS_CHANNEL: the platform and its channel, None for "". Raises ConfigurationError."""
    if not setting:
        return None
    match = _CHANNEL.fullmatch(setting)
    if match is None:
        raise ConfigurationError(
            f"GAPS_CHANNEL is {setting!r}; write platform:channel with the platform's own id, such as slack:C0123 or "
            "discord:1234."
        )
    platform, channel = (part for part in match.groups() if part)
    return platform, channel


class GapDigest:
    """Sends the digest to one channel. surfaces: the platforms that can be written to, by name."""

    def __init__(self, core: Core, surfaces: Mapping[str, Surface], platform: str, channel: str) -> None:
        self._access = core.access
        self._reporter = GapReporter(GapStore(core.database), core.embedder, core.settings.search_language)
        self._digests = DigestStore(core.database)
        self._surfaces = surfaces
        self._platform = platform
        self._channel = channel

    async def keep(self) -> None:
        """Look again and again; runs until cancelled."""
        await asyncio.sleep(_FIRST_LOOK_SECONDS)
        while True:
            try:
                await self.look()
            except (StoreError, ModelError) as error:
                logged("digest of gaps not made", error)
            except PlatformError as error:
                log.warning("digest of gaps not sent", channel=self._channel, error=str(error))
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Send the digest when it is due and its platform is there; a week without gaps is passed over in silence.

        Raises StoreError, ModelError and PlatformError, after which it is due all the same.
        """
        surface = self._surfaces.get(self._platform)
        if surface is None:
            return
        async with self._digests.due(f"{self._platform}:{self._channel}") as due:
            if due is None:
                return
            text = await self._text()
            if text:
                # A process that died may have posted it, so it is looked for.
                await surface.show(self._place(due), Reply("final", text), Sent())

    async def _text(self) -> str:
        seen = await collections_seen_in(self._access, self._platform, self._channel)
        report = await self._reporter.report(_DAYS, seen)
        if not report.groups and not report.withheld:
            return ""
        more = max(0, len(report.groups) - _GROUPS)
        return wording.gaps_digest(report, report.groups[:_GROUPS], more, with_collections=len(seen) > 1)

    def _place(self, due: DueDigest) -> IncomingMessage:
        """Give what stands for the channel itself: no question, no thread, nobody who asked."""
        handle = {"channel": self._channel, "ts": "", "thread_ts": "", "user": "", "alone": "yes"}
        conversation = ConversationKey(self._platform, "", self._channel)
        key = f"{self._platform}:{self._channel}:gaps:{due.name}"
        return IncomingMessage("question", key, conversation, "", "", handle=handle)


async def collections_seen_in(access: AccessStore, platform: str, channel: str) -> tuple[str, ...]:
    """Give the collections that a channel sees whatever its workspace is, as one that everyone can read. In order."""
    named = [scope.split(":") for entry in await access.collections() for scope in entry.named_for]
    workspaces = {"", *(scope[1] for scope in named if scope[0] == platform and len(scope) > 1)}
    seen = [set(await access.visible(Audience(Scope(platform, each, channel)))) for each in workspaces]
    return tuple(sorted(set.intersection(*seen)))
