"""What people do in their clients: they write, press, type commands; and what moderators do around them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from bot.simulate.discord_command_use import given_options, visible_command
from bot.simulate.discord_errors import Json, NotPossibleError
from bot.simulate.discord_limits import Clock
from bot.simulate.discord_objects import (
    Channel,
    Guild,
    Interaction,
    InteractionKind,
    Message,
    MessageKind,
    Role,
    User,
)
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_state import DiscordState
from bot.simulate.discord_world import World


class People:
    """The verbs of people; each returns what it made. A verb that Discord's client lacks raises NotPossibleError."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.state: DiscordState = world.state
        self._world = world
        self._clock = clock

    # ---- writing ----

    async def message(self, user: User, channel: Channel, text: str) -> Message:
        """Write in a channel, a thread or a direct message; the bot gets the text only where Discord shows it."""
        self._may_write(user, channel)
        return self._world.post(user, channel, text)

    async def mention(self, user: User, channel: Channel, text: str) -> Message:
        """Write a message that begins by mentioning the bot."""
        return await self.message(user, channel, f"{self.state.bot.mention} {text}")

    async def reply(self, user: User, channel: Channel, message_id: int, text: str, *, pinging: bool = True) -> Message:
        """Reply to a message; pinging: leave the switch on that mentions its author."""
        self._may_write(user, channel)
        allowed: Json = {"parse": ["users", "roles", "everyone"], "replied_user": pinging}
        return self._world.post(
            user,
            channel,
            text,
            kind=MessageKind.REPLY,
            replies_to=self._message(channel, message_id),
            allowed_mentions=allowed,
        )

    async def direct_message(self, user: User, text: str) -> Message:
        """Write to the bot in private."""
        return await self.message(user, self.state.direct_channel(user), text)

    async def thread_message(self, user: User, thread: Channel, text: str) -> Message:
        """Write in a thread."""
        if not thread.is_thread:
            raise NotPossibleError(f"#{thread.name} is no thread.")
        return await self.message(user, thread, text)

    async def bot_message(self, channel: Channel, text: str, name: str = "other-bot") -> Message:
        """Let another bot speak; it joins the guild when it isn't there yet."""
        bot = next((user for user in self.state.users.values() if user.bot and user.name == name), None)
        bot = bot or self.state.add_user(name, bot=True)
        if channel.guild is not None:
            self.state.add_member(channel.guild, bot)
        return await self.message(bot, channel, text)

    async def edit_message(self, message: Message, text: str) -> None:
        """Let the author of a message change its text."""
        self._world.edit(message, {"content": text}, allowed_mentions=message.allowed_mentions)

    async def delete_message(self, message: Message) -> None:
        """Delete a message, one's own or as a moderator."""
        self._world.delete(message)

    async def react(self, user: User, message: Message, emoji: str, *, removed: bool = False) -> None:
        """Add a reaction or take it back."""
        self._world.react(message, user, emoji, removed=removed)

    # ---- commands and buttons ----

    async def slash_command(
        self, user: User, channel: Channel, name: str, options: dict[str, Any] | None = None, *, forced: bool = False
    ) -> Interaction:
        """Use a slash command; subcommands go into the name, "memory forget".

        forced: send it although default_member_permissions hides it from this member.
        """
        root, *path = name.split()
        command = visible_command(self.state, user, channel, root, forced=forced)
        given = given_options(command, path, options or {})
        return self._interact(InteractionKind.COMMAND, user, channel, name, _command_data(command, given))

    async def autocomplete(
        self,
        user: User,
        channel: Channel,
        command: str,
        option: str,
        value: str,
        *,
        options: dict[str, Any] | None = None,
        forced: bool = False,
    ) -> Interaction:
        """Type into an option that completes itself; options: those that are filled in already."""
        root, *path = command.split()
        registered = visible_command(self.state, user, channel, root, forced=forced)
        given = given_options(registered, path, (options or {}) | {option: value}, focused=option)
        return self._interact(InteractionKind.AUTOCOMPLETE, user, channel, command, _command_data(registered, given))

    async def click(
        self, user: User, channel: Channel, message_id: int, custom_id: str, *, values: Sequence[str] = ()
    ) -> Interaction:
        """Press a button of a message, or pick values of its select menu."""
        message = self._message(channel, message_id)
        reader = message.interaction.user if message.interaction else None
        if message.ephemeral and reader is not user:
            raise NotPossibleError(f"{user.name} does not see message {message_id}.")
        items = [item for row in message.components for item in row["components"]]
        item = next((item for item in items if item.get("custom_id") == custom_id), None)
        if item is None or item.get("disabled"):
            there = [item["custom_id"] for item in items if "custom_id" in item and not item.get("disabled")]
            raise NotPossibleError(f"Message {message_id} has nothing to press named {custom_id}; there is {there}.")
        data: Json = {"custom_id": custom_id, "component_type": item["type"], "id": items.index(item)}
        if values:
            data["values"] = list(values)
        return self._interact(InteractionKind.COMPONENT, user, channel, custom_id, data, source=message)

    async def submit_modal(self, opened_by: Interaction, values: dict[str, str]) -> Interaction:
        """Fill in and send the modal that an interaction was answered with; values: custom id -> text."""
        if opened_by.modal is None:
            raise NotPossibleError(f"The bot opened no modal for {opened_by.name}.")
        fields = [field for row in opened_by.modal["components"] for field in row["components"]]
        rows = [
            {
                "type": 1,
                "components": [{"type": 4, "custom_id": field["custom_id"], "value": values[field["custom_id"]]}],
            }
            for field in fields
            if field["custom_id"] in values
        ]
        data: Json = {"custom_id": opened_by.modal["custom_id"], "components": rows}
        return self._interact(
            InteractionKind.MODAL, opened_by.user, opened_by.channel, opened_by.name, data, opened_by.source
        )

    # ---- moderating ----

    async def create_thread(
        self, user: User, channel: Channel, name: str, *, message: Message | None = None, private: bool = False
    ) -> Channel:
        """Open a thread, from a message where one is given."""
        return self._world.open_thread(user, channel, name, starter=message, private=private)

    async def close_thread(self, thread: Channel, *, locked: bool = False) -> None:
        """Archive a thread; locked: so that only moderators can wake it again."""
        self._world.change_thread(thread, archived=True, locked=locked)

    async def lock_thread(self, thread: Channel) -> None:
        """Lock a thread that stays open."""
        self._world.change_thread(thread, locked=True)

    async def set_permissions(
        self,
        channel: Channel,
        target: Role | User,
        *,
        allow: Permission = Permission.NONE,
        deny: Permission = Permission.NONE,
    ) -> None:
        """Set the overwrite of a role or a member in a channel."""
        channel.overwrites[target.id] = (allow, deny)
        self._world.channel_changed(channel)

    async def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or a thread."""
        self._world.delete_channel(channel)

    async def remove_from_guild(self, guild: Guild) -> None:
        """Throw the bot out of a guild."""
        self._world.remove_bot(guild)

    async def add_to_guild(self, guild: Guild) -> None:
        """Let the bot back into a guild."""
        self._world.add_bot(guild)

    # ---- inside ----

    def _interact(
        self,
        kind: InteractionKind,
        user: User,
        channel: Channel,
        name: str,
        data: Json,
        source: Message | None = None,
    ) -> Interaction:
        self._may_see(user, channel)
        interaction = Interaction(
            self.state.snowflakes.next(),
            secrets.token_urlsafe(48),
            kind,
            user,
            channel,
            data,
            self._clock(),
            name,
            source,
        )
        self._world.interact(interaction)
        return interaction

    def _may_see(self, user: User, channel: Channel) -> None:
        if not self.state.sees(user, channel):
            raise NotPossibleError(f"{user.name} does not see #{channel.name}.")

    def _may_write(self, user: User, channel: Channel) -> None:
        self._may_see(user, channel)
        permissions = self.state.permissions(user, channel)
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        if needed not in permissions or (channel.locked and Permission.MANAGE_THREADS not in permissions):
            raise NotPossibleError(f"{user.name} may not write in #{channel.name}.")

    def _message(self, channel: Channel, message_id: int) -> Message:
        message = self.state.messages.get(message_id)
        if message is None or message.deleted or message.channel is not channel:
            raise NotPossibleError(f"There is no message {message_id} in #{channel.name}.")
        return message


def _command_data(command: Json, options: list[Json]) -> Json:
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"], "options": options}
    return data | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})
