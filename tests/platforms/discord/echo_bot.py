"""A small bot on the real discord.py that does one of everything, and how to run it against a local server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.simulate.discord_server import DiscordServer


class Buttons(discord.ui.View):
    """A persistent view: it works for messages that an earlier process has posted."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Good", emoji="👍", custom_id="echo:good", style=discord.ButtonStyle.secondary)
    async def good(self, interaction: discord.Interaction, button: discord.ui.Button[Buttons]) -> None:
        await interaction.response.send_message("Thank you.", ephemeral=True)

    @discord.ui.button(label="Shout", custom_id="echo:shout", style=discord.ButtonStyle.primary)
    async def shout(self, interaction: discord.Interaction, button: discord.ui.Button[Buttons]) -> None:
        assert interaction.message is not None
        await interaction.response.edit_message(content=interaction.message.content.upper())

    @discord.ui.button(label="Later", custom_id="echo:later", style=discord.ButtonStyle.primary)
    async def later(self, interaction: discord.Interaction, button: discord.ui.Button[Buttons]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="later", view=None)


class Form(discord.ui.Modal, title="Why?"):
    reason: discord.ui.TextInput[Form] = discord.ui.TextInput(label="Reason", custom_id="reason")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"because {self.reason.value}")


class EchoBot(discord.Client):
    """Echoes; keeps what happened to it in lists."""

    def __init__(self, guild_id: int | None, intents: discord.Intents) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.02, max_messages=100)
        self.tree = app_commands.CommandTree(self)
        self.tree.on_error = self.on_command_error  # type: ignore[method-assign]
        self.guild_id = guild_id
        self.heard: list[discord.Message] = []
        self.happened: list[str] = []
        self.failures: list[Exception] = []
        self.answer_after = 0.0
        add_commands(self)

    async def setup_hook(self) -> None:
        self.add_view(Buttons())
        guild = discord.Object(self.guild_id) if self.guild_id else None
        if guild is not None:
            self.tree.copy_global_to(guild=guild)
        await self.tree.sync(guild=guild)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify anew at once; the library would wait for 5 seconds."""

    @property
    def asked(self) -> list[discord.Message]:
        """What people have said."""
        return [message for message in self.heard if message.author.id != self.application_id]

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)
        if self.user in message.mentions and not message.author.bot:
            await message.reply(f"echo: {message.clean_content}", mention_author=False)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.happened.append(f"edited to {payload.message.content}")

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self.happened.append("deleted")

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.happened.append(f"reacted {payload.emoji}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.happened.append(f"left {guild.name}")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.happened.append(f"joined {guild.name}")

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.happened.append(f"thread {thread.name}")

    async def on_resumed(self) -> None:
        self.happened.append("resumed")

    async def on_command_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.failures.append(getattr(error, "original", error))


def add_commands(bot: EchoBot) -> None:
    tree = bot.tree

    @tree.command(description="Say it again")
    async def echo(interaction: discord.Interaction, text: str, private: bool = False) -> None:
        await asyncio.sleep(bot.answer_after)
        await interaction.response.send_message(f"echo: {text}", ephemeral=private, view=Buttons())

    @tree.command(description="Say it slowly")
    async def slow(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer()
        await asyncio.sleep(bot.answer_after)
        await interaction.edit_original_response(content=text[: len(text) // 2])
        embed = discord.Embed(title="Sources", url="https://example.com/handbook")
        embed.add_field(name="[1] Handbook", value="page 3")
        await interaction.edit_original_response(content=text, embed=embed, view=Buttons())
        await interaction.followup.send("and that is all")

    @tree.command(description="For those who manage the guild")
    @app_commands.default_permissions(manage_guild=True)
    async def manage(interaction: discord.Interaction) -> None:
        allowed = interaction.permissions.manage_guild
        await interaction.response.send_message("done" if allowed else "refused", ephemeral=True)

    @tree.command(description="Pick one")
    async def pick(interaction: discord.Interaction, folder: str, dry_run: bool = False) -> None:
        await interaction.response.send_message(f"{folder}, dry run {dry_run}")

    @pick.autocomplete("folder")
    async def folders(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        count = 30 if current == "many" else 3
        return [app_commands.Choice(name=f"{current}{n}", value=f"{current}{n}") for n in range(count)]

    @tree.command(description="Ask back")
    async def why(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    memory = app_commands.Group(name="memory", description="What is remembered")

    @memory.command(description="Forget it")
    async def forget(interaction: discord.Interaction, everything: bool) -> None:
        await interaction.response.send_message(f"forgotten, everything {everything}")

    tree.add_command(memory)


@asynccontextmanager
async def pointed_at(server: DiscordServer) -> AsyncIterator[None]:
    """Point the library at a local server, and back."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def running(
    server: DiscordServer, *, guild: bool = True, intents: discord.Intents | None = None
) -> AsyncIterator[EchoBot]:
    """Run the bot until the block ends; guild: register its commands with the first guild, else globally."""
    first = next(iter(server.state.guilds))
    async with pointed_at(server):
        bot = EchoBot(first if guild else None, intents or discord.Intents.default())
        task = asyncio.create_task(bot.start(server.token))
        ready = asyncio.create_task(bot.wait_until_ready())
        try:
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
            if task.done():
                task.result()
            assert bot.is_ready()
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.wait({task})
