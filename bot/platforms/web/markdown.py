"""Markdown of any origin as HTML that can do nothing: no HTML of its own, no images, only links that lead outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from core.markers import MARKER

# Deep enough for any real list, and cheap for a hostile one.
_NESTING = 30
_OPTIONS = {"html": False, "linkify": False, "maxNesting": _NESTING}
# Reference definitions stay text: "[1]: see there" must neither vanish nor turn our footnotes into links.
_MARKDOWN = MarkdownIt("commonmark", _OPTIONS).enable(["table", "strikethrough"]).disable(["reference"])
# Where only what the loader itself wrote means something: tables, lists and line ends.
_PLAIN = MarkdownIt("zero", {"maxNesting": _NESTING}).enable(["table", "list", "newline"])
_OUTSIDE = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_ALIGNED = re.compile(r"text-align:\s*(left|center|right)")

Ranges = Sequence[tuple[int, int]]


def answer_html(text: str, notes: Mapping[int, tuple[str, str]]) -> Markup:
    """Give an answer as HTML; its markers become links. notes: (address, place) by number."""

    def linked(words: str) -> str:
        parts, at = [], 0
        for match in MARKER.finditer(words):
            note = notes.get(int(match[1]))
            if note is None:
                continue
            address, place = note
            label = escape(f"Footnote {match[1]}: {place}")
            link = f'<a class="note" href="{escape(address)}" aria-label="{label}">{match[1]}</a>'
            parts += [escape(words[at : match.start()]), link]
            at = match.end()
        return "".join([*parts, escape(words[at:])])

    return _html(_harmless(_MARKDOWN.parse(text)), linked)


def markdown_tokens(text: str) -> list[Token]:
    """Give the tokens of a Markdown document, harmless."""
    return _harmless(_MARKDOWN.parse(text))


def plain_tokens(text: str) -> list[Token]:
    """Give the tokens of a document that is no Markdown: paragraphs with their line ends, lists and tables."""
    return _harmless(_PLAIN.parse(text))


def leaves(tokens: Sequence[Token]) -> list[Token]:
    """Give the tokens that hold the words, in reading order."""
    found = []
    for token in tokens:
        if token.type == "inline":
            found += [child for child in token.children or () if child.type in ("text", "code_inline", "softbreak")]
        elif token.type in ("fence", "code_block"):
            found.append(token)
    return found


def tokens_html(tokens: Sequence[Token]) -> Markup:
    """Give tokens as HTML, with <mark> around what `marked` has marked."""
    return _html(tokens, escape)


def mark(token: Token, ranges: Ranges) -> None:
    """Mark parts of a token's words. ranges: first character and the one behind the last, in order, apart."""
    token.meta = {**token.meta, "marked": list(ranges)}


def _html(tokens: Sequence[Token], words: Callable[[str], str]) -> Markup:
    renderer = _Renderer(words)
    return Markup(renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704  every word of it was escaped


class _Renderer(RendererHTML):
    """Escapes what it shows, and marks it. words: gives the HTML of words that are not marked."""

    def __init__(self, words: Callable[[str], str]) -> None:
        super().__init__()
        self._words = words

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Give words."""
        return self._marked(tokens[idx], self._words)

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Give code between words."""
        return f"<code>{self._marked(tokens[idx], escape)}</code>"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Give a block of code, which can be scrolled with the keyboard."""
        return f'<pre tabindex="0"><code>{self._marked(tokens[idx], escape)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Give an indented block of code like a fenced one."""
        return self.fence(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Give a table that scrolls by itself where it is too wide."""
        return '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table class="table">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """End a table."""
        return "</table></div>\n"

    def _marked(self, token: Token, words: Callable[[str], str]) -> str:
        parts, at = [], 0
        for first, last in token.meta.get("marked", ()):
            parts += [words(token.content[at:first]), f"<mark>{escape(token.content[first:last])}</mark>"]
            at = last
        return "".join([*parts, words(token.content[at:])])


def _harmless(tokens: Sequence[Token]) -> list[Token]:
    """Take out links that lead elsewhere than outside, images but for their words, and styles."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            aligned = _ALIGNED.search(str(token.attrs.pop("style", "")))
            if aligned:
                token.attrs["class"] = aligned[1]
        elif token.type == "heading_open" or token.type == "heading_close":
            # Below the headings of the page itself.
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        if token.children:
            token.children = _harmless_inline(token.children)
    return list(tokens)


def _harmless_inline(children: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    opened: list[bool] = []
    for child in children:
        if child.type == "image":
            kept.append(Token("text", "", 0, content=_alternative(child)))
        elif child.type == "link_open":
            opened.append(bool(_OUTSIDE.match(str(child.attrs.get("href", "")))))
            if opened[-1]:
                child.attrs = {"href": child.attrs["href"], "rel": "noopener noreferrer nofollow"}
                kept.append(child)
        elif child.type == "link_close":
            if opened.pop():
                kept.append(child)
        else:
            kept.append(child)
    return kept


def _alternative(image: Token) -> str:
    return "".join(child.content for child in image.children or ()) or str(image.content)
