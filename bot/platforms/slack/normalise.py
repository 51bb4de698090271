"""Slack's payloads as what people did: questions, edits, deletions, commands, presses; None when not for us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from bot.messages import Action, Command, CommandName, IncomingMessage, Press
from bot.platforms.slack.markup import addresses_others, mentions, readable
from core.models import ConversationKey

Payload = Mapping[str, Any]
Addressing = Literal["us", "thread", "channel"]

# Other subtypes are joins, topics, bots, calls: nothing that a person asks.
_SPOKEN = (None, "file_share", "thread_broadcast")
_ALONE = ("status", "forget", "help")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in a workspace, as auth.test says."""

    team: str
    bot_user: str
    bot_id: str


def normalise_event(payload: Payload, identity: Identity) -> IncomingMessage | None:
    """Give what an event of the Events API says that a person did with a message.

    A mention and the message event of the same text give equal values, so that either may claim the question.
    """
    event = payload["event"]
    if event.get("type") not in ("app_mention", "message"):
        return None
    subtype = event.get("subtype")
    if subtype in _SPOKEN:
        return _message("question", event, event, payload, identity)
    if subtype == "message_deleted":
        gone = event.get("previous_message") or {}
        return _message("deleted", event, {"text": "", **gone, "ts": event["deleted_ts"]}, payload, identity)
    if subtype != "message_changed":
        return None
    message, previous = event.get("message") or {}, event.get("previous_message") or {}
    if message.get("subtype") == "tombstone":
        # A deleted parent stays as a stone over its replies; whose it was stands in the version before.
        return _message("deleted", event, {"text": "", **previous, "ts": message["ts"]}, payload, identity)
    if not message.get("edited") or message.get("text") == previous.get("text"):
        return None  # a link preview, not a person
    return _message("edited", event, message, payload, identity)


def _message(
    kind: Literal["question", "edited", "deleted"], event: Payload, said: Payload, payload: Payload, identity: Identity
) -> IncomingMessage | None:
    """Give what was said, by a person; said: the message itself, which an edit or a deletion holds inside."""
    user, text = said.get("user"), said.get("text")
    if said.get("bot_id") or user in (None, "", "USLACKBOT", identity.bot_user) or not isinstance(text, str):
        return None
    if kind != "deleted" and said.get("subtype") not in _SPOKEN:
        return None
    channel, ts = event["channel"], said["ts"]
    private = is_direct(channel, event.get("channel_type"))
    thread = said.get("thread_ts") or ""
    if private and thread == ts:
        thread = ""  # someone replied below; the question itself was asked outside of threads
    elif not private:
        thread = thread or ts
    return IncomingMessage(
        kind,
        f"slack:{payload.get('team_id') or identity.team}:{channel}:{ts}",
        ConversationKey("slack", payload.get("team_id") or identity.team, channel, thread),
        user,
        "" if kind == "deleted" else readable(text, identity.bot_user),
        private,
        {"channel": channel, "ts": ts, "thread_ts": thread, "user": user},
        addressed=private or event["type"] == "app_mention" or mentions(text, identity.bot_user),
    )


def is_direct(channel: str, channel_type: str | None = None) -> bool:
    """Tell whether a conversation is between one person and us; mentions and commands don't name its type."""
    return channel_type == "im" or (channel_type is None and channel.startswith("D"))


def addressing(event: Payload, identity: Identity) -> Addressing:
    """Tell whom a new message speaks to: us, the thread that it is in, or the channel."""
    if event["type"] == "app_mention" or mentions(event["text"], identity.bot_user):
        return "us"
    if is_direct(event["channel"], event.get("channel_type")):
        return "us"
    thread = event.get("thread_ts")
    # Who begins with another name in our thread talks to that person.
    return "thread" if thread and thread != event["ts"] and not addresses_others(event["text"]) else "channel"


def newly_mentions(event: Payload, identity: Identity) -> bool:
    """Tell whether an edit put our name into a message that had none."""
    before = (event.get("previous_message") or {}).get("text") or ""
    return mentions(event["message"]["text"], identity.bot_user) and not mentions(before, identity.bot_user)


def spoken_command(message: IncomingMessage) -> Command | None:
    """Give the command that a message to us consists of: Slack has no slash commands in threads."""
    word = message.text.lower().rstrip("!. ")
    if word not in _ALONE:
        return None
    return Command("slack", cast(CommandName, word), "", message.user, message.conversation)


def normalise_command(body: Payload, identity: Identity) -> tuple[IncomingMessage, Command | None]:
    """Give what was asked by a slash command and where, and the command if it is another one than a question."""
    name, argument = command_words(readable(body.get("text") or "", identity.bot_user))
    channel, user, team = body["channel_id"], body["user_id"], body.get("team_id") or identity.team
    conversation = ConversationKey("slack", team, channel, "")
    message = IncomingMessage(
        "question",
        f"slack:{team}:{channel}:{body['trigger_id']}",
        conversation,
        user,
        argument,
        is_direct(channel),
        {"channel": channel, "ts": "", "thread_ts": "", "user": user},
    )
    if name == "ask":
        return message, None
    return message, Command("slack", name, argument, user, conversation, body.get("user_name") or "", message)


def command_words(text: str) -> tuple[CommandName | Literal["ask"], str]:
    """Give the name of a command and what stood behind it; whatever is no command is a question."""
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    name = word.lower()
    if name in ("", "ask") and not rest:
        return "help", ""
    is_collections = name == "collections" and rest.partition(" ")[0] in ("", "limit", "private")
    if name in ("ask", "reingest") or is_collections or (name in _ALONE and not rest):
        return cast(CommandName, name), rest.strip()
    return "ask", text.strip()


def posted_question(message: IncomingMessage, ts: str) -> IncomingMessage:
    """Give a question of a slash command once it stands in its channel under our name."""
    thread = "" if message.private else ts
    conversation = replace(message.conversation, thread=thread)
    key = f"slack:{conversation.workspace}:{conversation.channel}:{ts}"
    return replace(
        message, key=key, conversation=conversation, handle={**message.handle, "ts": ts, "thread_ts": thread}
    )


def normalise_action(body: Payload) -> Press | None:
    """Give the press of one of our buttons."""
    action = (body.get("actions") or [{}])[0]
    name, value = action.get("action_id"), action.get("value") or ""
    if name not in get_args(Action) or not value.isdigit():
        return None
    user = body["user"]
    return Press("slack", int(value), name, user["id"], user_name=user.get("username") or user.get("name") or "")
