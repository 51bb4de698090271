"""Permission bits, and what a member may do in a channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntFlag


class Permission(IntFlag):
    """The bits that a text bot meets; others pass through unnamed."""

    NONE = 0
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = Permission((1 << 53) - 1)

# What people may do in a fresh guild. MENTION_EVERYONE is on, as Discord has it:
# a bot that forgets allowed_mentions really pings.
ORDINARY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)

IN_DIRECT_MESSAGES = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
)

Overwrites = Mapping[int, tuple[Permission, Permission]]


def permissions_in_channel(
    *, base: Iterable[Permission], everyone: int, roles: Iterable[int], member: int, owner: bool, overwrites: Overwrites
) -> Permission:
    """Compute what a member may do where these overwrites hold.

    base: the permissions of @everyone and of each of the member's roles. everyone, roles, member: the ids that
    overwrites (id -> allowed, denied) are looked up by. Without VIEW_CHANNEL nothing is left.
    """
    allowed = Permission.NONE
    for permissions in base:
        allowed |= permissions
    if owner or Permission.ADMINISTRATOR in allowed:
        return EVERYTHING
    role_allowed, role_denied = Permission.NONE, Permission.NONE
    for role in roles:
        allow, deny = overwrites.get(role, (Permission.NONE, Permission.NONE))
        role_allowed |= allow
        role_denied |= deny
    for allow, deny in (
        overwrites.get(everyone, (Permission.NONE, Permission.NONE)),
        (role_allowed, role_denied),
        overwrites.get(member, (Permission.NONE, Permission.NONE)),
    ):
        allowed = (allowed & ~deny) | allow
    return allowed if Permission.VIEW_CHANNEL in allowed else Permission.NONE
