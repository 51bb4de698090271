"""Draws a reply as the JSON of Discord messages: text, sources as an embed, buttons; it pings only whom it mentions."""

from __future__ import annotations

from typing import Any

from bot import wording
from bot.messages import Action, Footnote, Reply
from bot.platforms.discord.escape import has_bare_link, is_link, literal, quiet_link
from bot.platforms.discord.markdown import to_discord
from bot.splitting import split_markdown

Json = dict[str, Any]

# Discord takes 2,000 characters of content and 4,096 of an embed's description; 250 are left for an opening line.
# https://discord.com/developers/docs/resources/message#embed-object-embed-limits
CONTENT_CHARACTERS = 1750
_SOURCES_CHARACTERS = 3800
_LONGEST_LINK = 1000
_BUTTON, _ROW, _SECONDARY, _DANGER = 2, 1, 2, 4
_BUTTONS_IN_ROW = 5
_EMOJI = ("up", "down")
_SUPPRESS_EMBEDS = 1 << 2


def render(reply: Reply, *, embeds: bool = True) -> list[Json]:
    """Give the messages that show a reply, in order; at least one.

    embeds: whether Docent may use them here; without, the sources stand in the text.
    """
    text = to_discord(reply.text)
    if reply.stage == "working" and reply.status:
        text += f"\n\n-# {literal(' '.join(reply.status.split()))}"
    sources = "\n".join(map(_source, reply.footnotes))
    if sources and not embeds:
        text += f"\n\n**{wording.DISCORD_SOURCES}**\n{sources}"
    messages = _messages(text)
    described = split_markdown(sources, _SOURCES_CHARACTERS, utf16_length) if embeds else []
    # One embed a message keeps inside the limit for all embeds of a message together. A message with an embed of ours
    # can't suppress previews, so one whose code holds a link carries none.
    for index, description in enumerate(described):
        if index or has_bare_link(messages[-1]["content"]):
            messages.append(_message(""))
        messages[-1]["embeds"] = [{"title": wording.DISCORD_SOURCES, "description": description}]
        messages[-1]["flags"] = 0
    if reply.mention:
        messages[0]["content"] = f"<@{reply.mention}> {messages[0]['content']}"
        messages[0]["allowed_mentions"] = {"parse": [], "users": [reply.mention]}
    if reply.actions and reply.question_id:
        buttons = [_button(action, reply.question_id) for action in reply.actions]
        messages[-1]["components"] = [
            {"type": _ROW, "components": buttons[at : at + _BUTTONS_IN_ROW]}
            for at in range(0, len(buttons), _BUTTONS_IN_ROW)
        ]
    return messages


def render_text(text: str) -> list[Json]:
    """Give the messages for Markdown that stands alone: what a command or a button has to say."""
    return _messages(to_discord(text))


def opening(user: str, question: str) -> str:
    """Give the line above an answer that stands apart from its question; CONTENT_CHARACTERS leaves room for it."""
    words = " ".join(question.split())
    short = words if len(words) <= 60 else words[:59].rstrip() + "…"
    return f"> {wording.discord_asked(f'<@{user}>', literal(short))}\n"


def custom_id(action: Action, question_id: int) -> str:
    """Name a button so that any later process knows what it is for."""
    return f"docent:{action}:{question_id}"


def utf16_length(text: str) -> int:
    """Give a length that is never below the one that Discord counts, whichever way it counts signs like emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _messages(text: str) -> list[Json]:
    return [_message(part) for part in split_markdown(text, CONTENT_CHARACTERS, utf16_length)] or [
        _message(wording.DISCORD_NOTHING)
    ]


def _message(content: str) -> Json:
    """Give a whole message: what is not there is empty, so that an edit takes away what stood there before."""
    return {
        "content": content,
        "embeds": [],
        "components": [],
        "allowed_mentions": {"parse": []},
        "flags": _SUPPRESS_EMBEDS,
    }


def _source(footnote: Footnote) -> str:
    place = literal(footnote.place)
    url = footnote.url.replace(" ", "%20").replace(")", "%29").replace("(", "%28")
    linked = is_link(url) and not is_link(footnote.place) and len(url) <= _LONGEST_LINK
    return f"**[{footnote.number}]** " + (f"[{place}]({quiet_link(url)})" if linked else place)


def _button(action: Action, question_id: int) -> Json:
    shown = wording.DISCORD_BUTTONS[action]
    face: Json = {"emoji": {"name": shown}} if action in _EMOJI else {"label": shown}
    style = _DANGER if action == "cancel" else _SECONDARY
    return {"type": _BUTTON, "style": style, "custom_id": custom_id(action, question_id), **face}
