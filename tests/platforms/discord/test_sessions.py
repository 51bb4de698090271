"""The gateway against the real library: logging in, heartbeats, lost connections, resuming."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import discord
import pytest

from bot.simulate.discord_limits import Limits
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Close, Intent
from tests.platforms.discord.echo_bot import EchoBot, pointed_at, running


async def test_the_bot_gets_its_guild_channels_and_roles(server: DiscordServer, bot: EchoBot) -> None:
    guild = bot.guilds[0]
    assert guild.name == "Acme"
    assert [channel.name for channel in guild.text_channels] == ["general", "random", "leads"]
    assert [role.name for role in guild.roles] == ["@everyone", "admins", "on-call"]
    assert bot.application_id == server.state.bot.id
    assert server.gateway.connected


async def test_heartbeats_are_recorded_and_answered() -> None:
    async with DiscordServer(limits=Limits(heartbeat=0.3)) as server, running(server) as bot:
        await server.until(lambda: len(server.gateway.heartbeats) >= 3)
        assert server.gateway.missed_heartbeats == 0
        assert bot.latency < 10
        assert all(beat.late >= 0 for beat in server.gateway.heartbeats)


async def test_a_connection_without_heartbeats_is_closed() -> None:
    async with (
        DiscordServer(limits=Limits(heartbeat=0.05)) as server,
        aiohttp.ClientSession() as client,
        client.ws_connect(server.gateway_url + "?v=10&encoding=json") as socket,
    ):
        hello = await socket.receive_json()
        assert hello["d"]["heartbeat_interval"] == 50
        await socket.receive()
        assert socket.close_code == Close.UNKNOWN_ERROR
        assert server.gateway.missed_heartbeats == 1


async def test_a_wrong_token_fails_at_the_log_in(server: DiscordServer) -> None:
    async with pointed_at(server), discord.Client(intents=discord.Intents.default()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
    assert server.statuses[401] == 1


async def test_a_revoked_token_closes_the_gateway_for_good(server: DiscordServer) -> None:
    async with pointed_at(server), discord.Client(intents=discord.Intents.default()) as client:
        task = asyncio.create_task(client.start(server.token))
        await server.until(lambda: server.gateway.connected)
        await server.revoke_token()
        with pytest.raises(discord.ConnectionClosed) as caught:
            await task
        assert caught.value.code == 4004


async def test_an_intent_that_is_not_granted_closes_the_gateway(server: DiscordServer) -> None:
    intents = discord.Intents.default()
    intents.message_content = True
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(server, intents=intents):
            pass
    assert server.gateway.closes == [Close.DISALLOWED_INTENTS]


async def test_the_application_tells_which_intents_are_granted() -> None:
    async with DiscordServer(granted=Intent.MESSAGE_CONTENT) as server, running(server) as bot:
        assert (await bot.application_info()).flags.gateway_message_content_limited
        assert not (await bot.application_info()).flags.gateway_guild_members_limited


@pytest.mark.parametrize("code", [None, 4000, 1001, 4008])
async def test_events_that_were_missed_are_replayed_after_a_loss(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel, code: int | None
) -> None:
    await server.mention(ben, general, "before")
    await server.until(lambda: len(bot.heard) == 2)
    await server.drop_gateway(code)
    await server.mention(ben, general, "meanwhile")
    await server.until(lambda: "resumed" in bot.happened)
    await server.mention(ben, general, "after")
    await server.until(lambda: "echo: @Docent after" in server.transcript(general))
    assert [message.clean_content for message in bot.asked] == ["@Docent before", "@Docent meanwhile", "@Docent after"]
    assert (server.gateway.identifies, server.gateway.resumes) == (1, 1)


async def test_op_7_makes_the_library_resume(server: DiscordServer, bot: EchoBot) -> None:
    await server.ask_to_reconnect()
    await server.until(lambda: "resumed" in bot.happened)
    assert server.gateway.identifies == 1


async def test_op_9_makes_the_library_identify_anew_unless_it_is_resumable(
    server: DiscordServer, bot: EchoBot, ben: User, general: Channel
) -> None:
    await server.invalidate_session(resumable=True)
    await server.until(lambda: server.gateway.resumes == 1)
    await server.invalidate_session()
    await server.until(lambda: server.gateway.identifies == 2)
    await server.mention(ben, general, "still there?")
    await server.until(lambda: bot.heard)


async def test_a_session_that_is_lost_for_too_long_cannot_be_resumed() -> None:
    async with DiscordServer(limits=Limits(resume=0.0)) as server, running(server):
        await server.drop_gateway()
        await server.until(lambda: server.gateway.identifies == 2)
        assert server.gateway.resumes == 0


async def test_a_client_that_says_goodbye_ends_its_session(server: DiscordServer) -> None:
    address = server.gateway_url + "?v=10&encoding=json"
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(address) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 2, "d": {"token": server.token, "intents": 1}})
            ready = await socket.receive_json()
            await socket.close(code=1000)
        await server.until(lambda: not server.gateway.connected)
        async with client.ws_connect(address) as socket:
            await socket.receive_json()
            session = ready["d"]["session_id"]
            await socket.send_json({"op": 6, "d": {"token": server.token, "session_id": session, "seq": 2}})
            assert (await socket.receive_json()) == {"op": 9, "d": False, "s": None, "t": None}


async def test_events_can_be_delivered_again(server: DiscordServer, bot: EchoBot, ben: User, general: Channel) -> None:
    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        bot.happened.append(f"interaction {interaction.id}")

    interaction = await server.slash_command(ben, general, "echo", {"text": "hello"})
    await server.until(lambda: interaction.callback)
    await server.redeliver(2)
    await server.until(lambda: bot.happened.count(f"interaction {interaction.id}") == 2)
    await server.until(lambda: bot.failures)
    failure = bot.failures[0]
    assert isinstance(failure, discord.HTTPException)
    assert failure.code == 40060


async def test_every_session_hears_every_event(server: DiscordServer, ben: User, general: Channel) -> None:
    async with running(server) as first, running(server) as second:
        await server.message(ben, general, "hello")
        await server.until(lambda: first.heard and second.heard)
        assert first.heard[0].id == second.heard[0].id


async def test_intents_decide_which_events_come(server: DiscordServer, ben: User, general: Channel) -> None:
    intents = discord.Intents.none()
    intents.guilds = intents.dm_messages = True
    async with running(server, intents=intents) as bot:
        await server.mention(ben, general, "unheard")
        await server.direct_message(ben, "heard")
        await server.until(lambda: bot.heard)
        assert [message.content for message in bot.heard] == ["heard"]


async def identified(socket: aiohttp.ClientWebSocketResponse, server: DiscordServer) -> str:
    """Identify on a bare socket and give the session's id."""
    await socket.receive_json()
    await socket.send_json({"op": 2, "d": {"token": server.token, "intents": 1}})
    ready = await socket.receive_json()
    return str(ready["d"]["session_id"])


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"op": 2, "d": {"token": "right", "intents": 1}}, Close.ALREADY_AUTHENTICATED),
        ({"op": 6, "d": {"token": "right", "session_id": "same", "seq": 99}}, Close.INVALID_SEQUENCE),
    ],
)
async def test_what_contradicts_the_session_closes_the_gateway(
    server: DiscordServer, second: dict[str, object], code: Close
) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(server.gateway_url + "?v=10&encoding=json") as socket,
    ):
        session = await identified(socket, server)
        await socket.send_str(json.dumps(second).replace("right", server.token).replace("same", session))
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == code


async def test_another_version_of_the_protocol_is_refused(server: DiscordServer) -> None:
    async with aiohttp.ClientSession() as client, client.ws_connect(server.gateway_url + "?v=6") as socket:
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == Close.INVALID_VERSION


async def test_a_resume_takes_the_session_from_a_connection_that_still_stands(server: DiscordServer) -> None:
    address = server.gateway_url + "?v=10&encoding=json"
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address) as first,
        client.ws_connect(address) as second,
    ):
        session = await identified(first, server)
        await second.receive_json()
        await second.send_json({"op": 6, "d": {"token": server.token, "session_id": session, "seq": 1}})
        assert [(await second.receive_json())["t"] for _ in range(2)] == ["GUILD_CREATE", "RESUMED"]
        while not first.closed:
            await first.receive()
        assert server.gateway.connected


async def test_a_lost_session_is_forgotten_after_its_time() -> None:
    async with DiscordServer(limits=Limits(resume=0.0)) as short, aiohttp.ClientSession() as client:
        address = short.gateway_url + "?v=10&encoding=json"
        async with client.ws_connect(address) as socket:
            session = await identified(socket, short)
            await short.drop_gateway()
        await short.message(short.state.user_named("ben"), short.state.channel_named("general"), "unheard")
        async with client.ws_connect(address) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 6, "d": {"token": short.token, "session_id": session, "seq": 99}})
            assert (await socket.receive_json())["op"] == 9


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, Close.AUTHENTICATION_FAILED),
        ({"op": 2, "d": {"token": "right", "intents": 1 << 30}}, Close.INVALID_INTENTS),
        ({"op": 2, "d": None}, Close.DECODE_ERROR),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, Close.AUTHENTICATION_FAILED),
        ({"op": 3, "d": {}}, Close.NOT_AUTHENTICATED),
        ({"op": 99, "d": {}}, Close.UNKNOWN_OPCODE),
        ({"op": 1, "d": "x" * 5000}, Close.DECODE_ERROR),
        ({"no": "op"}, Close.DECODE_ERROR),
    ],
)
async def test_what_breaks_the_protocol_closes_the_gateway(
    server: DiscordServer, sent: dict[str, object], code: Close
) -> None:
    text = json.dumps(sent).replace("right", server.token)
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(server.gateway_url + "?v=10&encoding=json") as socket,
    ):
        await socket.receive_json()
        await socket.send_str(text)
        await socket.receive()
        assert socket.close_code == code


async def test_more_than_120_sends_a_minute_close_the_gateway(server: DiscordServer) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(server.gateway_url + "?v=10&encoding=json") as socket,
    ):
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == Close.RATE_LIMITED


async def test_the_gateway_can_refuse_connections(server: DiscordServer) -> None:
    await server.refuse_gateway(1)
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(server.gateway_url + "?v=10&encoding=json")
        async with client.ws_connect(server.gateway_url + "?v=10&encoding=json") as socket:
            assert (await socket.receive_json())["op"] == 10


async def test_members_can_be_asked_for_over_the_gateway(server: DiscordServer, bot: EchoBot) -> None:
    members = await bot.guilds[0].query_members("be", limit=5)
    assert [member.name for member in members] == ["ben"]


async def test_the_address_of_the_gateway_is_told(server: DiscordServer, bot: EchoBot) -> None:
    _, url, limits = await bot.http.get_bot_gateway()
    assert url == server.gateway_url
    assert limits["total"] == 1000


async def test_a_server_can_come_back_on_the_same_port() -> None:
    async with DiscordServer() as first:
        url = first.api_url
    port = int(url.split(":")[2].split("/")[0])
    async with DiscordServer(port=port) as second, running(second):
        assert second.api_url == url
