"""Slack as delivery sees it: acknowledge, show, retract, whisper; all from a message's stored handle."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import structlog

from bot import wording
from bot.messages import IncomingMessage, Reply, Sent
from bot.platforms.slack.calls import Method, SlackCalls, SlackRefusedError
from bot.platforms.slack.limits import MinuteBudget
from bot.platforms.slack.posting import Posting, content, metadata
from bot.platforms.slack.render import Body, render, render_question, render_text
from bot.platforms.slack.streaming import Streams
from bot.platforms.slack.streaming_offer import StreamingOffer
from bot.platforms.slack.work import Work
from core.errors import PlatformError

log = structlog.get_logger()

# Slack allows 50 of each a minute, all conversations together; a few stay free for what we can't count.
_EDITS = 45
_REACTIONS = 45
# Edits of growing answers leave one edit to the end of each of them, which must not wait, and so many more.
_FOR_FINAL = 10
_REMEMBERED = 1000
# Where we can't write, the person is told in a direct message.
_CLOSED = {"channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel"}

# How Slack refuses to change a message that is being streamed.
_STREAMING = {"streaming_state_conflict", "cant_delete_message"}

# One of our messages: its id ("channel:ts") and a digest of what it shows, "" when that is not known.
Shown = tuple[str, str]


class SlackSurface:
    """Implements `bot.messages.Surface` for one workspace. streams: None to let every answer grow by edits."""

    platform = "slack"
    edit_seconds = 1.5

    def __init__(self, calls: SlackCalls, work: Work, posting: Posting, streams: Streams | None = None) -> None:
        self.streams = streams or Streams(calls, posting, StreamingOffer(is_wanted=False))
        self._calls = calls
        self._work = work
        self._posting = posting
        self._edits = MinuteBudget(_EDITS)
        self._reactions = MinuteBudget(_REACTIONS)
        self._growing: set[str] = set()
        self._awaiting: set[str] = set()  # questions under which nothing stands but a status line
        # What we know better than the caller: it learns nothing of a call that it stopped waiting for.
        self._shown: OrderedDict[str, list[Shown]] = OrderedDict()

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Put eyes on the question, or a status under it (see Surface); never raises for a refusal."""
        handle = message.handle
        if not handle["ts"]:
            return
        try:
            # Not by the patient client: who waits a minute for a reaction has answered before.
            if self._reactions.take():
                await self._calls.once(
                    self._calls.impatient.reactions_add,
                    channel=handle["channel"],
                    timestamp=handle["ts"],
                    name="eyes",
                )
                return
        except PlatformError as error:
            if isinstance(error, SlackRefusedError) and error.code in ("already_reacted", "message_not_found"):
                return
            log.warning("slack reaction failed", error=str(error))
        await self._show_status(message)

    async def _show_status(self, message: IncomingMessage) -> None:
        """Say under a question that it is being looked at, until we post there."""
        try:
            await self._calls.once(
                self._calls.impatient.assistant_threads_setStatus,
                channel_id=message.handle["channel"],
                thread_ts=message.handle["thread_ts"] or message.handle["ts"],
                status=wording.SLACK_LOOKING,
            )
        except PlatformError as error:
            log.warning("slack status failed", error=str(error))

    async def show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        """Make our messages look like the reply (see Surface); goes on to its end when the caller is cancelled.

        Where we may not write at all, the asking person is told so once, in a direct message if need be.
        """
        return await self._work.uninterrupted(self._show(message, reply, sent), f"show {message.key}")

    async def _show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        final = reply.stage == "final"
        (self._growing.discard if final else self._growing.add)(message.key)
        async with self._work.order(f"show {message.key}"):
            awaits = message.key in self._awaiting
            self._awaiting.discard(message.key)
            is_new, shown = awaits or message.key not in self._shown, self._known(message, sent)
            if sent is not None and not shown and not awaits:
                shown = [(_identifier(message, ts), "") for ts in await self._posting.left_behind(message)]
            try:
                if final or not await self._stream(message, reply, shown, awaits=awaits):
                    await self._bring_to(message, shown, render(reply), final=final)
            except SlackRefusedError as refusal:
                # Told once: when nothing can be posted, or when what stands there can't become the answer any more.
                if _is_closed(refusal) and (final if shown else is_new):
                    await self._tell_of_refusal(message)
                raise
            finally:
                self._remember(message.key, shown)
                if final:
                    self.streams.forget(message.key)
            return Sent(tuple(identifier for identifier, _ in shown), sent.handle if sent else {})

    async def _stream(self, message: IncomingMessage, reply: Reply, shown: list[Shown], *, awaits: bool) -> bool:
        """Show a growing reply by a stream; False when it has to be posted or edited instead.

        awaits: the question has its status line already, in which it waits for the evidence to begin with.
        """
        if shown:
            return await self.streams.grow(message, reply, _ts(shown[0]))
        if not self.streams.suits(message, reply):
            return False
        if not reply.text and not reply.footnotes:
            self._awaiting.add(message.key)
            if not awaits:
                await self._show_status(message)
            return True
        ts = await self.streams.begin(message, reply)
        if ts is not None:
            shown.append((_identifier(message, ts), ""))
        return ts is not None

    async def _bring_to(self, message: IncomingMessage, shown: list[Shown], bodies: list[Body], *, final: bool) -> None:
        """Edit, post and delete until the messages in `shown` hold the bodies; `shown` says how far it came."""
        await self.streams.end(message.key)
        for part, body in enumerate(bodies):
            if part < len(shown):
                shown[part] = await self._edit(message, shown[part], body, part, final=final)
            else:
                shown.append(await self._post(message, body, part))
        while len(shown) > len(bodies):
            await self._delete(shown[-1][0])
            shown.pop()

    async def retract(self, message: IncomingMessage, sent: Sent) -> None:
        """Delete our messages (see Surface)."""
        self._growing.discard(message.key)
        self._awaiting.discard(message.key)
        await self._work.uninterrupted(self._retract(message, sent), f"retract {message.key}")

    async def _retract(self, message: IncomingMessage, sent: Sent) -> None:
        async with self._work.order(f"show {message.key}"):
            self.streams.forget(message.key)
            for identifier in dict.fromkeys([*sent.ids, *(known for known, _ in self._known(message, sent))]):
                await self._delete(identifier)
            self._shown.pop(message.key, None)

    async def whisper(self, message: IncomingMessage, text: str) -> None:
        """Tell the asking person alone (see Surface), in a direct message where we can't write."""
        handle = message.handle
        for body in render_text(text):
            if message.private:
                await self._posting.post(message, body, f"whisper {_digest(body)}")
                continue
            # A thread that our answer would only have opened shows no ephemeral message: use the channel.
            inside = handle["thread_ts"] if handle["thread_ts"] != handle["ts"] else ""
            try:
                await self._calls.once(
                    self._calls.api.chat_postEphemeral,
                    channel=handle["channel"],
                    user=message.user,
                    thread_ts=inside or None,
                    **content(body),
                )
            except SlackRefusedError as refusal:
                if not _is_closed(refusal):
                    raise
                direct = {**handle, "channel": message.user, "ts": "", "thread_ts": ""}
                await self._posting.post(replace(message, handle=direct), body, f"whisper {_digest(body)}")

    async def announce(self, message: IncomingMessage, name: str) -> str:
        """Show a question of a slash command in its channel under our name and give the ts."""
        return await self._posting.post(message, render_question(name, message.text), "question")

    async def _tell_of_refusal(self, message: IncomingMessage) -> None:
        try:
            await self.whisper(message, wording.SLACK_CANNOT_WRITE)
        except PlatformError as error:
            log.warning("slack person not reached", error=str(error))

    def _known(self, message: IncomingMessage, sent: Sent | None) -> list[Shown]:
        """Give our messages: as we remember them, unless the caller speaks of others."""
        remembered = self._shown.get(message.key, [])
        if remembered and (sent is None or not sent.ids or sent.ids[0] == remembered[0][0]):
            return list(remembered)
        return [(identifier, "") for identifier in sent.ids] if sent else []

    def _remember(self, key: str, shown: list[Shown]) -> None:
        self._shown[key] = shown
        self._shown.move_to_end(key)
        while len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    async def _post(self, message: IncomingMessage, body: Body, part: int) -> Shown:
        return _identifier(message, await self._posting.post(message, body, part)), _digest(body)

    async def _edit(self, message: IncomingMessage, shown: Shown, body: Body, part: int, *, final: bool) -> Shown:
        identifier, digest = shown
        if digest == _digest(body):
            return shown
        if final:
            await self._edits.wait()
        elif not self._edits.take(spare=_FOR_FINAL + len(self._growing)):
            return shown
        try:
            await self._change(
                identifier, self._calls.api.chat_update, metadata=metadata(message, part), **content(body)
            )
        except SlackRefusedError as refusal:
            if refusal.code != "message_not_found":
                raise
            # Someone deleted it. The answer itself is owed, and can't be doubled by what is gone; the way to it is not.
            return await self._post(message, body, part) if final else shown
        return identifier, _digest(body)

    async def _delete(self, identifier: str) -> None:
        try:
            await self._change(identifier, self._calls.api.chat_delete)
        except SlackRefusedError as refusal:
            if refusal.code != "message_not_found":
                raise

    async def _change(self, identifier: str, method: Method, **arguments: Any) -> None:
        """Edit or delete one of our messages; a stream that a process that died has left in it is ended first."""
        channel, _, ts = identifier.rpartition(":")
        try:
            await self._calls.repeated(method, channel=channel, ts=ts, **arguments)
        except SlackRefusedError as refusal:
            if refusal.code not in _STREAMING:
                raise
            await self.streams.stop(channel, ts)
            await self._calls.repeated(method, channel=channel, ts=ts, **arguments)


def _is_closed(refusal: SlackRefusedError) -> bool:
    return refusal.code in _CLOSED or refusal.code.startswith("restricted_action")


def _identifier(message: IncomingMessage, ts: str) -> str:
    return f"{message.handle['channel']}:{ts}"


def _ts(shown: Shown) -> str:
    return shown[0].rpartition(":")[2]


def _digest(body: Body) -> str:
    return hashlib.sha256(json.dumps([body.text, body.blocks]).encode()).hexdigest()[:16]
