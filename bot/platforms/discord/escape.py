"""Takes the power out of text from documents and the model: it pings no one, starts no command, unfurls nothing."""

from __future__ import annotations

import re

# Zero width space: breaks a pattern for Discord and changes nothing for the eye.
_GAP = "\u200b"
_MASS_PING = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
# Users, roles, channels, slash commands, custom emoji, timestamps, server guides:
# https://discord.com/developers/docs/reference#message-formatting
_POWERFUL = re.compile(r"<(?=@[!&]?\d|#\d|/[^<>\n]+:\d|a?:\w+:\d|t:-?\d|id:)")
_LINK = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_BARE_LINK = re.compile(r"(?<!<)https?://", re.IGNORECASE)
_MARKUP = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"  # a backslash that would make the next sign literal
    r"|`"
    r"|(?<!\s)\*|\*(?!\s)"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word, as in max_tokens, it means nothing
    r"|~(?=~)|(?<=~)~"
    r"|\|(?=\|)|(?<=\|)\|"
    r"|](?=\()"
)
_LINE_START = re.compile(r"^(\s*)(?=#{1,3}\s|>|-#\s)", re.MULTILINE)


def defused(text: str) -> str:
    """Break what Discord would turn into a ping, a command or a name; code may pass through here too."""
    return _POWERFUL.sub("<" + _GAP, _MASS_PING.sub("@" + _GAP, text))


def literal(text: str) -> str:
    """Give plain text as Discord has to be told it: markup escaped, pings broken, links without a preview."""
    parts: list[str] = []
    at = 0
    for match in _LINK.finditer(text):
        link = _without_punctuation(match[0])
        parts += [_escaped(text[at : match.start()]), quiet_link(link)]
        at = match.start() + len(link)
    return "".join([*parts, _escaped(text[at:])])


def paragraph(rendered: str) -> str:
    """Keep the lines of a rendered paragraph from being read as headings, quotes or small print."""
    return _LINE_START.sub(r"\1\\", rendered)


def quiet_link(link: str) -> str:
    """Give a link that can be followed and shows no preview."""
    return f"<{link}>"


def is_link(text: str) -> bool:
    """Tell whether a text is, or holds, a web address."""
    return _LINK.search(text) is not None


def has_bare_link(text: str) -> bool:
    """Tell whether markup holds a link that Discord may preview; only those in code are left so."""
    return _BARE_LINK.search(text) is not None


def code_block(text: str, language: str = "") -> str:
    """Give a code block; the text can't close it."""
    known = language if re.fullmatch(r"[\w+.#-]+", language) else ""
    return f"```{known}\n{defused(text).replace('```', f'``{_GAP}`')}\n```"


def code_span(text: str) -> str:
    """Give code within a line; the text can't close it."""
    inner = defused(text).replace("``", f"`{_GAP}`")
    return f"`` {inner} ``" if "`" in inner else f"`{inner}`"


def _escaped(text: str) -> str:
    return defused(_MARKUP.sub(lambda match: "\\" + match[0], text))


def _without_punctuation(link: str) -> str:
    """Leave the full stop of a sentence, and a bracket that was opened before the link, out of the link."""
    link = link.rstrip(".,;:!?'\"*_~|`")
    while link.endswith((")", "]")) and link.count(link[-1]) > link.count("(" if link[-1] == ")" else "["):
        link = link[:-1].rstrip(".,;:!?'\"*_~|`")
    return link
