"""Turns what people do on Discord into the desk's words; pure, over plain data taken from the library's objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from bot import wording
from bot.messages import Action, Command, CommandName, IncomingMessage, Press
from core.models import ConversationKey
from core.storage.access_store import Audience, Scope

PLATFORM = "discord"
_DIRECT = "@me"
_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_COMMAND = re.compile(r"<(/[^<>\n]+):\d+>")
_BUTTON = re.compile(rf"docent:({'|'.join(get_args(Action))}):(\d+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened. guild: None in a direct message. A thread is a channel of its own.

    room: the channel that a thread belongs to, else the channel itself; a thread is as open as its room is, even one
    of a few people, because everyone in the room can begin one. is_public: @everyone can see the room.
    """

    channel: int
    guild: int | None
    thread: bool = False
    room: int | None = None
    is_public: bool = True

    @property
    def conversation(self) -> ConversationKey:
        """Whose memory it is."""
        return ConversationKey(PLATFORM, str(self.guild or _DIRECT), str(self.channel))

    @property
    def audience(self) -> Audience:
        """Who reads what is said there."""
        scope = Scope(PLATFORM, self.conversation.workspace, str(self.room or self.channel))
        return Audience(scope, self.is_public and not self.private)

    @property
    def private(self) -> bool:
        """True in a direct message."""
        return self.guild is None


@dataclass(frozen=True, slots=True)
class Post:
    """A message as it concerns us.

    human: written by a person, not by a bot, a webhook or Discord. us: our own user id.
    to_us: it mentions us or replies to us. to_others: it replies to, or begins by mentioning, somebody else.
    names: what to show for mentions, "@1" (user), "@&2" (role), "#3" (channel) -> name.
    """

    id: int
    place: Place
    author: int
    human: bool
    text: str
    us: int
    to_us: bool = False
    to_others: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A slash command as it came. token: "" when Discord takes no answer to it any more. at: Unix seconds.

    response: the id of the message that people see as "is thinking…", "@original" where Discord did not tell it.
    """

    id: int
    place: Place
    user: int
    application: int
    token: str
    at: float
    response: str = ""


def message_key(message: int) -> str:
    """Give the key of a message, the same for its creation, its edits and its deletion."""
    return f"{PLATFORM}:message:{message}"


def question(post: Post) -> IncomingMessage | None:
    """Give the question of a message that speaks to us: a direct message, a mention, a reply to us; else None."""
    if not post.human or not (post.place.private or post.to_us):
        return None
    # A reply with the mention switched off reaches us without its text: nothing can be answered.
    if not post.text and not post.place.private:
        return None
    return _incoming(post, "question")


def follow_up(post: Post) -> IncomingMessage | None:
    """Give the question that a message in a thread is, provided that Docent takes part there; else None."""
    if not post.human or not post.place.thread or post.to_us or post.to_others or not post.text:
        return None
    return _incoming(post, "question")


def edit(post: Post) -> IncomingMessage | None:
    """Give the new text of a message; the desk knows whether it was a question. None where it can't be read."""
    return _incoming(post, "edited") if post.human and post.text else None


def deletion(message: int, place: Place) -> IncomingMessage:
    """Give the withdrawal of a message; the desk knows whether it was a question."""
    return IncomingMessage(
        "deleted", message_key(message), place.conversation, "", "", place.private, _handle(place, message)
    )


def asked(command: Asked, text: str, names: Mapping[str, str]) -> IncomingMessage:
    """Give the question of /ask, or the words of another command, which is answered in the same place."""
    handle = {
        "channel": str(command.place.channel),
        "application": str(command.application),
        "token": command.token,
        "at": f"{command.at:.0f}",
    }
    return IncomingMessage(
        "question",
        f"{PLATFORM}:interaction:{command.id}",
        command.place.conversation,
        str(command.user),
        readable(text, names),
        command.place.private,
        handle | ({"response": command.response} if command.response else {}),
        audience=command.place.audience,
    )


def command(name: CommandName, argument: str, given: Asked, user_name: str, *, manages: bool) -> Command:
    """Give a command other than /ask. manages: its giver may manage the server, as Discord says with the command."""
    place = IncomingMessage(
        "question",
        f"{PLATFORM}:interaction:{given.id}",
        given.place.conversation,
        str(given.user),
        f"/{name} {argument}".rstrip(),
        given.place.private,
        # Without the interaction's token, which lives for 15 minutes: ours is a message like any other.
        {"channel": str(given.place.channel), "alone": "yes"},
    )
    return Command(
        PLATFORM,
        name,
        argument,
        str(given.user),
        given.place.conversation,
        user_name,
        place,
        manages=manages,
        audience=given.place.audience,
    )


def press(custom_id: str, user: int, place: Place, *, manages: bool = False, name: str = "") -> Press | None:
    """Give the press of one of our buttons, None for anything else. manages: see `command`. name: of who pressed it."""
    match = _BUTTON.fullmatch(custom_id)
    if match is None:
        return None
    action: Action = match[1]  # type: ignore[assignment]  # the pattern is made of the actions
    return Press(PLATFORM, int(match[2]), action, str(user), manages, place.audience, user_name=name)


def readable(text: str, names: Mapping[str, str], us: int | None = None) -> str:
    """Give a text without markup for mentions, commands and emoji; mentions of ourselves are taken out."""

    def name(match: re.Match[str]) -> str:
        sign, number = match[1].rstrip("!"), match[2]
        if sign == "@" and number == str(us):
            return ""
        return sign[0] + names.get(sign + number, wording.DISCORD_SOMEONE)

    named = _MENTION.sub(name, text)
    return re.sub(r"[ \t]{2,}", " ", _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", named))).strip()


def _incoming(post: Post, kind: Literal["question", "edited"]) -> IncomingMessage:
    return IncomingMessage(
        kind,
        message_key(post.id),
        post.place.conversation,
        str(post.author),
        readable(post.text, post.names, post.us),
        post.place.private,
        _handle(post.place, post.id),
        addressed=post.place.private or post.to_us,
        audience=post.place.audience,
    )


def _handle(place: Place, message: int) -> dict[str, str]:
    """Give what it takes to answer a message later."""
    return {"channel": str(place.channel), "message": str(message)}
