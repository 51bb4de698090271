"""Greetings and thanks in chats: answered where they are said to Docent, left alone where they are said to others."""

from __future__ import annotations

from bot import wording
from bot.platforms.discord import DiscordPlatform
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Intent
from bot.simulate.running import running
from tests.platforms.discord.adapter_desk import settings_for
from tests.platforms.discord.echo_bot import pointed_at
from tests.platforms.real_desk import QUESTION, slack

HELLO = wording.SMALL_TALK["greeting"]
WELCOME = wording.SMALL_TALK["thanks"]


async def test_slack_answers_a_greeting_in_a_direct_message_with_one_plain_message(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        await server.direct_message("UADA", "hey docent!")
        await server.until(lambda: desk.answered == 1)
        await server.settled()
        assert server.state.transcript("DADA").endswith(f"docent: {HELLO}"), "no buttons under it"
        assert len(server.calls_of("chat.update")) == 0, "nothing was searched, and nobody was told so"


async def test_in_a_slack_thread_docent_answers_thanks_to_it_and_not_thanks_to_a_colleague(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        asked = await server.mention("CGENERAL", "UADA", QUESTION)
        await server.until(lambda: desk.answered == 1)
        for between in ("thanks!", "good morning all", "thanks <@UADA>"):
            await server.message("CGENERAL", "UGRACE", between, thread_ts=asked.ts)
        await server.mention("CGENERAL", "UGRACE", "thanks!", thread_ts=asked.ts)
        await server.until(lambda: desk.answered == 2)
        await server.message("CGENERAL", "UGRACE", "and for contractors?", thread_ts=asked.ts)
        await server.until(lambda: desk.answered == 3)
        await server.settled()
        shown = [reply.text for reply in server.state.channels["CGENERAL"].replies(asked.ts) if reply.user == "UDOCENT"]
        assert len(shown) == 3
        assert shown[1] == WELCOME
        assert "Contractors get no paid vacation." in server.state.transcript("CGENERAL")


async def test_in_a_discord_thread_docent_answers_thanks_to_it_and_not_thanks_to_a_colleague(start) -> None:
    desk = await start()
    async with (
        DiscordServer(granted=Intent.MESSAGE_CONTENT) as server,
        pointed_at(server),
        running(server, DiscordPlatform(settings_for(server)), desk),
    ):
        ben, cleo = server.state.user_named("ben"), server.state.user_named("cleo")
        thread = await server.create_thread(ben, server.state.channel_named("general"), "leave")
        await server.mention(ben, thread, QUESTION)
        await server.until(lambda: desk.answered == 1)
        await server.thread_message(cleo, thread, "thanks :)")
        await server.mention(ben, thread, "thanks :)")
        await server.until(lambda: desk.answered == 2)
        answer = server.state.messages_in(thread)[-1]
        assert (answer.content, answer.components) == (WELCOME, [])
        await server.reply(cleo, thread, answer.id, "bye!")
        await server.until(lambda: desk.answered == 3)
        await server.thread_message(cleo, thread, "and for contractors?")
        await server.until(lambda: desk.answered == 4)
        said = server.transcript(thread)
        assert said.count(WELCOME) == 1
        assert wording.SMALL_TALK["farewell"] in said
        assert "Contractors get no paid vacation." in said
