"""Renders a channel as people see it, in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.simulate.discord_errors import Json
from bot.simulate.discord_objects import (
    Channel,
    Interaction,
    InteractionKind,
    Message,
    MessageFlag,
    MessageKind,
    User,
)
from bot.simulate.discord_state import DiscordState

MARKED_UP = re.compile(r"<(@!?|@&|#)(\d+)>")
INDENT = "    "


def render_channel(
    state: DiscordState, channel: Channel, *, unanswered: list[Interaction], viewer: User | None = None
) -> str:
    """Give the messages of a channel as they stand, oldest first, threads indented under what they hang on.

    unanswered: interactions, anywhere, that the bot let run out. viewer: whose screen it is, so that
    ephemeral messages of others are missing; None shows all, each marked with who sees it.
    """

    def nested(thread: Channel) -> list[str]:
        if viewer is not None and not state.sees(viewer, thread):
            return []
        return _indented(render_channel(state, thread, unanswered=unanswered, viewer=viewer).split("\n"))

    lines = [_title(channel)]
    failed = [interaction for interaction in unanswered if interaction.channel is channel]
    happened: list[Message | Interaction] = [*state.messages_in(channel), *failed]
    for thing in sorted(happened, key=lambda thing: thing.id):
        if isinstance(thing, Interaction):
            if viewer in (None, thing.user):
                lines.append(_failure(thing))
        elif not thing.ephemeral or viewer is None or _reader(thing) is viewer:
            lines += _message(state, thing)
            if thing.thread is not None and thing.thread.id in state.channels:
                lines += nested(thing.thread)
    for thread in state.channels.values():
        starter = state.messages.get(thread.id)
        if thread.parent is channel and (starter is None or starter.deleted):
            lines += nested(thread)
    return "\n".join(lines)


def _title(channel: Channel) -> str:
    if channel.recipient is not None:
        return f"@{channel.recipient.name}"
    closed = " (locked)" if channel.locked else " (archived)" if channel.archived else ""
    return f"↳ {channel.name}{closed}" if channel.is_thread else f"#{channel.name}"


def _message(state: DiscordState, message: Message) -> list[str]:
    marks = []
    if message.ephemeral:
        reader = _reader(message)
        marks.append(f" (only {reader.name if reader else 'no one'} sees this)")
    if message.interaction is not None and message.kind is MessageKind.CHAT_INPUT_COMMAND:
        marks.append(f" ({message.interaction.user.name} used /{message.interaction.name})")
    elif message.replies_to is not None:
        marks.append(f" (to {message.replies_to.author.name})")
    text = "is thinking…" if message.loading else _spoken(state, message.content)
    edited = " (edited)" if message.edited_at else ""
    first, *rest = f"{message.author.name}{''.join(marks)}: {text}{edited}".split("\n")
    lines = [first, *_indented(rest)]
    if MessageFlag.SUPPRESS_EMBEDS not in message.flags:
        for embed in message.embeds:
            lines += _indented(f"| {line}" for line in _embed(embed))
    for row in message.components:
        lines.append(INDENT + " ".join(_component(item) for item in row.get("components", [])))
    lines += _indented(f"📎 {attachment['filename']}" for attachment in message.attachments)
    if message.reactions:
        lines.append(INDENT + " ".join(f"{emoji} {len(users)}" for emoji, users in message.reactions.items()))
    return lines


def _embed(embed: Json) -> Iterator[str]:
    for text in (
        (embed.get("author") or {}).get("name"),
        embed.get("title") and f"**{embed['title']}**" + (f" <{embed['url']}>" if embed.get("url") else ""),
        embed.get("description"),
        *(f"{field['name']}: {field['value']}" for field in embed.get("fields") or []),
        (embed.get("footer") or {}).get("text"),
    ):
        if text:
            yield from str(text).split("\n")


def _component(item: Json) -> str:
    emoji = (item.get("emoji") or {}).get("name")
    label = " ".join(part for part in (emoji, item.get("label"), item.get("placeholder")) if part)
    return f"({label})" if item.get("disabled") else f"[{label}]"


def _failure(interaction: Interaction) -> str:
    if interaction.kind is InteractionKind.COMMAND:
        return f"(only {interaction.user.name} sees this) /{interaction.name}: The application did not respond"
    return f"(only {interaction.user.name} sees this) {interaction.name}: This interaction failed"


def _reader(message: Message) -> User | None:
    """The one person who sees an ephemeral message."""
    return message.interaction.user if message.interaction else None


def _spoken(state: DiscordState, content: str) -> str:
    """Put names in the place of mentions."""

    def name(match: re.Match[str]) -> str:
        sign, number = match[1], int(match[2])
        if sign == "#":
            return f"#{state.channels[number].name}" if number in state.channels else match[0]
        if sign == "@&":
            roles = {role.id: role.name for guild in state.guilds.values() for role in guild.roles.values()}
            return f"@{roles[number].lstrip('@')}" if number in roles else match[0]
        return f"@{state.users[number].name}" if number in state.users else match[0]

    return MARKED_UP.sub(name, content)


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [INDENT + line for line in lines]
