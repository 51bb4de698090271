"""What Discord refused, as PlatformError with its remedy."""

from __future__ import annotations

import aiohttp
import discord

from core.errors import PlatformError

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060
NO_ACCESS = 50001
NO_PERMISSION = 50013
INVALID_TOKEN_OF_WEBHOOK = 50027
THREAD_ARCHIVED = 50083
NO_HISTORY = 160002
THREAD_LOCKED = 160005

# The codes by which Discord says that we may not write where we were asked.
CLOSED = frozenset({NO_ACCESS, NO_PERMISSION, THREAD_ARCHIVED, THREAD_LOCKED})

# The codes by which Discord says that the token of an interaction opens nothing any more.
TOKEN_OVER = frozenset({UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, INVALID_TOKEN_OF_WEBHOOK})

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_REMEDIES = {
    UNKNOWN_CHANNEL: "the channel is gone, ask in another one",
    10004: "set DISCORD_GUILD_ID to a server that Docent is in",
    UNKNOWN_MESSAGE: "the message was deleted, ask again",
    UNKNOWN_INTERACTION: "the first answer came after 3 seconds, see whether the machine is overloaded",
    NO_ACCESS: "let Docent's role view this channel, or invite it with the scopes bot and applications.commands",
    50007: "the person has to allow direct messages from members of this server",
    NO_PERMISSION: "give Docent's role Send Messages, Send Messages in Threads, Embed Links, "
    "Read Message History and Add Reactions in this channel",
    THREAD_ARCHIVED: "a moderator has to open the thread again",
    THREAD_LOCKED: "a moderator has to unlock the thread",
}
_NOT_ACCEPTED = "DISCORD_TOKEN is not accepted; make a new one in the Developer Portal (Bot > Reset Token) and restart."


class RefusedError(PlatformError):
    """Discord answered with an error. status: HTTP status. code: Discord's own, 0 for none."""

    def __init__(self, message: str, status: int, code: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def refused(error: discord.HTTPException, what: str) -> RefusedError:
    """Translate an answer of Discord's to `what`, such as "POST /channels/{channel_id}/messages"."""
    remedy = _REMEDIES.get(error.code)
    if remedy is None:
        remedy = "try again later" if error.status in (429, *range(500, 600)) else "see Discord's status and the log"
        if error.status == 401:
            remedy = "make a new DISCORD_TOKEN in the Developer Portal (Bot > Reset Token)"
    reason = " ".join(error.text.split())[:300]
    return RefusedError(
        f"Discord refused {what}: {error.status} {error.code} {reason}; {remedy}.", error.status, error.code
    )


def cannot_run(error: Exception) -> PlatformError:
    """Give the reason why a client ended, with its remedy."""
    if isinstance(error, discord.LoginFailure):
        return PlatformError(_NOT_ACCEPTED)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return PlatformError(
            "Discord closed the gateway (4014): an intent is not granted; switch on Message Content Intent "
            "in the Developer Portal (Bot > Privileged Gateway Intents), or off and restart."
        )
    if isinstance(error, discord.ConnectionClosed):
        if error.code == 4004:
            return PlatformError(f"Discord closed the gateway (4004): {_NOT_ACCEPTED}")
        return PlatformError(f"Discord closed the gateway with code {error.code}; Docent connects anew.")
    if isinstance(error, discord.HTTPException):
        return refused(error, "the log-in")
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return PlatformError(f"Discord can't be reached ({error}); check the network, a proxy and DISCORD_API_URL.")
    return PlatformError(f"Discord's library gave up ({type(error).__name__}: {error}); Docent connects anew.")
