"""The places in which `bench_chat` asks: what people do there, and what the local servers have seen of Docent."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pydantic import SecretStr

from bot.dispatch import Dispatcher
from bot.platforms.discord import DiscordPlatform
from bot.platforms.slack.app import SlackPlatform
from bot.settings import BotSettings
from bot.simulate.discord_limits import Limits
from bot.simulate.discord_objects import Channel, Interaction, Message
from bot.simulate.discord_server import DiscordServer
from bot.simulate.running import running
from bot.simulate.slack_blocks import usable_elements
from bot.simulate.slack_limits import WINDOW
from bot.simulate.slack_rules import CALLS_PER_MINUTE
from bot.simulate.slack_server import SlackServer, Spoken
from bot.simulate.slack_shapes import as_typed

# Far more often than the platforms ask for, so that there is something to measure.
PING_SECONDS, HEARTBEAT_SECONDS = 1.0, 2.0
# The button under an answer that is whole, and under nothing else.
FINAL_BUTTON = "up"

Calls = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Asked:
    """One question on its way; times are seconds of the monotonic clock.

    finals: how many messages stand under it now that say that they are a whole answer.
    """

    at: float
    finals: Callable[[], int]
    final_at: float | None = None


class Place(Protocol):
    """A platform with people in it who ask."""

    async def ask(self, channel: int, question: str) -> Asked:
        """Ask in one of the channels."""
        ...

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until something is true. Raises TimeoutError."""
        ...

    def acknowledged(self) -> list[float | None]:
        """Give for each question the seconds until people saw that it was noticed, None for never."""
        ...

    def received(self) -> list[float | None]:
        """Give for each delivery the seconds until the platform was told that it arrived, None for never."""
        ...

    def calls(self) -> Calls:
        """Give by method: calls, the most within its limit's time and place, what is allowed there, and the 429s."""
        ...

    def late_beats(self) -> list[float]:
        """Give for each heartbeat the seconds by which it was late."""
        ...


class SlackPlace:
    """Channels of a workspace; each question mentions Docent."""

    def __init__(self, server: SlackServer, channels: int) -> None:
        self._server = server
        self._spoken: list[tuple[float, Spoken]] = []
        for number in range(channels):
            server.state.add_channel(f"CBENCH{number}", f"bench-{number}", "UGRACE")

    async def ask(self, channel: int, question: str) -> Asked:
        """Ask (see Place)."""
        at = time.monotonic()
        spoken = await self._server.mention(f"CBENCH{channel}", "UGRACE", as_typed(question))
        self._spoken.append((at, spoken))
        return Asked(at, lambda: self._finals(spoken))

    def _finals(self, spoken: Spoken) -> int:
        replies = self._server.state.channels[spoken.channel].replies(spoken.ts)
        buttons = (element["action_id"] for reply in replies for _, element in usable_elements(reply.blocks))
        return sum(button == FINAL_BUTTON for button in buttons)

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait (see Place)."""
        await self._server.until(condition, seconds)

    def acknowledged(self) -> list[float | None]:
        """Give when people saw something (see Place)."""
        seen: dict[tuple[str, str], float] = {}
        for call in self._server.calls:
            if not call.error and call.method in ("reactions.add", "assistant.threads.setStatus"):
                words = call.arguments
                channel, ts = words.get("channel") or words["channel_id"], words.get("timestamp") or words["thread_ts"]
                seen.setdefault((channel, ts), call.at)
        found = ((at, seen.get((spoken.channel, spoken.ts))) for at, spoken in self._spoken)
        return [None if noticed is None else noticed - at for at, noticed in found]

    def received(self) -> list[float | None]:
        """Give when the platform was told (see Place)."""
        return [delivery.ack_seconds for delivery in self._server.deliveries]

    def calls(self) -> Calls:
        """Give the calls (see Place)."""
        found: Calls = {}
        for method, calls in _grouped(self._server.calls, lambda call: call.method).items():
            # Posts are limited in each channel, one a second; everything else in the workspace.
            places = _grouped(calls, lambda call: call.arguments["channel"]) if "postMessage" in method else {"": calls}
            limit = 60 if "postMessage" in method else CALLS_PER_MINUTE[method]
            found[method] = {
                "calls": len(calls),
                "most": max(most_within([call.at for call in some], WINDOW) for some in places.values()),
                "allowed": limit,
                "per": "minute and channel" if "postMessage" in method else "minute",
                "refused": sum(call.status == 429 for call in calls),
            }
        return found

    def late_beats(self) -> list[float]:
        """Give how late the heartbeats were (see Place)."""
        gaps = (later - earlier for one in self._server.hub.sockets for earlier, later in itertools.pairwise(one.pings))
        return [max(0.0, gap - PING_SECONDS) for gap in gaps]


class DiscordPlace:
    """Channels of a server; /ask and mentions take turns."""

    def __init__(self, server: DiscordServer, channels: int) -> None:
        self._server = server
        self._ben = server.state.user_named("ben")
        guild = next(iter(server.state.guilds.values()))
        self._channels = [server.state.add_channel(guild, f"bench-{number}") for number in range(channels)]
        self._commands: list[Interaction] = []
        self._mentions: list[tuple[float, Message]] = []

    async def ask(self, channel: int, question: str) -> Asked:
        """Ask (see Place)."""
        at, place = time.monotonic(), self._channels[channel]
        if len(self._commands) <= len(self._mentions):
            command = await self._server.slash_command(self._ben, place, "ask", {"question": question})
            self._commands.append(command)
            return Asked(at, lambda: _finals(command.messages))
        mention = await self._server.mention(self._ben, place, question)
        self._mentions.append((at, mention))
        return Asked(at, lambda: _finals(self._replies(place, mention)))

    def _replies(self, channel: Channel, mention: Message) -> list[Message]:
        return [message for message in self._server.state.messages_in(channel) if message.replies_to is mention]

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait (see Place)."""
        await self._server.until(condition, seconds)

    def acknowledged(self) -> list[float | None]:
        """Give when people saw something (see Place)."""
        done = [request for request in self._server.requests if request.status == 204]
        seen: list[float | None] = [command.acknowledged_after for command in self._commands]
        typed = _grouped((one for one in done if one.path.endswith("/typing")), lambda one: _place(one.path))
        for at, mention in self._mentions:
            # Where a reaction has to wait, Docent types instead: each time for one of those questions.
            signs = [one for one in done if f"/messages/{mention.id}/reactions/" in one.path]
            signs = signs or typed.get(f"channels/{mention.channel.id}", [])
            seen.append(signs.pop(0).at - at if signs else None)
        return seen

    def received(self) -> list[float | None]:
        """Give when the platform was told (see Place)."""
        return [command.acknowledged_after for command in self._commands]

    def calls(self) -> Calls:
        """Give the calls (see Place)."""
        found: Calls = {}
        for route, requests in _grouped(self._server.requests, lambda request: request.route).items():
            bucket = self._server.limits.buckets.get(route, self._server.limits.any_route)
            places = _grouped(requests, lambda request: _place(request.path))
            found[route] = {
                "calls": len(requests),
                "most": max(most_in_a_window([one.at for one in some], bucket.seconds) for some in places.values()),
                "allowed": bucket.requests,
                "per": f"{bucket.seconds:g} s and place",
                "refused": sum(request.status == 429 for request in requests),
            }
        return found

    def late_beats(self) -> list[float]:
        """Give how late the heartbeats were (see Place)."""
        return [beat.late for beat in self._server.gateway.heartbeats]


def _finals(messages: Iterable[Message]) -> int:
    pressed = (
        item.get("custom_id", "")
        for message in messages
        if not message.deleted
        for row in message.components
        for item in row["components"]
    )
    return sum(custom_id.startswith(f"docent:{FINAL_BUTTON}:") for custom_id in pressed)


def _place(path: str) -> str:
    """Give what Discord counts apart: a channel, a guild, or the token of an interaction."""
    parts = path.split("/")
    return "/".join(parts[1 : 4 if parts[1] == "webhooks" else 3])


def _grouped(items: Iterable[Any], name: Callable[[Any], str]) -> dict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for item in items:
        groups[name(item)].append(item)
    return groups


def most_within(times: Sequence[float], seconds: float) -> int:
    """Give the most of some times, in order, that lie within so many seconds."""
    return max(sum(at - seconds < other <= at for other in times) for at in times)


def most_in_a_window(times: Sequence[float], seconds: float) -> int:
    """Give the most in one window, where a window opens with the first call after the last one's end."""
    most, opened, count = 0, float("-inf"), 0
    for at in times:
        opened, count = (at, 1) if at >= opened + seconds else (opened, count + 1)
        most = max(most, count)
    return most


@asynccontextmanager
async def slack_place(desk: Dispatcher, channels: int) -> AsyncIterator[SlackPlace]:
    """Open a workspace with the desk in it."""
    async with SlackServer() as server:
        place = SlackPlace(server, channels)
        settings = BotSettings.model_construct(
            slack_bot_token=SecretStr(server.state.bot_token),
            slack_app_token=SecretStr(server.state.app_token),
            slack_api_url=server.api_url,
        )
        async with running(server, SlackPlatform(settings, ping_seconds=PING_SECONDS), desk):
            yield place


@asynccontextmanager
async def discord_place(desk: Dispatcher, channels: int) -> AsyncIterator[DiscordPlace]:
    """Open a server with the desk in it."""
    async with DiscordServer(limits=replace(Limits(), heartbeat=HEARTBEAT_SECONDS)) as server:
        place = DiscordPlace(server, channels)
        settings = BotSettings.model_construct(
            discord_token=SecretStr(server.token),
            discord_api_url=server.api_url,
            discord_gateway_url=server.gateway_url,
            discord_guild_id=next(iter(server.state.guilds)),
        )
        async with running(server, DiscordPlatform(settings), desk):
            yield place


PLACES: dict[str, Callable[[Dispatcher, int], AbstractAsyncContextManager[Place]]] = {
    "slack": slack_place,
    "discord": discord_place,
}
