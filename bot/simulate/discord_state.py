"""The guilds, channels, people, messages and commands of a simulated Discord; no input or output happens here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

from bot.simulate.discord_errors import Json, NotPossibleError
from bot.simulate.discord_objects import (
    Channel,
    ChannelKind,
    Guild,
    Interaction,
    Member,
    Message,
    Ping,
    Role,
    Snowflakes,
    User,
)
from bot.simulate.discord_permissions import IN_DIRECT_MESSAGES, ORDINARY, Permission, permissions_in_channel

Item = TypeVar("Item")


class DiscordState:
    """Everything that the simulated Discord remembers.

    bot: the application's own user; application and user share one id, as they do at Discord.
    commands: guild id (None: global) -> command id -> the command as Discord gives it back.
    pings: each notification that the bot's messages really cause; empty is what a careful bot wants.
    interactions_url, requires_code_grant: what the application's settings say of its interactions and its invitation.
    """

    def __init__(self, bot_name: str = "Docent") -> None:
        self.snowflakes = Snowflakes()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[int | None, dict[int, Json]] = {}
        self.pings: list[Ping] = []
        self.interactions_url: str | None = None
        self.requires_code_grant = False
        self.bot = self.add_user(bot_name, bot=True)
        self.owner = self.add_user("owner")

    # ---- making the world ----

    def add_user(self, name: str, *, bot: bool = False, accepts_direct_messages: bool = True) -> User:
        """Make a user who is in no guild yet."""
        user = User(self.snowflakes.next(), name, bot, accepts_direct_messages)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *members: User, everyone: Permission = ORDINARY) -> Guild:
        """Make a guild owned by the application's owner, with the bot and these members in it."""
        guild = Guild(self.snowflakes.next(), name, self.owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", everyone)
        for user in (self.owner, self.bot, *members):
            guild.members[user.id] = Member(user)
        self.guilds[guild.id] = guild
        return guild

    def add_member(self, guild: Guild, user: User, *roles: Role) -> Member:
        """Put a user into a guild, or give a member more roles."""
        member = guild.members.setdefault(user.id, Member(user))
        member.roles.update(role.id for role in roles)
        return member

    def add_role(
        self, guild: Guild, name: str, permissions: Permission = Permission.NONE, *, mentionable: bool = False
    ) -> Role:
        """Make a role in a guild."""
        role = Role(self.snowflakes.next(), name, permissions, mentionable)
        guild.roles[role.id] = role
        return role

    def add_channel(self, guild: Guild, name: str, *, only_for: Collection[User] | None = None) -> Channel:
        """Make a text channel; only_for: the users who may see it (the bot too, if it is to), None for everyone."""
        channel = Channel(self.snowflakes.next(), ChannelKind.TEXT, name, guild)
        if only_for is not None:
            channel.overwrites[guild.id] = (Permission.NONE, Permission.VIEW_CHANNEL)
            for user in only_for:
                channel.overwrites[user.id] = (Permission.VIEW_CHANNEL, Permission.NONE)
        self.channels[channel.id] = channel
        return channel

    def direct_channel(self, user: User) -> Channel:
        """Give the direct message channel between the bot and a user, made on first use."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.snowflakes.next(), ChannelKind.DIRECT, recipient=user)
        self.channels[channel.id] = channel
        return channel

    # ---- looking things up ----

    def user_named(self, name: str) -> User:
        """Give a user by name. Raises NotPossibleError when there is none."""
        return _only((user for user in self.users.values() if user.name == name), f"user {name}")

    def channel_named(self, name: str) -> Channel:
        """Give a channel or a thread by name, without "#". Raises NotPossibleError when there is none."""
        return _only((channel for channel in self.channels.values() if channel.name == name), f"channel {name}")

    def messages_in(self, channel: Channel) -> list[Message]:
        """Give the messages of a channel that still stand, oldest first, ephemeral ones too."""
        return [message for message in self.messages.values() if message.channel is channel and not message.deleted]

    def threads_of(self, guild: Guild) -> list[Channel]:
        """Give the active threads of a guild."""
        return [thread for thread in self.channels.values() if thread.guild is guild and thread.is_thread]

    def permissions(self, user: User, channel: Channel) -> Permission:
        """Give what a user may do in a channel; nothing when they are not in its guild or conversation."""
        guild = channel.guild
        if guild is None:
            return IN_DIRECT_MESSAGES if user in (self.bot, channel.recipient) else Permission.NONE
        member = guild.members.get(user.id)
        if member is None:
            return Permission.NONE
        permissions = permissions_in_channel(
            base=[guild.roles[role].permissions for role in (guild.id, *member.roles)],
            everyone=guild.id,
            roles=member.roles,
            member=user.id,
            owner=guild.owner_id == user.id,
            overwrites=(channel.parent or channel).overwrites,
        )
        if (
            channel.kind is ChannelKind.PRIVATE_THREAD
            and user.id not in channel.members
            and Permission.MANAGE_THREADS not in permissions
        ):
            return Permission.NONE
        return permissions

    def sees(self, user: User, channel: Channel) -> bool:
        """Tell whether a user can read a channel."""
        return Permission.VIEW_CHANNEL in self.permissions(user, channel)


def example_state(bot_name: str = "Docent") -> DiscordState:
    """Make a small company: guild "Acme" with "general", "random" and "leads", and the people in it.

    ada is an administrator, ben and cleo are ordinary members; "leads" is a private channel for ada and the bot;
    "on-call" is a role that anyone may mention, held by ben.
    """
    state = DiscordState(bot_name)
    ada, ben, cleo = (state.add_user(name) for name in ("ada", "ben", "cleo"))
    guild = state.add_guild("Acme", ada, ben, cleo)
    state.add_member(guild, ada, state.add_role(guild, "admins", Permission.ADMINISTRATOR))
    state.add_member(guild, ben, state.add_role(guild, "on-call", mentionable=True))
    state.add_channel(guild, "general")
    state.add_channel(guild, "random")
    state.add_channel(guild, "leads", only_for=(ada, state.bot))
    return state


def _only(found: Iterator[Item], what: str) -> Item:
    """Give the first one found, or say what is missing."""
    for item in found:
        return item
    raise NotPossibleError(f"There is no {what} in the simulated Discord.")
