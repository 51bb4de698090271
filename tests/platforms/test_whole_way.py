"""The real desk behind the real libraries over real sockets, with a real Postgres; only the models are fakes."""

from __future__ import annotations

import asyncio
import math
from collections import Counter

from sqlalchemy import text

from bot import wording
from bot.simulate.slack_server import SlackServer
from bot.simulate.slack_state import Message
from tests.fakes.chat_model import FakeChatModel
from tests.platforms.real_desk import QUESTION, discord, slack
from tests.platforms.slack.adapter_desk import running as slack_running


def answers(server: SlackServer) -> list[Message]:
    """What Docent's messages show now."""
    return [
        message
        for channel in server.state.channels.values()
        for message in channel.messages.values()
        if message.user == server.state.bot_user and not message.visible_to
    ]


async def test_forty_questions_at_once_are_each_acknowledged_in_time_and_answered_once(start) -> None:
    desk = await start(FakeChatModel("word " * 8, piece_seconds=0.005, queue_size=64))
    async with slack(desk, channels=8) as server:
        spoken = [
            await server.mention(f"C{number % 8}", "UGRACE", f"{QUESTION} Number {number}.") for number in range(40)
        ]
        await server.until(lambda: desk.answered == 40, 120.0)
        # Slack sends again what is not acknowledged within 3 s; benchmarks/bench_chat.py tells how soon it is.
        assert all(delivery.acked_at - delivery.sent_at < 3.0 for one in spoken for delivery in one.deliveries)
        reactions = server.calls_of("reactions.add")
        seen = {(call.arguments["channel"], call.arguments["timestamp"]): call.at for call in reactions}
        posts = {call.arguments["thread_ts"]: call.at for call in reversed(server.calls_of("chat.postMessage"))}
        for one in spoken:
            assert seen[one.channel, one.ts] < posts.get(one.ts, math.inf), "seen before anything is posted under it"
        per_question = Counter((message.channel, message.thread_ts) for message in answers(server))
        assert per_question == {(one.channel, one.ts): 1 for one in spoken}
        assert all("30 vacation days" in str(message.blocks) for message in answers(server))
        assert [call for call in server.calls if call.status == 429] == []


async def test_five_answers_cut_off_by_a_death_are_finished_by_the_next_process_without_doubles(start) -> None:
    dying = await start(FakeChatModel("word " * 400, piece_seconds=0.05))
    async with SlackServer() as server:
        async with slack_running(server, dying):  # type: ignore[arg-type]
            spoken = [await server.mention("CGENERAL", "UGRACE", f"{QUESTION} Number {number}.") for number in range(5)]
            await server.until(lambda: len(answers(server)) == 5, 30.0)
        await dying.drain(0)
        following = await start()
        async with slack_running(server, following):  # type: ignore[arg-type]
            await server.until(lambda: following.answered == 5, 60.0)
        assert Counter(message.thread_ts for message in answers(server)) == {one.ts: 1 for one in spoken}
        assert all("30 vacation days" in str(message.blocks) for message in answers(server))
        assert "Cancel" not in server.state.transcript("CGENERAL")


async def test_when_docent_is_removed_in_the_middle_of_an_answer_the_asker_is_told(start) -> None:
    desk = await start(FakeChatModel("word " * 100, piece_seconds=0.05))
    async with slack(desk) as server:
        await server.mention("CGENERAL", "UGRACE", QUESTION)
        await server.until(lambda: "Cancel" in server.state.transcript("CGENERAL"), 30.0)
        server.state.channels["CGENERAL"].members.discard("UDOCENT")
        await server.until(lambda: desk.answered == 1, 60.0)
        assert "I can't write" in server.state.transcript("DGRACE")


async def test_a_hostile_document_pings_no_one_and_arrives_whole_in_slack(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        await server.mention("CGENERAL", "UGRACE", "who gets cake at the party? @everyone <!channel>")
        await server.until(lambda: desk.answered == 1, 30.0)
        assert server.state.pings == []
        assert "cake" in server.state.transcript("CGENERAL")


async def test_a_hostile_document_pings_no_one_and_arrives_whole_in_discord(start) -> None:
    desk = await start()
    async with discord(desk) as server:
        general, ben = server.state.channel_named("general"), server.state.user_named("ben")
        await server.slash_command(ben, general, "ask", {"question": "who gets cake at the party? @everyone"})
        await server.until(lambda: desk.answered == 1, 30.0)
        assert server.state.pings == []
        assert "cake" in server.transcript(general)


async def test_a_member_who_is_no_admin_is_refused_and_audited_on_both_platforms(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        await server.slash_command("UGRACE", "CGENERAL", "/docent", "reingest")
        await server.until(lambda: wording.NOT_AN_ADMIN[:20] in server.state.transcript("CGENERAL"), 30.0)
    async with discord(desk) as server:
        general, ben = server.state.channel_named("general"), server.state.user_named("ben")
        await server.slash_command(ben, general, "reingest", {}, forced=True)
        await server.until(lambda: wording.NOT_AN_ADMIN[:20] in server.transcript(general), 30.0)
    async with desk._core.database.begin() as connection:
        rows = (await connection.execute(text("SELECT platform, allowed FROM audit ORDER BY id"))).all()
    assert [tuple(row) for row in rows] == [("slack", False), ("discord", False)]


async def test_a_deleted_question_takes_its_answer_with_it(start) -> None:
    desk = await start()
    async with slack(desk) as server:
        spoken = await server.mention("CGENERAL", "UGRACE", QUESTION)
        await server.until(lambda: desk.answered == 1, 30.0)
        await server.delete_message("CGENERAL", spoken.ts)
        await server.until(lambda: answers(server) == [], 30.0)


async def test_cancel_stops_an_answer_from_its_button(start) -> None:
    model = FakeChatModel("word " * 400, piece_seconds=0.05)
    desk = await start(model)
    async with slack(desk) as server:
        await server.mention("CGENERAL", "UGRACE", QUESTION)
        await server.until(lambda: model.prompts and "Cancel" in server.state.transcript("CGENERAL"), 30.0)
        (message,) = answers(server)
        await server.click("UGRACE", "CGENERAL", message.ts, "cancel")
        await server.until(lambda: wording.CANCELLED[:7] in server.state.transcript("CGENERAL"), 30.0)
        assert (desk.busy, model.waiting) == (0, 0)


async def test_the_event_loop_keeps_ticking_while_answers_are_made(start) -> None:
    desk = await start(FakeChatModel("word " * 20, piece_seconds=0.002))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticker = asyncio.create_task(tick())
    async with slack(desk) as server:
        for number in range(6):
            await server.mention("CGENERAL", "UGRACE", f"{QUESTION} {number}")
        await server.until(lambda: desk.answered == 6, 60.0)
    ticker.cancel()
    assert ticks > 20
