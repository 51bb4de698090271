"""Reads what a message mentions, the way Discord does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.simulate.discord_errors import Json
from bot.simulate.discord_objects import Channel, Mentions, Message, Ping, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_state import DiscordState

USER_MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")

# What is parsed where the request names no allowed_mentions:
# https://discord.com/developers/docs/resources/message#allowed-mentions-object
PARSED_IN_MESSAGES = ("users", "roles", "everyone")
PARSED_IN_INTERACTIONS = ("users",)


def read_mentions(
    state: DiscordState,
    author: User,
    channel: Channel,
    content: str,
    *,
    allowed: Json | None = None,
    default: Sequence[str] = PARSED_IN_MESSAGES,
    replies_to: Message | None = None,
) -> Mentions:
    """Give whom a message mentions, given its allowed_mentions (None: not sent) and its author's permissions.

    Embeds and buttons mention no one. Text in code marks counts here, though Discord spares some of it: a bot that
    relies on that is one unclosed back-tick away from pinging.
    """
    parse = set(default if allowed is None else allowed.get("parse") or ())
    users = {int(user) for user in (allowed or {}).get("users") or ()}
    roles = {int(role) for role in (allowed or {}).get("roles") or ()}
    permissions = state.permissions(author, channel)
    loud = Permission.MENTION_EVERYONE in permissions

    named_users = [int(user) for user in USER_MENTION.findall(content)]
    mentioned = [user for user in named_users if "users" in parse or user in users]
    # A reply mentions the author it replies to, unless allowed_mentions is there and says nothing of it.
    if replies_to is not None and (True if allowed is None else bool(allowed.get("replied_user"))):
        mentioned.append(replies_to.author.id)
    readers = [
        user
        for user in dict.fromkeys(mentioned)
        if user != author.id and user in state.users and state.sees(state.users[user], channel)
    ]
    guild_roles = channel.guild.roles if channel.guild else {}
    named_roles = dict.fromkeys(int(role) for role in ROLE_MENTION.findall(content))
    return Mentions(
        everyone="@everyone" in content and "everyone" in parse and loud,
        here="@here" in content and "everyone" in parse and loud,
        roles=tuple(
            role
            for role in named_roles
            if role in guild_roles and ("roles" in parse or role in roles) and (loud or guild_roles[role].mentionable)
        ),
        users=tuple(readers),
    )


def pings(message: Message, before: Mentions, *, edited: bool) -> list[Ping]:
    """Give the pings of a message that were not there before."""
    now = message.mentions
    found: list[tuple[str, int | None]] = []
    if now.everyone and not before.everyone:
        found.append(("everyone", None))
    if now.here and not before.here:
        found.append(("here", None))
    found += [("role", role) for role in now.roles if role not in before.roles]
    found += [("user", user) for user in now.users if user not in before.users]
    return [Ping(kind, target, message.id, message.channel.id, edited) for kind, target in found]
