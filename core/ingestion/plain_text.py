"""Markdown source to the plain words that are embedded, searched and compared."""

from __future__ import annotations

import html
import re

# No pattern scans past the start of another match of itself or gives back what it took: hostile text stays cheap.
_IMAGE = re.compile(r"!\[([^\[\]]*+)\]\([^()]*+\)")
_LINK = re.compile(r"\[([^\[\]]++)\]\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\)")
_REFERENCE = re.compile(r"\[([^\[\]]++)\]\[[^\[\]]*+\]")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]++)>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*+>")
_FENCE = re.compile(r"^[^\S\n]*+(?:```|~~~).*$", re.MULTILINE)
_TABLE_RULE = re.compile(
    r"^[^\S\n]*+\|?[^\S\n]*+:?-{2,}+:?[^\S\n]*+(?:\|[^\S\n]*+:?-{2,}+:?[^\S\n]*+)*+\|?[^\S\n]*+$", re.MULTILINE
)
_MARKER = re.compile(r"^[^\S\n]*+(?:[-*+]|\d{1,9}[.)])\s++(?:\[[ xX]\]\s++)?", re.MULTILINE)
_QUOTE = re.compile(r"^[^\S\n]*+(?:>\s?)++", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s++", re.MULTILINE)
# Inside of emphasis its own mark stands only where it marks nothing: "5 * 3" and "snake_case".
_EMPHASIS = re.compile(
    r"(?<![\w*\\])(\*{1,3})(?=\S)((?:[^*\\]|\\.|(?<=\s)\*(?=\s))++)(?<=[^\s\\])\1(?![\w*])", re.DOTALL
)
_UNDERSCORE = re.compile(r"(?<![\w\\])(_{1,3})(?=\S)((?:[^_\\]|\\.|(?<=\w)_(?=\w))++)(?<=[^\s\\])\1(?!\w)", re.DOTALL)
_STRIKE = re.compile(r"~~(.+?)~~", re.DOTALL)
_CODE = re.compile(r"(?<!`)`++([^`]++)`++")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>])")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*+")


def plain(markdown: str, *, one_line: bool = False) -> str:
    """Give the words of a Markdown piece without its marks.

    List items, table rows and paragraphs keep their own lines; with one_line they are joined by spaces.
    Links give their text, images their alternative text, table cells stay apart by " | ".
    """
    text = _FENCE.sub("", markdown)
    text = _TABLE_RULE.sub("", text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _REFERENCE.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _QUOTE.sub("", text)
    text = _HEADING.sub("", text)
    text = _MARKER.sub("", text)
    text = _CODE.sub(r"\1", text)
    for _ in range(2):  # nested emphasis such as **_word_**
        text = _EMPHASIS.sub(r"\2", text)
        text = _UNDERSCORE.sub(r"\2", text)
    text = _STRIKE.sub(r"\1", text)
    text = _ESCAPE.sub(r"\1", text)
    text = html.unescape(text)
    text = _SPACE.sub(" ", text)
    lines = (line.strip().strip("|").strip() for line in _LINES.split(text))
    return (" " if one_line else "\n").join(line for line in lines if line)
