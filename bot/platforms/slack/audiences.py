"""Who reads a channel: as events tell it, else as Slack says when asked, which is good for a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.platforms.slack.calls import SlackCalls
from bot.platforms.slack.normalise import is_direct
from core.errors import PlatformError
from core.storage.access_store import Audience, Scope

log = structlog.get_logger()

Payload = Mapping[str, Any]

_SECONDS = 60.0
_CLOSED_TYPES = {"group", "mpim", "im"}


class Audiences:
    """Knows the channels of one workspace. A channel of which nothing can be learnt counts as public."""

    def __init__(self, calls: SlackCalls, team: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._team = team
        self._clock = clock
        self._asked: dict[str, tuple[bool, float]] = {}

    async def of_event(self, payload: Payload) -> Audience:
        """Give who reads where an event comes from; mentions don't tell."""
        event = payload["event"]
        told = event.get("channel_type")
        if told is None:
            return await self.of_channel(event["channel"])
        return self._audience(event["channel"], told not in _CLOSED_TYPES or bool(payload.get("is_ext_shared_channel")))

    async def of_channel(self, channel: str) -> Audience:
        """Give who reads a channel, of which nothing but its id is known."""
        if is_direct(channel):
            return self._audience(channel, False)
        is_public, asked_at = self._asked.get(channel, (True, float("-inf")))
        if self._clock() - asked_at > _SECONDS:
            try:
                answer = await self._calls.once(self._calls.impatient.conversations_info, channel=channel)
            except PlatformError as error:
                log.warning("slack channel taken for public", channel=channel, error=str(error))
                return self._audience(channel, True)
            is_public = is_open(answer["channel"])
            self._asked[channel] = is_public, self._clock()
        return self._audience(channel, is_public)

    def _audience(self, channel: str, is_public: bool) -> Audience:
        # Our own workspace: in a channel shared with another one, events may name that.
        return Audience(Scope("slack", self._team, channel), is_public)


def is_open(channel: Mapping[str, Any]) -> bool:
    """Tell from what conversations.info says; a channel that is shared with other organisations counts as public."""
    closed = channel.get("is_private") or channel.get("is_im") or channel.get("is_mpim")
    return not closed or bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
