"""What Slack sends as text, made readable: mentions, links and entities as a person sees them."""

from __future__ import annotations

import re

# What people type comes with & < > as entities, so every real bracket is Slack's own markup.
_BRACKETS = re.compile(r"<([^<>]*)>")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))
_OTHER_MENTION = re.compile(r"\s*<[@!]")


def mentions(text: str, user: str) -> bool:
    """Tell whether a text mentions a user."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def addresses_others(text: str) -> bool:
    """Tell whether a text begins by mentioning someone."""
    return _OTHER_MENTION.match(text) is not None


def readable(text: str, bot_user: str) -> str:
    """Give a text as it is read, without the mentions of one user (that is us)."""
    ours = rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
    text = re.sub(rf"^\s*(?:{ours}[\s,:;]*)+", "", text)
    text = re.sub(rf"[ \t]*{ours}", "", text)
    text = _BRACKETS.sub(lambda match: _resolved(match.group(1)), text)
    return _ENTITY.sub(lambda match: _ENTITIES[match.group()], text).strip()


def _resolved(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target[:1] in ("@", "#"):
        return target[0] + (label or target[1:]).removeprefix(target[0])
    if target[:1] == "!":
        # <!here>, <!subteam^S1|@team>, <!date^1700000000^{date}|fallback>
        return label or "@" + target[1:].partition("^")[0]
    target = target.removeprefix("mailto:")
    return f"{label} ({target})" if label and label not in target else target
