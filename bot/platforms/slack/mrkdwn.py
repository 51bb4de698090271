"""Markdown as Slack's mrkdwn, escaped so that nothing in it can ping anyone or hide where a link goes.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re

from bot.platforms.slack.tables import FENCE

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_RULE = re.compile(r"^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_QUOTE = re.compile(r"^\s*(?:>[ \t]*)+(.*)$")
_ITEM = re.compile(r"^(\s*)[-*+][ \t]+(?:\[([ xX])\][ \t]+)?(.*)$")
_BULLETS = "•◦▪"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile("[&<>]")
_OPENED = re.compile(r"(?:https?://|mailto:)\S")
_PATH = re.compile(r"[/.#]")
_THREE_TICKS = re.compile("``(?=`)")
_BESIDE_WORD = "\u200b"  # Slack formats only what stands between spaces or punctuation

_TARGET = r"\(\s*<?(?P<target>(?:[^()<>\s]|\([^()\s]*\))*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
_INLINE = re.compile(
    "|".join(
        (
            r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!|>~<&])",
            r"(?<!`)(?P<ticks>`++)(?P<code>(?:(?!(?P=ticks)).)+)(?P=ticks)(?!`)",
            rf"!?\[(?P<label>(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]{_TARGET}",
            r"<(?P<auto>(?:https?://|mailto:)[^<>\s]+)>",
            r"(?P<url>https?://[^\s<>|`]*[^\s<>|`.,;:!?'\"*_~)\]}])",
            r"\*\*\*(?=\S)(?P<both>.+?)(?<=\S)\*\*\*",
            r"\*\*(?=\S)(?P<bold>.+?)(?<=\S)\*\*",
            r"(?<!\w)__(?=\S)(?P<bold2>.+?)(?<=\S)__(?!\w)",
            r"~~(?=\S)(?P<strike>.+?)(?<=\S)~~",
            r"(?<![\w*])\*(?=[^\s*])(?P<italic>[^*]+?)(?<=\S)\*(?![\w*])",
        )
    )
)


def escape(text: str) -> str:
    """Give a text in which Slack sees no mention, no link and no command."""
    return _SPECIAL.sub(lambda match: _ENTITIES[match.group()], text)


def literal(text: str) -> str:
    """Give words that are no Markdown as mrkdwn."""
    return _without_fences(escape(text))


def longest(markdown: str) -> int:
    """Give how many UTF-16 units a text without tables has at most as mrkdwn, without converting it."""
    special = 4 * markdown.count("&") + 3 * (markdown.count("<") + markdown.count(">"))
    return len(markdown.encode("utf-16-le")) // 2 + special + 2 * markdown.count("://") + markdown.count("``")


def to_mrkdwn(markdown: str) -> str:
    """Give a text without tables as mrkdwn; code that is open at its end is closed."""
    lines, fence = [], ""
    for line in markdown.splitlines():
        match = FENCE.match(line)
        if fence and match and match.group(1).startswith(fence):
            lines.append("```")
            fence = ""
        elif fence:
            # Three ticks inside of a ~~~ block would end Slack's, and three in a line would begin one.
            lines.append(literal(line))
        elif match:
            fence, info = match.group(1), match.group(2).strip()
            # One word names a language, which Slack has no place for; more is text.
            lines.extend(["```", literal(info)] if " " in info else ["```"])
        else:
            lines.append(_without_fences(_line(line)))
    return "\n".join([*lines, "```"] if fence else lines)


def _without_fences(line: str) -> str:
    return _THREE_TICKS.sub("``\u200b", line)


def _line(line: str) -> str:
    if match := _HEADING.match(line):
        heading = _inline(match.group(1).replace("**", ""))
        return f"*{heading}*" if heading else ""
    if _RULE.match(line):
        return "———"
    if match := _QUOTE.match(line):
        return f"> {_line(match.group(1))}"
    if match := _ITEM.match(line):
        indent, box, text = match.groups()
        bullet = {None: _BULLETS[min(len(indent) // 2, 2)], " ": "☐"}.get(box, "☑")
        return f"{indent}{bullet} {_inline(text)}"
    return _inline(line)


def _inline(text: str) -> str:
    done, at = [], 0
    for match in _INLINE.finditer(text):
        done += [escape(text[at : match.start()]), _converted(match)]
        at = match.end()
    return "".join([*done, escape(text[at:])])


def _converted(match: re.Match[str]) -> str:
    kind, found = match.lastgroup, match.groupdict()
    if kind == "escaped":
        return escape(found["escaped"])
    if kind == "code":
        code = found["code"].strip()
        return escape(match.group() if "`" in code or not code else f"`{code}`")
    if found["label"] is not None:
        return _link(found["target"], found["label"]) or escape(match.group())
    if found["auto"] or found["url"]:
        return _link(found["auto"] or found["url"], "")
    for name, mark in (("both", "*_"), ("bold", "*"), ("bold2", "*"), ("strike", "~"), ("italic", "_")):
        if found[name] is not None:
            return _apart(match, f"{mark}{_inline(found[name])}{mark[::-1]}")
    raise AssertionError(f"no rule for {match.group()!r}")


def linked(url: str, shown: str) -> str:
    """Give a link that shows some mrkdwn, the address alone for "", and "" for what Slack can't open."""
    if not _OPENED.match(url):
        return ""
    target = escape(url.replace("<", "%3C").replace(">", "%3E").replace("|", "%7C"))
    return f"<{target}|{shown}>" if shown else f"<{target}>"


def _link(url: str, label: str) -> str:
    """Give a link, the label alone for a path, "" for what was no link at all."""
    shown = _inline(label)
    if not linked(url, ""):
        return shown if _PATH.search(url) else ""
    if "<" in shown:
        # A label that holds an address could name another one than the target.
        return linked(url, "") if label == url else f"{shown} ({linked(url, '')})"
    return linked(url, shown)


def _apart(match: re.Match[str], formatted: str) -> str:
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    return "".join((_BESIDE_WORD if before.isalnum() else "", formatted, _BESIDE_WORD if after.isalnum() else ""))
