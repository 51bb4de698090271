"""Hands over what people do in Slack to the desk, and its answers to commands and presses back to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from bot import wording
from bot.messages import RUN_ACTIONS, Action, Command, CommandName, Desk, IncomingMessage, Press
from bot.platforms.slack import normalise, reasons
from bot.platforms.slack.audiences import Audiences
from bot.platforms.slack.calls import SlackCalls, SlackRefusedError
from bot.platforms.slack.home import home_view
from bot.platforms.slack.listening import Listening
from bot.platforms.slack.normalise import Identity
from bot.platforms.slack.render import Body, render_text
from bot.platforms.slack.surface import SlackSurface
from bot.platforms.slack.work import Work
from core.errors import PlatformError
from core.models import ConversationKey

log = structlog.get_logger()

Payload = Mapping[str, Any]
_FOR_ADMINS: frozenset[CommandName] = frozenset({"reingest", "collections"})
# The answer of someone else is an admin's to cancel; whose it is we don't know here.
_PRESSED_BY_ADMINS: frozenset[Action] = RUN_ACTIONS | {"cancel"}
_BY_AUDIENCE: frozenset[CommandName] = frozenset({"status", "collections", "reingest"})
Tell = Callable[[str], Awaitable[None]]


class Handlers:
    """What happens after a payload was acknowledged; every method takes the payload as Slack sent it."""

    def __init__(
        self,
        desk: Desk,
        surface: SlackSurface,
        calls: SlackCalls,
        work: Work,
        identity: Identity,
        listening: Listening,
        *,
        asks_for_managers: bool = False,
    ) -> None:
        """asks_for_managers: find out who manages the workspace, where a command or a button is for admins."""
        self._desk = desk
        self._surface = surface
        self._calls = calls
        self._work = work
        self._identity = identity
        self._listening = listening
        self._asks_for_managers = asks_for_managers
        self._keys = Recent()  # by the id that a message has from its client
        self._commands = Recent()
        self._audiences = Audiences(calls, identity.team)

    async def event(self, payload: Payload) -> None:
        """Take an event: a message or a mention, someone who opened the home tab, or who stopped an answer."""
        event = payload["event"]
        if event["type"] == "app_home_opened" and event.get("tab") == "home":
            await self._show_home(event["user"], event["channel"])
            return
        if event["type"] == "agent_session_stopped":
            await self._stop(event)
            return
        message = normalise.normalise_event(payload, self._identity)
        if message is None:
            return
        if message.kind == "question" and event.get("client_msg_id"):
            # Now and then Slack sends a message again as a new one: with another ts, but its client's id stays.
            message = replace(message, key=self._keys.first(event["client_msg_id"], message.key))
        async with self._work.order(message.key):
            await self._take(event, replace(message, audience=await self._audiences.of_event(payload)))

    async def _take(self, event: Payload, message: IncomingMessage) -> None:
        if message.kind != "question":
            if message.kind == "edited" and normalise.newly_mentions(event, self._identity):
                await self._desk.receive(replace(message, kind="question"))
            await self._desk.receive(message)
            return
        addressing = normalise.addressing(event, self._identity)
        if addressing != "us" and not await self._is_for_us(addressing, message):
            return
        command = normalise.spoken_command(message) if addressing == "us" else None
        if command is None:
            await self._desk.receive(message)
        elif message.key not in self._commands:
            self._commands.first(message.key, command.name)
            await self._carry_out(command, partial(self._surface.whisper, message))

    async def _is_for_us(self, addressing: normalise.Addressing, message: IncomingMessage) -> bool:
        """Tell whether a message that doesn't mention us is a question."""
        mode = self._listening.mode(message.conversation.channel)
        if mode == "mention" or not message.text:
            return False
        return mode == "all" or (addressing == "thread" and await self._desk.participates(message.conversation))

    async def command(self, body: Payload) -> None:
        """Take a slash command."""
        message, command = normalise.normalise_command(body, self._identity)

        async def tell(text: str) -> None:
            try:
                await self._respond(body["response_url"], render_text(text))
            except SlackRefusedError as refusal:
                # It lasts for half an hour and five answers.
                log.info("slack response_url refused", error=str(refusal))
                await self._surface.whisper(message, text)

        if command is not None:
            await self._carry_out(command, tell)
            return
        try:
            ts = await self._surface.announce(message, body.get("user_name") or wording.SLACK_SOMEONE)
        except PlatformError as error:
            log.warning("slack question not shown", error=str(error))
            await tell(wording.SLACK_CANNOT_WRITE)
            return
        audience = await self._audiences.of_channel(message.conversation.channel)
        await self._desk.receive(replace(normalise.posted_question(message, ts), audience=audience))

    async def action(self, body: Payload) -> None:
        """Take a press of a button, or a reason chosen from a menu."""
        if reasons.wants_form(body):
            await self._open_form(body)
            return
        if (reason := reasons.chosen_reason(body)) is not None:
            await self._take_reason(reason, body["response_url"])
            return
        press = normalise.normalise_action(body)
        if press is None:
            return
        if press.action in _PRESSED_BY_ADMINS:
            press = replace(press, manages=await self._manages(press.user))
        if press.action in ("evidence", "human"):
            press = replace(press, audience=await self._audiences.of_channel(body["container"]["channel_id"]))
        said = await self._desk.press(press)
        if said:
            bodies = [Body(said, reasons.asking(press.question_id))] if said == wording.WHY else render_text(said)
            await self._respond(body["response_url"], bodies, body.get("container", {}).get("thread_ts"))

    async def form(self, body: Payload) -> None:
        """Take a form that was sent: a reason in their own words."""
        sent = reasons.written_reason(body)
        if sent is not None:
            await self._take_reason(*sent)

    async def _open_form(self, body: Payload) -> None:
        """Open the form for a reason; its trigger is good for three seconds."""
        open_view = self._calls.impatient.views_open
        try:
            await self._calls.once(open_view, trigger_id=body["trigger_id"], view=reasons.form(body))
        except PlatformError as error:
            log.warning("slack form not opened", error=str(error))
            await self._respond(body["response_url"], render_text(wording.WHY_LATE))

    async def _take_reason(self, press: Press, response_url: str) -> None:
        """Hand over why an answer was disliked, and thank in the place of the question for that."""
        said = await self._desk.press(press)
        try:
            await self._respond(response_url, [Body(said, reasons.thanked(said, press.question_id))], replaces=True)
        except PlatformError as error:
            # It lasts for half an hour; the reason is noted all the same.
            log.info("slack response_url refused", error=str(error))

    async def _stop(self, event: Payload) -> None:
        """Take Slack's own stop button for our Cancel button."""
        user, timestamps = event["user"], event.get("streaming_message_ts") or []
        for stream in self._surface.streams.stopped(event["channel"], event.get("thread_ts") or "", timestamps):
            manages = user != stream.message.user and await self._manages(user)
            said = await self._desk.press(Press("slack", stream.question_id, "cancel", user, manages))
            if said:
                await self._surface.whisper(replace(stream.message, user=user), said)

    async def _carry_out(self, command: Command, tell: Tell) -> None:
        """Do a command and tell its giver what it says."""
        if command.name in _FOR_ADMINS:
            command = replace(command, manages=await self._manages(command.user))
        if command.name in _BY_AUDIENCE:
            audience = await self._audiences.of_channel(command.conversation.channel)
            command = replace(command, audience=audience)
        said = await self._desk.command(command)
        if said:
            await tell(said)

    async def _manages(self, user: str) -> bool:
        """Ask Slack whether someone manages the workspace; False where that is not asked, or can't be."""
        if not self._asks_for_managers:
            return False
        try:
            found = (await self._calls.repeated(self._calls.api.users_info, user=user))["user"]
        except PlatformError as error:
            log.warning("slack manager not asked for", error=str(error))
            return False
        return bool(found.get("is_admin") or found.get("is_owner"))

    async def _respond(
        self, url: str, bodies: Sequence[Body], thread_ts: str | None = None, *, replaces: bool = False
    ) -> None:
        """Tell the person of a command or a press alone. replaces: in the place of the message that was pressed."""
        for body in bodies:
            answer: dict[str, Any] = {"response_type": "ephemeral", "text": body.text, "blocks": body.blocks}
            answer |= {"replace_original": replaces}
            answer |= {"unfurl_links": False, "unfurl_media": False}
            await self._calls.respond(url, answer | ({"thread_ts": thread_ts} if thread_ts else {}))

    async def _show_home(self, user: str, channel: str) -> None:
        conversation = ConversationKey("slack", self._identity.team, channel, "")
        names: tuple[CommandName, ...] = ("status", "help")
        audience = await self._audiences.of_channel(channel)
        commands = [Command("slack", name, "", user, conversation, audience=audience) for name in names]
        texts = [await self._desk.command(command) for command in commands]
        await self._calls.repeated(self._calls.api.views_publish, user_id=user, view=home_view(*texts))


class Recent:
    """What was lately seen for the first time, by name; the oldest is forgotten."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._values: OrderedDict[str, str] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def first(self, name: str, value: str) -> str:
        """Give the value with which a name was first seen, which is this one when it was not."""
        found = self._values.setdefault(name, value)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
        return found
