"""What Slack sends to an app: events, slash commands and interactions, as JSON payloads."""

from __future__ import annotations

from typing import Any

from bot.simulate.slack_shapes import channel_shape, message_shape
from bot.simulate.slack_state import Channel, Message, SlackState

JsonObject = dict[str, Any]

_HISTORY_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history", "mpim": "mpim:history"}


def reaches_app(state: SlackState, event: JsonObject) -> bool:
    """Tell whether an event is sent at all: the scope is granted and, for messages, Docent is in the channel.

    A mention arrives from any channel: that is how an app learns late that it isn't a member.
    """
    if event["type"] == "app_mention":
        return "app_mentions:read" in state.scopes
    if event["type"] == "message":
        channel = state.channels[event["channel"]]
        return _HISTORY_SCOPES[channel.kind] in state.scopes and state.bot_user in channel.members
    return True


def event_callback(state: SlackState, event: JsonObject) -> JsonObject:
    """Give the payload around an event, with an event_id of its own."""
    event_id = state.new_id("Ev")
    return {
        "token": "verification",
        "team_id": state.team_id,
        "context_team_id": state.team_id,
        "api_app_id": state.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(state.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": state.team_id,
                "user_id": state.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def app_mention(state: SlackState, message: Message) -> JsonObject:
    """Give the event for a message that mentions Docent; it has no channel_type and no subtype."""
    shape = message_shape(state, message)
    return {**shape, "type": "app_mention", "channel": message.channel, "event_ts": message.ts}


def message_posted(state: SlackState, message: Message) -> JsonObject:
    """Give the event for a new message."""
    return {**message_shape(state, message), **_place(state, message.channel), "event_ts": message.ts}


def message_changed(state: SlackState, message: Message, previous: JsonObject) -> JsonObject:
    """Give the event for an edit, an unfurled link or a parent that became a tombstone."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message_shape(state, message),
        "previous_message": previous,
        "hidden": True,
        **_place(state, message.channel),
        **_moment(state),
    }


def message_deleted(state: SlackState, previous: JsonObject, channel: str) -> JsonObject:
    """Give the event for a message that is gone."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "deleted_ts": previous["ts"],
        "hidden": True,
        **_place(state, channel),
        **_moment(state),
    }


def home_opened(state: SlackState, user: str, tab: str) -> JsonObject:
    """Give the event for a user who opened the app; tab: "home" or "messages"."""
    event: JsonObject = {
        "type": "app_home_opened",
        "user": user,
        "channel": state.direct_channel(user).id,
        "tab": tab,
        "event_ts": state.next_ts(),
    }
    if tab == "home" and user in state.homes:
        event["view"] = state.homes[user]
    return event


def session_stopped(state: SlackState, message: Message, user: str) -> JsonObject:
    """Give the event for a click on the stop button of a stream."""
    return {
        "type": "agent_session_stopped",
        "channel": message.channel,
        "thread_ts": message.thread_ts,
        "streaming_message_ts": [message.ts],
        "user": user,
        "event_ts": state.next_ts(),
    }


def slash_command(state: SlackState, channel: Channel, user: str, command: str, text: str, url: str) -> JsonObject:
    """Give the payload of a slash command; url is its response_url."""
    return {
        "token": "verification",
        "team_id": state.team_id,
        "team_domain": state.team_domain,
        "channel_id": channel.id,
        "channel_name": {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name),
        "user_id": user,
        "user_name": state.users[user].name,
        "command": command,
        "text": text,
        "api_app_id": state.app_id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": state.new_trigger(user),
    }


def block_actions(
    state: SlackState, message: Message, user: str, block: JsonObject, element: JsonObject, fields: JsonObject, url: str
) -> JsonObject:
    """Give the payload of a used element; fields say what was chosen, url is its response_url."""
    container: JsonObject = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
    container["is_ephemeral"] = bool(message.visible_to)
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    channel = channel_shape(state, state.channels[message.channel])
    payload = {
        **_interaction(state, "block_actions", user),
        "container": container,
        "channel": {"id": message.channel, "name": channel.get("name", "directmessage")},
        "state": {"values": {}},
        "response_url": url,
        "actions": [
            {
                "type": element["type"],
                "action_id": element["action_id"],
                "block_id": block["block_id"],
                "action_ts": state.next_ts(),
                **fields,
            }
        ],
    }
    if not message.visible_to:
        payload["message"] = message_shape(state, message)
    return payload


def view_submission(state: SlackState, view: JsonObject, user: str, values: JsonObject) -> JsonObject:
    """Give the payload of a submitted modal; values by block_id, then action_id."""
    return {
        **_interaction(state, "view_submission", user),
        "view": {**view, "state": {"values": values}},
        "response_urls": [],
    }


def _interaction(state: SlackState, kind: str, user: str) -> JsonObject:
    name = state.users[user].name
    return {
        "type": kind,
        "user": {"id": user, "username": name, "name": name, "team_id": state.team_id},
        "api_app_id": state.app_id,
        "token": "verification",
        "team": {"id": state.team_id, "domain": state.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": state.new_trigger(user),
    }


def _place(state: SlackState, channel: str) -> JsonObject:
    return {"channel": channel, "channel_type": state.channels[channel].kind}


def _moment(state: SlackState) -> JsonObject:
    ts = state.next_ts()
    return {"ts": ts, "event_ts": ts}
