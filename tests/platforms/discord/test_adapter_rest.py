"""Requests whose connection breaks or is not there, at the seam of the library's client."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.platforms.discord.rest import Rest
from core.errors import PlatformError

IDS = {"channel_id": "20"}


class StubClient:
    """A client of the library whose requests end as told; what is not told succeeds."""

    def __init__(self, *ends: Exception, closed: bool = False) -> None:
        self.http = self
        self.ends = list(ends)
        self.closed = closed
        self.requests = 0

    async def request(self, route: discord.http.Route, **arguments: Any) -> dict[str, Any]:
        self.requests += 1
        if self.ends:
            raise self.ends.pop(0)
        return {"url": route.url}

    def is_closed(self) -> bool:
        return self.closed


def rest_through(client: StubClient, pauses: list[float], patience: float = 1.0) -> Rest:
    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    rest = Rest(patience, note)
    rest.use(cast(discord.Client, client))
    return rest


async def test_a_broken_connection_is_tried_again_with_growing_pauses() -> None:
    pauses: list[float] = []
    client = StubClient(aiohttp.ServerDisconnectedError(), ConnectionResetError("reset"))
    answer = await rest_through(client, pauses)("PATCH", "/channels/{channel_id}", IDS, {})
    assert answer["url"].endswith("/channels/20")
    assert pauses == [0.5, 1.0]


async def test_a_connection_that_stays_broken_is_an_error_with_its_remedy() -> None:
    client = StubClient(*[aiohttp.ServerDisconnectedError()] * 9)
    with pytest.raises(PlatformError, match="can't be reached for POST /channels"):
        await rest_through(client, [])("POST", "/channels/{channel_id}/messages", IDS, {})
    assert client.requests == 4


async def test_what_would_be_done_twice_is_not_tried_again() -> None:
    client = StubClient(aiohttp.ServerDisconnectedError())
    with pytest.raises(PlatformError):
        await rest_through(client, [])("POST", "/channels/{channel_id}", IDS, {}, repeatable=False)
    assert client.requests == 1


async def test_a_request_that_waited_while_its_client_was_closed_goes_out_by_the_next_one() -> None:
    closing, following = StubClient(RuntimeError("Session is closed"), closed=True), StubClient()
    rest = rest_through(closing, [])
    waiting = asyncio.create_task(rest("GET", "/channels/{channel_id}", IDS))
    while not closing.requests:
        await asyncio.sleep(0)
    rest.use(None)
    rest.use(cast(discord.Client, following))
    assert await waiting
    assert following.requests == 1


async def test_a_fault_of_our_own_is_not_taken_for_a_lost_connection() -> None:
    with pytest.raises(RuntimeError, match="a fault"):
        await rest_through(StubClient(RuntimeError("a fault")), [])("GET", "/channels/{channel_id}", IDS)


async def test_without_a_connection_for_long_a_request_is_an_error_with_its_remedy() -> None:
    rest = Rest(patience=0.01)
    with pytest.raises(PlatformError, match=r"not been connected .* see the log"):
        await rest("GET", "/channels/{channel_id}", IDS)
