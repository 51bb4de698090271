"""A local server that speaks Slack's Web API and Socket Mode, and the things people do in its workspace."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulate import slack_events as events
from bot.simulate.slack_blocks import chosen, usable_elements
from bot.simulate.slack_chat import remove_message
from bot.simulate.slack_deliveries import Delivery
from bot.simulate.slack_http import build_app
from bot.simulate.slack_methods import ApiCall, WebApi
from bot.simulate.slack_response_urls import show_acknowledgement, show_failure
from bot.simulate.slack_rules import SlackRules
from bot.simulate.slack_shapes import message_shape
from bot.simulate.slack_sockets import DisconnectReason, SocketHub
from bot.simulate.slack_state import Message, SlackState, Stream, example_workspace
from bot.simulate.slack_views import open_view_of

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person (or a bot) said: where it stands, and the deliveries that tell the app."""

    channel: str
    ts: str
    deliveries: tuple[Delivery, ...]


class SlackServer:
    """One workspace on 127.0.0.1; an async context manager.

    Texts of people are as Slack sends them: `<@U…>` for mentions, `&lt;` for typed brackets (see `as_typed`).
    Every verb returns when its payloads are queued; `settled` waits until the app has acknowledged them.
    """

    def __init__(self, state: SlackState | None = None, rules: SlackRules | None = None, port: int = 0) -> None:
        """Take a workspace (`example_workspace(rules)` when None); port 0 lets the system choose."""
        self.state = state or example_workspace(rules)
        self._port = port
        self.watch: Callable[[], object] = lambda: None  # called after everything that the app has done over HTTP
        self.hub = SocketHub(self.state.rules, self.state.app_id, self._on_ack, self._on_unanswered)
        self.api = WebApi(self.state, self._socket_url, self._publish)
        app = build_app(self.state, self.api, self.hub, self._publish)
        app.middlewares.append(self._watched)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        self.hub.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hub.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """The base address for the Web API; ends in /api/."""
        return f"http://127.0.0.1:{self._port}/api/"

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which Docent talks to this server."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": self.state.bot_token,
            "SLACK_APP_TOKEN": self.state.app_token,
        }

    # What people do

    async def mention(
        self,
        channel: str,
        user: str,
        text: str,
        thread_ts: str | None = None,
        *,
        order: Literal["mention_first", "message_first"] = "mention_first",
        client_msg_id: str | None = None,
    ) -> Spoken:
        """Mention Docent (put in front unless the text does it): app_mention and message, both with the same ts.

        client_msg_id: give that of an earlier message to let Slack send it again under a new ts.
        """
        mention = f"<@{self.state.bot_user}>"
        said = text if mention in text else f"{mention} {text}"
        message = self._person_says(channel, user, said, thread_ts, client_msg_id)
        both = [events.app_mention(self.state, message), events.message_posted(self.state, message)]
        return self._told(message, both if order == "mention_first" else both[::-1])

    async def direct_message(self, user: str, text: str, thread_ts: str | None = None) -> Spoken:
        """Write to Docent in direct messages; app_mention never comes there, also when the text mentions Docent."""
        message = self._person_says(self.state.direct_channel(user).id, user, text, thread_ts)
        return self._told(message, [events.message_posted(self.state, message)])

    async def message(self, channel: str, user: str, text: str, thread_ts: str | None = None) -> Spoken:
        """Say something that doesn't mention Docent."""
        message = self._person_says(channel, user, text, thread_ts)
        return self._told(message, [events.message_posted(self.state, message)])

    async def bot_message(
        self, channel: str, text: str, user: str = "UBUILDER", thread_ts: str | None = None, *, legacy: bool = False
    ) -> Spoken:
        """Let another app speak, also to Docent. legacy: as old integrations do, with a subtype and without a user."""
        message = Message(
            channel=channel,
            ts=self.state.next_ts(),
            user="" if legacy else user,
            username=self.state.users[user].name if legacy else "",
            bot_id=f"B{user[1:]}",
            text=text,
            thread_ts=thread_ts or "",
        )
        self.state.add(message)
        said = [events.message_posted(self.state, message)]
        if f"<@{self.state.bot_user}>" in text:
            said.insert(0, events.app_mention(self.state, message))
        return self._told(message, said)

    async def edit_message(self, channel: str, ts: str, text: str) -> Delivery | None:
        """Change what a person wrote: message_changed. Gives None when the app doesn't hear of it."""
        message = self.state.message(channel, ts)
        previous = message_shape(self.state, message)
        message.text, message.edited_by, message.edited_ts = text, message.user, self.state.next_ts()
        return self._publish(events.message_changed(self.state, message, previous))

    async def unfurl_link(self, channel: str, ts: str, url: str) -> Delivery | None:
        """Let Slack show a preview of a link: a message_changed without any edit by a person."""
        message = self.state.message(channel, ts)
        previous = message_shape(self.state, message)
        message.attachments = [{"from_url": url, "original_url": url, "title": url, "id": 1}]
        return self._publish(events.message_changed(self.state, message, previous))

    async def delete_message(self, channel: str, ts: str) -> Delivery | None:
        """Delete a message: message_deleted, or message_changed to a tombstone when it has replies."""
        return self._publish(remove_message(self.state, self.state.message(channel, ts)))

    async def slash_command(self, user: str, channel: str, command: str, text: str = "") -> Delivery:
        """Run a slash command; what the app acknowledges it with is shown as Slack shows it."""
        url = self._response_url(channel, user)
        place = self.state.channels[channel]
        payload = events.slash_command(self.state, place, user, command, text, url)
        return self.hub.deliver("slash_commands", payload)

    async def click(self, user: str, channel: str, ts: str, action_id: str, choice: str | None = None) -> Delivery:
        """Use a button or menu of a message, as it stands there now.

        choice: value or label, for feedback buttons and menus; the first when None.
        Raises LookupError when the message shows no such element or choice to this user.
        """
        message = self.state.message(channel, ts)
        if message.visible_to not in ("", user):
            raise LookupError(f"{user} can't see the message {ts}; only {message.visible_to} can.")
        for block, element in usable_elements(message.blocks):
            if element["action_id"] == action_id:
                url = self._response_url(channel, user, ts)
                fields = chosen(element, choice)
                payload = events.block_actions(self.state, message, user, block, element, fields, url)
                return self.hub.deliver("interactive", payload)
        shown = [element["action_id"] for _, element in usable_elements(message.blocks)]
        raise LookupError(f"The message {ts} has no {action_id!r}; its action_ids are {shown}.")

    async def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> Delivery | None:
        """Open Docent's home (or its messages) tab."""
        return self._publish(events.home_opened(self.state, user, tab))

    async def view_submission(self, user: str, callback_id: str, values: JsonObject) -> Delivery:
        """Submit the modal that the app opened for a user; values by block_id, then action_id, as Slack sends them.

        Raises LookupError when that user has no such modal.
        """
        view = open_view_of(self.state, user, callback_id)
        return self.hub.deliver("interactive", events.view_submission(self.state, view, user, values))

    async def stop_stream(self, channel: str, ts: str, user: str = "UADA") -> Delivery | None:
        """Click the stop button of a message that is being streamed: agent_session_stopped.

        Raises LookupError when it isn't streamed (any more): then there is no such button.
        """
        message = self.state.message(channel, ts)
        if not self.state.is_streaming(message):
            raise LookupError(f"The message {ts} is not being streamed.")
        message.stream = Stream(self.state.clock(), "stopped_by_user")
        return self._publish(events.session_stopped(self.state, message, user))

    # What goes wrong

    async def redeliver(self, event_id: str, retry_attempt: int = 1, reason: str = "timeout") -> Delivery:
        """Send an event once more, as Slack does when it missed the acknowledgement. Raises LookupError."""
        sent = self.deliveries_of(event_id)
        if not sent:
            raise LookupError(f"No event {event_id!r} was sent.")
        return self.hub.deliver("events_api", sent[0].payload, retry_attempt=retry_attempt, retry_reason=reason)

    async def disconnect(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Tell every socket to go; "warning" leaves it open, the others close it if the app doesn't."""
        await self.hub.disconnect(reason)

    async def drop_connections(self, *, silently: bool = False) -> None:
        """Cut every socket's TCP connection without a close frame; silently: let it hang instead."""
        self.hub.drop(silently=silently)

    def fail_next(self, method: str, error: str = "internal_error", *, status: int = 200, times: int = 1) -> None:
        """Refuse the next calls of a method with an error code, and an HTTP status where it is not 200."""
        self.api.faults.fail_next(method, error, status=status, times=times)

    def rate_limited(self, method: str, retry_after: int = 1, times: int = 1) -> None:
        """Answer the next calls of a method with HTTP 429 and Retry-After in seconds."""
        self.api.faults.rate_limited(method, retry_after, times)

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Do what the next calls of a method ask for, but cut the connection before the answer, as a network can."""
        self.api.faults.lose_answer(method, times)

    # What tests and people look at

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API call, in order."""
        return self.api.calls

    def calls_of(self, method: str) -> list[ApiCall]:
        """Give the calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to deliver something, in order."""
        return self.hub.deliveries

    def deliveries_of(self, event_id: str) -> list[Delivery]:
        """Give the attempts to deliver one event, in order."""
        return [delivery for delivery in self.deliveries if delivery.event_id == event_id]

    async def connected(self, sockets: int = 1, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until the app has that many sockets. Raises TimeoutError."""
        await self.until(lambda: len(self.hub.sockets) >= sockets, timeout)

    async def settled(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until every delivery is acknowledged or given up. Raises TimeoutError."""
        await self.until(lambda: not self.hub.unsettled, timeout)

    async def until(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until a condition holds. Raises TimeoutError that names the last calls of the app."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                last = [(call.method, call.error or "ok") for call in self.calls[-5:]]
                raise TimeoutError(f"Not so within {timeout} s; the last calls of the app were {last}.")
            await asyncio.sleep(0.005)

    def _person_says(
        self, channel: str, user: str, text: str, thread_ts: str | None, client_msg_id: str | None = None
    ) -> Message:
        return self.state.add(
            Message(
                channel=channel,
                ts=self.state.next_ts(),
                user=user,
                text=text,
                thread_ts=thread_ts or "",
                client_msg_id=client_msg_id or str(uuid.uuid4()),
            )
        )

    def _told(self, message: Message, said: list[JsonObject]) -> Spoken:
        deliveries = [self._publish(event) for event in said]
        return Spoken(message.channel, message.ts, tuple(delivery for delivery in deliveries if delivery))

    def _publish(self, event: JsonObject) -> Delivery | None:
        if not events.reaches_app(self.state, event):
            return None
        return self.hub.deliver("events_api", events.event_callback(self.state, event))

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            self.watch()

    def _socket_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/link/?ticket={self.hub.new_ticket()}&app_id={self.state.app_id}"

    def _response_url(self, channel: str, user: str, message_ts: str = "") -> str:
        token = self.state.new_response_url(channel, user, message_ts)
        return f"http://127.0.0.1:{self._port}/response/{token}"

    def _on_ack(self, delivery: Delivery) -> None:
        if delivery.kind == "slash_commands" and delivery.response:
            for event in show_acknowledgement(self.state, delivery.payload, delivery.response):
                self._publish(event)

    def _on_unanswered(self, delivery: Delivery) -> None:
        if delivery.kind == "slash_commands":
            show_failure(self.state, delivery.payload, "operation_timeout" if delivery.sent_at else "dispatch_failed")
