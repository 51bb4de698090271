"""Collections behind the real libraries: what is private stays out of public channels, limits hold, also afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import wording
from bot.admin import Admins
from bot.dispatch import Dispatcher
from bot.links import parse_links
from bot.simulate.discord_objects import Channel
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from bot.simulate.slack_server import SlackServer
from core.bootstrap import Core, open_core
from core.storage.access_store import Scope
from tests.conftest import settings_for
from tests.fakes.chat_model import FakeChatModel
from tests.fakes.embedder import FakeEmbedder
from tests.integration.builders import VACATION, write
from tests.platforms.real_desk import discord, slack

SALARIES = "# Salaries\n\n## Engineers\n\nThe salary of senior engineers is 70000 EUR a year.\n"
ASKED = "What is the salary of senior engineers a year?"
SECRET = "70000"


@dataclass
class House:
    """Two collections, of which hr is private; ada is an admin."""

    core: Core
    desk: Dispatcher
    model: FakeChatModel


@pytest.fixture
async def house(migrated_url: str, tmp_path: Path) -> AsyncIterator[House]:
    model = FakeChatModel("Hm.")
    async with open_core(settings_for(migrated_url), embedder=FakeEmbedder(), model=model) as core:
        await core.ingester.ingest(write(tmp_path / "handbook", vacation=VACATION), "handbook")
        await core.ingester.ingest(write(tmp_path / "hr", salaries=SALARIES), "hr")
        await core.access.set_private(["hr"], private=True)
        links = parse_links("https://wiki.example/{collection}/{path}#L{first_line}")
        desk = Dispatcher(core, Admins("slack:UADA", managers=True), links)
        await desk.begin()
        yield House(core, desk, model)
        await desk.drain(0)


# --- Slack


async def ask_in_slack(house: House, server: SlackServer, channel: str, question: str = ASKED) -> str:
    """Mention Docent, or write to it where it needs no mention; gives the channel when it is answered."""
    done = house.desk.answered
    if channel.startswith("D"):
        await server.direct_message(f"U{channel[1:]}", question)
    else:
        await server.mention(channel, "UADA", question)
    await server.until(lambda: house.desk.answered > done, 30.0)
    return server.state.transcript(channel)


async def command_in_slack(server: SlackServer, channel: str, words: str, user: str = "UADA") -> str:
    before = server.state.transcript(channel)
    await server.slash_command(user, channel, "/docent", words)
    await server.until(lambda: server.state.transcript(channel) != before, 10.0)
    return server.state.transcript(channel)[len(before) :]


async def test_in_slack_a_private_collection_is_seen_only_in_the_private_channel_named_for_it(house: House) -> None:
    async with slack(house.desk) as server:
        assert SECRET not in await ask_in_slack(house, server, "CSECRET")
        assert "Seen in this channel: hr." in await command_in_slack(server, "CSECRET", "collections limit hr")
        shown = await ask_in_slack(house, server, "CSECRET")
        assert SECRET in shown
        assert "<https://wiki.example/hr/salaries.md#L5|salaries.md" in str(server.state.channels["CSECRET"].messages)
        for channel in ("CGENERAL", "CRANDOM", server.state.direct_channel("UGRACE").id):
            assert SECRET not in await ask_in_slack(house, server, channel)


async def test_in_slack_a_public_channel_never_sees_it_whatever_its_limit_says(house: House) -> None:
    await house.core.access.limit(Scope("slack", "TDOCENT", "CGENERAL"), ["hr", "handbook"])
    async with slack(house.desk) as server:
        assert "hr is private" in await command_in_slack(server, "CGENERAL", "collections limit hr")
        assert SECRET not in await ask_in_slack(house, server, "CGENERAL")
        assert "30 vacation days" in await ask_in_slack(house, server, "CGENERAL", "How many vacation days?")
        # Where Slack doesn't say what a channel is, it is as good as public.
        await house.core.access.limit(Scope("slack", "TDOCENT", "CSECRET"), ["hr"])
        server.fail_next("conversations.info", times=9)
        await server.slash_command("UADA", "CSECRET", "/docent", f"ask {ASKED}")
        await server.until(lambda: house.desk.answered == 3, 30.0)
        assert SECRET not in server.state.transcript("CSECRET")


async def test_in_slack_a_direct_message_sees_what_its_own_limit_names(house: House) -> None:
    async with slack(house.desk) as server:
        server.state.direct_channel("UADA")
        assert "Seen in this channel: hr." in await command_in_slack(server, "DADA", "collections limit hr")
        assert SECRET in await ask_in_slack(house, server, "DADA")


async def test_in_slack_a_limited_channel_sees_only_that(house: House) -> None:
    async with slack(house.desk) as server:
        await house.core.access.set_private(["hr"], private=False)
        assert "Seen in this channel: hr." in await command_in_slack(server, "CRANDOM", "collections limit hr")
        assert "30 vacation days" not in await ask_in_slack(house, server, "CRANDOM", "How many vacation days?")
        assert SECRET in await ask_in_slack(house, server, "CRANDOM")
        assert "vacation.md" not in server.state.transcript("CRANDOM")
        assert "30 vacation days" in await ask_in_slack(house, server, "CGENERAL", "How many vacation days?")


async def test_in_slack_the_button_and_a_follow_up_keep_to_what_may_be_seen_by_then(house: House) -> None:
    await house.core.access.limit(Scope("slack", "TDOCENT", "CSECRET"), ["hr"])
    async with slack(house.desk) as server:
        assert SECRET in await ask_in_slack(house, server, "CSECRET")
        answer = next(m for m in server.state.channels["CSECRET"].messages.values() if m.user == "UDOCENT")
        await server.click("UADA", "CSECRET", answer.ts, "evidence")
        await server.until(
            lambda: f"> The salary of senior engineers is {SECRET}" in server.state.transcript("CSECRET")
        )
        await house.core.access.lift(Scope("slack", "TDOCENT", "CSECRET"))
        before = server.state.transcript("CSECRET").count(SECRET)
        await server.click("UADA", "CSECRET", answer.ts, "evidence")
        await server.until(lambda: wording.EVIDENCE_KEPT_BACK in server.state.transcript("CSECRET"))
        prompts, done = len(house.model.prompts), house.desk.answered
        await server.message("CSECRET", "UADA", "and vacation days?", thread_ts=answer.thread_ts)
        await server.until(lambda: house.desk.answered > done, 30.0)
        assert server.state.transcript("CSECRET").count(SECRET) == before
        assert SECRET not in str(house.model.prompts[prompts:])


async def test_in_slack_only_admins_change_it_and_only_what_is_seen_is_told(house: House) -> None:
    async with slack(house.desk) as server:
        for words in ("collections", "collections limit hr", "collections private handbook"):
            assert wording.NOT_AN_ADMIN in await command_in_slack(server, "CGENERAL", words, "UGRACE")
        assert "hr" not in await command_in_slack(server, "CGENERAL", "status", "UGRACE")
        listed = await command_in_slack(server, "CGENERAL", "collections")
        assert "hr (private): 1 documents" in listed
        assert "Seen in this channel: handbook." in listed
        assert "no collection 'law'" in await command_in_slack(server, "CGENERAL", "collections limit law")
        assert "Seen in this channel: handbook." in await command_in_slack(server, "CGENERAL", "collections limit ,")
        await command_in_slack(server, "CGENERAL", "collections private hr off")
        async with house.core.database.begin() as connection:
            tries = (await connection.execute(text("SELECT actor, allowed, detail FROM audit ORDER BY id"))).all()
        assert ("UGRACE", False, "limit hr") in tries
        assert tries[-1] == ("UADA", True, "private hr off")
        assert SECRET in await ask_in_slack(house, server, "CGENERAL")


# --- Discord


async def ask_in_discord(house: House, server: DiscordServer, channel: Channel, question: str = ASKED) -> str:
    done = house.desk.answered
    ada = server.state.user_named("ada")
    if channel.recipient is not None:
        await server.direct_message(channel.recipient, question)
    elif channel.parent is not None:
        await server.thread_message(ada, channel, f"{server.state.bot.mention} {question}")
    else:
        await server.mention(ada, channel, question)
    await server.until(lambda: house.desk.answered > done, 30.0)
    return server.transcript(channel)


async def limit_in_discord(server: DiscordServer, channel: Channel, names: str) -> str:
    ada = server.state.user_named("ada")
    before = len(server.transcript(channel, viewer=ada))
    await server.slash_command(ada, channel, "collections", {"change": "limit", "names": names})
    said = ("Seen in this channel", "everyone can read this channel")
    await server.until(lambda: any(words in server.transcript(channel, viewer=ada)[before:] for words in said), 10.0)
    return server.transcript(channel, viewer=ada)[before:]


async def test_in_discord_a_private_collection_is_seen_only_in_the_private_channel_named_for_it(house: House) -> None:
    async with discord(house.desk) as server:
        general, leads = server.state.channel_named("general"), server.state.channel_named("leads")
        assert SECRET not in await ask_in_discord(house, server, leads)
        assert "Seen in this channel: hr." in await limit_in_discord(server, leads, "hr")
        assert SECRET in await ask_in_discord(house, server, leads)
        assert "hr is private" in await limit_in_discord(server, general, "handbook, hr")
        assert SECRET not in await ask_in_discord(house, server, general)
        assert SECRET not in await ask_in_discord(
            house, server, server.state.direct_channel(server.state.user_named("ben"))
        )


async def test_in_discord_a_channel_that_everyone_may_see_from_now_on_is_public_from_now_on(house: House) -> None:
    async with discord(house.desk) as server:
        guild, leads = next(iter(server.state.guilds.values())), server.state.channel_named("leads")
        await limit_in_discord(server, leads, "hr")
        assert SECRET in await ask_in_discord(house, server, leads)
        answer = next(m for m in server.state.messages_in(leads) if m.author is server.state.bot and not m.ephemeral)
        before = server.transcript(leads).count(SECRET)
        await server.set_permissions(leads, guild.roles[guild.id], allow=Permission.VIEW_CHANNEL)
        button = next(c["custom_id"] for c in answer.components[0]["components"] if "evidence" in c["custom_id"])
        await server.click(server.state.user_named("ben"), leads, answer.id, button)
        ben = server.state.user_named("ben")
        await server.until(lambda: wording.EVIDENCE_KEPT_BACK in server.transcript(leads, viewer=ben))
        await ask_in_discord(house, server, leads)
        assert server.transcript(leads).count(SECRET) == before


async def test_in_discord_threads_are_as_open_and_as_limited_as_their_channel(house: House) -> None:
    async with discord(house.desk) as server:
        ada, guild = server.state.user_named("ada"), next(iter(server.state.guilds))
        general, leads = server.state.channel_named("general"), server.state.channel_named("leads")
        for channel in (general, leads):
            await house.core.access.limit(Scope("discord", str(guild), str(channel.id)), ["hr"])
        secret = await server.create_thread(ada, general, "among us", private=True)
        shown = await ask_in_discord(house, server, secret)
        assert SECRET not in shown
        assert "vacation.md" not in shown
        assert SECRET in await ask_in_discord(house, server, await server.create_thread(ada, leads, "pay"))


async def test_in_discord_a_direct_message_sees_what_its_own_limit_names(house: House) -> None:
    async with discord(house.desk) as server:
        direct = server.state.direct_channel(server.state.user_named("ada"))
        await house.core.access.limit(Scope("discord", "@me", str(direct.id)), ["hr"])
        assert SECRET in await ask_in_discord(house, server, direct)
