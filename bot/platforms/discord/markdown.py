"""Turns Markdown into what Discord shows: headings, lists, quotes, fences and links; tables become code or lists."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.platforms.discord.escape import code_block, code_span, is_link, literal, paragraph, quiet_link
from bot.platforms.discord.tables import render_table

# HTML is shown as written. Reference definitions stay text: an answer's "[1]: see there" must not vanish.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["reference"])
_MARKS = {"strong": "**", "em": "*", "s": "~~"}
_SMALLEST_HEADING = 3


def to_discord(text: str) -> str:
    """Give Discord's markup for Markdown of any origin, without power (see `escape`); unfinished text is fine."""
    return "\n\n".join(_blocks(SyntaxTreeNode(_PARSER.parse(text))))


def _blocks(node: SyntaxTreeNode) -> list[str]:
    return [block for block in (_block(child) for child in node.children) if block.strip()]


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            level = int(node.tag[1])
            words = _inline(node)
            return f"{'#' * level} {words}" if level <= _SMALLEST_HEADING else f"**{words}**"
        case "fence" | "code_block":
            code = node.content.rstrip("\n")
            return code_block(code, node.info.partition(" ")[0]) if code.strip() else ""
        case "blockquote":
            return "\n".join(_quoted(child) for child in node.children)
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "table":
            return _table(node)
        case "hr":
            return "⸻"
        case _:
            return paragraph(_inline(node))


def _quoted(node: SyntaxTreeNode) -> str:
    """Quote a block; a code block is left unquoted, because one that is cut could not be closed in a quote."""
    block = _block(node)
    if node.type in ("fence", "code_block"):
        return block
    return "\n".join(f"> {line}" for line in block.split("\n"))


def _list(node: SyntaxTreeNode) -> str:
    number = int(node.attrs.get("start", 1))
    lines: list[str] = []
    for index, item in enumerate(node.children):
        marker = f"{number + index}. " if node.type == "ordered_list" else "- "
        body = "\n".join(_blocks(item)).split("\n")
        lines += [marker + body[0], *(" " * len(marker) + line for line in body[1:])]
    return "\n".join(lines)


def _table(node: SyntaxTreeNode) -> str:
    rows = [row for part in node.children for row in part.children]
    return render_table([[_plain(cell).strip() for cell in row.children] for row in rows])


def _inline(node: SyntaxTreeNode) -> str:
    return "".join(_words(child) for child in node.children)


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return literal(node.content)
        case "code_inline":
            return code_span(node.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "strong" | "em" | "s":
            inner, mark = _inline(node), _MARKS[node.type]
            return f"{mark}{inner}{mark}" if inner else ""
        case "link":
            return _link(str(node.attrs["href"]), _inline(node), _plain(node))
        case "image":
            return _link(str(node.attrs["src"]), literal(node.content), node.content)
        case _:
            return _inline(node)


def _link(target: str, shown: str, plain: str) -> str:
    """Give a link under its words; Discord shows no words that look like an address themselves."""
    if not is_link(target):
        return shown if plain in ("", target) or target == f"mailto:{plain}" else f"{shown} ({literal(target)})"
    if not plain.strip() or plain == target:
        return quiet_link(target)
    return f"{shown} ({quiet_link(target)})" if is_link(plain) else f"[{shown}]({quiet_link(target)})"


def _plain(node: SyntaxTreeNode) -> str:
    if node.type in ("softbreak", "hardbreak"):
        return " "
    return node.content if node.type in ("text", "code_inline", "image") else "".join(map(_plain, node.children))
