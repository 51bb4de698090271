"""The registration of commands: what is accepted, kept and refused."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from bot.simulate.discord_commands import CommandRegistry
from bot.simulate.discord_errors import ApiError, Json
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_state import example_state
from tests.platforms.discord.echo_bot import EchoBot

OPTION: Json = {"type": 3, "name": "text", "description": "d"}


def command(**changes: Any) -> Json:
    return {"type": 1, "name": "ask", "description": "Ask", "options": []} | changes


def faults(wanted: list[Json]) -> list[str]:
    """Register commands that must be refused, and give the code of each fault with its path."""
    with pytest.raises(ApiError) as caught:
        CommandRegistry(example_state()).replace(None, wanted)
    found: list[str] = []

    def walk(node: Json, path: str) -> None:
        for key, value in node.items():
            if key == "_errors":
                found.extend(f"{path.strip('.')} {fault['code']}" for fault in value)
            else:
                walk(value, f"{path}.{key}")

    walk(caught.value.errors or {}, "")
    return found


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ([command(name="Ask")], "0.name APPLICATION_COMMAND_INVALID_NAME"),
        ([command(name="a b")], "0.name STRING_TYPE_REGEX"),
        ([command(name="x" * 33)], "0.name STRING_TYPE_REGEX"),
        ([command(name="")], "0.name BASE_TYPE_REQUIRED"),
        ([command(description="")], "0.description BASE_TYPE_REQUIRED"),
        ([command(description="x" * 101)], "0.description BASE_TYPE_BAD_LENGTH"),
        ([command(), command()], "1 APPLICATION_COMMANDS_DUPLICATE_NAME"),
        ([command(options=[OPTION, OPTION])], "0.options APPLICATION_COMMAND_OPTIONS_NAME_INVALID"),
        ([command(options=[OPTION | {"type": 12}])], "0.options.0.type BASE_TYPE_CHOICES"),
        (
            [command(options=[OPTION, OPTION | {"name": "must", "required": True}])],
            "0.options.1 APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (
            [command(options=[OPTION | {"name": f"o{n}"} for n in range(26)])],
            "0.options BASE_TYPE_MAX_LENGTH",
        ),
        (
            [command(options=[OPTION | {"choices": [{"name": "x", "value": "x"}] * 26}])],
            "0.options.0.choices BASE_TYPE_MAX_LENGTH",
        ),
        (
            [command(options=[OPTION | {"autocomplete": True, "choices": [{"name": "x", "value": "x"}]}])],
            "0.options.0 APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            [command(options=[{"type": 1, "name": "sub", "description": "d", "options": [OPTION | {"name": "A"}]}])],
            "0.options.0.options.0.name APPLICATION_COMMAND_INVALID_NAME",
        ),
        ([command(type=3)], "0.description APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED"),
        ([command(default_member_permissions="many")], "0.default_member_permissions NUMBER_TYPE_COERCE"),
        (
            [
                command(
                    options=[
                        OPTION | {"choices": [{"name": "x" * 100, "value": "y" * 100}] * 25, "name": n} for n in "ab"
                    ]
                )
            ],
            "0 APPLICATION_COMMAND_TOO_LARGE",
        ),
    ],
)
def test_a_command_that_discord_would_refuse_is_refused(wanted: list[Json], fault: str) -> None:
    assert fault in faults(wanted)


def test_names_in_other_scripts_are_taken() -> None:
    registry = CommandRegistry(example_state())
    assert [kept["name"] for kept in registry.replace(None, [command(name="demander-ça"), command(name="質問")])]


def test_a_command_that_stays_keeps_its_id_and_one_that_goes_is_gone() -> None:
    state = example_state()
    registry = CommandRegistry(state)
    first = registry.replace(None, [command(), command(name="status")])
    second = registry.replace(None, [command(description="Ask me")])
    assert [kept["id"] for kept in second] == [first[0]["id"]]
    assert [kept["name"] for kept in state.commands[None].values()] == ["ask"]


def test_only_so_many_commands_and_creates_a_day_are_taken() -> None:
    registry = CommandRegistry(example_state())
    with pytest.raises(ApiError) as caught:
        registry.replace(None, [command(name=f"c{n}") for n in range(101)])
    assert caught.value.code == 30032
    registry.replace(None, [command(name=f"a{n}") for n in range(100)])
    registry.replace(None, [command(name=f"b{n}") for n in range(100)])
    with pytest.raises(ApiError) as caught:
        registry.add(None, command(name="one-more"))
    assert caught.value.code == 30034


async def test_the_library_registers_reads_changes_and_removes_commands(server: DiscordServer, bot: EchoBot) -> None:
    guild = discord.Object(bot.guild_id or 0)
    names = [registered.name for registered in await bot.tree.fetch_commands(guild=guild)]
    assert sorted(names) == ["echo", "manage", "memory", "pick", "slow", "why"]
    assert await bot.tree.fetch_commands() == []
    echo = next(registered for registered in await bot.tree.fetch_commands(guild=guild) if registered.name == "echo")
    await echo.edit(description="Say it once more")
    assert (await bot.tree.fetch_command(echo.id, guild=guild)).description == "Say it once more"
    await echo.delete()
    with pytest.raises(discord.NotFound) as caught:
        await bot.tree.fetch_command(echo.id, guild=guild)
    assert caught.value.code == 10063


async def test_a_guild_without_the_bot_takes_no_commands(server: DiscordServer, bot: EchoBot) -> None:
    with pytest.raises(discord.Forbidden) as caught:
        await bot.tree.sync(guild=discord.Object(1))
    assert caught.value.code == 50001


async def test_the_library_reports_what_was_wrong_with_a_command(server: DiscordServer, bot: EchoBot) -> None:
    async def callback(interaction: discord.Interaction) -> None:
        """Never called: registering it fails."""

    bad: app_commands.Command[Any, ..., None] = app_commands.Command(name="bad", description="ok", callback=callback)
    bad.description = ""
    guild = discord.Object(bot.guild_id or 0)
    bot.tree.add_command(bad, guild=guild)
    with pytest.raises(app_commands.CommandSyncFailure, match="description"):
        await bot.tree.sync(guild=guild)


async def test_single_commands_are_added_and_foreign_applications_are_refused(
    server: DiscordServer, bot: EchoBot
) -> None:
    own = discord.http.Route("POST", "/applications/{application_id}/commands", application_id=bot.application_id)
    added = await bot.http.request(own, json=command())
    assert [registered.name for registered in await bot.tree.fetch_commands()] == [added["name"]]
    for route, body, code in (
        (discord.http.Route("GET", "/applications/{application_id}/commands", application_id=1), None, 20012),
        (discord.http.Route("PUT", own.path, application_id=bot.application_id), {"name": "no list"}, 50035),
        (own, ["no object"], 50035),
    ):
        options: dict[str, Any] = {} if body is None else {"json": body}
        with pytest.raises(discord.HTTPException) as caught:
            await bot.http.request(route, **options)
        assert caught.value.code == code
