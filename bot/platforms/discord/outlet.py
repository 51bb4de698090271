"""The two ways to speak in Discord: with the bot's permissions in a channel, or with the token of an interaction."""

from __future__ import annotations

import hashlib
from typing import Protocol

from bot.platforms.discord.errors import NO_HISTORY, RefusedError
from bot.platforms.discord.render import Json
from bot.platforms.discord.rest import Rest

# Where a deferred response stands as long as Discord has not told its id.
ORIGINAL = "original"
_CHANNEL = "/channels/{channel_id}"
_MESSAGE = _CHANNEL + "/messages/{message_id}"
# The library counts limits apart by parameters of exactly these names.
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_RESPONSE = _WEBHOOK + "/messages/{message_id}"
_EPHEMERAL, _LOADING = 1 << 6, 1 << 7


class Outlet(Protocol):
    """Messages under their place, "channel:message". Every method raises PlatformError, RefusedError among them."""

    async def post(self, message: Json, name: str) -> str:
        """Post a message and give its place. name: where it is possible, one name is posted once only."""
        ...

    async def edit(self, place: str, message: Json) -> str:
        """Make a message look like this and give its place."""
        ...

    async def delete(self, place: str) -> None:
        """Delete a message."""
        ...


class ChannelOutlet:
    """A channel, a thread or a direct message. answers: the message to reply to, "" for none."""

    def __init__(self, rest: Rest, channel: str, answers: str = "") -> None:
        self._rest = rest
        self._ids = {"channel_id": channel}
        self._answers = answers

    async def post(self, message: Json, name: str) -> str:
        """Post a message (see Outlet); Discord remembers a name for some minutes."""
        body = message | {"nonce": hashlib.sha256(name.encode()).hexdigest()[:25], "enforce_nonce": True}
        reply = {"message_reference": {"message_id": self._answers, "fail_if_not_exists": False}}
        try:
            posted = await self._send(body | (reply if self._answers else {}))
        except RefusedError as refusal:
            if refusal.code != NO_HISTORY:
                raise
            posted = await self._send(body)
        if str(posted.get("content", "")).strip() != str(message["content"]).strip():
            # An earlier try had got through, perhaps of a process that died, and shows what was true then.
            return await self.edit(_place(posted), message)
        return _place(posted)

    async def edit(self, place: str, message: Json) -> str:
        """Edit a message of ours (see Outlet)."""
        channel, _, number = place.partition(":")
        return _place(await self._rest("PATCH", _MESSAGE, {"channel_id": channel, "message_id": number}, message))

    async def delete(self, place: str) -> None:
        """Delete a message of ours (see Outlet)."""
        channel, _, number = place.partition(":")
        await self._rest("DELETE", _MESSAGE, {"channel_id": channel, "message_id": number})

    async def react(self, emoji: str) -> None:
        """React to the message that is replied to."""
        path = _MESSAGE + "/reactions/{emoji}/@me"
        await self._rest("PUT", path, {**self._ids, "message_id": self._answers, "emoji": emoji})

    async def type(self) -> None:
        """Show "is typing…" for some seconds."""
        await self._rest("POST", _CHANNEL + "/typing", self._ids)

    async def wake(self) -> bool:
        """Open an archived thread; False when we may not, because it is locked."""
        try:
            await self._rest("PATCH", _CHANNEL, self._ids, {"archived": False})
        except RefusedError:
            return False
        return True

    async def _send(self, body: Json) -> Json:
        return await self._rest("POST", _CHANNEL + "/messages", self._ids, body)


class TokenOutlet:
    """The responses to one interaction; no permission is needed, and after 15 minutes nothing is possible.

    ephemeral: only the person of the interaction sees what is posted.
    """

    def __init__(self, rest: Rest, application: str, token: str, *, ephemeral: bool = False) -> None:
        self._rest = rest
        self._ids = {"webhook_id": application, "webhook_token": token}
        self._flags = _EPHEMERAL if ephemeral else 0

    async def post(self, message: Json, name: str) -> str:
        """Post a follow-up (see Outlet); Discord has no names here, so a broken connection is not tried again."""
        body = message | {"flags": message["flags"] | self._flags}
        return _place(await self._rest("POST", _WEBHOOK, self._ids, body, repeatable=False, query={"wait": "true"}))

    async def edit(self, place: str, message: Json) -> str:
        """Edit a response (see Outlet)."""
        return _place(await self._rest("PATCH", _RESPONSE, self._named(place), message))

    async def delete(self, place: str) -> None:
        """Delete a response (see Outlet)."""
        await self._rest("DELETE", _RESPONSE, self._named(place))

    async def is_thinking(self, place: str) -> bool:
        """Tell whether a deferred response still waits for its first words."""
        found = await self._rest("GET", _RESPONSE, self._named(place))
        return bool(int(found.get("flags", 0)) & _LOADING)

    def _named(self, place: str) -> dict[str, str]:
        return {**self._ids, "message_id": "@original" if place == ORIGINAL else place.partition(":")[2]}


async def open_direct_channel(rest: Rest, user: str) -> ChannelOutlet:
    """Give the direct message channel with a user. Raises RefusedError."""
    channel = await rest("POST", "/users/@me/channels", {}, {"recipient_id": user})
    return ChannelOutlet(rest, str(channel["id"]))


def _place(message: Json) -> str:
    return f"{message['channel_id']}:{message['id']}"
