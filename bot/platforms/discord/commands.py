"""Declares the slash commands; what they do is their listener's business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import discord
from discord import app_commands

from bot import wording
from bot.messages import CommandName

# What /collections can change, and how people type that elsewhere.
COLLECTIONS_CHANGES = {
    "limit": "limit {names}",
    "lift limit": "limit --all",
    "private": "private {names} on",
    "not private": "private {names} off",
}
_CHOICES = 25
_CHOICE_CHARACTERS = 100


class CommandListener(Protocol):
    """Who does what a slash command asks for."""

    async def handle_ask(self, interaction: discord.Interaction, question: str) -> None:
        """Do /ask."""
        ...

    async def handle_command(self, interaction: discord.Interaction, name: CommandName, argument: str = "") -> None:
        """Do any other command."""
        ...

    async def folders_for(self, interaction: discord.Interaction) -> Sequence[str]:
        """Give the folders that this person may choose from."""
        ...


def add_commands(
    tree: app_commands.CommandTree[discord.Client], listener: CommandListener, *, everywhere: bool
) -> None:
    """Put the commands into a tree. everywhere: for all servers and for direct messages, else for one server."""
    if everywhere:
        # These are words for global commands only.
        tree.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
        tree.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)

    @tree.command(description=wording.DISCORD_COMMANDS["ask"])
    @app_commands.describe(question=wording.DISCORD_OPTIONS["question"])
    async def ask(interaction: discord.Interaction, question: str) -> None:
        await listener.handle_ask(interaction, question)

    # Hiding it from others is a courtesy that a server can switch off; the desk decides who may.
    @tree.command(description=wording.DISCORD_COMMANDS["reingest"])
    @app_commands.describe(folder=wording.DISCORD_OPTIONS["folder"], dry_run=wording.DISCORD_OPTIONS["dry_run"])
    @app_commands.default_permissions(manage_guild=True)
    async def reingest(interaction: discord.Interaction, folder: str = "", dry_run: bool = False) -> None:
        await listener.handle_command(interaction, "reingest", reingest_argument(folder, dry_run=dry_run))

    @reingest.autocomplete("folder")
    async def complete_folder(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return choices(await listener.folders_for(interaction), typed)

    @tree.command(description=wording.DISCORD_COMMANDS["collections"])
    @app_commands.describe(change=wording.DISCORD_OPTIONS["change"], names=wording.DISCORD_OPTIONS["names"])
    @app_commands.choices(change=[app_commands.Choice(name=change, value=change) for change in COLLECTIONS_CHANGES])
    @app_commands.default_permissions(manage_guild=True)
    async def collections(interaction: discord.Interaction, change: str = "", names: str = "") -> None:
        await listener.handle_command(interaction, "collections", collections_argument(change, names))

    @tree.command(description=wording.DISCORD_COMMANDS["status"])
    async def status(interaction: discord.Interaction) -> None:
        await listener.handle_command(interaction, "status")

    @tree.command(description=wording.DISCORD_COMMANDS["forget"])
    async def forget(interaction: discord.Interaction) -> None:
        await listener.handle_command(interaction, "forget")

    @tree.command(name="help", description=wording.DISCORD_COMMANDS["help"])
    async def show_help(interaction: discord.Interaction) -> None:
        await listener.handle_command(interaction, "help")


def choices(folders: Sequence[str], typed: str) -> list[app_commands.Choice[str]]:
    """Give what Discord offers while somebody types: those that begin with it first, 25 at most."""
    wanted = typed.casefold().strip()
    fitting = [folder for folder in folders if wanted in folder.casefold() and len(folder) <= _CHOICE_CHARACTERS]
    fitting.sort(key=lambda folder: not folder.casefold().startswith(wanted))
    return [app_commands.Choice(name=folder, value=folder) for folder in fitting[:_CHOICES]]


def collections_argument(change: str, names: str) -> str:
    """Give the options of /collections as people type them elsewhere; "" where one is missing."""
    wanted, names = COLLECTIONS_CHANGES.get(change, ""), names.strip()
    return wanted.format(names=names) if names or "{names}" not in wanted else ""


def reingest_argument(folder: str, *, dry_run: bool) -> str:
    """Give the options of /reingest as people type them elsewhere."""
    return " ".join([*folder.split(), *(["--dry-run"] if dry_run else [])])
