"""Answers that grow in Slack's own streams: one message each, whatever ends them, and edits where there are none."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.messages import Footnote, Press, Reply, Sent
from bot.platforms.slack.calls import SlackCalls
from bot.platforms.slack.limits import MinuteBudget, PostPace
from bot.platforms.slack.posting import Posting
from bot.platforms.slack.streaming import Streams
from bot.platforms.slack.streaming_offer import StreamingOffer
from bot.platforms.slack.surface import SlackSurface
from bot.platforms.slack.work import Work
from bot.settings import BotSettings
from bot.simulate.slack_rules import SlackRules
from bot.simulate.slack_state import Message
from core.errors import ConfigurationError, PlatformError
from core.settings import load_settings
from tests.platforms.slack.adapter_desk import NotingDesk, question, running

NOTES = (Footnote(1, "leave.md, line 3", "https://wiki.example/leave"),)
FINAL = Reply("final", "Leave is 25 days [1].", footnotes=NOTES, actions=("up", "down", "evidence"), question_id=7)
FINAL_SHOWN = (
    "    docent: Leave is 25 days [1].\n"
    "        [1] leave.md, line 3 (https://wiki.example/leave)\n"
    "        [👍] [👎] [Show evidence]"
)


def working(text: str = "", status: str = "Writing …", footnotes: tuple[Footnote, ...] = NOTES) -> Reply:
    return Reply("working", text, status=status, footnotes=footnotes, actions=("cancel",), question_id=7)


SEARCHING = working(status="Searching …", footnotes=())
EVIDENCE = working()
GROWING = working("Leave is")


@pytest.fixture
def lost():
    return []


@pytest.fixture
def new_surface(server, lost):
    def build(offer: StreamingOffer | None = None, pause: float = 0.01) -> SlackSurface:
        calls = SlackCalls(server.state.bot_token, server.api_url, lost.append, pause)
        posting = Posting(calls, pause, PostPace(seconds=0.0))
        return SlackSurface(calls, Work(), posting, Streams(calls, posting, offer, pause))

    return build


@pytest.fixture
def surface(new_surface):
    return new_surface()


@pytest.fixture
async def asked(server):
    said = await server.mention("CGENERAL", "UADA", "how many days of leave?")
    return question("CGENERAL", said.ts, said.ts)


def answers(server, asked) -> list[Message]:
    return server.state.channels["CGENERAL"].replies(asked.handle["ts"])


def methods(server) -> list[str]:
    return [call.method for call in server.calls if call.method.startswith("chat.")]


def errors(server) -> list[str]:
    return [call.error for call in server.calls if call.error]


def expire(message: Message) -> None:
    message.stream.started_at -= 301


# --- Growing


async def test_the_evidence_begins_a_stream_that_grows_into_the_final_message(server, surface, asked):
    sent = await surface.show(asked, EVIDENCE, None)
    shown = server.state.transcript("CGENERAL")
    assert shown.endswith(
        "    docent: [1] leave.md, line 3 (https://wiki.example/leave)\n        [Cancel]\n"
        "        (in_progress) Writing … …"
    )
    assert await surface.show(asked, GROWING, sent) == sent
    assert await surface.show(asked, working("Leave is 25 days"), sent) == sent
    (message,) = answers(server, asked)
    assert (message.text, server.state.is_streaming(message)) == ("Leave is\u200b 25 days", True)
    assert await surface.show(asked, FINAL, sent) == sent
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")
    assert methods(server) == [
        *("chat.startStream", "chat.appendStream", "chat.appendStream", "chat.stopStream", "chat.update")
    ]


async def test_a_stream_in_a_channel_is_for_the_asking_person_in_the_thread(server, surface, asked):
    await surface.show(asked, EVIDENCE, None)
    arguments = server.calls_of("chat.startStream")[0].arguments
    assert (arguments["recipient_user_id"], arguments["recipient_team_id"]) == ("UADA", "TDOCENT")
    assert arguments["thread_ts"] == asked.handle["ts"]


async def test_before_the_evidence_there_is_a_status_line_and_no_message(server, surface, asked):
    sent = await surface.show(asked, SEARCHING, None)
    assert (sent.ids, answers(server, asked)) == ((), [])
    assert server.state.status("CGENERAL", asked.handle["ts"]) == "is looking …"
    await surface.show(asked, SEARCHING, sent)
    sent = await surface.show(asked, EVIDENCE, sent)
    await surface.show(asked, FINAL, sent)
    assert len(answers(server, asked)) == 1
    assert len(server.calls_of("assistant.threads.setStatus")) == 1
    assert server.calls_of("conversations.replies") == []


async def test_an_answer_without_evidence_is_posted(server, surface, asked):
    sent = await surface.show(asked, SEARCHING, None)
    await surface.show(asked, Reply("final", "The documents say nothing of that."), sent)
    assert methods(server) == ["chat.postMessage"]
    assert server.state.status("CGENERAL", asked.handle["ts"]) == ""


async def test_a_final_text_that_differs_takes_the_place_of_all_that_was_streamed(server, surface, asked):
    sent = await surface.show(asked, working("It is 30 days, I think"), None)
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


async def test_a_text_that_is_no_continuation_is_edited(server, surface, asked):
    sent = await surface.show(asked, working("It is 30"), None)
    await surface.show(asked, GROWING, sent)
    (message,) = answers(server, asked)
    assert (message.text, server.state.is_streaming(message)) == ("Leave is", False)
    assert "[Cancel]" in server.state.transcript("CGENERAL")


async def test_the_line_that_says_what_is_going_on_changes_in_its_place(server, surface, asked):
    sent = await surface.show(asked, working(status="2 ahead of you …"), None)
    await surface.show(asked, working(status="1 ahead of you …"), sent)
    await surface.show(asked, working(status="1 ahead of you …"), sent)
    shown = server.state.transcript("CGENERAL")
    assert ("1 ahead" in shown, "2 ahead" in shown) == (True, False)
    assert len(server.calls_of("chat.appendStream")) == 1


async def test_a_text_that_is_too_long_for_a_stream_goes_on_in_several_messages(server, surface, asked):
    paragraphs = "\n\n".join(f"Paragraph {number}: " + "word " * 300 for number in range(8))
    sent = await surface.show(asked, working(paragraphs[:3000]), None)
    sent = await surface.show(asked, working(paragraphs), sent)
    assert len(sent.ids) > 2
    final = await surface.show(asked, Reply("final", paragraphs), sent)
    shown = "".join(message.text for message in answers(server, asked))
    assert (shown.count("word"), len(final.ids), errors(server)) == (2400, len(answers(server, asked)), [])


async def test_nothing_that_is_streamed_pings(server, surface, asked):
    text = "@everyone <!channel> <@UADA> `<!here>` &lt;!channel&gt; <https://evil.example|<!channel>>"
    notes = (Footnote(1, "<!channel> <@UADA>"),)
    sent = await surface.show(asked, working("<", "<!channel>", notes), None)
    for end in range(1, len(text)):
        if text[end - 1] in "<!@":
            sent = await surface.show(asked, working("<" + text[:end], "<@UADA>", notes), sent)
    await surface.show(asked, working("<" + text, "<@UADA>", notes), sent)
    assert server.state.is_streaming(answers(server, asked)[0])
    await surface.show(asked, Reply("final", text, footnotes=notes), sent)
    assert (server.state.pings, errors(server)) == ([], [])


async def test_a_news_of_a_command_is_no_stream(server, surface, asked):
    sent = await surface.show(asked, Reply("working", "3 of 9"), None)
    await surface.show(asked, Reply("working", "4 of 9"), sent)
    assert methods(server) == ["chat.postMessage", "chat.update"]


# --- Where there are none


async def test_direct_messages_are_streamed_in_threads_only(server, surface):
    said = await server.direct_message("UADA", "one?")
    await surface.show(question("DADA", said.ts, private=True), EVIDENCE, None)
    below = await server.direct_message("UADA", "two?", thread_ts=said.ts)
    await surface.show(question("DADA", below.ts, said.ts, private=True), EVIDENCE, None)
    assert methods(server) == ["chat.postMessage", "chat.startStream"]
    assert "recipient_user_id" not in server.calls_of("chat.startStream")[0].arguments


@pytest.mark.parametrize(
    "code",
    ["unknown_method", "feature_not_enabled", "missing_scope", "not_allowed_token_type", "method_deprecated"],
)
async def test_a_workspace_without_streams_is_asked_once_and_answers_grow_by_edits(
    server, new_surface, asked, lost, code
):
    server.state.streaming_available, server.state.streaming_error = False, code
    offer = StreamingOffer()
    surface = new_surface(offer)
    other = question("CRANDOM", (await server.mention("CRANDOM", "UADA", "and?")).ts, "")
    other.handle["thread_ts"] = other.handle["ts"]
    with capture_logs() as logs:
        sent = await surface.show(asked, EVIDENCE, await surface.show(asked, SEARCHING, None))
        await surface.show(asked, FINAL, await surface.show(asked, GROWING, sent))
        await surface.show(other, SEARCHING, None)
        await new_surface(offer).show(other, FINAL, Sent())
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")
    assert len(server.calls_of("chat.startStream")) == 1
    assert methods(server)[1:] == ["chat.postMessage", "chat.update", "chat.update", "chat.postMessage", "chat.update"]
    assert [code in str(log["error"]) for log in logs if "streaming" in log["event"]] == [True]
    assert lost == []


async def test_a_channel_without_streams_is_not_asked_again_but_others_are(server, surface, asked):
    server.fail_next("chat.startStream", "channel_type_not_supported")
    await surface.show(asked, EVIDENCE, None)
    for channel in ("CGENERAL", "CRANDOM"):
        said = await server.mention(channel, "UADA", "and?")
        await surface.show(question(channel, said.ts, said.ts), EVIDENCE, None)
    assert [call.arguments["channel"] for call in server.calls_of("chat.startStream")] == ["CGENERAL", "CRANDOM"]
    assert len(server.calls_of("chat.postMessage")) == 2


@pytest.mark.parametrize("trouble", ["user_not_found", "ratelimited", "503"])
async def test_what_stands_in_the_way_of_one_answer_does_not_stop_the_next(server, surface, asked, trouble):
    if trouble == "ratelimited":
        server.rate_limited("chat.startStream", retry_after=60)
    else:
        server.fail_next("chat.startStream", trouble, status=503 if trouble == "503" else 200)
    await surface.show(asked, EVIDENCE, None)
    said = await server.mention("CGENERAL", "UADA", "and?")
    await surface.show(question("CGENERAL", said.ts, said.ts), EVIDENCE, None)
    assert methods(server) == ["chat.startStream", "chat.postMessage", "chat.startStream"]


async def test_streaming_can_be_switched_off(server):
    desk = NotingDesk()
    desk.reply = EVIDENCE
    async with running(server, desk, slack_streaming="off"):
        await server.mention("CGENERAL", "UADA", "one?")
        await server.until(lambda: len(desk.sent) == 1)
    assert methods(server) == ["chat.postMessage"]


def test_a_wrong_setting_is_one_clear_line(monkeypatch):
    monkeypatch.setenv("SLACK_STREAMING", "sometimes")
    with pytest.raises(ConfigurationError, match=r"SLACK_STREAMING: Input should be 'auto' or 'off' \(got 'sometimes'"):
        load_settings(BotSettings)


# --- What ends a stream


async def test_an_answer_outlives_its_stream(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    expire(answers(server, asked)[0])
    await surface.show(asked, working("Leave is 25"), sent)
    assert [message.text for message in answers(server, asked)] == ["Leave is 25"]
    assert "[Cancel]" in server.state.transcript("CGENERAL")
    await surface.show(asked, working("Leave is 25 days"), sent)
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")
    assert len(server.calls_of("chat.appendStream")) == 1
    assert errors(server) == ["message_not_in_streaming_state"]


async def test_the_final_message_comes_also_when_the_stream_has_ended_unseen(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    expire(answers(server, asked)[0])
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


async def test_a_429_moves_an_answer_over_to_edits_without_a_wait(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    server.rate_limited("chat.appendStream", retry_after=60)
    await surface.show(asked, working("Leave is 25"), sent)
    await surface.show(asked, working("Leave is 25 days"), sent)
    assert [message.text for message in answers(server, asked)] == ["Leave is 25 days"]
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")
    assert errors(server) == ["ratelimited"]


async def test_a_429_at_the_end_is_waited_for(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    server.rate_limited("chat.stopStream")
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
async def test_a_lost_answer_leaves_one_message_with_the_text_once(server, surface, asked, method):
    server.lose_answer(method)
    sent = await surface.show(asked, EVIDENCE, None)
    await surface.show(asked, GROWING, sent)
    await surface.show(asked, working("Leave is 25 days"), sent)
    (message,) = answers(server, asked)
    assert message.text.replace("\u200b", "") == "Leave is 25 days"
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")
    assert len(answers(server, asked)) == 1


async def test_a_stream_that_someone_deleted_comes_back_only_with_the_final_answer(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    await server.delete_message("CGENERAL", answers(server, asked)[0].ts)
    await surface.show(asked, working("Leave is 25"), sent)
    assert answers(server, asked) == []
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


async def test_an_answer_is_taken_back_in_the_middle_of_its_stream(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    await surface.retract(asked, sent)
    assert answers(server, asked) == []


async def test_a_stream_under_a_question_that_was_deleted_does_not_stay_in_the_channel(server, surface, asked):
    await server.delete_message("CGENERAL", asked.handle["ts"])
    sent = await surface.show(asked, GROWING, None)
    with pytest.raises(PlatformError, match="was deleted"):
        await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL") == ""


@pytest.mark.parametrize("trouble", ["left", "locked"])
async def test_where_docent_may_not_write_the_person_is_told_once(server, surface, asked, trouble):
    channel = server.state.channels["CGENERAL"]
    if trouble == "left":
        channel.members.discard(server.state.bot_user)
    else:
        server.state.lock_thread("CGENERAL", asked.handle["ts"])
    sent = await surface.show(asked, SEARCHING, None)
    for reply in (EVIDENCE, GROWING, FINAL):
        with pytest.raises(PlatformError):
            await surface.show(asked, reply, sent)
    told = server.state.transcript("CGENERAL") + server.state.transcript(server.state.direct_channel("UADA").id)
    assert told.count("I can't write in this conversation") == 1


# --- Stopped by a person


@pytest.fixture
async def streaming(server):
    """A running platform that has begun to stream the answer to a question: the desk and the message."""
    desk = NotingDesk()
    desk.reply = GROWING
    async with running(server, desk):
        await server.mention("CGENERAL", "UADA", "how many days of leave?")
        await server.until(lambda: len(desk.sent) == 1)
        (message,) = [message for message in server.state.channels["CGENERAL"].messages.values() if message.stream]
        yield desk, message


async def test_our_cancel_button_can_be_pressed_while_the_text_grows(server, streaming):
    desk, message = streaming
    assert server.state.is_streaming(message)
    await server.click("UADA", "CGENERAL", message.ts, "cancel")
    await server.until(lambda: desk.presses == [Press("slack", 7, "cancel", "UADA", user_name="ada")])


async def test_slacks_own_stop_button_is_a_press_of_cancel_and_is_answered_to_who_pressed_it(server, streaming):
    desk, message = streaming
    desk.pressed = "Only the asker may stop it."
    await server.stop_stream("CGENERAL", message.ts, user="UGRACE")
    await server.until(lambda: "(only grace sees this): Only the asker" in server.state.transcript("CGENERAL"))
    assert desk.presses == [Press("slack", 7, "cancel", "UGRACE")]


async def test_who_stops_the_answer_of_another_may_do_so_as_a_manager_of_the_workspace(server):
    desk = NotingDesk()
    desk.reply = GROWING
    async with running(server, desk, platform_admins="on"):
        await server.mention("CGENERAL", "UGRACE", "how many days of leave?")
        await server.until(lambda: len(desk.sent) == 1)
        (message,) = [message for message in server.state.channels["CGENERAL"].messages.values() if message.stream]
        await server.stop_stream("CGENERAL", message.ts, user="UADA")
        await server.until(lambda: desk.presses == [Press("slack", 7, "cancel", "UADA", manages=True)])


async def test_the_stop_button_counts_also_when_the_stream_has_run_out(server, streaming):
    desk, message = streaming
    expire(message)
    event = {"type": "agent_session_stopped", "channel": "CGENERAL", "user": "UADA", "streaming_message_ts": []}
    for thread_ts in ("1.000000", message.thread_ts):
        stopped = {**event, "thread_ts": thread_ts}
        payload = {"type": "event_callback", "event_id": f"Ev{thread_ts}", "team_id": "TDOCENT", "event": stopped}
        server.hub.deliver("events_api", payload)
    await server.until(lambda: desk.presses == [Press("slack", 7, "cancel", "UADA")])


async def test_a_stopped_stream_shows_nothing_more_before_the_final_message(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    await server.stop_stream("CGENERAL", answers(server, asked)[0].ts)
    for text in ("Leave is 25", "Leave is 25 days"):
        await surface.show(asked, working(text), sent)
    assert [message.text for message in answers(server, asked)] == ["Leave is"]
    await surface.show(asked, Reply("final", "Stopped."), sent)
    assert server.state.transcript("CGENERAL").endswith("    docent: Stopped.")


async def test_a_stop_that_was_not_followed_does_not_keep_the_answer_back(server, surface, asked):
    sent = await surface.show(asked, GROWING, None)
    await server.stop_stream("CGENERAL", answers(server, asked)[0].ts)
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


# --- Taken over from a process that was killed


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("reply", [GROWING, FINAL])
async def test_a_stream_that_a_killed_process_left_is_taken_over(server, surface, new_surface, asked, noted, reply):
    left = await surface.show(asked, working("Leave is 2"), None)
    surface = new_surface()
    sent = await surface.show(asked, SEARCHING, Sent(left.ids) if noted else Sent())
    assert sent.ids == left.ids
    assert await surface.show(asked, reply, sent) == sent
    (message,) = answers(server, asked)
    assert (message.text, server.state.is_streaming(message)) == (reply.text, False)
    await surface.show(asked, FINAL, sent)
    assert server.state.transcript("CGENERAL").endswith(f"\n{FINAL_SHOWN}")


@pytest.mark.parametrize("kept", ["block_id", "task_id"])
async def test_either_of_its_names_is_enough_to_find_a_stream(server, surface, new_surface, asked, kept):
    await surface.show(asked, GROWING, None)
    (message,) = answers(server, asked)
    for block in message.blocks:
        block |= dict.fromkeys({"block_id", "task_id"} & block.keys() - {kept}, "other")
    await new_surface().show(asked, FINAL, Sent())
    assert [message.text for message in answers(server, asked)] == ["Leave is 25 days [1]."]


async def test_what_a_killed_process_had_gone_over_to_edit_is_taken_over_too(server, surface, new_surface, asked):
    sent = await surface.show(asked, GROWING, None)
    expire(answers(server, asked)[0])
    await surface.show(asked, working("Leave is 25"), sent)
    await new_surface().show(asked, FINAL, Sent())
    assert [message.text for message in answers(server, asked)] == ["Leave is 25 days [1]."]


async def test_where_a_killed_process_had_shown_nothing_yet_a_stream_begins(server, surface, new_surface, asked):
    await surface.show(asked, SEARCHING, None)
    surface = new_surface()
    sent = await surface.show(asked, EVIDENCE, await surface.show(asked, SEARCHING, Sent()))
    await surface.show(asked, FINAL, sent)
    assert methods(server) == ["chat.startStream", "chat.stopStream", "chat.update"]
    assert len(answers(server, asked)) == 1


async def test_a_stream_that_a_killed_process_left_is_retracted(server, surface, new_surface, asked):
    sent = await surface.show(asked, GROWING, None)
    await new_surface().retract(asked, Sent(sent.ids))
    assert answers(server, asked) == []


async def test_a_show_that_nobody_waits_for_any_more_leaves_no_second_message(server, new_surface, asked):
    surface = new_surface(pause=0.2)
    server.lose_answer("chat.startStream")
    showing = asyncio.create_task(surface.show(asked, EVIDENCE, None))
    await server.until(lambda: server.calls_of("chat.startStream") != [])
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)
    await surface.show(asked, FINAL, None)
    assert [message.text for message in answers(server, asked)] == ["Leave is 25 days [1]."]


# --- Within Slack's limits (the server's are the real ones)


async def test_more_answers_than_streams_a_minute_are_posted(server, surface):
    said = [await server.mention("CGENERAL", "UADA", f"question {number}") for number in range(24)]
    asked = [question("CGENERAL", one.ts, one.ts) for one in said]
    sent = [await surface.show(one, EVIDENCE, None) for one in asked]
    assert 15 <= len(server.calls_of("chat.startStream")) <= 20
    assert len(server.calls_of("chat.startStream")) + len(server.calls_of("chat.postMessage")) == 24
    for one, shown in zip(asked, sent, strict=True):
        await surface.show(one, FINAL, shown)
    assert [[message.text for message in answers(server, one)] for one in asked] == [["Leave is 25 days [1]."]] * 24
    assert errors(server) == []


async def test_starts_that_are_refused_count_too(server, surface):
    server.fail_next("chat.startStream", "user_not_found", times=24)
    for number in range(24):
        said = await server.mention("CGENERAL", "UADA", f"question {number}")
        await surface.show(question("CGENERAL", said.ts, said.ts), EVIDENCE, None)
    assert 15 <= len(server.calls_of("chat.startStream")) <= 20
    assert len(server.calls_of("chat.postMessage")) == 24
    late = await server.mention("CGENERAL", "UADA", "one more")
    assert (await surface.show(question("CGENERAL", late.ts, late.ts), SEARCHING, None)).ids != ()


@pytest.mark.parametrize("rules", [SlackRules(post_burst=50).with_limits(chat__startStream=0)])
async def test_no_more_streams_run_than_can_be_ended_at_once(server, surface):
    surface.streams._starts = MinuteBudget(100)  # as after a minute of starts, when the streams still run
    said = [await server.mention("CGENERAL", "UADA", f"question {number}") for number in range(24)]
    asked = [question("CGENERAL", one.ts, one.ts) for one in said]
    for one in asked[:12]:
        await surface.show(one, FINAL, await surface.show(one, EVIDENCE, None))
    sent = await asyncio.gather(*(surface.show(one, EVIDENCE, None) for one in asked[12:]))
    assert 15 <= len(server.calls_of("chat.startStream")) <= 20
    for one, shown in zip(asked[12:], sent, strict=True):
        await surface.show(one, FINAL, shown)
    assert [len(answers(server, one)) for one in asked] == [1] * 24
    assert errors(server) == []


async def test_beyond_the_appends_of_a_minute_answers_go_on_by_edits(server, surface):
    said = [await server.mention("CGENERAL", "UADA", f"question {number}") for number in range(5)]
    asked = [question("CGENERAL", one.ts, one.ts) for one in said]
    sent = [await surface.show(one, EVIDENCE, None) for one in asked]
    text = ""
    for number in range(22):
        text += f"word{number} "
        for one, shown in zip(asked, sent, strict=True):
            await surface.show(one, working(text), shown)
    assert 80 <= len(server.calls_of("chat.appendStream")) <= 100
    assert any("word21" in message.text for one in asked for message in answers(server, one))
    for one, shown in zip(asked, sent, strict=True):
        await surface.show(one, FINAL, shown)
    assert [[message.text for message in answers(server, one)] for one in asked] == [["Leave is 25 days [1]."]] * 5
    assert errors(server) == []
