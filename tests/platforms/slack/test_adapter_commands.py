"""Slash commands and buttons: who sees what, and what the desk is told."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.messages import Action, Command, Reply
from core.models import ConversationKey
from tests.platforms.slack.adapter_desk import NotingDesk, running


@pytest.fixture
def desk():
    return NotingDesk()


@pytest.fixture
async def platform(server, desk):
    async with running(server, desk) as platform:
        yield platform


async def given(server, text: str, user: str = "UGRACE", channel: str = "CGENERAL") -> None:
    delivery = await server.slash_command(user, channel, "/docent", text)
    await server.settled()
    assert not delivery.given_up


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("status", "status", ""),
        (" STATUS ", "status", ""),
        ("forget", "forget", ""),
        ("help", "help", ""),
        ("", "help", ""),
        ("ask", "help", ""),
        ("reingest", "reingest", ""),
        ("reingest hr --dry-run", "reingest", "hr --dry-run"),
        ("collections", "collections", ""),
        ("collections limit hr", "collections", "limit hr"),
        ("collections private hr off", "collections", "private hr off"),
    ],
)
async def test_a_command_is_handed_over_with_its_giver_and_answered_to_them(
    server, platform, desk, text, name, argument
):
    # Nobody here is an admin: whether that matters is for the desk to say, whoever forces a command.
    desk.said = "Only admins may do this."
    await given(server, text)
    await server.until(lambda: server.state.transcript("CGENERAL") != "")
    conversation = ConversationKey("slack", "TDOCENT", "CGENERAL", "")
    (command,) = desk.commands
    assert (command.name, command.argument, command.user, command.user_name) == (name, argument, "UGRACE", "grace")
    assert (command.conversation, command.manages) == (conversation, False)
    assert server.state.transcript("CGENERAL") == "docent (only grace sees this): Only admins may do this."


@pytest.mark.parametrize("text", ["ask\nis <!channel> &amp; <@UADA|ada> ok?", "is <!channel> &amp; <@UADA|ada> ok?"])
async def test_a_question_stands_in_the_channel_with_its_answer_in_the_thread(server, platform, desk, text):
    await given(server, text)
    await server.until(lambda: len(desk.sent) == 1)
    (message,) = desk.received
    (asked, answer) = server.state.channels["CGENERAL"].messages.values()
    assert (message.user, message.text) == ("UGRACE", "is @channel & @ada ok?")
    assert message.key == f"slack:TDOCENT:CGENERAL:{asked.ts}"
    assert message.conversation.thread == message.handle["thread_ts"] == answer.thread_ts == asked.ts
    assert server.state.transcript("CGENERAL") == (
        "docent: grace asked: is @channel & @ada ok?\n"
        "    :eyes: 1\n"
        "    docent: An answer [1].\n"
        "        [👍] [👎] [Show evidence]"
    )
    assert server.state.pings == []


async def test_a_follow_up_to_a_question_of_a_slash_command_needs_no_mention(server, platform, desk):
    await given(server, "ask one?")
    await server.until(lambda: len(desk.sent) == 1)
    await server.message("CGENERAL", "UADA", "two?", thread_ts=desk.received[0].handle["ts"])
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.received[1].conversation == desk.received[0].conversation


async def test_a_question_by_command_in_direct_messages_is_answered_in_place(server, platform, desk):
    server.state.direct_channel("UGRACE")
    await given(server, "ask one?", channel="DGRACE")
    await server.until(lambda: len(desk.sent) == 1)
    assert (desk.received[0].private, desk.received[0].conversation.thread) == (True, "")
    assert "\ndocent: An answer [1]." in server.state.transcript("DGRACE")


async def test_words_that_only_begin_like_a_command_are_a_question(server, platform, desk):
    await given(server, "status of my order?")
    await given(server, "help me with the printer", channel="CRANDOM")
    await given(server, "collections of art are where?", channel="CRANDOM")
    await server.until(lambda: len(desk.sent) == 3)
    assert sorted(desk.questions) == [
        "collections of art are where?",
        "help me with the printer",
        "status of my order?",
    ]


async def test_where_docent_cannot_write_the_person_is_told(server, platform, desk):
    server.state.channels["CGENERAL"].members.discard(server.state.bot_user)
    await given(server, "ask one?")
    await server.until(lambda: "I can't write in this conversation" in server.state.transcript("CGENERAL"))
    assert desk.received == []


async def test_what_a_command_leads_to_is_an_ordinary_message_that_outlives_it(server, platform, desk):
    await given(server, "reingest hr")
    await server.until(lambda: len(desk.commands) == 1)
    place = desk.commands[0].place
    assert place is not None
    sent = await desk.surface.show(place, Reply("working", "1 of 2", actions=("stop",), question_id=3), None)
    for url in server.state.response_urls.values():
        url.created_at -= 3600
    await desk.surface.show(place, Reply("final", "2 of 2"), sent)
    await server.until(lambda: server.state.transcript("CGENERAL").endswith("docent: 2 of 2"))
    assert len(server.calls_of("chat.postMessage")) == 1


@pytest.mark.parametrize("managed_by", ["UADA", "UGRACE"])
async def test_who_manages_the_workspace_is_asked_for_where_that_matters(server, desk, managed_by):
    server.state.users["UADA"].is_admin = managed_by == "UADA"
    async with running(server, desk, platform_admins="on"):
        await given(server, "reingest", "UADA")
        await given(server, "status", "UADA")
        await server.until(lambda: len(desk.commands) == 2)
    assert {command.name: command.manages for command in desk.commands} == {
        "reingest": managed_by == "UADA",
        "status": False,
    }
    assert len(server.calls_of("users.info")) == 1


async def test_without_the_scope_nobody_counts_as_manager(server, desk):
    server.state.scopes.discard("users:read")
    async with running(server, desk, platform_admins="on"):
        await given(server, "reingest", "UADA")
        await server.until(lambda: len(desk.commands) == 1)
    assert not desk.commands[0].manages


async def test_a_command_that_outlives_its_response_url_is_answered_all_the_same(server, platform, desk):
    async def slow(command: Command) -> str:
        for url in server.state.response_urls.values():
            url.created_at -= 3600
        return "Done at last."

    desk.command = slow
    await given(server, "reingest")
    await server.until(lambda: server.state.transcript("CGENERAL") == "docent (only grace sees this): Done at last.")


@pytest.mark.parametrize("action", get_args(Action))
async def test_each_button_is_handed_over_and_answered_to_the_person(server, platform, desk, action):
    desk.reply = Reply("final", "An answer.", actions=get_args(Action), question_id=42)
    desk.pressed = "[1] leave.md\n> <!channel> 25 **days**"
    await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    ts = desk.sent[desk.received[0].key].ids[0].partition(":")[2]
    await server.click("UGRACE", "CGENERAL", ts, action)
    await server.until(lambda: "only grace" in server.state.transcript("CGENERAL"))
    (press,) = desk.presses
    assert (press.platform, press.question_id, press.action, press.user, press.manages) == (
        "slack",
        42,
        action,
        "UGRACE",
        False,
    )
    assert server.state.transcript("CGENERAL").endswith(
        "    docent (only grace sees this): [1] leave.md\n        > <!channel> 25 *days*"
    )
    assert server.state.pings == []


async def test_who_manages_the_workspace_is_asked_for_where_a_button_is_theirs_too(server, desk):
    desk.reply = Reply("final", "An answer.", actions=get_args(Action), question_id=42)
    async with running(server, desk, platform_admins="on"):
        await server.mention("CGENERAL", "UGRACE", "hello")
        await server.until(lambda: len(desk.sent) == 1)
        ts = desk.sent[desk.received[0].key].ids[0].partition(":")[2]
        for action in get_args(Action):
            await server.click("UADA", "CGENERAL", ts, action)
        await server.until(lambda: len(desk.presses) == len(get_args(Action)))
    assert {press.action for press in desk.presses if press.manages} == {"cancel", "confirm", "leave", "stop"}
    assert len(server.calls_of("users.info")) == 4


async def test_a_button_without_a_word_says_nothing(server, platform, desk):
    desk.pressed = ""
    await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    before = server.state.transcript("CGENERAL")
    ts = desk.sent[desk.received[0].key].ids[0].partition(":")[2]
    await server.click("UADA", "CGENERAL", ts, "up")
    await server.until(lambda: desk.presses != [])
    await server.settled()
    assert server.state.transcript("CGENERAL") == before


async def test_long_evidence_arrives_whole(server, platform, desk):
    desk.pressed = "\n\n".join(f"Line {number}: " + "word " * 100 for number in range(30))
    await server.direct_message("UADA", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    ts = desk.sent[desk.received[0].key].ids[0].partition(":")[2]
    await server.click("UADA", "DADA", ts, "evidence")
    await server.until(lambda: "Line 29" in server.state.transcript("DADA"))
    assert all(f"Line {number}: word" in server.state.transcript("DADA") for number in range(30))
