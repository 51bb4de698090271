"""Takes plain data out of the library's objects, for `normalise`."""

from __future__ import annotations

import re
import time

import discord

from bot.platforms.discord.normalise import Asked, Place, Post

_FIRST_MENTION = re.compile(r"\s*<@[!&]?(\d+)>")
_WRITTEN_BY_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


def post_of(message: discord.Message, us: int) -> Post:
    """Give what `normalise` needs of a message. us: our own user id."""
    answered = message.reference.resolved if message.reference else None
    author = answered.author.id if isinstance(answered, discord.Message) else None
    addressed = _FIRST_MENTION.match(message.content)
    return Post(
        id=message.id,
        place=place_of(message.channel, message.guild),
        author=message.author.id,
        human=not message.author.bot and message.webhook_id is None and message.type in _WRITTEN_BY_PEOPLE,
        text=message.content,
        us=us,
        to_us=author == us or any(user.id == us for user in message.mentions),
        to_others=author not in (None, us) or (addressed is not None and addressed[1] != str(us)),
        names=_names(message),
    )


def place_of(channel: discord.abc.MessageableChannel, guild: discord.Guild | None) -> Place:
    """Give where a message stands."""
    if guild is not None:
        return _in_guild(channel.id, channel, guild)
    # A server that the library does not know (yet) still is one: only a direct message may count as private.
    return Place(channel.id, channel.guild_id if isinstance(channel, discord.PartialMessageable) else None)


def asked_of(interaction: discord.Interaction, *, token: str, response: str) -> Asked:
    """Give what `normalise` needs of a slash command. response: see Asked."""
    return Asked(
        id=interaction.id,
        place=interaction_place(interaction),
        user=interaction.user.id,
        application=interaction.application_id,
        token=token,
        at=time.time(),
        response=response,
    )


def interaction_place(interaction: discord.Interaction) -> Place:
    """Give where a command was used or a button pressed."""
    channel = interaction.channel_id or 0
    if interaction.guild is not None:
        return _in_guild(channel, interaction.channel, interaction.guild)
    return Place(channel, interaction.guild_id)


def _in_guild(channel_id: int, channel: object, guild: discord.Guild) -> Place:
    is_thread = isinstance(channel, discord.Thread)
    room_id = channel.parent_id if isinstance(channel, discord.Thread) else channel_id
    room = guild.get_channel(room_id)
    is_public = room is None or room.permissions_for(guild.default_role).view_channel
    return Place(channel_id, guild.id, is_thread, room_id, is_public)


def guild_names(guild: discord.Guild | None) -> dict[str, str]:
    """Give the names of roles and channels as `Post.names` wants them; users are not known without an intent."""
    if guild is None:
        return {}
    roles = {f"@&{role.id}": role.name.lstrip("@") for role in guild.roles}
    return roles | {f"#{channel.id}": channel.name for channel in [*guild.channels, *guild.threads]}


def _names(message: discord.Message) -> dict[str, str]:
    users = {f"@{user.id}": user.display_name for user in message.mentions}
    roles = {f"@&{role.id}": role.name for role in message.role_mentions}
    return users | roles | {f"#{channel.id}": channel.name for channel in message.channel_mentions}
