"""Answers that grow in a stream of Slack's own: begun with the evidence, appended to, ended before the final edit.

https://docs.slack.dev/reference/methods/chat.startStream. A stream is a message from its first chunk on, so it is the
one message of its answer: what is found first begins it, the text is appended, and once it has ended chat.update puts
the final blocks in the place of all that was streamed. Until then it carries our Cancel button: Slack shows a stop
button of its own only for apps that are declared agents, and not in channels.

Some places go without a stream and grow by chat.update:
- Direct messages outside of threads: a stream must be a reply, and there we answer in place.
- Questions to which no evidence was shown yet: in a channel only the asking person (recipient_user_id) sees a stream
  grow, the others see what it began with until it ends.
- What the workspace or the channel refuses, what is beyond Slack's limits, and texts that are too long for a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.messages import Footnote, IncomingMessage, Reply
from bot.platforms.slack.calls import SlackCalls, SlackRefusedError, SlackUnreachableError
from bot.platforms.slack.limits import MinuteBudget
from bot.platforms.slack.posting import Posting, mark
from bot.platforms.slack.render import render_opening
from bot.platforms.slack.streaming_offer import StreamingOffer

log = structlog.get_logger()

Chunk = dict[str, Any]

# Slack allows 20, 20 and 100 of these a minute, all conversations together; a few stay free for what we can't count.
_STARTS = 18
_STOPS = 18
_APPENDS = 90
# A chunk takes 12,000 characters, and all blocks of a message about 13,200.
_LONGEST = 10_000
_TITLE = 250  # a task's title takes 256
# What chat.stopStream says of a message that isn't streamed any more: it lasted for more than about five minutes, a
# person stopped it, or it was deleted.
_ENDED = {"message_not_found", "message_not_in_streaming_state", "stopped_by_user"}
_INVISIBLE = "\u200b"


@dataclass(slots=True)
class Stream:
    """An answer that was begun as a stream: its message, and what it shows so far.

    is_running: it takes chunks. is_stopped: a person stopped it, so that nothing more is to be seen before the end.
    """

    message: IncomingMessage
    question_id: int
    ts: str
    text: str
    status: str
    footnotes: tuple[Footnote, ...]
    is_running: bool = True
    is_stopped: bool = False


class Streams:
    """The streams of the answers that are being made, within Slack's limits.

    pause: seconds before a start that got no answer is looked for.
    """

    def __init__(
        self, calls: SlackCalls, posting: Posting, offer: StreamingOffer | None = None, pause: float = 1.0
    ) -> None:
        self._calls = calls
        self._posting = posting
        self._offer = offer or StreamingOffer()
        self._pause = pause
        self._starts = MinuteBudget(_STARTS)
        self._stops = MinuteBudget(_STOPS)
        self._appends = MinuteBudget(_APPENDS)
        self._streams: dict[str, Stream] = {}  # by the question's key
        self._starting = 0

    def suits(self, message: IncomingMessage, reply: Reply) -> bool:
        """Tell whether an answer that isn't shown yet should be begun as a stream."""
        running = self._starting + sum(stream.is_running for stream in self._streams.values())
        return (
            bool(message.handle["thread_ts"] and reply.question_id and reply.actions)
            and self._offer.holds(message.handle["channel"])
            and _fits(reply.text)
            # Each stream that runs has to be ended, without waiting.
            and self._stops.left() > running
            and self._starts.left() > 0
        )

    async def begin(self, message: IncomingMessage, reply: Reply) -> str | None:
        """Begin an answer that suits and give the ts of its message; None when it must be posted instead."""
        self._starting += 1
        try:
            ts = await self._start(message, [_opening(message, reply), *_news(message, "", "", reply)])
        finally:
            self._starting -= 1
        if ts is not None:
            self._streams[message.key] = Stream(
                message, reply.question_id, ts, reply.text, reply.status, reply.footnotes
            )
        return ts

    async def _start(self, message: IncomingMessage, chunks: list[Chunk]) -> str | None:
        self._starts.take()
        channel = message.handle["channel"]
        try:
            # Not by the patient client: the answer can be posted at once.
            answer = await self._calls.once(
                self._calls.impatient.chat_startStream,
                channel=channel,
                thread_ts=message.handle["thread_ts"],
                chunks=chunks,
                **({} if message.private else _recipient(message)),
            )
        except SlackUnreachableError as error:
            log.info("slack stream not confirmed", error=str(error))
            await asyncio.sleep(self._pause)
            return await self._posting.find(message, 0)
        except SlackRefusedError as refusal:
            self._offer.note(refusal, channel)
            return None
        return str(answer["ts"])

    async def grow(self, message: IncomingMessage, reply: Reply, ts: str) -> bool:
        """Append what a growing reply has more; False when its message has to be edited from now on."""
        stream = self._streams.get(message.key)
        if stream is None or stream.ts != ts or not stream.is_running:
            return stream is not None and stream.is_stopped
        if not (reply.text.startswith(stream.text) and _fits(reply.text) and reply.footnotes == stream.footnotes):
            await self.end(message.key)
            return False
        chunks = _news(message, stream.text, stream.status, reply)
        if chunks and not await self._append(stream, chunks):
            return stream.is_stopped
        stream.text, stream.status = reply.text, reply.status
        return True

    async def _append(self, stream: Stream, chunks: list[Chunk]) -> bool:
        """Append chunks; False when the stream has come to its end over that."""
        try:
            if self._appends.take():
                # Not by the patient client: an answer that waits for a minute grows faster by edits.
                await self._calls.once(
                    self._calls.impatient.chat_appendStream,
                    channel=stream.message.handle["channel"],
                    ts=stream.ts,
                    chunks=chunks,
                )
                return True
        except SlackRefusedError as refusal:
            log.info("slack stream refused", error=str(refusal))
            stream.is_stopped = refusal.code == "stopped_by_user"
            # What a person stopped, Slack leaves for us to end.
            stream.is_running = stream.is_stopped or refusal.code not in _ENDED
        except SlackUnreachableError as error:
            # Nobody knows what it shows now; an edit says it whole.
            log.info("slack stream not confirmed", error=str(error))
        await self.end(stream.message.key)
        return False

    async def end(self, key: str) -> None:
        """End the stream of an answer, so that its message can be edited or deleted. Raises PlatformError."""
        stream = self._streams.get(key)
        if stream is None or not stream.is_running:
            return
        stream.is_running = False
        answer = await self.stop(stream.message.handle["channel"], stream.ts)
        if answer is not None:
            await self._posting.check_thread(stream.message.handle, answer.data)

    async def stop(self, channel: str, ts: str) -> AsyncSlackResponse | None:
        """End whatever streams into a message and give Slack's answer, None for nothing. Raises PlatformError."""
        await self._stops.wait()
        try:
            return await self._calls.repeated(self._calls.api.chat_stopStream, channel=channel, ts=ts)
        except SlackRefusedError as refusal:
            if refusal.code not in _ENDED:
                raise
            return None

    def forget(self, key: str) -> None:
        """Drop what was noted of an answer that has ended."""
        self._streams.pop(key, None)

    def stopped(self, channel: str, thread_ts: str, timestamps: Sequence[str]) -> list[Stream]:
        """Give the answers that Slack's stop button means: the named streams, or those of a thread for none."""
        return [
            stream
            for stream in self._streams.values()
            if stream.message.handle["channel"] == channel
            and (stream.ts in timestamps if timestamps else stream.message.handle["thread_ts"] == thread_ts)
        ]


def defused(markdown: str) -> str:
    """Give Markdown in which Slack sees no mention, and whose beginning stays as it is when more is appended."""
    return markdown.replace("<", f"<{_INVISIBLE}")


def _fits(markdown: str) -> bool:
    return len(defused(markdown)) <= _LONGEST


def _recipient(message: IncomingMessage) -> dict[str, str]:
    return {"recipient_user_id": message.user, "recipient_team_id": message.conversation.workspace}


def _opening(message: IncomingMessage, reply: Reply) -> Chunk:
    """Give what stands over the text. By its block_id and the task's id a stream is found: a start has no metadata."""
    return {"type": "blocks", "blocks": render_opening(reply, mark(message, 0))}


def _news(message: IncomingMessage, text: str, status: str, reply: Reply) -> list[Chunk]:
    """Give the chunks that bring a stream from the text and status that it shows to a reply."""
    chunks: list[Chunk] = []
    if reply.status and reply.status != status:
        title = defused(reply.status)[:_TITLE]
        chunks.append({"type": "task_update", "id": mark(message, 0), "title": title, "status": "in_progress"})
    added = defused(reply.text)[len(defused(text)) :]
    if added:
        # White space at the seam of two chunks can get lost.
        seam = _INVISIBLE if text and added[0].isspace() else ""
        chunks.append({"type": "markdown_text", "text": seam + added})
    return chunks
