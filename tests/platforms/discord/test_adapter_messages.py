"""Mentions, replies, direct messages and threads over real sockets, and what becomes of messages afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.simulate.discord_message_shapes import message_json
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from bot.simulate.discord_session import Intent
from tests.platforms.discord.adapter_desk import FINAL, WORKING, RecordingDesk, serving
from tests.platforms.discord.conftest import TENTH


@pytest.fixture
async def desk(server: DiscordServer) -> AsyncIterator[RecordingDesk]:
    async with serving(server) as recording:
        yield recording


@pytest.fixture
async def reading() -> AsyncIterator[tuple[DiscordServer, RecordingDesk]]:
    """A server that lets the application read every message, and the adapter on it."""
    async with DiscordServer(limits=TENTH, granted=Intent.MESSAGE_CONTENT) as server, serving(server) as recording:
        yield server, recording


async def test_a_mention_is_acknowledged_and_answered_by_a_reply(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = (FINAL,)
    asked = await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    assert asked.reactions == {"👀": {server.state.bot.id}}
    [_, answer] = server.state.messages_in(general)
    assert answer.replies_to is asked
    assert server.transcript(general).startswith(
        "#general\nben: @Docent how much leave?\n    👀 1\nDocent (to ben): You have **25 days** a year [1]"
    )
    assert server.state.pings == []


async def test_a_mention_is_handed_over_without_its_markup(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel
) -> None:
    await server.mention(ben, general, f"may {cleo.mention} write in <#{general.id}>? <:wave:123> ")
    await server.until(lambda: desk.received)
    [message] = desk.received
    assert message.text == "may @Cleo write in #general? :wave:"
    assert message.key.startswith("discord:message:")
    assert not message.private


async def test_a_growing_reply_is_one_message(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    [_, answer] = server.state.messages_in(general)
    assert len(answer.previous) == 3


async def test_a_reply_to_our_message_is_a_question(
    server: DiscordServer, desk: RecordingDesk, ben: User, cleo: User, general: Channel
) -> None:
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    [_, answer] = server.state.messages_in(general)
    await server.reply(cleo, general, answer.id, "and for part-timers?")
    await server.until(lambda: len(desk.received) == 2)
    assert desk.received[1].text == "and for part-timers?"
    assert desk.received[1].user == str(cleo.id)


async def test_a_direct_message_needs_no_mention_and_is_private(
    server: DiscordServer, desk: RecordingDesk, ben: User
) -> None:
    await server.direct_message(ben, "how much leave?")
    direct = server.state.direct_channel(ben)
    await server.until(lambda: "[Show evidence]" in server.transcript(direct))
    [message] = desk.received
    assert message.private
    assert (message.conversation.workspace, message.conversation.channel) == ("@me", str(direct.id))


async def test_a_follow_up_in_a_thread_needs_no_mention_where_docent_takes_part(
    reading: tuple[DiscordServer, RecordingDesk],
) -> None:
    server, desk = reading
    ben, general = server.state.user_named("ben"), server.state.channel_named("general")
    thread = await server.create_thread(ben, general, "leave")
    other = await server.create_thread(ben, general, "lunch")
    await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.thread_message(ben, other, "who is hungry?")
    await server.message(ben, general, "nice weather")
    await server.thread_message(ben, thread, "and for part-timers?")
    await server.until(lambda: len(desk.received) == 2)
    assert desk.received[1].text == "and for part-timers?"
    assert desk.received[1].conversation == desk.received[0].conversation


async def test_what_people_say_to_each_other_in_such_a_thread_is_left_alone(
    reading: tuple[DiscordServer, RecordingDesk],
) -> None:
    server, desk = reading
    ben, cleo = server.state.user_named("ben"), server.state.user_named("cleo")
    thread = await server.create_thread(ben, server.state.channel_named("general"), "leave")
    asked = await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.thread_message(ben, thread, f"{cleo.mention} is that right?")
    await server.reply(cleo, thread, asked.id, "yes, I think so")
    await server.thread_message(ben, thread, "and for part-timers?")
    await server.until(lambda: len(desk.received) == 2)
    assert desk.received[1].text == "and for part-timers?"


async def test_without_the_intent_a_thread_needs_a_mention_and_the_bot_still_runs(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    thread = await server.create_thread(ben, general, "leave")
    await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.thread_message(ben, thread, "unreadable")
    await server.mention(ben, thread, "and for part-timers?")
    await server.until(lambda: len(desk.received) == 2)
    assert desk.received[1].text == "and for part-timers?"


async def test_other_bots_and_ourselves_are_not_answered(
    reading: tuple[DiscordServer, RecordingDesk],
) -> None:
    server, desk = reading
    ben, general = server.state.user_named("ben"), server.state.channel_named("general")
    await server.bot_message(general, f"{server.state.bot.mention} how much leave?")
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    assert [message.user for message in desk.received] == [str(ben.id)]


async def test_a_message_delivered_again_after_a_resume_is_one_key(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    await server.drop_gateway()
    await server.mention(ben, general, "and sick leave?")
    await server.until(lambda: len(desk.resumed) == 2 and len(desk.sent) == 2)
    await server.redeliver(20)
    await server.until(lambda: len(desk.questions) >= 4)
    assert len({message.key for message in desk.questions}) == 2
    assert sum(message.author is server.state.bot for message in server.state.messages_in(general)) == 2


async def test_an_edited_question_is_handed_over_under_its_key_and_its_answer_is_replaced(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    asked = await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    desk.replies = (replace(FINAL, text="Ten days of sick leave [1]."),)
    await server.edit_message(asked, f"{server.state.bot.mention} how much sick leave?")
    await server.until(lambda: "Ten days" in server.transcript(general))
    assert [(message.kind, message.text) for message in desk.received] == [
        ("question", "how much leave?"),
        ("edited", "how much sick leave?"),
    ]
    assert desk.received[0].key == desk.received[1].key
    assert len(server.state.messages_in(general)) == 2


async def test_a_preview_that_discord_adds_to_a_message_is_no_edit(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    asked = await server.mention(ben, general, "what is in https://docs.example?")
    unfolded = message_json(server.state, asked, with_content=True, in_event=True)
    server.gateway.dispatch("MESSAGE_UPDATE", unfolded, needs=Intent.GUILD_MESSAGES)
    await server.mention(ben, general, "another one")
    await server.until(lambda: server.statuses[204] == 2)  # both seen
    assert [message.kind for message in desk.received] == ["question", "question"]


async def test_a_deleted_question_is_handed_over_and_its_answer_retracted(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    asked = await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    await server.delete_message(asked)
    await server.until(lambda: server.transcript(general) == "#general")
    assert desk.received[1].kind == "deleted"
    assert (desk.received[1].key, desk.received[1].conversation) == (
        desk.received[0].key,
        desk.received[0].conversation,
    )


async def test_an_edit_never_overtakes_its_question(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.hold.clear()
    asked = await server.mention(ben, general, "how much leave?")
    await server.edit_message(asked, f"{server.state.bot.mention} how much sick leave?")
    await server.mention(ben, general, "another one")
    await server.until(lambda: len(desk.received) == 2)
    assert [message.kind for message in desk.received] == ["question", "question"]
    desk.hold.set()
    await server.until(lambda: len(desk.received) == 3)
    assert desk.received[2].kind == "edited"


async def test_a_question_that_is_gone_is_answered_without_a_reference(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    asked = await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.received)
    await server.delete_message(asked)
    await desk.surface.show(desk.questions[0], FINAL, None)
    assert server.transcript(general).startswith("#general\nDocent: You have")


async def test_the_same_answer_posted_by_two_processes_is_one_message_that_shows_the_newer(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    async with serving(server) as reborn:
        await reborn.surface.show(desk.received[0], FINAL, None)
    [_, answer] = server.state.messages_in(general)
    assert answer.content == "You have **25 days** a year [1], pro rata at first [2]."


async def test_where_reactions_are_forbidden_typing_says_that_the_question_was_seen(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.ADD_REACTIONS)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    assert [request.status for request in server.requests if request.path.endswith("/typing")] == [204]


async def test_a_question_deleted_before_it_is_acknowledged_is_no_failure(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    asked = await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.received)
    await server.delete_message(asked)
    await desk.surface.acknowledge(desk.questions[0])


async def test_a_whisper_about_a_message_is_a_direct_message(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.received)
    await desk.surface.whisper(desk.received[0], "I can't reach my memory.")
    assert server.transcript(server.state.direct_channel(ben)).endswith("Docent: I can't reach my memory.")
    assert "memory" not in server.transcript(general)
