"""The JSON that Discord sends for users, guilds, channels and the application."""

from __future__ import annotations

from bot.simulate.discord_errors import Json
from bot.simulate.discord_objects import (
    Channel,
    Guild,
    Role,
    User,
    snowflake_time,
)
from bot.simulate.discord_state import DiscordState

LOCALE = "en-US"


def user_json(user: User) -> Json:
    """Give a user."""
    return {
        "id": str(user.id),
        "username": user.name,
        "discriminator": "0",
        "global_name": None if user.bot else user.name.capitalize(),
        "avatar": None,
        "bot": user.bot,
        "system": False,
        "public_flags": 0,
        "flags": 0,
    }


def own_user_json(user: User) -> Json:
    """Give the bot's own user, as `/users/@me` and READY do."""
    return user_json(user) | {"verified": True, "mfa_enabled": True, "locale": LOCALE, "email": None}


def role_json(guild: Guild, role: Role) -> Json:
    """Give a role; positions follow the order in which roles were made."""
    return {
        "id": str(role.id),
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": list(guild.roles).index(role.id),
        "permissions": str(int(role.permissions)),
        "managed": False,
        "mentionable": role.mentionable,
        "flags": 0,
    }


def member_json(guild: Guild, user: User, *, with_user: bool = True) -> Json:
    """Give a member; one who has left meanwhile comes without roles, as Discord still shows them in old messages."""
    member = guild.members.get(user.id)
    shape: Json = {
        "nick": None,
        "avatar": None,
        "roles": [str(role) for role in sorted(member.roles)] if member else [],
        "joined_at": snowflake_time(guild.id).isoformat(),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "communication_disabled_until": None,
        "flags": 0,
    }
    return shape | {"user": user_json(user)} if with_user else shape


def guild_json(guild: Guild) -> Json:
    """Give a guild as REST does, without its channels and members."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "description": None,
        "banner": None,
        "owner_id": str(guild.owner_id),
        "region": "local",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role_json(guild, role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "nsfw_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": LOCALE,
        "max_members": 500_000,
    }


def guild_create_json(state: DiscordState, guild: Guild) -> Json:
    """Give a guild as GUILD_CREATE does: with channels and threads; of the members only the bot, who is online."""
    return guild_json(guild) | {
        "joined_at": snowflake_time(guild.id).isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_json(guild, state.bot)],
        "channels": [
            channel_json(state, channel)
            for channel in state.channels.values()
            if channel.guild is guild and not channel.is_thread
        ],
        "threads": [
            channel_json(state, thread)
            for thread in state.threads_of(guild)
            if not thread.archived and state.sees(state.bot, thread)
        ],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel_json(state: DiscordState, channel: Channel) -> Json:
    """Give a channel, a thread or a direct message channel."""
    messages = state.messages_in(channel)
    shape: Json = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "last_message_id": str(messages[-1].id) if messages else None,
        "flags": 0,
    }
    if channel.recipient is not None:
        return shape | {"recipients": [user_json(channel.recipient)]}
    shape |= {
        "guild_id": str(channel.guild.id) if channel.guild else None,
        "name": channel.name,
        "parent_id": str(channel.parent.id) if channel.parent else None,
        "rate_limit_per_user": 0,
        "nsfw": False,
    }
    if channel.is_thread:
        return shape | _thread_fields(state, channel, len(messages))
    return shape | {
        "position": list(state.channels).index(channel.id),
        "topic": None,
        "permission_overwrites": [
            {
                "id": str(target),
                "type": 0 if channel.guild and target in channel.guild.roles else 1,
                "allow": str(int(allow)),
                "deny": str(int(deny)),
            }
            for target, (allow, deny) in channel.overwrites.items()
        ],
    }


def _thread_fields(state: DiscordState, thread: Channel, messages: int) -> Json:
    shape: Json = {
        "owner_id": str(thread.owner.id) if thread.owner else None,
        "message_count": messages,
        "total_message_sent": messages,
        "member_count": len(thread.members),
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": snowflake_time(thread.id).isoformat(),
            "locked": thread.locked,
            "invitable": True,
            "create_timestamp": snowflake_time(thread.id).isoformat(),
        },
    }
    if state.bot.id in thread.members:
        shape["member"] = {
            "id": str(thread.id),
            "user_id": str(state.bot.id),
            "join_timestamp": snowflake_time(thread.id).isoformat(),
            "flags": 0,
        }
    return shape


def application_json(state: DiscordState, flags: int) -> Json:
    """Give the application, as `/oauth2/applications/@me` does; flags name the privileged intents it was granted."""
    return {
        "id": str(state.bot.id),
        "name": state.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": state.requires_code_grant,
        "owner": user_json(state.owner),
        "team": None,
        "verify_key": "0" * 64,
        "flags": flags,
        "approximate_guild_count": sum(state.bot.id in guild.members for guild in state.guilds.values()),
        "interactions_endpoint_url": state.interactions_url,
        "redirect_uris": [],
        "tags": [],
    }
