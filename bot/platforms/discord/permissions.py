"""Which permissions Docent needs in Discord, and which of them it lacks in a channel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import discord

Json = Mapping[str, Any]

VIEW = "View Channels"
# By the names that people see in Discord.
NEEDED: Mapping[str, int] = {
    VIEW: discord.Permissions(view_channel=True).value,
    "Send Messages": discord.Permissions(send_messages=True).value,
    "Send Messages in Threads": discord.Permissions(send_messages_in_threads=True).value,
    "Embed Links": discord.Permissions(embed_links=True).value,
    "Add Reactions": discord.Permissions(add_reactions=True).value,
    "Read Message History": discord.Permissions(read_message_history=True).value,
}
ALL_NEEDED = sum(NEEDED.values())
_ADMINISTRATOR = discord.Permissions(administrator=True).value


def missing(guild: Json, user: str, roles: Collection[str], channel: Json) -> tuple[str, ...]:
    """Give the needed permissions that a member lacks in a channel; both places as Discord's REST interface gives them.

    user, roles: the ids of the member and of its roles.

    Who can't view a channel lacks that one only: the others count for nothing there.
    https://discord.com/developers/docs/topics/permissions#permission-overwrites
    """
    allowed = _granted(guild, user, set(roles), channel)
    lacking = tuple(name for name, bit in NEEDED.items() if not allowed & bit)
    return (VIEW,) if VIEW in lacking else lacking


def _granted(guild: Json, user: str, roles: set[str], channel: Json) -> int:
    everyone = guild["id"]
    allowed = _union(role["permissions"] for role in guild["roles"] if role["id"] in {everyone, *roles})
    if allowed & _ADMINISTRATOR or guild.get("owner_id") == user:
        return ALL_NEEDED
    # The later ones win: @everyone, then all roles together, then the member's own.
    for targets in ({everyone}, roles, {user}):
        here = [rule for rule in channel.get("permission_overwrites") or [] if rule["id"] in targets]
        allowed &= ~_union(rule["deny"] for rule in here)
        allowed |= _union(rule["allow"] for rule in here)
    return allowed


def _union(permissions: Iterable[str]) -> int:
    found = 0
    for bits in permissions:
        found |= int(bits)
    return found
