"""What stands in Markdown source but is not for readers: comments, HTML tags, image links, template code."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Possessive quantifiers and bounded lengths keep every pattern linear on hostile input.
_FENCE = re.compile(r"[ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]*+)?(```|~~~)")
_LIQUID_COMMENT = re.compile(r"\{%-?\s*(end)?comment\s*-?%\}")
_COMPONENT_CODE = re.compile(r"(?:import\s.+\sfrom\s|import\s+['\"]|export\s+(?:const|default|function|let)\b)")
_TEMPLATE_LINE = re.compile(
    r"[ \t>]*+(?:\{%[^%\n]*%\}|\{\{[<%][^{}\n]*[>%]\}\}|\{:[^{}\n]*\}|\[\[_TOC_\]\]|\[TOC\]|:::+[ \t]*+\w*+)[ \t]*+"
)

_TAGS = (
    "a|abbr|article|aside|b|blockquote|br|button|center|cite|code|dd|del|details|div|dl|dt|em|embed|figcaption|"
    "figure|font|footer|h[1-6]|header|hr|i|iframe|img|ins|kbd|li|mark|object|ol|p|picture|pre|q|s|script|section|"
    "small|source|span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video"
)
# No alternative scans past the start of another match of itself, so unclosed openers stay cheap.
_NOISE = re.compile(
    rf"""
      (?P<code>`[^`\n]+`)
    | <!--(?:(?!<!--|-->).)*-->
    | \{{/\*(?:(?!\{{/\*|\*/).)*\*/\}}
    | !\[(?P<alt>[^\[\]]*)\](?:\((?:[^()\s]|\([^()\s]*\))*(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)|\[[^\[\]]*\])
      (?:\{{[^{{}}\n]*\}})?
    | <a\s[^<>]{{0,300}}?href=["'](?P<link>(?:https?:|mailto:)[^"'<>\s]{{1,2000}})["'][^<>]{{0,300}}>
      (?P<label>[^<>\[\]\n]{{1,500}})</a\s*>
    | (?P<break><br\s*/?>)
    | </?(?:{_TAGS})(?:\s[^<>]*)?/?>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_EMPTY_LINK = re.compile(r"\[\s*\]\([^()\s]*\)")


def blank_template_code(lines: list[str], *, components: bool) -> None:
    """Empty, in place, the lines that a site generator would not show: Liquid comments and, in MDX, imports."""
    in_comment = False
    for index, fenced in enumerate(_fenced(lines)):
        line = lines[index]
        if fenced:
            continue
        tags = _LIQUID_COMMENT.findall(line)
        if in_comment or tags or (components and _COMPONENT_CODE.match(line)):
            lines[index] = ""
        if tags:
            in_comment = tags[-1] != "end"


def clean(text: str) -> str:
    """Take comments, HTML tags and template lines out of Markdown source; images leave their alternative text,
    links written in HTML become Markdown links, and code stays as it is.
    """
    if not any(mark in text for mark in ("<", "![", "{", "[", ":::")):
        return text
    lines = text.split("\n")
    kept: list[str] = []
    prose: list[str] = []
    for line, fenced in zip(lines, _fenced(lines), strict=True):
        if fenced:
            kept.extend(_cleaned_lines(prose))
            prose = []
            kept.append(line)
        else:
            prose.append(line)
    kept.extend(_cleaned_lines(prose))
    return "\n".join(kept)


def _cleaned_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines cleaned; a line of which nothing is left is dropped."""
    if not lines:
        return
    before = "\n".join(line for line in lines if not _TEMPLATE_LINE.fullmatch(line))
    after = _EMPTY_LINK.sub("", _NOISE.sub(_replacement, before))
    if after == before:
        yield from before.split("\n")
        return
    for line in after.split("\n"):
        if line.strip():
            yield line.rstrip()


def _replacement(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    if match["link"]:
        return f"[{match['label']}]({match['link']})"
    return " " if match["break"] else match["alt"] or ""


def _fenced(lines: list[str]) -> Iterator[bool]:
    """Say for each line whether it belongs to a fenced code block, its fences included."""
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            yield True
            if match and match[1] == fence:
                fence = ""
        else:
            fence = match[1] if match else ""
            yield bool(match)
