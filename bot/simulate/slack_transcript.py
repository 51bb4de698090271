"""A conversation as text: what a person would see in Slack, with buttons as [label] and threads indented."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bot.simulate.slack_blocks import labels

if TYPE_CHECKING:
    from bot.simulate.slack_state import Message, SlackState

_BRACKETS = re.compile(r"<([^<>\n]+)>")


def transcript(state: SlackState, channel: str) -> str:
    """Give every message of a channel, oldest first, replies indented under their parent."""
    messages = state.channels[channel].messages
    lines: list[str] = []
    for message in messages.values():
        if message.thread_ts in messages:
            continue
        lines += _message_lines(state, message, indent="")
        for reply in messages.values():
            if reply.thread_ts == message.ts:
                lines += _message_lines(state, reply, indent="    ")
        status = state.status(channel, message.ts)
        if status:
            lines.append(f"    ({_name(state, state.bot_user)} {status})")
    return "\n".join(lines)


def home_transcript(state: SlackState, user: str) -> str:
    """Give the home tab that a user has, "" when none was published."""
    view = state.homes.get(user, {})
    return "\n".join(block_lines(view.get("blocks", []), lambda text: shown(state, text)))


def shown(state: SlackState, text: str) -> str:
    """Give a formatted text as it is read: names for ids, labels for links, characters for entities."""
    return html.unescape(_BRACKETS.sub(lambda match: _resolved(state, match.group(1)), text))


def block_lines(blocks: list[dict[str, Any]], show: Callable[[str], str]) -> list[str]:
    """Give the lines that blocks show; show turns formatted text into what is read."""
    return [line for block in blocks for line in _lines_of_block(block, show)]


def _message_lines(state: SlackState, message: Message, indent: str) -> Iterator[str]:
    body = block_lines(message.blocks, lambda text: shown(state, text)) or shown(state, message.text).split("\n")
    if message.attachments:
        body += [line for one in message.attachments for line in shown(state, one.get("text", "")).split("\n")]
    who = message.username or _name(state, message.user)
    if message.visible_to:
        who += f" (only {_name(state, message.visible_to)} sees this)"
    if message.edited_by and not message.is_tombstone:
        body[-1] += " (edited)"
    if state.is_streaming(message):
        body[-1] += " …"
    yield f"{indent}{who}: {body[0]}"
    for line in body[1:]:
        yield f"{indent}    {line}".rstrip()
    if message.reactions:
        counted = (f":{name}: {len(users)}" for name, users in message.reactions.items())
        yield f"{indent}    {' '.join(counted)}"


def _lines_of_block(block: dict[str, Any], show: Callable[[str], str]) -> Iterator[str]:
    kind = block["type"]
    if kind in ("section", "header"):
        for text in (block.get("text"), *block.get("fields", ())):
            if text:
                yield from _read(text, show).split("\n")
        if "accessory" in block:
            yield _buttons([block["accessory"]])
    elif kind == "markdown":
        yield from show(block["text"]).split("\n")
    elif kind == "context":
        yield " ".join(_read(element, show) for element in block["elements"])
    elif kind in ("actions", "context_actions"):
        yield _buttons(block["elements"])
    elif kind == "divider":
        yield "———"
    elif kind == "image":
        yield f"[image: {block['alt_text']}]"
    elif kind == "input":
        yield f"{block['label']['text']}: ____"
    elif kind == "task_card":
        yield f"({block['status']}) {block['title']}"
    elif kind == "table":
        for row in block.get("rows", ()):
            yield " | ".join(_flat(cell, show) for cell in row)
    else:
        yield from _flat(block, show).split("\n")


def _read(text: dict[str, Any], show: Callable[[str], str]) -> str:
    if text["type"] == "image":
        return f"[image: {text['alt_text']}]"
    return show(text["text"]) if text["type"] == "mrkdwn" else str(text["text"])


def _buttons(elements: list[dict[str, Any]]) -> str:
    return " ".join(f"[{label}]" for element in elements for label in labels(element))


def _flat(value: Any, show: Callable[[str], str]) -> str:
    """Give the text inside rich text and the like, where characters stand for themselves."""
    if isinstance(value, list):
        return "".join(_flat(item, show) for item in value)
    if not isinstance(value, dict):
        return ""
    kind = value.get("type", "")
    if kind == "user":
        return show(f"<@{value['user_id']}>")
    if kind == "broadcast":
        return f"@{value['range']}"
    if kind == "link":
        return str(value.get("text") or value["url"])
    if isinstance(value.get("text"), str):
        return str(value["text"])
    separator = "\n" if kind == "rich_text_list" else ""
    return separator.join(_flat(item, show) for item in value.get("elements", ()))


def _resolved(state: SlackState, inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f"@{label or _name(state, target[1:])}"
    if target.startswith("#"):
        channel = state.channels.get(target[1:])
        return f"#{label or (channel.name if channel else target[1:])}"
    if target.startswith("!"):
        return label or f"@{target[1:]}"
    return f"{label} ({target})" if label else target


def _name(state: SlackState, user: str) -> str:
    known = state.users.get(user)
    return known.name if known else user
