"""The button "Ask a person" with the real libraries: only the one owner is called, in the same thread."""

from __future__ import annotations

from pathlib import Path

from bot import wording
from tests.platforms.real_desk import discord, slack

QUESTION = "Which employees get a bicycle from @everyone and <!channel>?"
# As Slack hands over what people type.
TYPED = QUESTION.replace("<", "&lt;").replace(">", "&gt;")


async def test_in_slack_it_calls_the_owner_alone_in_the_thread(start, folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* slack:UGRACE")
    desk = await start()
    async with slack(desk) as server:
        asked = await server.mention("CGENERAL", "UADA", TYPED)
        await server.until(lambda: desk.answered == 1)
        answer = _ours(server, asked.ts)[-1]
        assert wording.ASK_A_PERSON in server.state.transcript("CGENERAL")
        await server.click("UADA", "CGENERAL", answer.ts, "human")
        await server.until(lambda: len(_ours(server, asked.ts)) == 2)
        await server.until(lambda: "I have asked the owner" in server.state.transcript("CGENERAL"))
        assert [ping.target for ping in server.state.pings] == ["@UGRACE"]
        assert "ada asks you, as owner of" in _ours(server, asked.ts)[-1].text
        await server.click("UADA", "CGENERAL", answer.ts, "human")
        await server.until(lambda: "was asked about this already" in server.state.transcript("CGENERAL"))
        assert len(_ours(server, asked.ts)) == 2


async def test_in_slack_a_thumb_down_offers_it_too(start, folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* slack:UGRACE")
    desk = await start()
    async with slack(desk) as server:
        asked = await server.mention("CGENERAL", "UADA", "How many vacation days do employees get?")
        await server.until(lambda: desk.answered == 1)
        (answer,) = _ours(server, asked.ts)
        assert wording.ASK_A_PERSON not in server.state.transcript("CGENERAL")
        await server.click("UADA", "CGENERAL", answer.ts, "down")
        await server.until(lambda: wording.ASK_A_PERSON in server.state.transcript("CGENERAL"))


def _ours(server, thread):  # type: ignore[no-untyped-def]
    replies = server.state.channels["CGENERAL"].replies(thread)
    return [one for one in replies if one.user == server.state.bot_user and not one.visible_to]


async def test_in_discord_it_calls_the_owner_alone(start, folder: Path) -> None:
    desk = await start()
    async with discord(desk) as server:
        ben, cleo = server.state.user_named("ben"), server.state.user_named("cleo")
        general = server.state.channel_named("general")
        (folder / "CODEOWNERS").write_text(f"* discord:{cleo.id}")
        await desk._core.ingester.ingest(folder)
        await server.mention(ben, general, QUESTION)
        await server.until(lambda: desk.answered == 1)
        answer = server.state.messages_in(general)[-1]
        await server.click(ben, general, answer.id, _button(answer, wording.ASK_A_PERSON))
        await server.until(lambda: "I have asked the owner" in server.transcript(general))
        posted = next(one for one in server.state.messages_in(general) if "asks you, as owner of" in one.content)
        assert posted.content.startswith(f"<@{cleo.id}> Ben asks you")
        assert [(ping.kind, ping.target) for ping in server.state.pings] == [("user", cleo.id)]


async def test_in_discord_it_stands_apart_from_the_answer_to_a_command(start, folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* Ada")
    desk = await start()
    async with discord(desk) as server:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        await server.slash_command(ben, general, "ask", {"question": QUESTION})
        await server.until(lambda: desk.answered == 1)
        answer = server.state.messages_in(general)[-1]
        await server.click(ben, general, answer.id, _button(answer, wording.ASK_A_PERSON))
        await server.until(lambda: "Ada: Ben asks you" in server.transcript(general))
        assert wording.NOT_FOUND.rstrip(".") in server.transcript(general)
        assert server.state.pings == []


def _button(message, label):  # type: ignore[no-untyped-def]
    return next(
        button["custom_id"]
        for row in message.components
        for button in row["components"]
        if button.get("label") == label
    )
