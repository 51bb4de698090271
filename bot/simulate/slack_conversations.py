"""The methods that look up conversations, people and threads, and the status line of a thread."""

from __future__ import annotations

from typing import TypeVar

from bot.simulate.slack_access import joined_channel, readable_channel, require_scope, writable_channel
from bot.simulate.slack_arguments import Arguments
from bot.simulate.slack_errors import SlackMethodError, invalid_arguments
from bot.simulate.slack_outcome import Outcome
from bot.simulate.slack_rules import LOADING_MESSAGES
from bot.simulate.slack_shapes import channel_shape, message_shape, user_shape
from bot.simulate.slack_state import Message, SlackState, Status

Item = TypeVar("Item")

# The kind of conversation that each type names, and the family of scopes by which it may be asked for.
_KINDS = {
    "public_channel": ("channel", "channels"),
    "private_channel": ("group", "groups"),
    "mpim": ("mpim", "mpim"),
    "im": ("im", "im"),
}


def auth_test(state: SlackState, arguments: Arguments) -> Outcome:
    """auth.test."""
    return Outcome(
        {
            "url": f"https://{state.team_domain}.slack.com/",
            "team": state.team_domain.title(),
            "user": state.users[state.bot_user].name,
            "team_id": state.team_id,
            "user_id": state.bot_user,
            "bot_id": state.bot_id,
            "is_enterprise_install": False,
        }
    )


def info(state: SlackState, arguments: Arguments) -> Outcome:
    """conversations.info."""
    return Outcome({"channel": channel_shape(state, readable_channel(state, arguments.required("channel")))})


def members(state: SlackState, arguments: Arguments) -> Outcome:
    """conversations.members, a page at a time."""
    channel = readable_channel(state, arguments.required("channel"))
    page, cursor = _page(sorted(channel.members), arguments, 100)
    return Outcome({"members": page, "response_metadata": {"next_cursor": cursor}})


def history(state: SlackState, arguments: Arguments) -> Outcome:
    """conversations.history: top-level messages, newest first, a page at a time."""
    channel = joined_channel(state, arguments.required("channel"), "history")
    posted = [message for message in channel.messages.values() if not message.thread_ts]
    return _messages(state, list(reversed(posted)), arguments)


def replies(state: SlackState, arguments: Arguments) -> Outcome:
    """conversations.replies: the parent, then its replies, oldest first. A reply's ts gives that reply alone."""
    channel = joined_channel(state, arguments.required("channel"), "history")
    message = channel.messages.get(arguments.required("ts"))
    if message is None or message.visible_to:
        raise SlackMethodError("thread_not_found")
    return _messages(state, [message, *channel.replies(message.ts)], arguments)


def open_direct(state: SlackState, arguments: Arguments) -> Outcome:
    """conversations.open, with one user."""
    require_scope(state, "im:write")
    user = arguments.text("users")
    if user not in state.users:
        raise SlackMethodError("user_not_found")
    already = f"D{user[1:]}" in state.channels
    channel = state.direct_channel(user)
    return Outcome({"no_op": already, "already_open": already, "channel": {"id": channel.id}})


def user_info(state: SlackState, arguments: Arguments) -> Outcome:
    """users.info."""
    user = state.users.get(arguments.text("user"))
    if user is None:
        raise SlackMethodError("user_not_found")
    return Outcome({"user": user_shape(state, user)})


def user_conversations(state: SlackState, arguments: Arguments) -> Outcome:
    """users.conversations: where Docent (or `user`) is, public channels unless `types` says otherwise."""
    user = arguments.text("user") or state.bot_user
    kinds = set()
    for asked in arguments.text("types", "public_channel").split(","):
        if asked.strip() not in _KINDS:
            raise SlackMethodError("invalid_types")
        kind, family = _KINDS[asked.strip()]
        require_scope(state, f"{family}:read")
        kinds.add(kind)
    without_archived = bool(arguments.flag("exclude_archived"))
    found = [
        channel_shape(state, channel)
        for channel in state.channels.values()
        if channel.kind in kinds
        and {user, state.bot_user} <= channel.members
        and not (without_archived and channel.is_archived)
    ]
    page, cursor = _page(found, arguments, 100)
    return Outcome({"channels": page, "response_metadata": {"next_cursor": cursor}})


def set_status(state: SlackState, arguments: Arguments) -> Outcome:
    """assistant.threads.setStatus: an empty status clears it."""
    channel = writable_channel(state, arguments.required("channel_id"))
    thread_ts = arguments.required("thread_ts")
    parent = channel.messages.get(thread_ts)
    if parent is None or parent.thread_ts:
        raise SlackMethodError("invalid_thread_ts")
    loading = arguments.values.get("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > LOADING_MESSAGES:
        raise invalid_arguments(f"no more than {LOADING_MESSAGES} items allowed [json-pointer:/loading_messages]")
    text = arguments.text("status")
    if text:
        state.statuses[channel.id, thread_ts] = Status(text, loading, state.clock())
    else:
        state.statuses.pop((channel.id, thread_ts), None)
    return Outcome({})


def _messages(state: SlackState, messages: list[Message], arguments: Arguments) -> Outcome:
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "9999999999")
    inclusive = bool(arguments.flag("inclusive"))
    within = [
        message
        for message in messages
        if not message.visible_to
        and (float(oldest) < float(message.ts) < float(latest) or (inclusive and message.ts in (oldest, latest)))
    ]
    page, cursor = _page(within, arguments, 100)
    return Outcome(
        {
            "messages": [message_shape(state, message) for message in page],
            "has_more": bool(cursor),
            "response_metadata": {"next_cursor": cursor},
        }
    )


def _page(items: list[Item], arguments: Arguments, default: int) -> tuple[list[Item], str]:
    """Give one page and the cursor of the next, "" after the last."""
    cursor = arguments.text("cursor")
    if cursor and not cursor.isdigit():
        raise SlackMethodError("invalid_cursor")
    begin, limit = int(cursor or 0), arguments.number("limit", default)
    end = begin + limit
    return items[begin:end], str(end) if end < len(items) else ""
