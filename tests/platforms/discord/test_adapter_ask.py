"""/ask over real sockets: acknowledged, growing, final with sources and buttons; and what may go wrong meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.messages import Reply
from bot.simulate.discord_objects import CallbackKind, Channel, User
from bot.simulate.discord_server import DiscordServer
from tests.platforms.discord.adapter_desk import FINAL, WORKING, RecordingDesk, serving


@pytest.fixture
async def desk(server: DiscordServer) -> AsyncIterator[RecordingDesk]:
    async with serving(server) as recording:
        yield recording


async def test_a_question_is_acknowledged_before_the_desk_has_done_anything(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.hold.clear()
    asked = await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: asked.callback)
    assert asked.callback is CallbackKind.DEFERRED_MESSAGE
    assert not asked.too_late
    assert "Docent (ben used /ask): is thinking…" in server.transcript(general)


async def test_evidence_comes_first_then_the_answer_grows_and_ends_with_sources_and_buttons(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    asked = await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent and len(asked.messages[0].previous) == 3)
    [answer] = asked.messages
    assert answer.previous == [
        "-# Searching the documents …",
        "-# Writing from the evidence …",
        "You have **25 days**\n\n-# Writing from the evidence …",
    ]
    assert server.transcript(general) == (
        "#general\n"
        "Docent (ben used /ask): You have **25 days** a year [1], pro rata at first [2]. (edited)\n"
        "    | **Sources**\n"
        "    | **[1]** [people/vacation.md, Annual leave, lines 3-9](<https://docs.example/vacation#annual-leave>)\n"
        "    | **[2]** people/onboarding.md, page 2\n"
        "    [👍] [👎] [Show evidence]"
    )
    assert answer.unfurls == []


async def test_the_question_is_handed_over_with_all_that_a_later_process_needs(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    question = f"ask <#{general.id}> about <@&{next(iter(server.state.guilds))}>"
    asked = await server.slash_command(ben, general, "ask", {"question": question})
    await server.until(lambda: desk.sent)
    [message] = desk.received
    assert message.key == f"discord:interaction:{asked.id}"
    assert (message.conversation.platform, message.conversation.channel) == ("discord", str(general.id))
    assert message.conversation.workspace == str(next(iter(server.state.guilds)))
    assert (message.user, message.private) == (str(ben.id), False)
    assert message.text == "ask #general about @everyone"
    assert message.handle["token"] == asked.token
    assert message.handle["response"] == str(asked.messages[0].id)


async def test_one_command_delivered_twice_is_one_key(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    await server.redeliver(6)
    await server.until(lambda: len(desk.received) > 1)
    assert len({message.key for message in desk.received}) == 1
    assert len(server.state.messages_in(general)) == 1


async def test_two_processes_with_one_token_acknowledge_once_and_hand_over_one_key(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    async with serving(server) as other:
        await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
        await server.until(lambda: desk.received and other.received)
    assert desk.received[0].key == other.received[0].key
    assert server.statuses[400] == 1


async def test_a_question_in_a_direct_message_is_private(server: DiscordServer, ben: User) -> None:
    async with serving(server, guild=False) as desk:
        direct = server.state.direct_channel(ben)
        await server.slash_command(ben, direct, "ask", {"question": "how much leave?"})
        await server.until(lambda: "[Show evidence]" in server.transcript(direct))
        assert desk.received[0].private
        assert desk.received[0].conversation.workspace == "@me"


async def test_a_command_that_came_too_late_to_acknowledge_is_answered_in_the_channel_once(
    ben: User, general: Channel, server: DiscordServer, desk: RecordingDesk
) -> None:
    server.fail_next("/callback", 404, 10062)
    await server.slash_command(ben, general, "ask", {"question": "how *much* leave?"})
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    [answer] = server.state.messages_in(general)
    assert answer.content.startswith(f"> <@{ben.id}> asked: how \\*much\\* leave?\nYou have")
    assert all("/webhooks/" not in request.path for request in server.requests)
    assert server.state.pings == []


async def test_an_answer_goes_on_in_the_same_message_when_the_token_expires(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:2]
    asked = await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: len(desk.sent) and asked.messages[0].previous)
    server.limits = replace(server.limits, token=0.0)
    server.fail_next("/webhooks/", 401, 50027, times=100)
    message = desk.received[0]
    for reply in (WORKING[2], FINAL):
        desk.sent[message.key] = await desk.surface.show(message, reply, desk.sent[message.key])
    [answer] = server.state.messages_in(general)
    assert answer.content == "You have **25 days** a year [1], pro rata at first [2]."
    assert server.statuses[401] == 1  # tried once, then known


async def test_a_later_process_knows_that_the_token_has_expired(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    seen = len(server.requests)
    message = desk.received[0]
    later = replace(message, handle={**message.handle, "at": "0"})
    await desk.surface.show(later, FINAL, desk.sent[message.key])
    assert [request.path.partition("/")[2].partition("/")[0] for request in server.requests[seen:]] == ["channels"]
    assert "[Show evidence]" in server.transcript(general)


async def test_a_process_that_died_before_it_noted_what_it_sent_leaves_no_double(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    async with serving(server) as reborn:
        await reborn.surface.show(desk.received[0], FINAL, None)
    assert len(server.state.messages_in(general)) == 1


async def test_a_response_whose_id_nobody_knows_is_posted_anew_once_the_token_is_over(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.received)
    message = desk.received[0]
    lost = replace(message, handle={**message.handle, "at": "0", "response": "@original"})
    sent = await desk.surface.show(lost, WORKING[0], None)
    await desk.surface.show(lost, FINAL, sent)
    _thinking, answer = server.state.messages_in(general)
    assert answer.content.startswith(f"> <@{ben.id}> asked: how much leave?\nYou have")


async def test_an_answer_that_somebody_deleted_while_it_grew_is_given_once_more_at_the_end(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    await server.delete_message(server.state.messages_in(general)[0])
    message, sent = desk.received[0], next(iter(desk.sent.values()))
    for reply in (*WORKING[1:], FINAL, FINAL):
        sent = await desk.surface.show(message, reply, sent)
        assert len(server.state.messages_in(general)) == (reply is FINAL)
    assert server.statuses[404] == 1


async def test_an_answer_that_somebody_deleted_when_it_was_there_stays_deleted(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: "[Show evidence]" in server.transcript(general) and len(desk.sent) == 1)
    await server.until(lambda: desk.sent[desk.received[0].key].handle["stage"] == "final")
    await server.delete_message(server.state.messages_in(general)[0])
    message = desk.received[0]
    sent = await desk.surface.show(message, Reply("final", "Other words."), desk.sent[message.key])
    await desk.surface.show(message, Reply("final", "Still other words."), sent)
    assert server.state.messages_in(general) == []


async def test_an_answer_in_a_thread_that_was_archived_meanwhile_opens_it_again(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    thread = await server.create_thread(ben, general, "leave")
    await server.slash_command(ben, thread, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    await server.close_thread(thread)
    message = desk.received[0]
    await desk.surface.show(message, FINAL, desk.sent[message.key])
    assert "[Show evidence]" in server.transcript(thread)


async def test_a_long_answer_takes_several_messages_with_the_buttons_under_the_last(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    paragraphs = [f"Paragraph {number}: " + "some words about leave. " * 30 for number in range(6)]
    desk.replies = (WORKING[0], replace(FINAL, text="\n\n".join(paragraphs)))
    asked = await server.slash_command(ben, general, "ask", {"question": "tell me all"})
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    assert len(asked.messages) == 3
    told = " ".join(message.content for message in asked.messages)
    assert all(f"Paragraph {number}:" in told for number in range(6))
    assert [bool(message.components) for message in asked.messages] == [False, False, True]


async def test_an_answer_that_became_shorter_takes_its_other_messages_away(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = (Reply("working", "word " * 800), FINAL)
    await server.slash_command(ben, general, "ask", {"question": "tell me all"})
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    await server.until(lambda: len(server.state.messages_in(general)) == 1)


async def test_what_has_not_changed_is_not_sent_again(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = (FINAL,)
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.sent)
    seen, message = len(server.requests), desk.received[0]
    again = await desk.surface.show(message, FINAL, desk.sent[message.key])
    assert again == desk.sent[message.key]
    assert len(server.requests) == seen


async def test_a_whisper_is_seen_by_the_asker_alone_and_leaves_no_thinking_behind(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.received)
    await desk.surface.whisper(desk.received[0], "I can't reach my memory.")
    assert server.transcript(general) == "#general\nDocent (only ben sees this) (to Docent): I can't reach my memory."


async def test_an_answer_after_a_whisper_is_posted_as_a_new_message(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.received)
    await desk.surface.whisper(desk.received[0], "One moment.")
    await desk.surface.show(desk.received[0], FINAL, None)
    assert "[Show evidence]" in server.transcript(general, viewer=server.state.user_named("cleo"))
