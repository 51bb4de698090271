"""Discord: its events become questions for the desk, the desk's replies become its messages."""

from bot.platforms.discord.client import DiscordPlatform

__all__ = ["DiscordPlatform"]
