"""The life of the connection: states, resuming, and each way of not getting in told with its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import discord
import pytest
from pydantic import SecretStr

from bot.platforms.discord import DiscordPlatform
from bot.platforms.discord.listener import DiscordListener
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Intent
from core.errors import ConfigurationError, PlatformError
from tests.platforms.discord.adapter_desk import FINAL, RecordingDesk, serving, settings_for
from tests.platforms.discord.echo_bot import pointed_at


async def ended(run: Awaitable[None]) -> str:
    with pytest.raises(PlatformError) as caught:
        await asyncio.wait_for(run, 10)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library wait for a moment only before it connects again."""
    monkeypatch.setattr("discord.backoff.ExponentialBackoff.delay", lambda self: 0.02)


async def test_the_state_follows_the_connection(server: DiscordServer) -> None:
    desk = RecordingDesk()
    async with pointed_at(server):
        platform = DiscordPlatform(settings_for(server))
        assert platform.state == "stopped"
        task = asyncio.create_task(platform.run(desk))
        await asyncio.sleep(0)
        assert platform.state == "starting"
        await server.until(lambda: platform.state == "connected")
        await server.refuse_gateway(10**6)
        await server.drop_gateway()
        await server.until(lambda: platform.state == "reconnecting")
        await server.refuse_gateway(0)
        await server.until(lambda: platform.state == "connected")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert platform.state == "stopped"


async def test_open_questions_are_looked_for_at_every_new_and_every_resumed_session(server: DiscordServer) -> None:
    async with serving(server) as desk:
        await server.drop_gateway()
        await server.until(lambda: len(desk.resumed) == 2)
        await server.ask_to_reconnect()
        await server.until(lambda: len(desk.resumed) == 3)
        assert all(surface.platform == "discord" for surface in desk.resumed)


async def test_no_privileged_intent_is_asked_for_unless_it_is_granted(server: DiscordServer) -> None:
    async with serving(server):
        assert server.gateway.closes == []
    async with DiscordServer(granted=Intent.MESSAGE_CONTENT) as open_server, serving(open_server):
        assert open_server.gateway.connected


async def test_a_platform_without_a_token_is_a_configuration_error(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_token": None})
    with pytest.raises(ConfigurationError, match="DISCORD_TOKEN is not set"):
        DiscordPlatform(settings)


async def test_a_wrong_token_is_told_with_its_remedy(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_token": SecretStr("wrong")})
    async with pointed_at(server):
        assert "Reset Token" in await ended(DiscordPlatform(settings).run(RecordingDesk()))


async def test_a_revoked_token_is_told_with_its_remedy(server: DiscordServer) -> None:
    async with pointed_at(server):
        platform = DiscordPlatform(settings_for(server))
        task = asyncio.create_task(platform.run(RecordingDesk()))
        await server.until(lambda: platform.state == "connected")
        await server.revoke_token()
        said = await ended(task)
        assert "4004" in said
        assert "Reset Token" in said
        assert platform.state == "stopped"


async def test_an_intent_that_was_taken_back_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiscordListener, "before_identify_hook", _at_once)
    async with DiscordServer(granted=Intent.MESSAGE_CONTENT) as server, pointed_at(server):
        platform = DiscordPlatform(settings_for(server))
        task = asyncio.create_task(platform.run(RecordingDesk()))
        await server.until(lambda: platform.state == "connected")
        server.gateway.granted = Intent.NONE
        await server.invalidate_session()
        said = await ended(task)
        assert "4014" in said
        assert "Message Content Intent" in said


async def test_a_gateway_that_cannot_be_reached_at_first_is_told_with_its_remedy(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_gateway_url": "ws://127.0.0.1:9/gateway"})
    async with pointed_at(server):
        assert "check the network and DISCORD_GATEWAY_URL" in await ended(
            DiscordPlatform(settings).run(RecordingDesk())
        )


async def test_an_interface_that_cannot_be_reached_is_told_with_its_remedy(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_api_url": "http://127.0.0.1:9/api/v10"})
    async with pointed_at(server):
        assert "check the network, a proxy and DISCORD_API_URL" in await ended(
            DiscordPlatform(settings).run(RecordingDesk())
        )


async def test_commands_that_cannot_be_registered_do_not_stop_mentions(
    server: DiscordServer, ben: User, general: Channel
) -> None:
    server.fail_next("PUT /applications/", 403, 50001)
    async with serving(server) as desk:
        await server.mention(ben, general, "how much leave?")
        await server.until(lambda: desk.sent)


async def test_one_platform_can_run_again_and_its_surface_waits_for_that(
    server: DiscordServer, ben: User, general: Channel
) -> None:
    desk = RecordingDesk()
    desk.replies = ()
    async with pointed_at(server):
        platform = DiscordPlatform(settings_for(server))
        first = asyncio.create_task(platform.run(desk))
        await server.until(lambda: platform.state == "connected")
        await server.mention(ben, general, "how much leave?")
        await server.until(lambda: desk.received)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        showing = asyncio.create_task(desk.surface.show(desk.received[0], FINAL, None))
        second = asyncio.create_task(platform.run(desk))
        await showing
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
    assert "[Show evidence]" in server.transcript(general)


async def test_a_stop_in_the_middle_of_a_reconnect_is_not_lost(server: DiscordServer) -> None:
    async with pointed_at(server):
        for turns_of_the_loop in range(24):
            platform, desk = DiscordPlatform(settings_for(server)), RecordingDesk()
            task = asyncio.create_task(platform.run(desk))
            await server.until(lambda: desk.resumed)  # noqa: B023
            await server.drop_gateway()
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=5)
            assert task.cancelled()
            assert platform.state == "stopped"


async def test_the_library_speaks_to_the_addresses_of_the_settings(server: DiscordServer) -> None:
    async with serving(server):
        assert server.api_url == discord.http.Route.BASE
        assert str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY) == server.gateway_url


async def _at_once(self: object, shard_id: int | None, *, initial: bool = False) -> None:
    """Identify anew at once; the library would wait for 5 seconds."""
