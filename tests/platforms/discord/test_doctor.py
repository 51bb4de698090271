"""What `docent doctor` finds out over Discord's REST interface, and what it says to click."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.findings import Finding
from bot.platforms.discord.doctor import examine_discord
from bot.platforms.discord.permissions import ALL_NEEDED
from bot.settings import BotSettings
from bot.simulate.discord_objects import Channel, Guild, Role
from bot.simulate.discord_permissions import ORDINARY, Permission
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Intent
from tests.platforms.discord.adapter_desk import serving, settings_for
from tests.platforms.stranger import stranger

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0"


async def examined(settings: BotSettings, seconds: float = 10.0) -> dict[str, Finding]:
    """Give the findings by name; the token may stand in none of them."""
    assert settings.discord_token is not None
    token = settings.discord_token.get_secret_value()
    found = await examine_discord(settings, token, seconds)
    assert token not in str(found)
    assert all(finding.remedy for finding in found if finding.ok is False)
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


def official_settings(**changes: Any) -> BotSettings:
    return BotSettings(_env_file=None, **({"discord_token": TOKEN} | changes))  # type: ignore[call-arg]


def acme(server: DiscordServer) -> Guild:
    return next(iter(server.state.guilds.values()))


INVITED = Permission(ALL_NEEDED)


def bots_role(server: DiscordServer, permissions: Permission = INVITED) -> Role:
    """Let the bot's permissions come from a role of its own, as after an invitation, and from nothing else."""
    guild = acme(server)
    guild.roles[guild.id].permissions = Permission.NONE
    role = server.state.add_role(guild, "Docent", permissions)
    server.state.add_member(guild, server.state.bot, role)
    return role


# ---- all is well


async def test_an_application_that_is_set_up_well_passes_every_check(server: DiscordServer) -> None:
    async with serving(server):
        found = await examined(settings_for(server))
    assert {name: finding.ok for name, finding in found.items()} == {
        "Discord": True,
        "Discord application": True,
        "Discord message content": None,
        "Discord servers": True,
        "Discord commands": True,
        "Discord permissions": True,
        "Discord gateway": True,
    }
    assert found["Discord"].detail == "DISCORD_TOKEN is valid: Docent"
    assert found["Discord servers"].detail == "in 1: Acme"
    told = "/ask, /reingest, /collections, /status, /forget and /help are registered in Acme"
    assert found["Discord commands"].detail == told
    assert found["Discord permissions"].detail == "all that is needed in 3 channels"


async def test_a_running_bot_keeps_its_session_and_nothing_is_changed(server: DiscordServer) -> None:
    async with serving(server) as desk:
        before, sessions = len(server.requests), server.gateway.identifies
        await examined(settings_for(server))
        assert {request.method for request in server.requests[before:]} == {"GET"}
        assert server.gateway.identifies == sessions
        assert server.gateway.connected
        assert server.gateway.closes == []
        assert len(desk.resumed) == 1


async def test_it_calls_itself_as_the_running_bot_does() -> None:
    heard: list[str] = []

    def note(request: web.Request) -> web.Response:
        heard.append(request.headers["User-Agent"])
        return web.Response(status=401)

    async with stranger(note) as url:
        await examined(official_settings(discord_api_url=url))
    assert heard == [discord.Client(intents=discord.Intents.default()).http.user_agent]


# ---- the token and the network


async def test_a_revoked_token_is_one_line(server: DiscordServer) -> None:
    settings = settings_for(server)
    await server.revoke_token()
    found = await examined(settings)
    assert list(found) == ["Discord"]
    assert found["Discord"].ok is False
    assert "does not accept DISCORD_TOKEN" in found["Discord"].detail
    assert "Bot > Reset Token" in found["Discord"].remedy
    assert server.invalid_requests == 1


async def test_a_token_of_the_wrong_shape_is_not_sent_to_discord_itself() -> None:
    found = await examined(official_settings(discord_token="the-client-secret"))
    assert list(found) == ["Discord"]
    assert "three parts joined by dots" in found["Discord"].detail


async def test_a_token_with_a_character_that_none_has_is_not_sent_anywhere(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_token": SecretStr(f"{server.token}\nmore")})
    assert "holds a blank" in (await examined(settings))["Discord"].detail
    assert server.requests == []


async def test_a_network_that_does_not_answer_is_one_line() -> None:
    found = await examined(official_settings(discord_api_url="http://127.0.0.1:9/api/v10"))
    assert list(found) == ["Discord"]
    assert "Cannot connect to host 127.0.0.1:9" in found["Discord"].detail
    assert "Check the network" in found["Discord"].remedy


async def test_a_silent_server_is_given_up_after_the_time_limit() -> None:
    async with stranger(None) as url:
        found = await examined(official_settings(discord_api_url=url), seconds=0.2)
    assert list(found) == ["Discord"]
    assert "it took too long" in found["Discord"].detail


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _: web.Response(text="It works!"), "is not Discord"),
        (lambda _: web.json_response([]), "is not Discord"),
        (lambda _: web.json_response({"hello": "world"}), "is not Discord"),
        (lambda _: web.Response(text="no such page", status=404), "GET /users/@me with status 404"),
        (lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), "with status 302"),
    ],
)
async def test_a_wrong_address_is_told_from_discord(answer: Any, said: str) -> None:
    async with stranger(answer) as url:
        found = await examined(official_settings(discord_api_url=url))
    assert list(found) == ["Discord"]
    assert said in found["Discord"].detail
    assert "DISCORD_API_URL" in found["Discord"].remedy


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_discords_own_trouble_is_told_from_ours(server: DiscordServer, status: int) -> None:
    server.fail_next("GET /users/@me/guilds", status)
    found = await examined(settings_for(server))
    assert list(found) == ["Discord", "Discord application", "Discord message content", "Discord servers"]
    assert f"status {status}" in found["Discord servers"].detail
    assert "discordstatus.com" in found["Discord servers"].remedy


async def test_a_gateway_that_cannot_be_reached_is_found_without_a_session(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_gateway_url": "ws://127.0.0.1:9/gateway"})
    found = (await examined(settings))["Discord gateway"]
    assert found.ok is False
    assert "Cannot connect to host 127.0.0.1:9" in found.detail
    assert "DISCORD_GATEWAY_URL" in found.remedy
    await server.refuse_gateway()
    found = (await examined(settings_for(server)))["Discord gateway"]
    assert found.ok is False
    assert "status 503" in found.detail


# ---- the application


async def test_an_interactions_endpoint_keeps_commands_away(server: DiscordServer) -> None:
    server.state.interactions_url = "https://example.com/interactions"
    found = (await examined(settings_for(server)))["Discord application"]
    assert found.ok is False
    assert "General Information: empty Interactions Endpoint URL" in found.remedy


async def test_a_code_grant_keeps_invitations_away(server: DiscordServer) -> None:
    server.state.requires_code_grant = True
    found = (await examined(settings_for(server)))["Discord application"]
    assert found.ok is False
    assert "switch Requires OAuth2 Code Grant off" in found.remedy


async def test_message_content_is_not_needed_and_this_is_said(server: DiscordServer) -> None:
    found = (await examined(settings_for(server)))["Discord message content"]
    assert found.ok is None
    assert "not needed" in found.detail
    assert "Message Content Intent" in found.remedy


async def test_message_content_that_is_granted_is_noticed() -> None:
    async with DiscordServer(granted=Intent.MESSAGE_CONTENT) as server:
        found = (await examined(settings_for(server)))["Discord message content"]
    assert found.ok
    assert found.detail.startswith("on:")


# ---- servers and commands


async def test_a_bot_in_no_server_gets_its_invite_link(server: DiscordServer) -> None:
    await server.remove_from_guild(acme(server))
    found = await examined(settings_for(server, guild=False))
    assert found["Discord servers"].ok is False
    assert (
        f"https://discord.com/oauth2/authorize?client_id={server.state.bot.id}"
        "&scope=bot+applications.commands&permissions=274877992000" in found["Discord servers"].remedy
    )
    assert "Discord permissions" not in found


def test_the_invite_link_asks_for_what_the_readme_names_and_no_more() -> None:
    assert {name for name, granted in discord.Permissions(274877992000) if granted} == {
        "read_messages",  # the library's name for View Channels
        "send_messages",
        "send_messages_in_threads",
        "embed_links",
        "read_message_history",
        "add_reactions",
    }


async def test_a_chosen_server_without_the_bot_is_found(server: DiscordServer) -> None:
    settings = settings_for(server).model_copy(update={"discord_guild_id": 42})
    found = await examined(settings)
    assert found["Discord servers"].ok is False
    assert found["Discord servers"].detail == "in 1: Acme, but not in DISCORD_GUILD_ID 42"
    assert "permissions=274877992000" in found["Discord servers"].remedy
    assert "Discord commands" not in found


@pytest.mark.parametrize("guild", [True, False])
async def test_commands_that_were_never_registered_are_found(server: DiscordServer, guild: bool) -> None:
    found = (await examined(settings_for(server, guild=guild)))["Discord commands"]
    assert found.ok is False
    where = "in Acme" if guild else "for all servers"
    assert found.detail == f"not registered {where}: /ask, /reingest, /collections, /status, /forget and /help"
    assert "docent serve" in found.remedy


async def test_commands_are_looked_for_where_they_are_registered(server: DiscordServer) -> None:
    async with serving(server, guild=False):
        assert (await examined(settings_for(server, guild=False)))["Discord commands"].ok
        assert (await examined(settings_for(server)))["Discord commands"].ok is False


async def test_a_missing_and_a_changed_command_are_named(server: DiscordServer) -> None:
    async with serving(server):
        registered = server.state.commands[acme(server).id]
        by_name = {command["name"]: number for number, command in registered.items()}
        del registered[by_name["forget"]]
        registered[by_name["ask"]]["options"][0]["name"] = "query"
        registered[by_name["status"]]["description"] = "How it was in another version"
        found = (await examined(settings_for(server)))["Discord commands"]
    assert found.ok is False
    assert found.detail == ("not registered in Acme: /forget; registered in Acme by another version: /ask and /status")


async def test_a_server_that_gave_no_scope_for_commands_is_found(server: DiscordServer) -> None:
    server.fail_next("/commands", 403, 50001)
    found = (await examined(settings_for(server)))["Discord commands"]
    assert found.ok is False
    assert "scope applications.commands" in found.remedy
    assert f"client_id={server.state.bot.id}" in found.remedy


# ---- permissions


async def test_a_role_with_just_what_the_link_asks_for_is_enough(server: DiscordServer) -> None:
    bots_role(server)
    server.state.channel_named("leads").overwrites.clear()
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok
    assert found.detail == "all that is needed in 3 channels"


@pytest.mark.parametrize(
    ("permission", "name"),
    [
        (Permission.SEND_MESSAGES, "Send Messages"),
        (Permission.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
        (Permission.EMBED_LINKS, "Embed Links"),
        (Permission.ADD_REACTIONS, "Add Reactions"),
        (Permission.READ_MESSAGE_HISTORY, "Read Message History"),
    ],
)
async def test_each_missing_permission_is_named_with_its_channel(
    server: DiscordServer, general: Channel, permission: Permission, name: str
) -> None:
    await server.set_permissions(general, server.state.bot, deny=permission)
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok is False
    assert found.detail == f"missing {name} in #general of Acme"
    assert "Edit Channel > Permissions" in found.remedy


async def test_a_channel_that_the_bot_cannot_see_is_a_hint(server: DiscordServer, general: Channel) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.VIEW_CHANNEL)
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok is None
    assert found.detail == "can't see #general (Acme)"
    assert "View Channel" in found.remedy


async def test_a_server_in_which_the_bot_sees_nothing_fails(server: DiscordServer) -> None:
    role = bots_role(server, Permission.NONE)
    server.state.channel_named("leads").overwrites.clear()
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok is False
    assert found.detail == "can't see #general (Acme), #random (Acme) and #leads (Acme)"
    role.permissions = Permission.ADMINISTRATOR
    assert (await examined(settings_for(server)))["Discord permissions"].ok


async def test_what_a_role_is_allowed_in_a_channel_wins_over_what_everyone_is_denied(
    server: DiscordServer, general: Channel
) -> None:
    role = bots_role(server, INVITED & ~Permission.EMBED_LINKS)
    everyone = acme(server).roles[acme(server).id]
    server.state.channel_named("leads").overwrites.clear()
    await server.set_permissions(general, everyone, deny=Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    await server.set_permissions(general, role, allow=Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.detail == "missing Embed Links in #random and #leads of Acme"


async def test_many_gaps_are_a_summary(server: DiscordServer) -> None:
    for number in range(12):
        server.state.add_channel(acme(server), f"project-{number}")
    server.state.channel_named("leads").overwrites.clear()
    for name, permission in (("general", Permission.ADD_REACTIONS), ("random", Permission.SEND_MESSAGES)):
        await server.set_permissions(server.state.channel_named(name), server.state.bot, deny=permission)
    everyone = acme(server).roles[acme(server).id]
    everyone.permissions = ORDINARY & ~Permission.EMBED_LINKS
    for number in range(4):
        guild = server.state.add_guild(f"Plant {number}", everyone=ORDINARY & ~Permission.SEND_MESSAGES)
        for name in ("hall", "yard"):
            server.state.add_channel(guild, f"{name}-{number}")
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok is False
    assert found.detail == (
        "missing Embed Links and Add Reactions in #general of Acme; "
        "missing Send Messages and Embed Links in #random of Acme; "
        "missing Embed Links in #leads, #project-0, #project-1 and 10 more of Acme; "
        "missing Send Messages in all 2 channels of Plant 0; and 3 more gaps"
    )


async def test_the_first_servers_stand_for_many_with_the_chosen_one_among_them(server: DiscordServer) -> None:
    for number in range(12):
        server.state.add_guild(f"Plant {number}")
    chosen = list(server.state.guilds.values())[-1]
    server.state.add_channel(chosen, "hall")
    await server.set_permissions(server.state.channel_named("hall"), server.state.bot, deny=Permission.SEND_MESSAGES)
    settings = settings_for(server).model_copy(update={"discord_guild_id": chosen.id})
    found = await examined(settings)
    assert found["Discord servers"].detail == "in 13: Acme, Plant 0, Plant 1, Plant 2, Plant 3 and 8 more"
    assert "Send Messages in #hall of Plant 11" in found["Discord permissions"].detail
    assert "only 10 of 13 servers were looked at" in found["Discord permissions"].detail


async def test_a_server_that_may_not_be_looked_into_is_named(server: DiscordServer) -> None:
    server.fail_next("/members/", 403, 50001)
    found = (await examined(settings_for(server)))["Discord permissions"]
    assert found.ok is None
    assert found.detail == "can't look into Acme (status 403)"
