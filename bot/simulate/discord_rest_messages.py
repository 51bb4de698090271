"""REST routes for channels, messages, reactions, typing, threads and direct messages."""

from __future__ import annotations

from aiohttp import web

from bot.simulate import discord_shapes as shapes
from bot.simulate.discord_content import apply_edit, new_content
from bot.simulate.discord_errors import ApiError, Json, refusal
from bot.simulate.discord_mentions import PARSED_IN_MESSAGES
from bot.simulate.discord_message_shapes import message_json
from bot.simulate.discord_objects import Channel, Message, MessageFlag, MessageKind
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_rest import FILES, PREFIX, body_of, json_response, no_content, number
from bot.simulate.discord_session import Intent
from bot.simulate.discord_validation import check_message, check_name
from bot.simulate.discord_world import World

DISTINCT_REACTIONS = 20
SETTABLE_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS


class MessageRoutes:
    """What the bot does with its token in channels."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state

    def routes(self) -> list[web.RouteDef]:
        """Give the routes."""
        channel = PREFIX + "/channels/{channel_id}"
        message = channel + "/messages/{message_id}"
        own_reaction = message + "/reactions/{emoji}/@me"
        return [
            web.get(channel, self.get_channel),
            web.patch(channel, self.edit_channel),
            web.post(channel + "/typing", self.typing),
            web.get(channel + "/messages", self.list_messages),
            web.post(channel + "/messages", self.post_message),
            web.get(message, self.get_message),
            web.patch(message, self.edit_message),
            web.delete(message, self.delete_message),
            web.put(own_reaction, self.add_reaction),
            web.delete(own_reaction, self.remove_reaction),
            web.post(message + "/threads", self.open_thread),
            web.post(channel + "/threads", self.open_thread),
            web.put(channel + "/thread-members/@me", self.join_thread),
            web.post(PREFIX + "/users/@me/channels", self.open_direct_channel),
        ]

    # ---- channels ----

    async def get_channel(self, request: web.Request) -> web.Response:
        """Give a channel."""
        return json_response(shapes.channel_json(self._state, self._channel(request)))

    async def edit_channel(self, request: web.Request) -> web.Response:
        """Archive, lock or rename a thread."""
        thread = self._channel(request)
        if not thread.is_thread:
            raise refusal(50024)
        changes = {key: value for key, value in body_of(request).items() if key in ("archived", "locked", "name")}
        # Who may write in a thread may open it again, unless it is locked:
        # https://discord.com/developers/docs/resources/channel#modify-channel
        opens = changes == {"archived": False} and not thread.locked
        if opens:
            self._channel(request, Permission.SEND_MESSAGES)
        elif not self._manages_threads(thread) and (thread.owner is not self._state.bot or "locked" in changes):
            raise refusal(50013)
        if thread.archived and changes.get("archived") is not False:
            raise refusal(50083)
        self._world.change_thread(thread, **changes)
        return json_response(shapes.channel_json(self._state, thread))

    async def typing(self, request: web.Request) -> web.Response:
        """Show "is typing…"."""
        self._channel(request, Permission.SEND_MESSAGES)
        return no_content()

    async def open_direct_channel(self, request: web.Request) -> web.Response:
        """Open the direct message channel with a user."""
        recipient = self._state.users.get(int(body_of(request).get("recipient_id") or 0))
        if recipient is None or recipient is self._state.bot:
            raise refusal(50033)
        return json_response(shapes.channel_json(self._state, self._state.direct_channel(recipient)))

    # ---- messages ----

    async def list_messages(self, request: web.Request) -> web.Response:
        """Give messages, newest first."""
        channel = self._channel(request)
        if Permission.READ_MESSAGE_HISTORY not in self._state.permissions(self._state.bot, channel):
            return json_response([])
        found = [message for message in reversed(self._state.messages_in(channel)) if not message.ephemeral]
        query = request.query
        limit = min(int(query.get("limit", 50)), 100)
        if "before" in query:
            found = [message for message in found if message.id < int(query["before"])]
        if "after" in query:
            found = [message for message in found if message.id > int(query["after"])][-limit:]
        return json_response([self._shape(message) for message in found[:limit]])

    async def get_message(self, request: web.Request) -> web.Response:
        """Give one message."""
        return json_response(self._shape(self._message(request)))

    async def post_message(self, request: web.Request) -> web.Response:
        """Post a message."""
        body = body_of(request)
        channel = self._channel(request, Permission.SEND_MESSAGES)
        check_message(body)
        self._may_show(channel, body, request)
        if channel.recipient is not None and not channel.recipient.accepts_direct_messages:
            raise refusal(50007)
        if channel.is_thread and channel.locked and not self._manages_threads(channel):
            raise refusal(50083 if channel.archived else 160005)
        twin = self._posted_before(channel, body)
        if twin is not None:
            return json_response(self._shape(twin))
        replies_to = self._reference(channel, body.get("message_reference"))
        nonce = body.get("nonce")
        message = self._world.post(
            self._state.bot,
            channel,
            allowed_mentions=body.get("allowed_mentions"),
            replies_to=replies_to,
            kind=MessageKind.REPLY if replies_to else MessageKind.DEFAULT,
            flags=MessageFlag(int(body.get("flags") or 0)) & SETTABLE_FLAGS,
            nonce=None if nonce is None else str(nonce),
            **new_content(self._state, body, request[FILES]),
        )
        return json_response(self._shape(message))

    async def edit_message(self, request: web.Request) -> web.Response:
        """Edit a message of the bot."""
        message, body = self._message(request), body_of(request)
        if message.author is not self._state.bot:
            raise refusal(50005)
        self._may_touch(message.channel)
        check_message(body)
        self._may_show(message.channel, body, request)
        apply_edit(self._world, message, body, request[FILES], PARSED_IN_MESSAGES)
        return json_response(self._shape(message))

    async def delete_message(self, request: web.Request) -> web.Response:
        """Delete a message of the bot, or another's with MANAGE_MESSAGES."""
        message = self._message(request)
        permissions = self._state.permissions(self._state.bot, message.channel)
        if message.author is not self._state.bot and Permission.MANAGE_MESSAGES not in permissions:
            raise refusal(50003 if message.channel.guild is None else 50013)
        self._world.delete(message)
        return no_content()

    # ---- reactions ----

    async def add_reaction(self, request: web.Request) -> web.Response:
        """React."""
        message, emoji = self._message(request), _emoji(request)
        self._may_touch(message.channel)
        permissions = self._state.permissions(self._state.bot, message.channel)
        if Permission.READ_MESSAGE_HISTORY not in permissions:
            raise refusal(50013)
        if emoji not in message.reactions:
            if Permission.ADD_REACTIONS not in permissions:
                raise refusal(50013)
            if len(message.reactions) >= DISTINCT_REACTIONS:
                raise refusal(30010)
        self._world.react(message, self._state.bot, emoji)
        return no_content()

    async def remove_reaction(self, request: web.Request) -> web.Response:
        """Take a reaction back."""
        message, emoji = self._message(request), _emoji(request)
        self._may_touch(message.channel)
        self._world.react(message, self._state.bot, emoji, removed=True)
        return no_content()

    # ---- threads ----

    async def open_thread(self, request: web.Request) -> web.Response:
        """Open a thread, from a message where the path names one."""
        body = body_of(request)
        private = "message_id" not in request.match_info and body.get("type") == 12
        channel = self._channel(
            request, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
        )
        if channel.guild is None:
            raise refusal(50003)
        if channel.is_thread:
            raise refusal(50024)
        starter = self._message(request) if "message_id" in request.match_info else None
        if starter is not None and starter.thread is not None:
            raise refusal(160004)
        name = check_name(body)
        thread = self._world.open_thread(self._state.bot, channel, name, starter=starter, private=private)
        return json_response(shapes.channel_json(self._state, thread), 201)

    async def join_thread(self, request: web.Request) -> web.Response:
        """Join a thread."""
        thread = self._channel(request)
        self._may_touch(thread)
        self._world.join_thread(thread, self._state.bot)
        return no_content()

    # ---- inside ----

    def _channel(self, request: web.Request, needed: Permission = Permission.NONE) -> Channel:
        """Find the channel of a path. Raises ApiError 10003, 50001 where it can't be seen, 50013 without permission."""
        channel = self._state.channels.get(number(request, "channel_id"))
        if channel is None:
            raise refusal(10003)
        permissions = self._state.permissions(self._state.bot, channel)
        if Permission.VIEW_CHANNEL not in permissions:
            raise refusal(50001)
        if channel.is_thread and needed is Permission.SEND_MESSAGES:
            needed = Permission.SEND_MESSAGES_IN_THREADS
        if channel.guild is not None and needed not in permissions:
            raise refusal(50013)
        return channel

    def _message(self, request: web.Request) -> Message:
        """Find the message of a path. Raises ApiError 10008; ephemeral messages can't be found here either."""
        channel = self._channel(request)
        message = self._state.messages.get(number(request, "message_id"))
        if message is None or message.deleted or message.ephemeral or message.channel is not channel:
            raise refusal(10008)
        return message

    def _reference(self, channel: Channel, reference: Json | None) -> Message | None:
        """Find the message that a reply names. Raises ApiError 50035 or 160002."""
        if not reference:
            return None
        if Permission.READ_MESSAGE_HISTORY not in self._state.permissions(self._state.bot, channel):
            raise refusal(160002)
        message = self._state.messages.get(int(reference.get("message_id") or 0))
        if message is not None and not message.deleted and not message.ephemeral and message.channel is channel:
            return message
        if reference.get("fail_if_not_exists", True):
            fault = {"_errors": [{"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
            raise ApiError(400, 50035, "Invalid Form Body", {"message_reference": fault})
        return None

    def _posted_before(self, channel: Channel, body: Json) -> Message | None:
        """Give the message that a request with an enforced nonce has posted already."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        nonce = str(body["nonce"])
        return next((message for message in self._state.messages_in(channel) if message.nonce == nonce), None)

    def _may_show(self, channel: Channel, body: Json, request: web.Request) -> None:
        permissions = self._state.permissions(self._state.bot, channel)
        if body.get("embeds") and Permission.EMBED_LINKS not in permissions:
            raise refusal(50013)
        if request[FILES] and Permission.ATTACH_FILES not in permissions:
            raise refusal(50013)

    def _may_touch(self, channel: Channel) -> None:
        """Editing and reacting need a thread that is awake and, without MANAGE_THREADS, not locked."""
        if channel.archived:
            raise refusal(50083)
        if channel.locked and not self._manages_threads(channel):
            raise refusal(160005)

    def _manages_threads(self, channel: Channel) -> bool:
        return Permission.MANAGE_THREADS in self._state.permissions(self._state.bot, channel)

    def _shape(self, message: Message) -> Json:
        # REST follows what the application was granted, not what a session asked for.
        readable = Intent.MESSAGE_CONTENT in self._world.gateway.granted
        return message_json(self._state, message, with_content=readable)


def _emoji(request: web.Request) -> str:
    emoji = request.match_info["emoji"]
    # Anything of ASCII only must be a custom emoji, written name:id.
    if emoji.isascii() and not emoji.partition(":")[2].isdigit():
        raise refusal(10014)
    return emoji
