"""The chat.* methods that post, change and delete messages, and reactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.simulate import slack_events as events
from bot.simulate.slack_access import existing_message, require_scope, thread_for_post, writable_channel
from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_blocks import check_blocks, with_ids
from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_outcome import Outcome
from bot.simulate.slack_rules import MARKDOWN_TEXT, POSTED_TEXT, UPDATED_TEXT
from bot.simulate.slack_shapes import message_shape
from bot.simulate.slack_state import Channel, Message, SlackState

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What a call wants to be shown; None where the call says nothing of it."""

    text: str | None
    blocks: list[JsonObject] | None
    attachments: list[JsonObject] | None


def read_content(arguments: Arguments) -> Content:
    """Give the checked content of a call. Raises no_text, invalid_blocks, msg_too_long, markdown_text_conflict."""
    text = arguments.text("text") if arguments.values.get("text") is not None else None
    blocks = arguments.items("blocks", "invalid_blocks_format")
    attachments = arguments.items("attachments", "invalid_attachments")
    markdown = arguments.text("markdown_text")
    if markdown:
        if text or blocks:
            raise SlackMethodError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_TEXT:
            raise SlackMethodError("msg_too_long")
        return Content(markdown, with_ids([{"type": "markdown", "text": markdown}]), attachments)
    if not text and not blocks and not attachments:
        raise SlackMethodError("no_text")
    check_blocks(blocks or [])
    return Content(text, None if blocks is None else with_ids(blocks), attachments)


def post_message(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.postMessage: text above the limit is cut, as Slack does."""
    channel = writable_channel(state, arguments.required("channel"), or_user=True)
    content = read_content(arguments)
    thread_ts = thread_for_post(channel, arguments.text("thread_ts"))
    message = _draft(state, channel, content, thread_ts)
    message.unfurl_links = arguments.flag("unfurl_links")
    message.unfurl_media = arguments.flag("unfurl_media")
    message.metadata = read_metadata(arguments)
    state.post(message, finds_names=_finds_names(arguments))
    answer = {"channel": channel.id, "ts": message.ts, "message": message_shape(state, message)}
    return Outcome(answer, (events.message_posted(state, message),))


def post_ephemeral(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.postEphemeral: only one user sees it, no event tells of it, it can't be updated or deleted."""
    channel = writable_channel(state, arguments.required("channel"))
    user = arguments.required("user")
    if user not in channel.members:
        raise SlackMethodError("user_not_in_channel")
    message = _draft(state, channel, read_content(arguments), arguments.text("thread_ts"))
    message.visible_to = user
    state.post(message)
    return Outcome({"message_ts": message.ts})


def update(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.update: text without blocks removes the blocks there were."""
    channel = writable_channel(state, arguments.required("channel"))
    message = existing_message(channel, arguments.required("ts"))
    if message.user != state.bot_user:
        raise SlackMethodError("cant_update_message")
    if state.is_streaming(message):
        raise SlackMethodError("streaming_state_conflict")
    content = read_content(arguments)
    if len(content.text or "") > UPDATED_TEXT and not arguments.text("markdown_text"):
        raise SlackMethodError("msg_too_long")
    previous = message_shape(state, message)
    if content.text is not None:
        message.text = content.text
        if content.blocks is None:
            # Slack marks an edited text; changed blocks show no mark.
            message.blocks, message.edited_by, message.edited_ts = [], state.bot_user, state.next_ts()
    if content.blocks is not None:
        message.blocks = content.blocks
    if content.attachments is not None:
        message.attachments = content.attachments
    message.metadata = read_metadata(arguments) or message.metadata
    state.notify(message, finds_names=_finds_names(arguments))
    answer = {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message_shape(state, message)}
    return Outcome(answer, (events.message_changed(state, message, previous),))


def delete(state: SlackState, arguments: Arguments) -> Outcome:
    """chat.delete."""
    channel = writable_channel(state, arguments.required("channel"))
    message = existing_message(channel, arguments.required("ts"))
    if message.user != state.bot_user or state.is_streaming(message):
        raise SlackMethodError("cant_delete_message")
    event = remove_message(state, message)
    return Outcome({"channel": channel.id, "ts": message.ts}, (event,))


def remove_message(state: SlackState, message: Message) -> JsonObject:
    """Delete a message and give the event: a parent with replies is not deleted but changed into a tombstone."""
    previous = message_shape(state, message)
    if state.remove(message):
        return events.message_changed(state, message, previous)
    return events.message_deleted(state, previous, message.channel)


def add_reaction(state: SlackState, arguments: Arguments) -> Outcome:
    """reactions.add, for Docent."""
    message, name = _reaction_target(state, arguments)
    users = message.reactions.setdefault(name, [])
    if state.bot_user in users:
        raise SlackMethodError("already_reacted")
    users.append(state.bot_user)
    return Outcome({})


def remove_reaction(state: SlackState, arguments: Arguments) -> Outcome:
    """reactions.remove, for Docent."""
    message, name = _reaction_target(state, arguments)
    users = message.reactions.get(name, [])
    if state.bot_user not in users:
        raise SlackMethodError("no_reaction")
    users.remove(state.bot_user)
    if not users:
        del message.reactions[name]
    return Outcome({})


def _draft(state: SlackState, channel: Channel, content: Content, thread_ts: str) -> Message:
    return Message(
        channel=channel.id,
        ts=state.next_ts(),
        user=state.bot_user,
        bot_id=state.bot_id,
        text=(content.text or "")[:POSTED_TEXT],
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        thread_ts=thread_ts,
    )


def _reaction_target(state: SlackState, arguments: Arguments) -> tuple[Message, str]:
    require_scope(state, "reactions:write")
    channel = state.channels.get(arguments.required("channel"))
    if channel is None or (channel.kind != "channel" and state.bot_user not in channel.members):
        raise SlackMethodError("channel_not_found")
    if channel.is_archived:
        raise SlackMethodError("is_archived")
    if state.bot_user not in channel.members:
        raise SlackMethodError("not_in_channel")
    name = arguments.text("name")
    if not name or name.startswith(":") or not name.isascii():
        raise SlackMethodError("invalid_name")
    return existing_message(channel, arguments.required("timestamp")), name


def _finds_names(arguments: Arguments) -> bool:
    return arguments.text("parse") == "full" or bool(arguments.flag("link_names"))


def read_metadata(arguments: Arguments) -> JsonObject | None:
    """Give the metadata that a call brings, None for none. Raises invalid_metadata_format."""
    metadata = arguments.mapping("metadata", "invalid_metadata_format")
    if metadata is not None and not {"event_type", "event_payload"} <= metadata.keys():
        raise SlackMethodError("invalid_metadata_format")
    return metadata
