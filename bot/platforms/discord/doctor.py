"""Asks Discord's REST interface whether everything is as Docent needs it; changes nothing and opens no session."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar, cast

import aiohttp
import discord
from discord import app_commands

from bot.findings import Finding
from bot.platforms.discord import findings
from bot.platforms.discord.commands import CommandListener, add_commands
from bot.platforms.discord.findings import Server
from bot.platforms.discord.permissions import missing
from bot.settings import BotSettings

Json = Mapping[str, Any]
Kind = TypeVar("Kind", dict[str, Any], list[dict[str, Any]])

# The kinds of channel in which people ask: text, announcements, forums.
_ASKED_IN = (0, 5, 15)
# Each takes three questions; more would take long and say little that is new.
_MOST_SERVERS = 10
_STRANGER = "what answers there is not Discord"


async def examine_discord(settings: BotSettings, token: str, seconds: float = 10.0) -> list[Finding]:
    """Give the findings on Discord, the most basic first. seconds: how long each answer may take."""
    url = settings.discord_api_url
    fault = findings.token_at_sight(token, official=url == BotSettings.model_fields["discord_api_url"].default)
    if fault is not None:
        return [fault]
    client = _unconnected()
    found: list[Finding] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session:
        rest = _Rest(session, url.rstrip("/"), {"Authorization": f"Bot {token}", "User-Agent": client.http.user_agent})
        try:
            user = await rest.get(findings.BOT, "/users/@me", dict)
            if "id" not in user:
                return [findings.no_answer(findings.BOT, url, _STRANGER)]
            found.append(findings.bot(user))
            application = await rest.get(findings.APPLICATION, "/oauth2/applications/@me", dict)
            found += [findings.application(application), findings.message_content(application)]
            guilds = await rest.get(findings.SERVERS, "/users/@me/guilds", list)
        except _StoppedError as stop:
            return [*found, stop.finding]
        link = findings.invite(application["id"])
        chosen = settings.discord_guild_id
        home = next((guild for guild in guilds if guild["id"] == str(chosen)), None)
        found.append(findings.servers([g["name"] for g in guilds], link, chosen=chosen, is_in_chosen=home is not None))
        if home is not None or not chosen:
            found.append(await _told(_commands(rest, client, application["id"], home, link)))
        if guilds:
            guilds.sort(key=lambda guild: guild is not home)
            found.append(await _told(_permissions(rest, user["id"], guilds)))
        found.append(await _gateway(session, settings.discord_gateway_url))
    return found


async def _commands(rest: _Rest, client: discord.Client, application: str, home: Json | None, link: str) -> Finding:
    """Compare what is registered with what Docent registers. home: the server of DISCORD_GUILD_ID."""
    tree = app_commands.CommandTree(client)
    # They are only declared here, nobody will use them.
    add_commands(tree, cast(CommandListener, None), everywhere=home is None)
    wanted = [command.to_dict(tree) for command in tree.get_commands()]
    if home is None:
        registered = await rest.get(findings.COMMANDS, f"/applications/{application}/commands", list)
        return findings.commands(wanted, registered, "for all servers")
    try:
        path = f"/applications/{application}/guilds/{home['id']}/commands"
        registered = await rest.get(findings.COMMANDS, path, list)
    except _StoppedError as stop:
        if stop.status == 403:
            return findings.commands_hidden(home["name"], link)
        raise
    return findings.commands(wanted, registered, f"in {home['name']}")


async def _permissions(rest: _Rest, user: str, guilds: Sequence[Json]) -> Finding:
    """Look for missing permissions in the first servers."""
    looked_at = [await _server(rest, user, guild) for guild in guilds[:_MOST_SERVERS]]
    return findings.permissions(looked_at, len(guilds))


async def _server(rest: _Rest, user: str, listed: Json) -> Server:
    """Look at each channel of a server, also at those that the bot can't see."""
    path = f"/guilds/{listed['id']}"
    try:
        guild = await rest.get(findings.PERMISSIONS, path, dict)
        member = await rest.get(findings.PERMISSIONS, f"{path}/members/{user}", dict)
        channels = await rest.get(findings.PERMISSIONS, f"{path}/channels", list)
    except _StoppedError as stop:
        if stop.status in (403, 404):
            return Server(listed["name"], refusal=f"status {stop.status}")
        raise
    asked_in = [channel for channel in channels if channel["type"] in _ASKED_IN]
    return Server(
        listed["name"],
        [(channel["name"], missing(guild, user, member["roles"], channel)) for channel in asked_in],
    )


async def _gateway(session: aiohttp.ClientSession, url: str) -> Finding:
    """Ask the gateway's host for a page: it refuses, which shows that it can be reached, and no session is opened."""
    try:
        async with session.get(re.sub("^ws", "http", url), allow_redirects=False) as response:
            return findings.gateway(url, response.status)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return findings.no_answer(findings.GATEWAY, url, _reason(error), "DISCORD_GATEWAY_URL")


class _StoppedError(Exception):
    """A question that others depend on got no useful answer. status: HTTP status, 0 for no answer at all."""

    def __init__(self, finding: Finding, status: int = 0) -> None:
        super().__init__(finding.detail)
        self.finding = finding
        self.status = status


class _Rest:
    """Reads from the REST interface; one try a question, and limits are not waited for."""

    def __init__(self, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> None:
        self._session = session
        self._url = url
        self._headers = headers

    async def get(self, name: str, path: str, kind: type[Kind]) -> Kind:
        """Give what stands at a path. Raises _StoppedError with a finding of this name."""
        try:
            # A redirect could lead the token astray.
            async with self._session.get(self._url + path, headers=self._headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise _StoppedError(findings.refused(name, f"GET {path}", response.status), response.status)
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _StoppedError(findings.no_answer(name, self._url, _reason(error))) from None
        except ValueError:
            body = None
        if not isinstance(body, kind):
            raise _StoppedError(findings.no_answer(name, self._url, _STRANGER))
        return body


async def _told(check: Awaitable[Finding]) -> Finding:
    """Give what a check finds, also when it is stopped."""
    try:
        return await check
    except _StoppedError as stop:
        return stop.finding


def _unconnected() -> discord.Client:
    """Give the library's client as it is before a connection: it knows our commands and how it calls itself."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody here wants to speak
    return discord.Client(intents=discord.Intents(guilds=True))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return str(error) if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__
