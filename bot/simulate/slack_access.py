"""Which conversations the app may read and write, and in which thread a post ends up."""

from __future__ import annotations

import re

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_state import Channel, Message, SlackState

_TS = re.compile(r"\d{9,}\.\d{6}")


def readable_channel(state: SlackState, channel: str, scope: str = "read") -> Channel:
    """Give a conversation that the app can see. Raises channel_not_found, missing_scope.

    scope: the last part of the scope that is needed ("read", "history").
    """
    found = state.channels.get(channel)
    if found is None or (found.kind != "channel" and state.bot_user not in found.members):
        # A private channel without Docent is as good as none.
        raise SlackMethodError("channel_not_found")
    family = {"channel": "channels", "group": "groups"}.get(found.kind, found.kind)
    require_scope(state, f"{family}:{scope}")
    return found


def joined_channel(state: SlackState, channel: str, scope: str) -> Channel:
    """Give a conversation that Docent is in. Raises channel_not_found, missing_scope, not_in_channel."""
    found = readable_channel(state, channel, scope)
    if state.bot_user not in found.members:
        raise SlackMethodError("not_in_channel")
    return found


def writable_channel(state: SlackState, channel: str, *, or_user: bool = False) -> Channel:
    """Give a conversation that the app may post to; with or_user, a user's id means that user's direct messages.

    Raises channel_not_found, is_archived, not_in_channel or the code that the channel gives to every post.
    """
    if or_user and channel in state.users:
        return state.direct_channel(channel)
    found = state.channels.get(channel)
    if found is None or (found.kind != "channel" and state.bot_user not in found.members):
        raise SlackMethodError("channel_not_found")
    if found.is_archived:
        raise SlackMethodError("is_archived")
    if state.bot_user not in found.members and "chat:write.public" not in state.scopes:
        raise SlackMethodError("not_in_channel")
    if found.posting_error:
        raise SlackMethodError(found.posting_error)
    return found


def thread_for_post(channel: Channel, thread_ts: str) -> str:
    """Give the parent's ts under which a post ends up.

    A parent that is gone un-threads the post without a word: it lands in the channel
    (https://github.com/slack-go/slack/issues/1571). Raises invalid_thread_ts for text that is no ts,
    cannot_reply_to_message for a reply's ts, restricted_action_thread_locked.
    """
    if not thread_ts:
        return ""
    if not _TS.fullmatch(thread_ts):
        raise SlackMethodError("invalid_thread_ts")
    if thread_ts in channel.locked_threads:
        raise SlackMethodError("restricted_action_thread_locked")
    parent = channel.messages.get(thread_ts)
    if parent is None or parent.visible_to:
        return ""
    if parent.thread_ts:
        raise SlackMethodError("cannot_reply_to_message")
    return thread_ts


def existing_message(channel: Channel, ts: str, error: str = "message_not_found") -> Message:
    """Give a message that everyone sees and that is still there. Raises `error`; ephemeral messages can't be found."""
    message = channel.messages.get(ts)
    if message is None or message.visible_to or message.is_tombstone:
        raise SlackMethodError(error)
    return message


def require_scope(state: SlackState, *any_of: str) -> None:
    """Raise missing_scope with what is needed and what was granted, unless one of the scopes was granted."""
    if any_of and not state.scopes.intersection(any_of):
        raise SlackMethodError("missing_scope", needed=any_of[0], provided=",".join(sorted(state.scopes)))
