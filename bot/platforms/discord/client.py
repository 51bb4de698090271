"""Discord as `docent serve` sees it: one platform that runs until its connection can't be kept."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.messages import Desk
from bot.platforms.discord.errors import cannot_run
from bot.platforms.discord.listener import DiscordListener
from bot.platforms.discord.normalise import PLATFORM
from bot.platforms.discord.rest import Rest
from bot.platforms.discord.surface import DiscordSurface
from bot.settings import BotSettings
from core.errors import ConfigurationError, PlatformError

_HEED_SECONDS = 0.2
_GOODBYE_SECONDS = 3.0


class DiscordPlatform:
    """One application in Discord; `run` may be called again after it failed.

    surface: how to show replies; it outlives a lost connection and waits for the next one.
    state: "starting", "connected", "reconnecting" or "stopped".
    """

    name = PLATFORM

    def __init__(self, settings: BotSettings) -> None:
        """Raises ConfigurationError without DISCORD_TOKEN."""
        if settings.discord_token is None:
            raise ConfigurationError("DISCORD_TOKEN is not set; copy it from the Developer Portal (Bot > Reset Token).")
        self._token = settings.discord_token.get_secret_value()
        self._settings = settings
        self._rest = Rest()
        self._state = "stopped"
        self.surface = DiscordSurface(self._rest)

    @property
    def state(self) -> str:
        """One word on how it is, for the health page."""
        return self._state

    async def run(self, desk: Desk) -> None:
        """Connect and serve until cancelled. Raises PlatformError when it can't go on, with what to do about it."""
        self._point_library()
        self._state = "starting"
        client: discord.Client | None = None
        try:
            client = DiscordListener(
                desk,
                self.surface,
                intents=await self._intents(),
                guild_id=self._settings.discord_guild_id,
                on_state=self._note,
            )
            await client.login(self._token)
            self._rest.use(client)
            await _connected(client)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise cannot_run(error) from error
        finally:
            self._rest.use(None)
            if client is not None:
                await _closed(client)
            self._state = "stopped"

    def _note(self, state: str) -> None:
        self._state = state

    def _point_library(self) -> None:
        """Let the library speak to the addresses of the settings; it knows them as class attributes only."""
        Route.BASE = self._settings.discord_api_url.rstrip("/")
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._settings.discord_gateway_url)
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody here wants to speak

    async def _intents(self) -> discord.Intents:
        """Give what we want to hear of: servers, messages; their text only where the application may read it.

        Without that privilege Discord gives us the text of direct messages and mentions, which is enough but for
        follow-ups without a mention. Asking for an intent that is not granted would close the gateway.
        """
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        async with discord.Client(intents=intents) as probe:
            await probe.login(self._token)
            flags = probe.application_flags
            intents.message_content = flags.gateway_message_content or flags.gateway_message_content_limited
        return intents


async def _connected(client: discord.Client) -> None:
    """Keep a client connected until that fails or we are cancelled; raises what ended it.

    A cancellation that meets the library while it reconnects can be lost in its `wait_for` (Python 3.11,
    https://github.com/python/cpython/issues/86296), so it is repeated until it is heeded.
    """
    connection = asyncio.create_task(client.connect())
    try:
        await asyncio.wait({connection})
    finally:
        while not connection.done():
            connection.cancel()
            await asyncio.wait({connection}, timeout=_HEED_SECONDS)
    try:
        connection.result()
    except AttributeError as error:
        # discord.py 2.7.1 looks for the sequence number of a connection that was never made.
        if client.ws is not None:
            raise
        raise PlatformError(
            f"Discord's gateway can't be reached at {DiscordWebSocket.DEFAULT_GATEWAY}; "
            "check the network and DISCORD_GATEWAY_URL."
        ) from error


async def _closed(client: discord.Client) -> None:
    """Close a client; on a dead connection the library would wait for its goodbye for half a minute."""
    await asyncio.wait({asyncio.create_task(client.close())}, timeout=_GOODBYE_SECONDS)
