"""The methods that write a message while people read it: chat.startStream, appendStream and stopStream.

https://docs.slack.dev/reference/methods/chat.startStream. That a stream keeps to the form of its first call, what is
refused while it runs, and `streaming_state` are documented nowhere; several projects measured them on Slack itself.
"""

from __future__ import annotations

from typing import Any, Literal

from bot.simulate import slack_events as events
from bot.simulate.slack_access import existing_message, thread_for_post, writable_channel
from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_blocks import check_blocks, with_ids
from bot.simulate.slack_chat import read_metadata
from bot.simulate.slack_errors import SlackMethodError, invalid_arguments
from bot.simulate.slack_outcome import Outcome
from bot.simulate.slack_rules import MARKDOWN_TEXT
from bot.simulate.slack_shapes import message_shape
from bot.simulate.slack_state import Message, SlackState, Stream

JsonObject = dict[str, Any]


def start(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.startStream: outside direct messages it needs the thread and the one user who reads along."""
    _require_streaming(state)
    channel = writable_channel(state, arguments.required("channel"))
    if channel.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            if not arguments.text(name):
                raise SlackMethodError(f"missing_{name}")
    if not arguments.text("thread_ts"):
        raise invalid_arguments("missing required field: thread_ts")
    thread_ts = thread_for_post(channel, arguments.text("thread_ts"))
    chunks = _chunks(arguments)
    message = Message(
        channel=channel.id,
        ts=state.next_ts(),
        user=state.bot_user,
        bot_id=state.bot_id,
        text="",
        thread_ts=thread_ts,
        stream=Stream(state.clock(), form=_form(arguments)),
    )
    _write(message, chunks)
    state.post(message)
    return Outcome({"channel": channel.id, "ts": message.ts}, (events.message_posted(state, message),))


def append(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.appendStream. A stop by the user gives stopped_by_user, an end message_not_in_streaming_state."""
    message = _streamed_message(state, arguments)
    if message.stream and message.stream.ended == "stopped_by_user":
        raise SlackMethodError("stopped_by_user")
    _require_running(state, message)
    chunks = _chunks(arguments)
    if not chunks:
        raise SlackMethodError("no_text")
    _require_form(message, _form(arguments))
    _write(message, chunks)
    state.notify(message)
    return Outcome({"channel": message.channel, "ts": message.ts})


def stop(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.stopStream: adds the last text and the blocks under it. Allowed after a stop by the user."""
    message = _streamed_message(state, arguments)
    if message.stream is None or message.stream.ended != "stopped_by_user":
        _require_running(state, message)
    chunks = _chunks(arguments)
    _require_form(message, _form(arguments))
    blocks = arguments.items("blocks", "invalid_blocks_format") or []
    check_blocks(blocks)
    previous = message_shape(state, message)
    _write(message, chunks)
    message.blocks = with_ids([*message.blocks, *blocks])
    message.metadata = read_metadata(arguments) or message.metadata
    message.stream = Stream(state.clock(), "finished")
    state.notify(message)
    answer = {"channel": message.channel, "ts": message.ts, "message": message_shape(state, message)}
    return Outcome(answer, (events.message_changed(state, message, previous),))


def _require_streaming(state: SlackState) -> None:
    if not state.streaming_available:
        raise SlackMethodError(state.streaming_error)


def _streamed_message(state: SlackState, arguments: Arguments) -> Message:
    _require_streaming(state)
    channel = writable_channel(state, arguments.required("channel"))
    message = existing_message(channel, arguments.required("ts"))
    if message.user != state.bot_user:
        raise SlackMethodError("message_not_owned_by_app")
    return message


def _require_running(state: SlackState, message: Message) -> None:
    if not state.is_streaming(message):
        raise SlackMethodError("message_not_in_streaming_state")


def _form(arguments: Arguments) -> Literal["", "markdown_text", "chunks"]:
    """Give what a call brings its content in, "" for no content."""
    if arguments.text("markdown_text"):
        return "markdown_text"
    return "chunks" if arguments.items("chunks", "invalid_chunks") else ""


def _require_form(message: Message, form: Literal["", "markdown_text", "chunks"]) -> None:
    """Keep a stream to the form of its first content. Raises streaming_mode_mismatch."""
    if message.stream and form and message.stream.form not in ("", form):
        raise SlackMethodError("streaming_mode_mismatch")
    if message.stream and form:
        message.stream.form = form


def _chunks(arguments: Arguments) -> list[JsonObject]:
    """Give what a call adds, as chunks. Raises msg_too_long, invalid_chunks, invalid_blocks."""
    markdown = arguments.text("markdown_text")
    chunks = arguments.items("chunks", "invalid_chunks") or []
    if markdown and chunks:
        raise SlackMethodError("cannot_provide_both_markdown_text_and_chunks")
    if markdown:
        chunks = [{"type": "markdown_text", "text": markdown}]
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "markdown_text":
            if not isinstance(chunk.get("text"), str):
                raise SlackMethodError("invalid_chunks")
            if len(chunk["text"]) > MARKDOWN_TEXT:
                raise SlackMethodError("msg_too_long")
        elif kind == "task_update":
            if not {"id", "title", "status"} <= chunk.keys():
                raise SlackMethodError("invalid_chunks")
        elif kind == "blocks":
            check_blocks(chunk.get("blocks", []))
        elif kind != "plan_update":
            raise SlackMethodError("invalid_chunks")
    return chunks


def _write(message: Message, chunks: list[JsonObject]) -> None:
    """Add chunks to a message in their order: text goes on in its block, a task that is there already changes."""
    blocks = list(message.blocks)
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            message.text += chunk["text"]
            before = blocks.pop() if blocks and blocks[-1]["type"] == "markdown" else {"type": "markdown", "text": ""}
            blocks.append({**before, "text": before["text"] + chunk["text"]})
        elif chunk["type"] == "blocks":
            blocks += chunk["blocks"]
        elif chunk["type"] == "task_update":
            task = {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"], "status": chunk["status"]}
            places = [place for place, block in enumerate(blocks) if block.get("task_id") == chunk["id"]]
            if places:
                blocks[places[0]] = {**blocks[places[0]], **task}
            else:
                blocks.append(task)
    message.blocks = with_ids(blocks)
