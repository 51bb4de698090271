"""What Discord refuses, limits and loses: waited for, worked around, or said in one line; over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.messages import Footnote, Reply
from bot.simulate.discord_objects import Channel, User
from bot.simulate.discord_permissions import Permission
from bot.simulate.discord_server import DiscordServer
from core.errors import PlatformError
from tests.platforms.discord.adapter_desk import FINAL, WORKING, RecordingDesk, serving

UNRULY = """# @everyone and @here, <@1>, <@&2>, <!channel>, </ask:3>

```python
print("@everyone <@1> https://example.com/code")
```

| Gerät | Länge |
|---|---|
| 🔧 @here | שלום עולם, مرحبا |

See https://example.com/a and [here](https://example.com/b), **bold** and ||hidden||.

"""


@pytest.fixture
async def desk(server: DiscordServer) -> AsyncIterator[RecordingDesk]:
    async with serving(server) as recording:
        yield recording


@pytest.fixture
async def asked(server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel) -> RecordingDesk:
    """A desk with a question whose answer has begun."""
    desk.replies = WORKING[:1]
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.sent)
    return desk


async def finish(desk: RecordingDesk, reply: Reply = FINAL) -> None:
    message = desk.received[0]
    desk.sent[message.key] = await desk.surface.show(message, reply, desk.sent[message.key])


@pytest.mark.parametrize("mention", [False, True])
async def test_a_wild_document_of_12000_characters_arrives_whole_pings_no_one_and_unfurls_nothing(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel, mention: bool
) -> None:
    parts = [UNRULY.replace("example.com", f"site{number}.example") for number in range(48)]
    text = "".join(parts)
    assert len(text) > 12_000
    desk.replies = (Reply("final", text, "", (Footnote(1, "@everyone <@1> *wild*.md"),), ("up",), 7),)
    if mention:
        await server.mention(ben, general, "tell me all")
    else:
        await server.slash_command(ben, general, "ask", {"question": "tell me all"})
    await server.until(lambda: "[👍]" in server.transcript(general))
    answers = [message for message in server.state.messages_in(general) if message.author is server.state.bot]
    told = "\n".join(message.content for message in answers)
    assert all(f"<https://site{number}.example/b>" in told for number in range(48))
    assert told.count("שלום עולם, مرحبا") == 48
    assert all(message.content.count("```") % 2 == 0 for message in answers)
    assert all("@everyone" not in message.content and "<@1>" not in message.content for message in answers)
    assert all(message.allowed_mentions == {"parse": []} for message in answers)
    assert server.state.pings == []
    assert [message.unfurls for message in answers] == [[]] * len(answers)


async def test_a_limit_is_waited_for(server: DiscordServer, asked: RecordingDesk, general: Channel) -> None:
    server.rate_limited("PATCH /channels/", 0.05, times=2)
    await finish(asked)
    assert "[Show evidence]" in server.transcript(general)
    assert server.statuses[429] == 2


async def test_a_ban_is_waited_for_too_which_the_library_does_not(
    server: DiscordServer, asked: RecordingDesk, general: Channel
) -> None:
    server.ban("PATCH /channels/", 0.01)
    await finish(asked)
    assert "[Show evidence]" in server.transcript(general)
    assert server.statuses[429] == 1


async def test_a_long_ban_is_an_error_and_no_storm(server: DiscordServer, asked: RecordingDesk) -> None:
    server.ban("PATCH /channels/", 3600, times=9)
    with pytest.raises(PlatformError, match=r"429 .* try again later"):
        await finish(asked)
    assert server.statuses[429] == 1


async def test_a_server_that_is_overloaded_is_asked_again(
    server: DiscordServer, asked: RecordingDesk, general: Channel
) -> None:
    server.fail_next("PATCH /channels/", 503)
    await finish(asked)
    assert "[Show evidence]" in server.transcript(general)


async def test_without_the_permission_for_embeds_the_sources_stand_in_the_text(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.EMBED_LINKS)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    answer = server.state.messages_in(general)[-1]
    assert answer.embeds == []
    assert "**Sources**\n**[1]** [people/vacation.md" in answer.content
    assert answer.unfurls == []
    assert server.statuses[403] == 1


async def test_a_missing_permission_is_told_with_its_remedy(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.SEND_MESSAGES | Permission.ADD_REACTIONS)
    desk.replies = ()
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: desk.received)
    with pytest.raises(PlatformError, match="50013 Missing Permissions; give Docent's role Send Messages"):
        await desk.surface.show(desk.received[0], FINAL, None)
    await desk.surface.whisper(desk.received[0], "I may not write there.")
    assert "I may not write there." in server.transcript(server.state.direct_channel(ben))


async def test_a_channel_that_was_left_or_deleted_is_told_with_its_remedy(
    server: DiscordServer, asked: RecordingDesk, general: Channel
) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(PlatformError, match="50001 Missing Access; let Docent's role view this channel"):
        await finish(asked)
    await server.delete_channel(general)
    with pytest.raises(PlatformError, match="10003 Unknown Channel; the channel is gone"):
        await finish(asked)
    await asked.surface.retract(asked.received[0], asked.sent[asked.received[0].key])


async def test_a_person_who_takes_no_direct_messages_is_an_error_with_its_remedy(
    server: DiscordServer, asked: RecordingDesk, ben: User
) -> None:
    ben.accepts_direct_messages = False
    with pytest.raises(PlatformError, match=r"50007 .* allow direct messages"):
        await asked.surface.whisper(asked.received[0], "psst")


async def test_without_read_history_the_answer_stands_without_a_reference(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    await server.set_permissions(general, server.state.bot, deny=Permission.READ_MESSAGE_HISTORY)
    await server.mention(ben, general, "how much leave?")
    await server.until(lambda: "[Show evidence]" in server.transcript(general))
    assert server.state.messages_in(general)[-1].replies_to is None


async def test_a_locked_thread_is_an_error_with_its_remedy(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    thread = await server.create_thread(ben, general, "leave")
    await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.close_thread(thread, locked=True)
    with pytest.raises(PlatformError, match="50083 Thread is archived; a moderator has to open"):
        await finish(desk)


async def test_an_archived_thread_is_opened_for_the_end_of_an_answer(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = WORKING[:1]
    thread = await server.create_thread(ben, general, "leave")
    await server.mention(ben, thread, "how much leave?")
    await server.until(lambda: desk.sent)
    await server.close_thread(thread)
    await finish(desk)
    assert "[Show evidence]" in server.transcript(thread)


async def test_what_got_through_before_a_failure_is_not_posted_twice(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    long = replace(FINAL, text="\n\n".join(f"Part {number}. " + "word " * 300 for number in range(3)))
    given = await server.slash_command(ben, general, "ask", {"question": "tell me all"})
    await server.until(lambda: desk.received)
    server.fail_next("POST /webhooks/", 400, 50006)
    with pytest.raises(PlatformError, match="50006"):
        await desk.surface.show(desk.received[0], long, None)
    await desk.surface.show(desk.received[0], long, None)
    assert [message.content[:7] for message in given.messages] == ["Part 0.", "Part 1.", "Part 2."]


async def test_a_change_whose_caller_was_cancelled_is_finished_before_the_next_and_posted_once(
    server: DiscordServer, desk: RecordingDesk, ben: User, general: Channel
) -> None:
    desk.replies = ()
    await server.slash_command(ben, general, "ask", {"question": "how much leave?"})
    await server.until(lambda: desk.received)
    message = desk.received[0]
    server.rate_limited("/webhooks/", 0.05)
    growing = asyncio.create_task(desk.surface.show(message, replace(WORKING[2], text="word " * 700), None))
    await server.until(lambda: server.statuses[429])
    growing.cancel()
    await desk.surface.show(message, Reply("final", "Stopped."), None)
    assert [message.content for message in server.state.messages_in(general)] == ["Stopped."]
    assert await asyncio.gather(growing, return_exceptions=True)


async def test_a_question_is_answered_by_the_next_connection_when_one_was_lost(
    server: DiscordServer, asked: RecordingDesk, general: Channel
) -> None:
    await server.drop_gateway()
    await finish(asked)
    assert "[Show evidence]" in server.transcript(general)
