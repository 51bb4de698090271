"""The JSON in which Slack shows users, channels and messages."""

from __future__ import annotations

import re
from typing import Any

from bot.simulate.slack_state import Channel, Message, SlackState, User

JsonObject = dict[str, Any]

_WIRE = re.compile(r"<([^<>\n]+)>")


def user_shape(state: SlackState, user: User) -> JsonObject:
    """Give a user as `users.info` does."""
    return {
        "id": user.id,
        "team_id": state.team_id,
        "name": user.name,
        "real_name": user.name.title(),
        "deleted": False,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_bot": user.is_bot,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "profile": {"real_name": user.name.title(), "display_name": user.name, "team": state.team_id},
    }


def channel_shape(state: SlackState, channel: Channel) -> JsonObject:
    """Give a conversation as `conversations.info` does."""
    shape = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.is_archived,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "context_team_id": state.team_id,
    }
    if channel.kind == "im":
        return {**shape, "user": next(iter(channel.members - {state.bot_user}), state.bot_user)}
    return {
        **shape,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_general": channel.name == "general",
        "is_member": state.bot_user in channel.members,
        "num_members": len(channel.members),
    }


def message_shape(state: SlackState, message: Message) -> JsonObject:
    """Give a message as history, events and answers hold it."""
    shape: JsonObject = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    shape["team"] = state.team_id
    if message.is_tombstone:
        shape |= {"subtype": "tombstone", "hidden": True}
    if message.bot_id:
        shape["bot_id"] = message.bot_id
        if message.user:
            shape |= _bot_profile(state, message)
        else:
            del shape["user"]
            shape |= {"subtype": "bot_message", "username": message.username}
    if message.client_msg_id:
        shape["client_msg_id"] = message.client_msg_id
    blocks = message.blocks or (_typed_blocks(message.text) if message.client_msg_id else [])
    optional = {"blocks": blocks, "attachments": message.attachments, "metadata": message.metadata}
    shape |= {name: value for name, value in optional.items() if value}
    if message.stream:
        shape["streaming_state"] = "in_progress" if state.is_streaming(message) else "completed"
    if message.edited_by:
        shape["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    return shape | _thread_fields(state, message)


def as_typed(text: str) -> str:
    """Give what a person types as Slack sends it: the three control characters become entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _thread_fields(state: SlackState, message: Message) -> JsonObject:
    channel = state.channels[message.channel]
    if message.thread_ts:
        parent = channel.messages.get(message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": parent.user if parent else ""}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    writers = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(writers),
        "reply_users": writers,
        "latest_reply": replies[-1].ts,
    }


def _bot_profile(state: SlackState, message: Message) -> JsonObject:
    app = state.app_id if message.bot_id == state.bot_id else f"A{message.bot_id[1:]}"
    user = state.users.get(message.user)
    profile = {"id": message.bot_id, "app_id": app, "name": user.name if user else "", "team_id": state.team_id}
    return {"app_id": app, "bot_profile": profile}


def _typed_blocks(text: str) -> list[JsonObject]:
    """Give the rich text that comes with what a person wrote; its texts hold characters, not entities."""
    elements: list[JsonObject] = []
    position = 0
    for match in _WIRE.finditer(text):
        elements += _plain_element(text[position : match.start()])
        target, _, label = match.group(1).partition("|")
        if target.startswith("@"):
            elements.append({"type": "user", "user_id": target[1:]})
        elif target.startswith("#"):
            elements.append({"type": "channel", "channel_id": target[1:]})
        elif target.startswith("!subteam^"):
            elements.append({"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")})
        elif target.startswith("!"):
            elements.append({"type": "broadcast", "range": target[1:]})
        else:
            elements.append({"type": "link", "url": target, **({"text": label} if label else {})})
        position = match.end()
    elements += _plain_element(text[position:])
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _plain_element(text: str) -> list[JsonObject]:
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return [{"type": "text", "text": plain}] if plain else []
