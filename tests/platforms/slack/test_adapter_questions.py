"""What people say reaches the desk once, in its own words, and the answer lands where they look for it."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Reply
from bot.simulate.slack_rules import SlackRules
from core.models import ConversationKey
from tests.platforms.slack.adapter_desk import NotingDesk, running


@pytest.fixture
def desk():
    return NotingDesk()


@pytest.fixture
def settings():
    return {}


@pytest.fixture
async def platform(server, desk, settings):
    async with running(server, desk, **settings) as platform:
        yield platform


@pytest.mark.parametrize("order", ["mention_first", "message_first"])
async def test_a_mention_is_answered_once_in_its_thread_whichever_event_comes_first(server, platform, desk, order):
    said = await server.mention("CGENERAL", "UADA", "when is leave &gt; 3 days due?", order=order)
    await server.until(lambda: len(desk.sent) == 1)
    await server.settled()
    (message,) = desk.received
    assert (message.key, message.text) == (f"slack:TDOCENT:CGENERAL:{said.ts}", "when is leave > 3 days due?")
    assert message.conversation == ConversationKey("slack", "TDOCENT", "CGENERAL", said.ts)
    assert server.state.transcript("CGENERAL") == (
        "ada: @docent when is leave > 3 days due?\n"
        "    :eyes: 1\n"
        "    docent: An answer [1].\n"
        "        [👍] [👎] [Show evidence]"
    )


@pytest.mark.parametrize("settings", [{"slack_listen": "mention"}])
async def test_the_message_event_of_a_mention_counts_also_where_only_mentions_do(server, platform, desk):
    server.state.scopes.discard("app_mentions:read")
    await server.mention("CGENERAL", "UADA", "hello?")
    await server.until(lambda: desk.questions == ["hello?"])


async def test_a_direct_message_is_answered_in_place(server, platform, desk):
    said = await server.direct_message("UADA", "who are you?")
    await server.until(lambda: len(desk.sent) == 1)
    (message,) = desk.received
    assert (message.private, message.conversation.thread, message.handle["thread_ts"]) == (True, "", "")
    assert message.key == f"slack:TDOCENT:DADA:{said.ts}"
    assert "\ndocent: An answer [1]." in server.state.transcript("DADA")


async def test_a_direct_message_in_a_thread_is_answered_there(server, platform, desk):
    first = await server.direct_message("UADA", "one")
    await server.until(lambda: len(desk.sent) == 1)
    await server.direct_message("UADA", "two", thread_ts=first.ts)
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.received[1].conversation == ConversationKey("slack", "TDOCENT", "DADA", first.ts)
    assert [reply.text for reply in server.state.channels["DADA"].replies(first.ts)][1] == "An answer [1]."


async def test_a_follow_up_needs_no_mention_where_docent_takes_part(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "one")
    await server.until(lambda: len(desk.sent) == 1)
    await server.message("CGENERAL", "UGRACE", "and two?", thread_ts=said.ts)
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.received[1].conversation == desk.received[0].conversation


async def test_what_people_say_to_each_other_is_left_alone(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "one")
    await server.until(lambda: len(desk.sent) == 1)
    elsewhere = await server.message("CGENERAL", "UADA", "lunch?")
    await server.message("CGENERAL", "UGRACE", "yes", thread_ts=elsewhere.ts)
    await server.message("CGENERAL", "UGRACE", "<@UADA> did you know?", thread_ts=said.ts)
    await server.mention("CGENERAL", "UADA", "last")
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.questions == ["one", "last"]


@pytest.mark.parametrize("settings", [{"slack_listen": "mention,CRANDOM=all"}])
async def test_each_channel_can_listen_in_its_own_way(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "one")
    await server.until(lambda: len(desk.sent) == 1)
    await server.message("CGENERAL", "UADA", "and two?", thread_ts=said.ts)
    await server.message("CRANDOM", "UADA", "three?")
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.questions == ["one", "three?"]


async def test_a_redelivered_event_is_answered_once(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: len(desk.sent) == 1)
    for delivery in said.deliveries:
        await server.redeliver(delivery.event_id)
    await server.mention("CGENERAL", "UADA", "next")
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.questions == ["hello", "next"]


async def test_a_message_that_slack_sends_again_under_a_new_ts_is_answered_once(server, platform, desk):
    first = await server.mention("CGENERAL", "UADA", "hello")
    client_msg_id = first.deliveries[0].payload["event"]["client_msg_id"]
    await server.mention("CGENERAL", "UADA", "hello", client_msg_id=client_msg_id)
    await server.mention("CGENERAL", "UADA", "next")
    await server.until(lambda: len(desk.sent) == 2)
    assert desk.questions == ["hello", "next"]


async def test_other_bots_and_our_own_messages_are_ignored(server, platform, desk):
    await server.bot_message("CGENERAL", f"<@{server.state.bot_user}> build failed")
    await server.bot_message("CGENERAL", f"<@{server.state.bot_user}> build passed", legacy=True)
    await server.direct_message("UADA", "hi")
    await server.until(lambda: len(desk.sent) == 1)
    await server.settled()
    assert desk.questions == ["hi"]


@pytest.mark.parametrize("rules", [SlackRules(ack_timeout=0.3, retry_delays=(0.0, 0.0, 0.0))])
async def test_every_event_is_acknowledged_also_while_the_desk_is_busy(server, platform, desk):
    busy = asyncio.Event()

    async def wait(_conversation: ConversationKey) -> bool:
        await busy.wait()
        return False

    desk.participates = wait
    said = await server.message("CGENERAL", "UADA", "one")
    await server.message("CGENERAL", "UADA", "two", thread_ts=said.ts)
    await server.open_home("UADA", tab="messages")
    await server.edit_message("CGENERAL", said.ts, "uno")
    server.hub.deliver("events_api", event_nobody_listens_to(server))
    await server.settled()
    busy.set()
    assert len(server.deliveries) == 5
    assert all(delivery.acked_at and not delivery.given_up for delivery in server.deliveries)


def event_nobody_listens_to(server):
    event = {"type": "member_joined_channel", "user": "UADA", "channel": "CGENERAL", "event_ts": "1.000001"}
    return {"type": "event_callback", "event_id": "Ev0", "team_id": server.state.team_id, "event": event}


async def test_an_edit_and_a_deletion_are_handed_over_under_the_key_of_the_question(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "helo")
    await server.until(lambda: len(desk.sent) == 1)
    await server.edit_message("CGENERAL", said.ts, f"<@{server.state.bot_user}> hello")
    await server.unfurl_link("CGENERAL", said.ts, "https://example.com")
    await server.delete_message("CGENERAL", said.ts)
    await server.until(lambda: desk.messages("deleted") != [])
    (edited,), (deleted,), (question,) = (desk.messages(kind) for kind in ("edited", "deleted", "question"))
    assert {edited.key, deleted.key} == {question.key}
    assert {edited.conversation, deleted.conversation} == {question.conversation}
    assert (edited.text, edited.handle, deleted.text) == ("hello", question.handle, "")


async def test_a_deleted_question_without_replies_is_handed_over_too(server, platform, desk):
    desk.reply = None
    said = await server.direct_message("UADA", "oops")
    await server.delete_message("DADA", said.ts)
    await server.until(lambda: desk.messages("deleted") != [])
    assert desk.received[-1].key == desk.received[0].key


async def test_an_edit_that_puts_our_name_in_is_a_question(server, platform, desk):
    said = await server.message("CGENERAL", "UADA", "hello")
    await server.edit_message("CGENERAL", said.ts, f"<@{server.state.bot_user}> hello")
    await server.until(lambda: len(desk.sent) == 1)
    assert desk.questions == ["hello"]


async def test_a_mention_in_a_channel_without_docent_is_answered_to_the_person(server, platform, desk):
    server.state.channels["CGENERAL"].members.discard(server.state.bot_user)
    await server.mention("CGENERAL", "UADA", "hello")
    await server.until(lambda: "DADA" in server.state.channels and server.state.transcript("DADA") != "")
    assert server.state.transcript("DADA").startswith("docent: I can't write in this conversation. Invite me")


async def test_help_in_a_thread_is_a_command_given_once(server, platform, desk):
    said = await server.mention("CGENERAL", "UADA", "one")
    await server.until(lambda: len(desk.sent) == 1)
    await server.mention("CGENERAL", "UADA", "Forget!", thread_ts=said.ts)
    await server.until(lambda: "(only ada sees this): Done." in server.state.transcript("CGENERAL"))
    await server.settled()
    (command,) = desk.commands
    assert (command.name, command.conversation) == ("forget", desk.received[0].conversation)
    assert desk.questions == ["one"]


async def test_the_home_tab_says_what_docent_knows(server, platform, desk):
    await server.open_home("UADA")
    await server.until(lambda: server.state.home("UADA") != "")
    assert [(command.name, command.user) for command in desk.commands] == [("status", "UADA"), ("help", "UADA")]
    assert "Done." in server.state.home("UADA")
    assert "/docent ask" in server.state.home("UADA")


async def test_an_empty_mention_is_handed_over_so_that_it_gets_a_word(server, platform, desk):
    desk.reply = Reply("final", "What would you like to know?")
    await server.mention("CGENERAL", "UADA", "")
    await server.until(lambda: len(desk.sent) == 1)
    assert desk.questions == [""]
