"""Makes what stands in Discord look like the desk's replies, whatever has happened to the messages meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

import structlog

from bot import wording
from bot.messages import IncomingMessage, Reply, Sent
from bot.platforms.discord.errors import CLOSED, NO_PERMISSION, TOKEN_OVER, UNKNOWN_MESSAGE, RefusedError
from bot.platforms.discord.ledger import GONE, Ledger, fingerprint
from bot.platforms.discord.normalise import PLATFORM
from bot.platforms.discord.outlet import ORIGINAL, TokenOutlet, open_direct_channel
from bot.platforms.discord.render import Json, render, render_text
from bot.platforms.discord.rest import Rest
from bot.platforms.discord.ways import Ways
from core.errors import PlatformError

log = structlog.get_logger()

_REACTION_SECONDS = 0.5
_SEEN = "👀"
_REMEMBERED = 1000


class DiscordSurface:
    """Implements `bot.messages.Surface` for Discord.

    What a message asked is answered by a reply, what an interaction asked under its command (see Ways). Two changes
    for one question never overlap.
    """

    platform = PLATFORM
    edit_seconds = 1.5

    def __init__(self, rest: Rest, clock: Callable[[], float] = time.time) -> None:
        self._rest = rest
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._changes: set[asyncio.Task[Ledger]] = set()
        # What was shown and not handed back, because showing failed midway or the caller was cancelled.
        self._unreported: dict[str, Ledger] = {}

    # ---- what the desk asks for

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Show that a message was seen: a reaction, or "is typing…" where that is refused or slow.

        An interaction was acknowledged when it came in.
        """
        if "message" not in message.handle:
            return
        channel = self._ways(message).channel
        try:
            async with asyncio.timeout(_REACTION_SECONDS):
                await channel.react(_SEEN)
        except TimeoutError:
            await channel.type()
        except RefusedError as refusal:
            if refusal.code != UNKNOWN_MESSAGE:
                await channel.type()

    async def show(self, message: IncomingMessage, reply: Reply, sent: Sent | None) -> Sent:
        """Make our messages look like the reply (see Surface); one that people deleted is not forced on them."""
        # A change that has begun is brought to its end even when the caller is cancelled: two that overlap could
        # arrive in either order, and a message that was posted must not be forgotten.
        change = asyncio.create_task(self._show_in_turn(message, reply, sent or Sent()))
        self._changes.add(change)
        change.add_done_callback(self._changes.discard)
        ledger = await asyncio.shield(change)
        if self._unreported.get(message.key) is ledger:
            del self._unreported[message.key]
        return ledger.sent()

    async def retract(self, message: IncomingMessage, sent: Sent) -> None:
        """Delete our messages (see Surface)."""
        ways = self._ways(message)
        async with self._turn(message.key):
            ledger = self._unreported.pop(message.key, None) or Ledger.read(sent)
            for index in range(len(ledger.ids)):
                await ways.delete(ledger, index)

    async def whisper(self, message: IncomingMessage, text: str) -> None:
        """Tell the asking person alone: unseen by others under their command, else in a direct message."""
        ways = self._ways(message)
        if ways.token is not None:
            try:
                await ways.stop_thinking()
                await self.tell(message.handle["application"], message.handle["token"], text)
            except RefusedError as refusal:
                if refusal.code not in TOKEN_OVER:
                    raise
            else:
                return
        outlet = ways.channel if message.private else await open_direct_channel(self._rest, message.user)
        for index, part in enumerate(render_text(text)):
            await outlet.post(part, f"{message.key}:whisper:{index}:{text}")

    # ---- what commands and buttons need besides

    async def tell(self, application: str, token: str, text: str, drafts: Sequence[Json] | None = None) -> None:
        """Tell something to the person of an interaction alone. Raises PlatformError.

        drafts: the messages, where they hold more than the text.
        """
        outlet = TokenOutlet(self._rest, application, token, ephemeral=True)
        for part in drafts or render_text(text):
            await outlet.post(part, "")

    async def replace(self, application: str, token: str, draft: Json) -> None:
        """Put something in the place of the message whose button was pressed. Raises PlatformError."""
        await TokenOutlet(self._rest, application, token).edit(ORIGINAL, draft)

    async def respond(self, message: IncomingMessage, text: str) -> None:
        """Tell what a command says to its giver alone, "" for nothing. Raises PlatformError.

        message: the command, with its unseen "is thinking…" response in the handle.
        """
        # Under a name of its own: what the command leads to is shown in the same place, and perhaps at this moment.
        hidden = replace(message, key=f"{message.key}:response", handle={**message.handle, "hidden": "yes"})
        if not text:
            await self._ways(hidden).stop_thinking()
            return
        try:
            await self.show(hidden, Reply("final", text), None)
        except PlatformError:
            # Its time under the command is over; a direct message still reaches the person alone.
            await self.whisper(hidden, text)

    # ---- one change

    async def _show_in_turn(self, message: IncomingMessage, reply: Reply, sent: Sent) -> Ledger:
        ways = self._ways(message)
        async with self._turn(message.key):
            is_new = message.key not in self._unreported and not sent.ids
            ledger = self._unreported.pop(message.key, None) or Ledger.read(sent)
            if not ledger.ids and ways.response:
                ledger.put(0, ways.response, "")
            try:
                await self._bring_to(ways, ledger, message.key, reply)
            except RefusedError as refusal:
                if is_new and not ledger.ids and refusal.code in CLOSED:
                    await self._tell_of_refusal(message)
                raise
            finally:
                self._unreported[message.key] = ledger
                while len(self._unreported) > _REMEMBERED:
                    del self._unreported[next(iter(self._unreported))]
            return ledger

    async def _bring_to(self, ways: Ways, ledger: Ledger, key: str, reply: Reply) -> None:
        try:
            await _change(ways, ledger, key, reply)
        except RefusedError as refusal:
            if refusal.code != NO_PERMISSION or not ledger.embeds or not reply.footnotes:
                raise
            # Embeds have a permission of their own; without it the sources go into the text.
            ledger.embeds = False
            await _change(ways, ledger, key, reply)

    async def _tell_of_refusal(self, message: IncomingMessage) -> None:
        """Say in a direct message that there will be no answer: the asker has seen our reaction."""
        try:
            await self.whisper(message, wording.DISCORD_CANNOT_WRITE)
        except PlatformError as error:
            log.warning("discord person not reached", reason=str(error))

    def _ways(self, message: IncomingMessage) -> Ways:
        return Ways(self._rest, message, self._clock())

    def _turn(self, key: str) -> asyncio.Lock:
        return self._turns.setdefault(key, asyncio.Lock())


async def _change(ways: Ways, ledger: Ledger, key: str, reply: Reply) -> None:
    """Edit what shows something else, post what is missing, delete the rest; the ledger tells how far it got."""
    drafts = render(reply, embeds=ledger.embeds)
    may_replace = ledger.may_replace(reply.stage)
    for index, draft in enumerate(drafts):
        shown = fingerprint(draft)
        if index == len(ledger.ids):
            ledger.put(index, await ways.post(ledger, index, draft, f"{key}:{index}"), shown)
        elif ledger.prints[index] != shown or ledger.ids[index] == GONE:
            place = GONE if ledger.ids[index] == GONE else await ways.edit(ledger, index, draft)
            if place == GONE and may_replace:
                place = await ways.post(ledger, index, draft, f"{key}:{index}:{reply.stage}")
            ledger.put(index, place, shown)
    while len(ledger.ids) > len(drafts):
        await ways.delete(ledger, len(ledger.ids) - 1)
        ledger.drop_last()
    ledger.stage = reply.stage
