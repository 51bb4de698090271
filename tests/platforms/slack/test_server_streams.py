"""Streamed messages: written by the SDK's own helper, expired, stopped, switched off."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

RECIPIENT = {"recipient_user_id": "UADA", "recipient_team_id": "TDOCENT"}


async def error_of(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


@pytest.fixture
async def question(server) -> str:
    return (await server.message("CGENERAL", "UADA", "how?")).ts


@pytest.fixture
async def stream(client, question) -> dict[str, str]:
    started = await client.chat_startStream(channel="CGENERAL", thread_ts=question, markdown_text="One", **RECIPIENT)
    return {"channel": started["channel"], "ts": started["ts"]}


async def test_the_sdks_stream_grows_a_reply(server, client, question):
    streamer = await client.chat_stream(channel="CGENERAL", thread_ts=question, buffer_size=1, **RECIPIENT)
    await streamer.append(markdown_text="**One")
    assert server.state.transcript("CGENERAL") == "ada: how?\n    docent: **One …"
    await streamer.append(markdown_text=" two**")
    button = {"type": "button", "action_id": "good", "text": {"type": "plain_text", "text": "👍"}}
    await streamer.stop(markdown_text=" three", blocks=[{"type": "actions", "elements": [button]}])
    assert server.state.transcript("CGENERAL") == "ada: how?\n    docent: **One two** three\n        [👍]"
    message = server.state.message("CGENERAL", streamer.ts)
    assert (message.text, message.thread_ts) == ("**One two** three", question)


async def test_a_channel_needs_recipient_and_thread(client, question):
    arguments = {"channel": "CGENERAL", "thread_ts": question, **RECIPIENT}
    for name, error in {
        "recipient_team_id": "missing_recipient_team_id",
        "recipient_user_id": "missing_recipient_user_id",
        "thread_ts": "invalid_arguments",
    }.items():
        given = {key: value for key, value in arguments.items() if key != name}
        assert await error_of(client.api_call("chat.startStream", json=given)) == error


async def test_direct_messages_need_no_recipient(server, client):
    said = await server.direct_message("UADA", "how?")
    assert (await client.chat_startStream(channel="DADA", thread_ts=said.ts))["ok"]


async def test_a_stream_that_went_on_too_long_is_over_and_can_be_updated(server, client, stream):
    server.state.message(**{"channel": stream["channel"], "ts": stream["ts"]}).stream.started_at -= 301
    assert await error_of(client.chat_appendStream(**stream, markdown_text="x")) == "message_not_in_streaming_state"
    assert await error_of(client.chat_stopStream(**stream)) == "message_not_in_streaming_state"
    await client.chat_update(**stream, text="One, the rest")
    assert "docent: One, the rest" in server.state.transcript("CGENERAL")


async def test_a_running_stream_can_be_neither_updated_nor_deleted(client, stream):
    assert await error_of(client.chat_update(**stream, text="x")) == "streaming_state_conflict"
    assert await error_of(client.chat_delete(**stream)) == "cant_delete_message"
    await client.chat_stopStream(**stream)
    assert await error_of(client.chat_appendStream(**stream, markdown_text="x")) == "message_not_in_streaming_state"
    await client.chat_delete(**stream)


async def test_the_stop_button_ends_a_stream_and_tells_the_app(server, client, bot, stream, question):
    await server.stop_stream(stream["channel"], stream["ts"], user="UGRACE")
    await server.settled()
    (event,) = bot.events("agent_session_stopped")
    assert (event["streaming_message_ts"], event["thread_ts"], event["user"]) == ([stream["ts"]], question, "UGRACE")
    assert await error_of(client.chat_appendStream(**stream, markdown_text="x")) == "stopped_by_user"
    await client.chat_stopStream(**stream)
    with pytest.raises(LookupError):
        await server.stop_stream(stream["channel"], stream["ts"])


async def test_streaming_can_be_missing_in_a_workspace(server, client, question):
    server.state.streaming_available = False
    start = {"channel": "CGENERAL", "thread_ts": question, **RECIPIENT}
    assert await error_of(client.chat_startStream(**start)) == "unknown_method"
    server.state.streaming_error = "feature_not_enabled"
    assert await error_of(client.chat_startStream(**start)) == "feature_not_enabled"


async def test_what_is_appended_is_checked(client, stream):
    assert await error_of(client.chat_appendStream(**stream, markdown_text="x" * 12_001)) == "msg_too_long"
    assert await error_of(client.chat_appendStream(**stream)) == "no_text"
    assert await error_of(client.chat_appendStream(**stream, chunks=[{"type": "dance"}])) == "invalid_chunks"
    assert await error_of(client.chat_appendStream(channel="CGENERAL", ts="1.000000", markdown_text="x")) == (
        "message_not_found"
    )


def text_chunk(text: str) -> dict[str, str]:
    return {"type": "markdown_text", "text": text}


async def test_tasks_blocks_and_text_stand_in_their_order_and_a_task_changes_in_its_place(server, client, question):
    button = {"type": "button", "action_id": "stop", "text": {"type": "plain_text", "text": "Cancel"}}
    blocks = {"type": "blocks", "blocks": [{"type": "actions", "block_id": "mine", "elements": [button]}]}
    task = {"type": "task_update", "id": "1", "title": "Search", "status": "in_progress"}
    started = await client.chat_startStream(
        channel="CGENERAL", thread_ts=question, chunks=[blocks, task, text_chunk("One")], **RECIPIENT
    )
    place = {"channel": "CGENERAL", "ts": started["ts"]}
    await client.chat_appendStream(**place, chunks=[{**task, "status": "complete"}, text_chunk(" two")])
    assert server.state.transcript("CGENERAL").endswith(
        "docent: [Cancel]\n        (complete) Search\n        One two …"
    )
    await server.click("UADA", "CGENERAL", started["ts"], "stop")
    replies = await client.conversations_replies(channel="CGENERAL", ts=question)
    assert (replies["messages"][1]["streaming_state"], replies["messages"][1]["blocks"][0]["block_id"]) == (
        "in_progress",
        "mine",
    )


async def test_a_stream_keeps_to_the_form_that_it_began_with(client, stream, question):
    chunks = [text_chunk("x")]
    assert await error_of(client.chat_appendStream(**stream, chunks=chunks)) == "streaming_mode_mismatch"
    assert await error_of(client.chat_stopStream(**stream, chunks=chunks)) == "streaming_mode_mismatch"
    assert await error_of(client.chat_appendStream(**stream, markdown_text="x", chunks=chunks)) == (
        "cannot_provide_both_markdown_text_and_chunks"
    )


async def test_the_end_of_a_stream_can_bring_metadata_and_shows_in_the_history(client, stream, question):
    metadata = {"event_type": "mine", "event_payload": {"id": "7"}}
    stopped = await client.chat_stopStream(**stream, metadata=metadata)
    assert (stopped["message"]["metadata"], stopped["message"]["thread_ts"]) == (metadata, question)
    assert stopped["message"]["streaming_state"] == "completed"


async def test_a_mention_put_together_from_two_appends_pings(server, client, stream):
    await client.chat_appendStream(**stream, markdown_text=" <!chan")
    assert server.state.pings == []
    await client.chat_appendStream(**stream, markdown_text="nel> and <!channel>")
    assert [ping.target for ping in server.state.pings] == ["!channel"]
