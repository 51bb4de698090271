"""Who would be notified by a message: every mention that Slack would act on, however it got into the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Control sequences only work with real angle brackets; &lt;!channel&gt; is shown and pings no one.
_CONTROL = re.compile(r"<(![a-z]+|@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>")
_BROADCASTS = ("!channel", "!here", "!everyone")
_BARE = re.compile(r"(?<![\w@])@([\w.-]*\w)")


def pings_of(
    texts: Iterable[str],
    blocks: Iterable[dict[str, Any]],
    *,
    names: Mapping[str, str] | None = None,
) -> list[str]:
    """Give the mentions in order, each once, as Slack writes them: "!channel", "@U123", "!subteam^S123".

    texts: top-level text and attachment texts. names: user names with their ids, when the post asked Slack
    to find names in bare text (`parse=full`, `link_names`); None when it did not.
    Mentions inside code count: what Slack does with them there is documented nowhere.
    """
    blocks = list(blocks)
    formatted = [*texts, *_formatted_texts(blocks)]
    found = [mention for text in formatted for mention in _controls(text)]
    found += _rich_text_mentions(blocks)
    if names is not None:
        found += [mention for text in formatted for mention in _bare_mentions(text, names)]
    return list(dict.fromkeys(found))


def _controls(text: str) -> Iterator[str]:
    for match in _CONTROL.finditer(text):
        mention = match.group(1)
        if not mention.startswith("!") or mention in _BROADCASTS or mention.startswith("!subteam"):
            yield mention


def _bare_mentions(text: str, names: Mapping[str, str]) -> Iterator[str]:
    for match in _BARE.finditer(text):
        name = match.group(1)
        if f"!{name}" in _BROADCASTS:
            yield f"!{name}"
        elif name in names:
            yield f"@{names[name]}"


def _formatted_texts(value: Any) -> Iterator[str]:
    """Give the texts in blocks that Slack formats: mrkdwn objects and markdown blocks, but no plain_text."""
    if isinstance(value, list):
        for item in value:
            yield from _formatted_texts(item)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
            yield value["text"]
        for item in value.values():
            yield from _formatted_texts(item)


def _rich_text_mentions(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _rich_text_mentions(item)
    elif isinstance(value, dict):
        if value.get("type") == "user" and "user_id" in value:
            yield f"@{value['user_id']}"
        elif value.get("type") == "usergroup" and "usergroup_id" in value:
            yield f"!subteam^{value['usergroup_id']}"
        elif value.get("type") == "broadcast" and "range" in value:
            yield f"!{value['range']}"
        for item in value.values():
            yield from _rich_text_mentions(item)
