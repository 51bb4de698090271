"""Slack as delivery sees it: acknowledge, show, retract, whisper; all from a message's stored handle."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import replace

import structlog

from bot import wording
from bot.messages import IncomingMessage, Reply, Sent
from bot.platforms.slack.calls import SlackCalls, SlackRefusedError
from bot.platforms.slack.limits import MinuteBudget
from bot.platforms.slack.posting import Posting, content
from bot.platforms.slack.render import Body, render, render_question, render_text
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

# One of our messages: its id ("channel:ts") and a digest of what it shows, "" when that is not known.
Shown = tuple[str, str]


class SlackSurface:
    """Implements `bot.messages.Surface` for one workspace."""

    platform = "slack"
    edit_seconds = 1.5

    def __init__(self, calls: SlackCalls, work: Work, posting: Posting) -> None:
        self._calls = calls
        self._work = work
        self._posting = posting
        self._edits = MinuteBudget(_EDITS)
        self._reactions = MinuteBudget(_REACTIONS)
        self._growing: set[str] = set()
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
        try:
            await self._calls.once(
                self._calls.impatient.assistant_threads_setStatus,
                channel_id=handle["channel"],
                thread_ts=handle["thread_ts"] or handle["ts"],
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
            is_new, shown = message.key not in self._shown, self._known(message, sent)
            if sent is not None and not shown:
                shown = [(_identifier(message, ts), "") for ts in await self._posting.left_behind(message)]
            try:
                await self._bring_to(message, shown, render(reply), final=final)
            except SlackRefusedError as refusal:
                if is_new and not shown and _is_closed(refusal):
                    await self._tell_of_refusal(message)
                raise
            finally:
                self._remember(message.key, shown)
            return Sent(tuple(identifier for identifier, _ in shown), sent.handle if sent else {})

    async def _bring_to(self, message: IncomingMessage, shown: list[Shown], bodies: list[Body], *, final: bool) -> None:
        """Edit, post and delete until the messages in `shown` hold the bodies; `shown` says how far it came."""
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
        await self._work.uninterrupted(self._retract(message, sent), f"retract {message.key}")

    async def _retract(self, message: IncomingMessage, sent: Sent) -> None:
        async with self._work.order(f"show {message.key}"):
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
        channel, _, ts = identifier.rpartition(":")
        try:
            await self._calls.repeated(self._calls.api.chat_update, channel=channel, ts=ts, **content(body))
        except SlackRefusedError as refusal:
            if refusal.code != "message_not_found":
                raise
            # Someone deleted it. The answer itself is owed, and can't be doubled by what is gone; the way to it is not.
            return await self._post(message, body, part) if final else shown
        return identifier, _digest(body)

    async def _delete(self, identifier: str) -> None:
        channel, _, ts = identifier.rpartition(":")
        try:
            await self._calls.repeated(self._calls.api.chat_delete, channel=channel, ts=ts)
        except SlackRefusedError as refusal:
            if refusal.code != "message_not_found":
                raise


def _is_closed(refusal: SlackRefusedError) -> bool:
    return refusal.code in _CLOSED or refusal.code.startswith("restricted_action")


def _identifier(message: IncomingMessage, ts: str) -> str:
    return f"{message.handle['channel']}:{ts}"


def _digest(body: Body) -> str:
    return hashlib.sha256(json.dumps([body.text, body.blocks]).encode()).hexdigest()[:16]
