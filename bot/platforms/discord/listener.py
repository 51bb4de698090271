"""The library's client: hears what happens in Discord, acknowledges at once and hands it to the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal
from weakref import WeakValueDictionary

import aiohttp
import discord
import structlog
from discord import app_commands

from bot import wording
from bot.messages import CommandName, Desk, Press
from bot.platforms.discord import normalise, reasons
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.errors import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION, refused
from bot.platforms.discord.gathering import asked_of, guild_names, interaction_place, post_of
from bot.platforms.discord.normalise import Place, Post
from bot.platforms.discord.surface import DiscordSurface
from core.errors import PlatformError

log = structlog.get_logger()

_UNKNOWN_RESPONSE = "@original"

# How Discord took our acknowledgement: it is ours; another delivery's or process's; too late; nobody knows.
Acknowledgement = Literal["ours", "taken", "late", "unsure"]


class DiscordListener(discord.Client):
    """One connection; the desk is told of everything that may concern it, by whichever event comes first.

    guild_id: register the slash commands with this server, where they appear at once; None: everywhere.
    on_state: told of "connected" and "reconnecting".
    """

    def __init__(
        self,
        desk: Desk,
        surface: DiscordSurface,
        *,
        intents: discord.Intents,
        guild_id: int | None,
        on_state: Callable[[str], None],
    ) -> None:
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self._desk = desk
        self._surface = surface
        self._guild_id = guild_id
        self._on_state = on_state
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.tree: app_commands.CommandTree[discord.Client] = app_commands.CommandTree(self)
        add_commands(self.tree, self, everywhere=guild_id is None)

    # ---- the connection

    async def setup_hook(self) -> None:
        """Register the slash commands; where that is refused, mentions and direct messages still work."""
        guild = discord.Object(self._guild_id) if self._guild_id else None
        if guild is not None:
            self.tree.copy_global_to(guild=guild)
        try:
            await self.tree.sync(guild=guild)
        except discord.HTTPException as error:
            log.error("slash commands not registered", guild=self._guild_id, reason=str(refused(error, "the commands")))

    async def on_connect(self) -> None:
        """Note a new session, and answer what dead processes left open."""
        self._on_state("connected")
        await self._desk.resume(self._surface)

    async def on_resumed(self) -> None:
        """Note a session that goes on."""
        self._on_state("connected")
        await self._desk.resume(self._surface)

    async def on_disconnect(self) -> None:
        """Note a lost connection; the library restores it."""
        self._on_state("reconnecting")

    # ---- messages

    async def on_message(self, message: discord.Message) -> None:
        """Hand over a question."""
        post = self._post(message)
        async with self._turn(message.id):
            incoming = normalise.question(post)
            if incoming is None:
                incoming = normalise.follow_up(post)
                if incoming is None or not await self._desk.participates(incoming.conversation):
                    return
            await self._desk.receive(incoming)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Hand over an edit by a person; previews and pins change a message without one."""
        incoming = normalise.edit(self._post(payload.message)) if payload.message.edited_at else None
        if incoming is not None:
            async with self._turn(payload.message_id):
                await self._desk.receive(incoming)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Hand over a deletion."""
        await self._deleted(payload.message_id, Place(payload.channel_id, payload.guild_id))

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Hand over what a moderator deleted at once."""
        for message_id in sorted(payload.message_ids):
            await self._deleted(message_id, Place(payload.channel_id, payload.guild_id))

    async def _deleted(self, message_id: int, place: Place) -> None:
        async with self._turn(message_id):
            await self._desk.receive(normalise.deletion(message_id, place))

    # ---- commands and buttons

    async def handle_ask(self, interaction: discord.Interaction, question: str) -> None:
        """Acknowledge /ask, then hand over its question; whether it was answered before is the desk's to know."""
        taken, response = await self._acknowledge(interaction)
        late = taken == "late"
        asked = asked_of(interaction, token="" if late else interaction.token, response="" if late else response)
        await self._desk.receive(normalise.asked(asked, question, guild_names(interaction.guild)))

    async def handle_command(self, interaction: discord.Interaction, name: CommandName, argument: str = "") -> None:
        """Acknowledge any other command unseen by others, then do it and show what it has to say."""
        taken, response = await self._acknowledge(interaction, ephemeral=True)
        if taken != "ours":
            return  # done by who was faster, or seen as failed by its giver
        asked = asked_of(interaction, token=interaction.token, response=response)
        manages, called = interaction.permissions.manage_guild, interaction.user.display_name
        said = await self._desk.command(normalise.command(name, argument, asked, called, manages=manages))
        try:
            await self._surface.respond(normalise.asked(asked, f"/{name} {argument}".rstrip(), {}), said)
        except PlatformError as error:
            log.warning("command's answer refused", command=name, reason=str(error))

    async def folders_for(self, interaction: discord.Interaction) -> Sequence[str]:
        """Give the folders to those who manage the server; others may be no admins, and names can tell much."""
        return await self._desk.folders() if interaction.permissions.manage_guild else []

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Acknowledge a button, do what it says and tell its presser; works for messages of earlier processes too."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        data = dict(interaction.data or {})
        custom_id, place = str(data.get("custom_id")), interaction_place(interaction)
        if (reason := reasons.reason_press(data, interaction.user.id, place)) is not None:
            await self._take_reason(interaction, reason)
            return
        if interaction.type is discord.InteractionType.modal_submit:
            await self._acknowledge(interaction)  # a form without a word
            return
        if (question_id := reasons.wants_form(custom_id)) is not None:
            await self._open_form(interaction, question_id)
            return
        manages = interaction.permissions.manage_guild
        called = interaction.user.display_name
        pressed = normalise.press(custom_id, interaction.user.id, place, manages=manages, name=called)
        if pressed is None:
            return
        taken, _ = await self._acknowledge(interaction)
        if taken == "taken":
            return
        text = await self._desk.press(pressed)
        if text and taken != "late":
            drafts = reasons.asking(pressed.question_id) if text == wording.WHY else None
            try:
                await self._surface.tell(str(interaction.application_id), interaction.token, text, drafts)
            except PlatformError as error:
                log.warning("button's answer refused", action=pressed.action, reason=str(error))

    async def _take_reason(self, interaction: discord.Interaction, press: Press) -> None:
        """Hand over why an answer was disliked, and thank in the place of the question for that."""
        taken, _ = await self._acknowledge(interaction)
        if taken == "taken":
            return
        text = await self._desk.press(press)
        if taken == "late":
            return
        thanks = reasons.answered(text, press.question_id)
        try:
            await self._surface.replace(str(interaction.application_id), interaction.token, thanks)
        except PlatformError as error:
            log.warning("reason's answer refused", reason=str(error))

    async def _open_form(self, interaction: discord.Interaction, question_id: int) -> None:
        """Open the form for a reason in their own words; it is its interaction's acknowledgement."""
        try:
            await interaction.response.send_modal(reasons.form(question_id))
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:
                log.warning("form not opened", reason=str(refused(error, "the form")))
        except (aiohttp.ClientError, OSError) as error:
            log.warning("form not opened", reason=str(error))

    async def _acknowledge(
        self, interaction: discord.Interaction, *, ephemeral: bool = False
    ) -> tuple[Acknowledgement, str]:
        """Defer the response before anything else is done; give how that went, and the response's id."""
        try:
            deferred = await interaction.response.defer(ephemeral=ephemeral)
        except discord.HTTPException as error:
            if error.code == ALREADY_ACKNOWLEDGED:
                return "taken", _UNKNOWN_RESPONSE
            log.warning("interaction not acknowledged", reason=str(refused(error, "the acknowledgement")))
            return ("late" if error.code == UNKNOWN_INTERACTION else "unsure"), _UNKNOWN_RESPONSE
        except (aiohttp.ClientError, OSError) as error:
            log.warning("interaction not acknowledged", reason=str(error))
            return "unsure", _UNKNOWN_RESPONSE
        return "ours", str(deferred.message_id if deferred and deferred.message_id else _UNKNOWN_RESPONSE)

    # ---- small parts

    def _post(self, message: discord.Message) -> Post:
        return post_of(message, self.user.id if self.user else 0)

    def _turn(self, message_id: int) -> asyncio.Lock:
        """Keep what happens to one message in its order: an edit must not overtake its question."""
        return self._turns.setdefault(message_id, asyncio.Lock())
