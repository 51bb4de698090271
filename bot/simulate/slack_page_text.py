"""Slack's mrkdwn as HTML: what the workspace holds, shown as its people read it; everything else is escaped."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

from bot.simulate.page import link
from bot.simulate.slack_state import SlackState

_EMOJI = {"eyes": "👀", "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "warning": "⚠️", "tada": "🎉"}
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_FENCE = re.compile(r"```\n?(.*?)\n?```\n?", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?")
# Marks count between spaces or punctuation only: https://docs.slack.dev/messaging/formatting-message-text
_INLINE = re.compile(
    "|".join(
        (
            r"`(?P<code>[^`\n]+)`",
            r"<(?P<control>[^<>\n]+)>",
            r"(?<![\w*])\*(?=\S)(?P<b>[^*\n]+)(?<=\S)\*(?![\w*])",
            r"(?<!\w)_(?=\S)(?P<i>[^\n]+?)(?<=\S)_(?!\w)",
            r"(?<![\w~])~(?=\S)(?P<s>[^~\n]+)(?<=\S)~(?![\w~])",
            r":(?P<emoji>[a-z0-9_+-]+):",
        )
    )
)


def person(state: SlackState, user: str) -> str:
    """Give the name under which a member is shown, the id for a stranger."""
    known = state.users.get(user)
    return known.name.title() if known else user


def emoji(name: str) -> str:
    """Give an emoji by Slack's name for it, as text."""
    return _EMOJI.get(name, f":{name}:")


def mrkdwn(state: SlackState, text: str) -> str:
    """Give formatted text: code blocks, quotes and lines."""
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_lines(state, text[at : fence.start()].removesuffix("\n")), f"<pre>{_code(fence[1])}</pre>"]
        at = fence.end()
    return "".join([*parts, _lines(state, text[at:])])


def characters(text: str) -> str:
    """Give text whose only markup are Slack's three entities."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return escape(text)


def with_emoji(text: str) -> str:
    """Give a plain_text, in which only emoji names mean something."""
    return re.sub(r":([a-z0-9_+-]+):", lambda match: emoji(match[1]), escape(text))


def mention(shown: str) -> str:
    """Give a name that was called, marked as Slack marks it."""
    return f'<span class="mention">{escape(shown)}</span>'


def _lines(state: SlackState, text: str) -> str:
    """Give lines, neighbours that are quoted together in one block."""
    html = []
    for quoted, lines in groupby(text.split("\n") if text else (), key=lambda line: _QUOTE.match(line) is not None):
        tag = "blockquote" if quoted else "div"
        said = "\n".join(_inline(state, _QUOTE.sub("", line, count=1) if quoted else line) for line in lines)
        html.append(f'<{tag} class="lines" dir="auto">{said}</{tag}>')
    return "".join(html)


def _inline(state: SlackState, text: str) -> str:
    html, at = [], 0
    for match in _INLINE.finditer(text):
        html += [characters(text[at : match.start()]), _marked(state, match)]
        at = match.end()
    return "".join([*html, characters(text[at:])])


def _marked(state: SlackState, match: re.Match[str]) -> str:
    kind, inside = str(match.lastgroup), match[str(match.lastgroup)]
    if kind == "code":
        return f"<code>{_code(inside)}</code>"
    if kind == "control":
        return _control(state, inside)
    if kind == "emoji":
        return escape(emoji(inside))
    return f"<{kind}>{_inline(state, inside)}</{kind}>"


def _code(text: str) -> str:
    """Give code: links show their label, nothing else means anything."""
    return characters(re.sub(r"<(https?://[^<>|]+)(?:\|([^<>]*))?>", lambda match: match[2] or match[1], text))


def _control(state: SlackState, inside: str) -> str:
    """Give what stands between angle brackets: a mention, a channel, a date or a link."""
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return mention("@" + person(state, target[1:]))
    if target.startswith("#"):
        channel = state.channels.get(target[1:])
        return mention(f"#{channel.name if channel else label or target[1:]}")
    if target.startswith("!date^"):
        return characters(label)
    if target.startswith("!"):
        return mention(label or "@" + target[1:].partition("^")[0])
    shown = characters(label or target.removeprefix("mailto:"))
    for entity, character in _ENTITIES:
        target = target.replace(entity, character)
    return link(target, shown)
