"""An answer that is given again, as people in Slack and Discord see it, and its button."""

from __future__ import annotations

from bot import wording
from tests.fakes.chat_model import FakeChatModel
from tests.platforms.real_desk import QUESTION, discord, slack

MARK = "Answered before, on "
BUTTONS = "[👍] [👎] [Show evidence] [Ask anew]"


async def test_in_slack_it_is_marked_and_its_button_answers_anew(start) -> None:
    model = FakeChatModel("You get 30 vacation days [1].")
    desk = await start(model)
    async with slack(desk) as server:
        await server.mention("CGENERAL", "UADA", QUESTION)
        await server.until(lambda: desk.answered == 1)
        assert MARK not in server.state.transcript("CGENERAL")
        asked = await server.mention("CGENERAL", "UGRACE", QUESTION.upper())
        await server.until(lambda: desk.answered == 2)
        shown = server.state.transcript("CGENERAL")
        assert f"_{MARK}" in shown
        assert BUTTONS in shown
        assert len(model.prompts) == 1
        (answer,) = [
            one for one in server.state.channels["CGENERAL"].replies(asked.ts) if one.user == server.state.bot_user
        ]
        await server.click("UADA", "CGENERAL", answer.ts, "anew")
        await server.until(lambda: desk.answered == 3)
        shown = server.state.transcript("CGENERAL")
        assert (MARK in shown, wording.ASK_ANEW in shown, len(model.prompts)) == (False, False, 2)


async def test_in_slack_a_direct_message_leaves_nothing_for_others(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        await server.direct_message("UADA", QUESTION)
        await server.until(lambda: desk.answered == 1)
        await server.mention("CGENERAL", "UGRACE", QUESTION)
        await server.until(lambda: desk.answered == 2)
        assert MARK not in server.state.transcript("CGENERAL")


async def test_in_discord_it_is_marked_and_its_button_answers_anew(start) -> None:
    model = FakeChatModel("You get 30 vacation days [1].")
    desk = await start(model)
    async with discord(desk) as server:
        ben, cleo = server.state.user_named("ben"), server.state.user_named("cleo")
        general = server.state.channel_named("general")
        await server.mention(ben, general, QUESTION)
        await server.until(lambda: desk.answered == 1)
        assert MARK not in server.transcript(general)
        await server.slash_command(cleo, general, "ask", {"question": QUESTION.upper()})
        await server.until(lambda: desk.answered == 2)
        shown = server.transcript(general)
        assert f"*{MARK}" in shown
        assert BUTTONS in shown
        assert len(model.prompts) == 1
        answer = server.state.messages_in(general)[-1]
        pressed = next(
            button["custom_id"]
            for row in answer.components
            for button in row["components"]
            if button.get("label") == wording.ASK_ANEW
        )
        await server.click(ben, general, answer.id, pressed)
        await server.until(lambda: desk.answered == 3)
        shown = server.transcript(general)
        assert (MARK in shown, wording.ASK_ANEW in shown, len(model.prompts)) == (False, False, 2)


async def test_in_discord_a_direct_message_leaves_nothing_for_others(start) -> None:
    desk = await start()
    async with discord(desk) as server:
        ben = server.state.user_named("ben")
        await server.direct_message(ben, QUESTION)
        await server.until(lambda: desk.answered == 1)
        await server.mention(ben, server.state.channel_named("general"), QUESTION)
        await server.until(lambda: desk.answered == 2)
        assert MARK not in server.transcript(server.state.channel_named("general"))
