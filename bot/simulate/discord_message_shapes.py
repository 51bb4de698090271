"""The JSON that Discord sends for messages and interactions."""

from __future__ import annotations

from bot.simulate.discord_errors import Json
from bot.simulate.discord_objects import Channel, Interaction, InteractionKind, Message
from bot.simulate.discord_permissions import EVERYTHING
from bot.simulate.discord_shapes import LOCALE, channel_json, member_json, user_json
from bot.simulate.discord_state import DiscordState

ATTACHMENT_BYTES = 10 * 1024 * 1024


def message_json(
    state: DiscordState, message: Message, *, with_content: bool, in_event: bool = False, quoted: bool = False
) -> Json:
    """Give a message.

    with_content: whether the reader has the message content intent; without it the content of others is empty,
    except in direct messages and where the bot is mentioned. in_event: gateway events carry guild and member too.
    quoted: shown inside a reply, where it comes without the message that it replies to itself.
    """
    readable = (
        with_content
        or message.author is state.bot
        or message.channel.guild is None
        or state.bot.id in message.mentions.users
    )
    guild = message.channel.guild
    shape: Json = {
        "id": str(message.id),
        "type": int(message.kind),
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": message.content if readable else "",
        "embeds": message.embeds if readable else [],
        "components": message.components if readable else [],
        "attachments": message.attachments if readable else [],
        "timestamp": message.created_at.isoformat(),
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "tts": False,
        "mention_everyone": message.mentions.everyone or message.mentions.here,
        "mentions": [
            user_json(state.users[user])
            | ({"member": member_json(guild, state.users[user], with_user=False)} if guild and in_event else {})
            for user in message.mentions.users
        ],
        "mention_roles": [str(role) for role in message.mentions.roles],
        "pinned": False,
        "flags": int(message.flags),
    }
    if message.reactions:
        shape["reactions"] = [_reaction_json(state, emoji, users) for emoji, users in message.reactions.items()]
    if message.nonce is not None:
        shape["nonce"] = message.nonce
    if guild is not None and in_event:
        shape["guild_id"] = str(guild.id)
        shape["member"] = member_json(guild, message.author, with_user=False)
    if message.thread is not None:
        shape["thread"] = channel_json(state, message.thread)
    shape |= _response_fields(state, message)
    return shape if quoted else shape | _reference_fields(state, message, with_content)


def _reference_fields(state: DiscordState, message: Message, with_content: bool) -> Json:
    first = message.replies_to
    if first is None:
        return {}
    reference: Json = {"type": 0, "message_id": str(first.id), "channel_id": str(first.channel.id)}
    if first.channel.guild is not None:
        reference["guild_id"] = str(first.channel.guild.id)
    shape: Json = {"message_reference": reference}
    shape["referenced_message"] = (
        None if first.deleted else message_json(state, first, with_content=with_content, quoted=True)
    )
    return shape


def _response_fields(state: DiscordState, message: Message) -> Json:
    """What marks a message as the response to an interaction."""
    origin = message.interaction
    if origin is None:
        return {}
    shape: Json = {"application_id": str(state.bot.id), "webhook_id": str(state.bot.id)}
    metadata: Json = {
        "id": str(origin.id),
        "type": int(origin.kind),
        "user": user_json(origin.user),
        "authorizing_integration_owners": _owners(origin.channel),
    }
    if origin.source is not None:
        metadata["interacted_message_id"] = str(origin.source.id)
    if origin.original is not None and origin.original is not message:
        metadata["original_response_message_id"] = str(origin.original.id)
    shape["interaction_metadata"] = metadata
    if origin.kind is InteractionKind.COMMAND:
        shape["interaction"] = {
            "id": str(origin.id),
            "type": int(origin.kind),
            "name": origin.name,
            "user": user_json(origin.user),
        }
    return shape


def interaction_json(state: DiscordState, interaction: Interaction) -> Json:
    """Give INTERACTION_CREATE."""
    channel, guild, user = interaction.channel, interaction.channel.guild, interaction.user
    shape: Json = {
        "id": str(interaction.id),
        "application_id": str(state.bot.id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": channel_json(state, channel) | {"permissions": str(int(state.permissions(user, channel)))},
        "app_permissions": str(int(state.permissions(state.bot, channel))),
        "locale": LOCALE,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": _owners(channel),
        "context": 1 if guild is None else 0,
        "attachment_size_limit": ATTACHMENT_BYTES,
    }
    if interaction.source is not None:
        shape["message"] = message_json(state, interaction.source, with_content=True)
    if guild is None:
        return shape | {"user": user_json(user)}
    member = member_json(guild, user) | {"permissions": str(int(state.permissions(user, channel) & EVERYTHING))}
    return shape | {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": LOCALE, "features": []},
        "guild_locale": LOCALE,
        "member": member,
    }


def callback_json(state: DiscordState, interaction: Interaction) -> Json:
    """Give the answer to a callback that asked for it with `with_response`."""
    shape: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
    resource: Json = {"type": int(interaction.callback or 0)}
    message = interaction.original
    if message is not None:
        shape |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
        resource["message"] = message_json(state, message, with_content=True)
    return {"interaction": shape, "resource": resource}


def emoji_json(emoji: str) -> Json:
    """Give an emoji; a custom one is written `name:id`."""
    name, _, custom = emoji.partition(":")
    return {"id": custom or None, "name": name}


def _reaction_json(state: DiscordState, emoji: str, users: set[int]) -> Json:
    return {
        "emoji": emoji_json(emoji),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "me": state.bot.id in users,
        "me_burst": False,
        "burst_colors": [],
    }


def _owners(channel: Channel) -> Json:
    """Where the application is installed that an interaction came through: the guild, or "0" for its own DMs."""
    return {"0": str(channel.guild.id) if channel.guild else "0"}
