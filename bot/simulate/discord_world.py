"""Changes the state and tells the gateway, so that nothing happens in one without the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.simulate import discord_shapes as shapes
from bot.simulate.discord_errors import Json
from bot.simulate.discord_gateway import Gateway
from bot.simulate.discord_mentions import PARSED_IN_MESSAGES, pings, read_mentions
from bot.simulate.discord_message_shapes import emoji_json, interaction_json, message_json
from bot.simulate.discord_objects import (
    Channel,
    ChannelKind,
    Guild,
    Interaction,
    Member,
    Mentions,
    Message,
    MessageFlag,
    User,
)
from bot.simulate.discord_session import Intent
from bot.simulate.discord_state import DiscordState


class World:
    """The one place where messages, threads, reactions and members change."""

    def __init__(self, state: DiscordState, gateway: Gateway) -> None:
        self.state = state
        self.gateway = gateway

    # ---- messages ----

    def post(
        self,
        author: User,
        channel: Channel,
        content: str = "",
        *,
        allowed_mentions: Json | None = None,
        parsed: Sequence[str] = PARSED_IN_MESSAGES,
        **fields: Any,
    ) -> Message:
        """Post a message; fields are those of Message. parsed: what is mentioned where allowed_mentions is None."""
        if channel.is_thread:
            self._enter_thread(author, channel, content)
        message = Message(
            self.state.snowflakes.next(), channel, author, content, allowed_mentions=allowed_mentions, **fields
        )
        self._read_mentions(message, parsed, edited=False)
        self.state.messages[message.id] = message
        self._tell("MESSAGE_CREATE", message)
        return message

    def edit(
        self,
        message: Message,
        changes: Json,
        *,
        allowed_mentions: Json | None = None,
        parsed: Sequence[str] = PARSED_IN_MESSAGES,
    ) -> None:
        """Change content, embeds, components, attachments or flags of a message; the first edit of a deferred
        response is its real posting.
        """
        was_loading = message.loading
        if was_loading:
            message.flags &= ~MessageFlag.LOADING
        else:
            message.previous.append(message.content)
            message.edited_at = datetime.now(UTC)
        for name, value in changes.items():
            setattr(message, name, value)
        # Mentions are read anew only with the content, and then by this request's allowed_mentions alone.
        if "content" in changes:
            message.allowed_mentions = allowed_mentions
            self._read_mentions(message, parsed, edited=not was_loading)
        self._tell("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Delete a message."""
        message.deleted = True
        data: Json = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild is not None:
            data["guild_id"] = str(message.channel.guild.id)
        if not message.ephemeral and self._bot_hears(message.channel):
            self.gateway.dispatch("MESSAGE_DELETE", data, needs=_message_intent(message.channel))

    def react(self, message: Message, user: User, emoji: str, *, removed: bool = False) -> None:
        """Add or take away a reaction; nothing happens where it is so already."""
        users = message.reactions.get(emoji, set())
        if (user.id in users) is not removed:
            return
        message.reactions[emoji] = users ^ {user.id}
        if not message.reactions[emoji]:
            del message.reactions[emoji]
        guild = message.channel.guild
        data: Json = {
            "user_id": str(user.id),
            "channel_id": str(message.channel.id),
            "message_id": str(message.id),
            "message_author_id": str(message.author.id),
            "emoji": emoji_json(emoji),
            "burst": False,
            "type": 0,
        }
        if guild is not None:
            data |= {"guild_id": str(guild.id)} | ({} if removed else {"member": shapes.member_json(guild, user)})
        if self._bot_hears(message.channel):
            self.gateway.dispatch(
                "MESSAGE_REACTION_REMOVE" if removed else "MESSAGE_REACTION_ADD",
                data,
                needs=Intent.DIRECT_MESSAGE_REACTIONS if guild is None else Intent.GUILD_MESSAGE_REACTIONS,
            )

    # ---- threads and channels ----

    def open_thread(
        self, owner: User, parent: Channel, name: str, *, starter: Message | None = None, private: bool = False
    ) -> Channel:
        """Open a thread; one from a message has that message's id."""
        thread = Channel(
            starter.id if starter else self.state.snowflakes.next(),
            ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD,
            name,
            parent.guild,
            parent=parent,
            owner=owner,
            members={owner.id},
        )
        self.state.channels[thread.id] = thread
        if starter is not None:
            starter.thread = thread
            starter.flags |= MessageFlag.HAS_THREAD
        if self._bot_hears(thread):
            data = shapes.channel_json(self.state, thread) | {"newly_created": True}
            self.gateway.dispatch("THREAD_CREATE", data, needs=Intent.GUILDS)
        return thread

    def change_thread(self, thread: Channel, **changes: bool | str) -> None:
        """Set archived, locked or name of a thread."""
        for name, value in changes.items():
            setattr(thread, name, value)
        if self._bot_hears(thread):
            self.gateway.dispatch("THREAD_UPDATE", shapes.channel_json(self.state, thread), needs=Intent.GUILDS)

    def join_thread(self, thread: Channel, user: User) -> None:
        """Make a user a member of a thread; a private thread becomes known to the bot when it joins."""
        heard = self._bot_hears(thread)
        thread.members.add(user.id)
        if user is self.state.bot and not heard:
            self.gateway.dispatch("THREAD_CREATE", shapes.channel_json(self.state, thread), needs=Intent.GUILDS)

    def channel_changed(self, channel: Channel) -> None:
        """Tell of a channel whose name or overwrites changed."""
        self.gateway.dispatch("CHANNEL_UPDATE", shapes.channel_json(self.state, channel), needs=Intent.GUILDS)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or a thread, with all that is in it."""
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        data = shapes.channel_json(self.state, channel)
        for message in self.state.messages_in(channel):
            message.deleted = True
        del self.state.channels[channel.id]
        self.gateway.dispatch(event, data, needs=Intent.GUILDS)

    # ---- guilds ----

    def remove_bot(self, guild: Guild) -> None:
        """Take the bot out of a guild."""
        del guild.members[self.state.bot.id]
        self.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, needs=Intent.GUILDS)

    def add_bot(self, guild: Guild) -> None:
        """Put the bot back into a guild."""
        guild.members[self.state.bot.id] = Member(self.state.bot)
        data = shapes.guild_create_json(self.state, guild)
        # A guild that is joined, rather than back from an outage, comes without this key.
        del data["unavailable"]
        self.gateway.dispatch("GUILD_CREATE", data, needs=Intent.GUILDS)

    # ---- interactions ----

    def interact(self, interaction: Interaction) -> None:
        """Hand an interaction to the bot."""
        self.state.interactions[interaction.token] = interaction
        self.gateway.dispatch("INTERACTION_CREATE", interaction_json(self.state, interaction))

    # ---- inside ----

    def _bot_hears(self, channel: Channel) -> bool:
        return self.state.sees(self.state.bot, channel)

    def _read_mentions(self, message: Message, parsed: Sequence[str], *, edited: bool) -> None:
        before = message.mentions
        message.mentions = (
            Mentions()
            if message.loading
            else read_mentions(
                self.state,
                message.author,
                message.channel,
                message.content,
                allowed=message.allowed_mentions,
                default=parsed,
                replies_to=message.replies_to,
            )
        )
        if message.author is self.state.bot and not message.ephemeral:
            self.state.pings += pings(message, before, edited=edited)

    def _enter_thread(self, author: User, thread: Channel, content: str) -> None:
        """Posting joins a thread and wakes an archived one; a mention brings the bot into a private one."""
        thread.members.add(author.id)
        if thread.archived:
            self.change_thread(thread, archived=False)
        if thread.kind is ChannelKind.PRIVATE_THREAD and self.state.bot.mention in content:
            self.join_thread(thread, self.state.bot)

    def _tell(self, event: str, message: Message) -> None:
        """Send a message to the sessions; ephemeral ones are known to the interaction's own webhook only."""
        if message.ephemeral or not self._bot_hears(message.channel):
            return

        def data(intents: Intent) -> Json:
            readable = Intent.MESSAGE_CONTENT in intents
            return message_json(self.state, message, with_content=readable, in_event=True)

        self.gateway.dispatch(event, data, needs=_message_intent(message.channel))


def _message_intent(channel: Channel) -> Intent:
    return Intent.DIRECT_MESSAGES if channel.guild is None else Intent.GUILD_MESSAGES
