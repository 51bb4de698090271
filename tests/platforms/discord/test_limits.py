"""Rate limits and arranged faults, seen through the real library and on a clock of our own."""

from __future__ import annotations

import asyncio
import logging

import discord
import pytest

from bot.simulate.discord_limits import Bucket, Limits, RateLimiter
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.echo_bot import EchoBot, running

EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_lets_five_pass_and_opens_again_after_its_time() -> None:
    clock = Clock()
    limiter = RateLimiter(Limits(), clock)
    assert [limiter.take(EDIT, "general").passes for _ in range(6)] == [True] * 5 + [False]
    clock.now += 4.9
    assert not limiter.take(EDIT, "general").passes
    clock.now += 0.1
    assert limiter.take(EDIT, "general").passes


def test_each_channel_has_its_own_bucket_and_each_route_too() -> None:
    limiter = RateLimiter(Limits(), Clock())
    for _ in range(5):
        limiter.take(EDIT, "general")
    assert not limiter.take(EDIT, "general").passes
    assert limiter.take(EDIT, "random").passes
    assert limiter.take("POST /channels/{channel_id}/messages", "general").passes


def test_headers_count_down() -> None:
    clock = Clock()
    limiter = RateLimiter(Limits(), clock)
    limiter.take(EDIT, "general")
    clock.now += 2
    headers = limiter.take(EDIT, "general").headers()
    assert headers["X-RateLimit-Limit"] == "5"
    assert headers["X-RateLimit-Remaining"] == "3"
    assert headers["X-RateLimit-Reset-After"] == "3.000"


def test_all_times_can_be_scaled() -> None:
    limits = Limits().scaled(0.1)
    assert limits.callback == pytest.approx(0.3)
    assert limits.token == pytest.approx(90)
    assert limits.buckets[EDIT] == Bucket(5, 0.5)


async def test_the_library_waits_by_the_headers_so_that_no_edit_is_refused(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("0")
    for number in range(1, 8):
        await message.edit(content=str(number))
    assert server.transcript(general).endswith("Docent: 7 (edited)")
    assert server.statuses[429] == 0
    edits = [request.at for request in server.requests if request.route == EDIT]
    assert edits[5] - edits[0] >= server.limits.buckets[EDIT].seconds


async def test_edits_at_once_by_two_processes_are_refused_and_repeated(
    server: DiscordServer, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "discord.http")
    async with running(server) as first, running(server) as second:
        channel = first.get_channel(general.id)
        assert isinstance(channel, discord.TextChannel)
        message = await channel.send("0")
        other = second.get_partial_messageable(general.id).get_partial_message(message.id)
        await asyncio.gather(
            *(message.edit(content=str(n)) for n in range(4)), *(other.edit(content=str(n)) for n in range(4))
        )
    assert server.statuses[429] > 0
    assert server.invalid_requests == server.statuses[429]
    assert [request.status for request in server.requests if request.route == EDIT].count(200) == 8


async def test_an_arranged_429_is_waited_for_and_repeated(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    server.rate_limited("PATCH /webhooks/", 0.05, times=2)
    await server.slash_command(ben, general, "slow", {"text": "patience"})
    await server.until(lambda: "and that is all" in server.transcript(general))
    assert server.statuses[429] == 2


async def test_an_arranged_global_429_holds_everything_back(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    server.rate_limited("/typing", 0.1, everywhere=True)
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    typing = asyncio.create_task(channel.typing().__aenter__())
    await server.until(lambda: server.statuses[429])
    await channel.send("after the wait")
    await typing
    refused, *later = [request.at for request in server.requests if "/channels/" in request.path]
    assert all(at - refused >= 0.1 for at in later)


async def test_the_global_limit_counts_all_routes_but_those_of_interactions() -> None:
    limits = Limits(all_routes=Bucket(5, 60.0))
    async with DiscordServer(limits=limits) as server, running(server) as bot:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        assert len(server.requests) == 3
        for _ in range(3):
            interaction = await server.slash_command(ben, general, "echo", {"text": "hello"})
            await server.until(lambda: interaction.callback)  # noqa: B023
        await bot.fetch_user(ben.id)
        await bot.fetch_user(ben.id)
        task = asyncio.create_task(bot.fetch_user(ben.id))
        await server.until(lambda: server.statuses[429])
        task.cancel()


async def test_a_ban_by_cloudflare_is_not_repeated(server: DiscordServer, bot: EchoBot, general: Channel) -> None:
    server.ban("POST /channels/", 60)
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    with pytest.raises(discord.HTTPException) as caught:
        await channel.send("hello?")
    assert caught.value.status == 429
    await channel.send("again")


async def test_the_next_requests_to_a_route_can_be_made_to_fail(
    server: DiscordServer, bot: EchoBot, general: Channel
) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    server.fail_next("POST /channels/", 403, 50013)
    server.fail_next("POST /channels/", 400, 0, message="Something else")
    with pytest.raises(discord.Forbidden, match="Missing Permissions"):
        await channel.send("one")
    with pytest.raises(discord.HTTPException, match="Something else"):
        await channel.send("two")
    await channel.send("three")
    assert server.transcript(general) == "#general\nDocent: three"


async def test_requests_are_recorded_with_their_bodies(server: DiscordServer, bot: EchoBot, general: Channel) -> None:
    channel = bot.get_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send("hello")
    last = server.requests[-1]
    assert (last.method, last.path, last.status) == ("POST", f"/channels/{general.id}/messages", 200)
    assert last.body["content"] == "hello"


async def test_an_unknown_route_and_a_broken_body_are_refused(server: DiscordServer, bot: EchoBot) -> None:
    with pytest.raises(discord.NotFound):
        await bot.http.request(discord.http.Route("GET", "/voice/regions"))
    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(discord.http.Route("POST", "/users/@me/channels"), data="{")
    assert caught.value.code == 50109
    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(discord.http.Route("GET", "/guilds/{guild_id}", guild_id="acme"))
    assert caught.value.code == 50035


async def test_waiting_in_vain_says_what_was_seen(server: DiscordServer, bot: EchoBot) -> None:
    with pytest.raises(TimeoutError, match="200 GET /users/@me"):
        await server.until(lambda: False, seconds=0.01)
