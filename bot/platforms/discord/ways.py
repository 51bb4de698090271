"""Reaches the messages of one answer: with its interaction's token while that lives, else with our permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.messages import IncomingMessage
from bot.platforms.discord.errors import (
    THREAD_ARCHIVED,
    TOKEN_OVER,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    RefusedError,
)
from bot.platforms.discord.ledger import GONE, Ledger
from bot.platforms.discord.outlet import ORIGINAL, ChannelOutlet, Outlet, TokenOutlet
from bot.platforms.discord.render import Json, opening
from bot.platforms.discord.rest import Rest
from core.errors import PlatformError

Result = TypeVar("Result")

# The token of an interaction lives for 15 minutes; the margin is for requests that are on their way.
_TOKEN_SECONDS = 15 * 60 - 30


class Ways:
    """How the messages for one question are reached. Every method raises PlatformError.

    token: None when there is none, or none that lives. response: the place of the interaction's deferred response,
    "" without one. hidden: the messages are for one person and must never stand in the channel.
    """

    def __init__(self, rest: Rest, message: IncomingMessage, now: float) -> None:
        """now: Unix seconds."""
        handle = message.handle
        self._message = message
        self.hidden = handle.get("hidden") == "yes"
        self.channel = ChannelOutlet(rest, handle["channel"], handle.get("message", ""))
        self.token: TokenOutlet | None = None
        if handle.get("token") and now - float(handle["at"]) < _TOKEN_SECONDS:
            self.token = TokenOutlet(rest, handle["application"], handle["token"], ephemeral=self.hidden)
        response = handle.get("response", "")
        self.response = ORIGINAL if response == "@original" else response and f"{handle['channel']}:{response}"

    async def edit(self, ledger: Ledger, index: int, draft: Json) -> str:
        """Edit one of our messages and give its place, GONE when there is no such message any more."""
        place = ledger.ids[index]

        async def edit(outlet: Outlet) -> str:
            if place == ORIGINAL and outlet is self.channel:
                return GONE
            draft_here = self._worded(ledger, index, draft)
            try:
                return await outlet.edit(place, draft_here)
            except RefusedError as refusal:
                if refusal.code == UNKNOWN_MESSAGE:
                    return GONE
                if refusal.code != THREAD_ARCHIVED or not await self.channel.wake():
                    raise
            return await outlet.edit(place, draft_here)

        return await self._by_either(ledger, edit)

    async def post(self, ledger: Ledger, index: int, draft: Json, name: str) -> str:
        """Post one more message and give its place. name: see Outlet."""

        async def post(outlet: Outlet) -> str:
            # Without the token Discord does not show above the answer who had used which command.
            stands_apart = not self._message.handle.keys() & {"message", "alone"}
            ledger.apart |= index == 0 and outlet is self.channel and stands_apart
            return await outlet.post(self._worded(ledger, index, draft), name)

        return await self._by_either(ledger, post)

    async def delete(self, ledger: Ledger, index: int) -> None:
        """Delete one of our messages; one that is gone already is fine."""
        place = ledger.ids[index]
        if place == GONE:
            return
        try:
            await self._by_either(ledger, lambda outlet: outlet.delete(place))
        except RefusedError as refusal:
            if refusal.code not in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                raise

    async def stop_thinking(self) -> None:
        """Delete a response that still says "is thinking…": the next follow-up would fill it, for all to see."""
        if self.token is None or not self.response:
            return
        try:
            if await self.token.is_thinking(self.response):
                await self.token.delete(self.response)
        except RefusedError as refusal:
            if refusal.code not in (UNKNOWN_MESSAGE, *TOKEN_OVER):
                raise

    async def _by_either(self, ledger: Ledger, action: Callable[[Outlet], Awaitable[Result]]) -> Result:
        """Do something with the token as long as it opens anything, from then on with our permissions."""
        if self.token is not None and ledger.by_token:
            try:
                return await action(self.token)
            except RefusedError as refusal:
                if refusal.code not in TOKEN_OVER:
                    raise
                ledger.by_token = False
        if self.hidden:
            raise PlatformError("Discord takes no more answers to this command, and they are for one person alone.")
        return await action(self.channel)

    def _worded(self, ledger: Ledger, index: int, draft: Json) -> Json:
        """Give a draft as it is sent: the first message of an answer that stands apart begins with its question."""
        if index or not ledger.apart:
            return draft
        return draft | {"content": opening(self._message.user, self._message.text) + draft["content"]}
