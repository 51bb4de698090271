"""A conversation is told of its outdated answer below it, in Slack and Discord, and the answer stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.outdated import OutdatedAnswers
from tests.integration.builders import VACATION, write
from tests.platforms.real_desk import QUESTION, discord, slack

TOLD = f"My answer to “{QUESTION}” rests on a passage that has changed since: vacation.md."


async def changed(desk, folder: Path) -> None:
    """Change the document and let the conversations be told."""
    await desk._core.ingester.ingest(write(folder, vacation=VACATION.replace("30", "31")))
    telling = OutdatedAnswers(desk._core, desk._questions, desk._surfaces)
    for surface in desk._surfaces.values():
        await telling.look(surface)
        await telling.look(surface)


async def test_in_slack_it_stands_in_the_thread(start, folder: Path) -> None:
    desk = await start()
    async with slack(desk) as server:
        asked = await server.mention("CGENERAL", "UADA", QUESTION)
        await server.until(lambda: desk.answered == 1)
        before = server.state.transcript("CGENERAL")
        await changed(desk, folder)
        shown = server.state.transcript("CGENERAL")
        assert shown.startswith(before), "the answer stays"
        assert shown.count(TOLD) == 1
        told = [one for one in server.state.channels["CGENERAL"].replies(asked.ts) if TOLD in one.text]
        assert len(told) == 1
        await server.click("UADA", "CGENERAL", told[0].ts, "anew")
        await server.until(lambda: desk.answered == 2)
        assert "31 vacation days" in server.state.transcript("CGENERAL")


@pytest.mark.parametrize("way", ["mention", "command"])
async def test_in_discord_it_hangs_at_the_question_or_says_which_one(start, folder: Path, way: str) -> None:
    desk = await start()
    async with discord(desk) as server:
        ben, general = server.state.user_named("ben"), server.state.channel_named("general")
        if way == "mention":
            asked = await server.mention(ben, general, QUESTION)
        else:
            await server.slash_command(ben, general, "ask", {"question": QUESTION})
        await server.until(lambda: desk.answered == 1)
        answer = server.state.messages_in(general)[-1]
        before = answer.content
        await changed(desk, folder)
        told = server.state.messages_in(general)[-1]
        assert told is not answer
        assert told.content.startswith(TOLD.replace("_", "\\_"))
        assert answer.content == before, "the answer stays"
        assert [one.content for one in server.state.messages_in(general)].count(told.content) == 1
        if way == "mention":
            assert told.replies_to is not None
            assert told.replies_to.id == asked.id
        assert server.state.pings == []
