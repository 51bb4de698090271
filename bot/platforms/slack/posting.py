"""Posts a message exactly once: one whose answer was lost, or whose poster died, is found again by its mark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from bot.messages import IncomingMessage
from bot.platforms.slack.calls import SlackCalls, SlackRefusedError, SlackUnreachableError
from bot.platforms.slack.limits import PostPace
from bot.platforms.slack.render import Body
from core.errors import PlatformError

log = structlog.get_logger()

_EVENT_TYPE = "docent_message"
_TRIES = 3


class Posting:
    """New messages in Slack, at the pace that it allows.

    pause: seconds before a post that got no answer is made again.
    """

    def __init__(self, calls: SlackCalls, pause: float = 1.0, pace: PostPace | None = None) -> None:
        self._calls = calls
        self._pause = pause
        self._pace = pace or PostPace()

    async def left_behind(self, message: IncomingMessage) -> list[str]:
        """Give the ts of what a process that died has posted under a question and did not live to note."""
        ours = await self._marked(message.handle)
        parts = (ours.get(mark(message, part)) for part in range(len(ours)))
        return [ts for ts in parts if ts]

    async def find(self, message: IncomingMessage, part: object) -> str | None:
        """Give the ts of one of our posts under a message, None when there is none."""
        return (await self._marked(message.handle)).get(mark(message, part))

    async def post(self, message: IncomingMessage, body: Body, part: object) -> str:
        """Post under a message and give the ts; part tells its posts apart. Raises PlatformError."""
        handle = message.handle
        for attempt in range(1, _TRIES + 1):
            await self._pace.wait(handle["channel"])
            try:
                answer = await self._calls.once(
                    self._calls.api.chat_postMessage,
                    channel=handle["channel"],
                    thread_ts=handle["thread_ts"] or None,
                    metadata=metadata(message, part),
                    **content(body),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            except SlackUnreachableError:
                await asyncio.sleep(self._pause * attempt)
                arrived = await self.find(message, part)
                if arrived:
                    return arrived
                if attempt == _TRIES:
                    raise
                continue
            await self.check_thread(handle, answer.data)
            return str(answer["ts"])
        raise AssertionError("the last try returns or raises")

    async def _marked(self, handle: Mapping[str, str]) -> dict[str, str]:
        """Give the ts of our messages around a question by their marks; none when we may not look."""
        api = self._calls.api
        place: dict[str, Any] = {"channel": handle["channel"], "include_all_metadata": True, "limit": 200}
        try:
            if handle["thread_ts"]:
                # Replies come oldest first: begin at the question.
                answer = await self._calls.repeated(
                    api.conversations_replies, ts=handle["thread_ts"], oldest=handle["ts"], **place
                )
            else:
                answer = await self._calls.repeated(api.conversations_history, **place)
        except SlackRefusedError as refusal:
            log.warning("slack history not readable", error=str(refusal))
            return {}
        return {name: found["ts"] for found in answer["messages"] for name in _marks(found)}

    async def check_thread(self, handle: Mapping[str, str], answer: Any) -> None:
        """Take back a reply to a question that is gone: Slack puts it into the channel without a word."""
        posted = answer.get("message")
        if not handle["thread_ts"] or posted is None or posted.get("thread_ts"):
            return
        try:
            await self._calls.repeated(
                self._calls.api.conversations_replies, channel=handle["channel"], ts=handle["thread_ts"], limit=1
            )
        except SlackRefusedError as refusal:
            if refusal.code != "thread_not_found":
                log.warning("slack thread not readable", error=str(refusal))
                return
            await self._calls.repeated(self._calls.api.chat_delete, channel=handle["channel"], ts=answer["ts"])
            raise PlatformError("The question was deleted in Slack; its answer is not shown.") from None


def mark(message: IncomingMessage, part: object) -> str:
    """Give what a post is found by."""
    return f"{message.key}/{part}"


def _marks(found: Mapping[str, Any]) -> Iterator[str]:
    """Give what may be the mark of a message that was found: its metadata, or names in it while it is streamed."""
    names = [(found.get("metadata") or {}).get("event_payload", {}).get("id")]
    names += (block.get(field) for block in found.get("blocks", ()) for field in ("block_id", "task_id"))
    yield from filter(None, names)


def metadata(message: IncomingMessage, part: object) -> dict[str, Any]:
    """Give the metadata that hold the mark of one of our posts under a message."""
    return {"event_type": _EVENT_TYPE, "event_payload": {"id": mark(message, part)}}


def content(body: Body) -> dict[str, Any]:
    """Give the arguments for what a message shows; Slack is told to look for nothing in its text."""
    return {"text": body.text, "blocks": body.blocks, "parse": "none", "link_names": False}
