"""Block Kit as HTML: each kind of block and element that a message can hold."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from bot.simulate.page import link
from bot.simulate.slack_blocks import labels
from bot.simulate.slack_page_text import emoji, mention, mrkdwn, person, with_emoji
from bot.simulate.slack_state import SlackState
from bot.simulate.slack_transcript import block_lines

JsonObject = dict[str, Any]

# Slack shows the HTML in a markdown block as text; an image would be fetched from elsewhere.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_MENUS = ("select", "overflow", "picker")
_LIST_TAGS = {"ordered": "ol", "bullet": "ul"}
_STYLE_TAGS = {"bold": "b", "italic": "i", "strike": "s", "underline": "u", "code": "code"}


def blocks_html(state: SlackState, blocks: Iterable[JsonObject]) -> str:
    """Give what blocks show."""
    return "".join(f'<div class="block {escape(block["type"])}">{_block(state, block)}</div>' for block in blocks)


def _block(state: SlackState, block: JsonObject) -> str:
    match block["type"]:
        case "section":
            return _section(state, block)
        case "header":
            return f'<h4 dir="auto">{with_emoji(block["text"]["text"])}</h4>'
        case "divider":
            return "<hr>"
        case "markdown":
            return f'<div dir="auto">{_MARKDOWN.render(block["text"])}</div>'
        case "context":
            return "".join(_text(state, element) for element in block["elements"])
        case "actions" | "context_actions":
            return "".join(map(_element, block["elements"]))
        case "image":
            return _image(block)
        case "rich_text":
            return "".join(_rich(state, element) for element in block["elements"])
        case "input":
            return f'<label dir="auto">{with_emoji(block["label"]["text"])}</label><span class="field"></span>'
        case "task_card":
            return f'<span class="task {escape(block["status"])}"></span>{escape(block["title"])}'
        case "table":
            return f"<table>{''.join(_row(state, row) for row in block.get('rows', ()))}</table>"
        case _:
            return escape("\n".join(block_lines([block], str)))


def _section(state: SlackState, block: JsonObject) -> str:
    text = _text(state, block["text"]) if block.get("text") else ""
    fields = "".join(f"<div>{_text(state, field)}</div>" for field in block.get("fields", ()))
    beside = f'<div class="accessory">{_element(block["accessory"])}</div>' if "accessory" in block else ""
    return f"<div>{text}{f'<div class=fields>{fields}</div>' if fields else ''}</div>{beside}"


def _text(state: SlackState, text: JsonObject) -> str:
    if text["type"] == "image":
        return _image(text)
    if text["type"] == "mrkdwn":
        return mrkdwn(state, text["text"])
    return f'<div class="lines" dir="auto">{with_emoji(text["text"])}</div>'


def _image(image: JsonObject) -> str:
    """Give the place of an image with what it shows in words: nothing is fetched."""
    return f'<span class="picture">{escape(image["alt_text"])}</span>'


def _element(element: JsonObject) -> str:
    kind = element["type"]
    if kind == "image":
        return _image(element)
    classes = f"button {escape(element.get('style', ''))}"
    if any(menu in kind for menu in _MENUS):
        classes += " menu"
    return "".join(f'<span class="{classes.strip()}">{with_emoji(label)}</span>' for label in labels(element))


def _row(state: SlackState, row: list[JsonObject]) -> str:
    cells = (escape(cell["text"]) if cell["type"] == "raw_text" else _block(state, cell) for cell in row)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _rich(state: SlackState, element: JsonObject) -> str:
    """Give a part of rich text, in which characters stand for themselves."""
    inside = "".join(_rich(state, item) for item in element.get("elements", ()))
    match element["type"]:
        case "rich_text_section":
            return f'<div class="lines" dir="auto">{inside}</div>'
        case "rich_text_list":
            tag = _LIST_TAGS.get(element.get("style", ""), "ul")
            items = "".join(f"<li>{_rich(state, item)}</li>" for item in element["elements"])
            return f'<{tag} class="indent{int(element.get("indent", 0))}">{items}</{tag}>'
        case "rich_text_preformatted":
            return f"<pre>{inside}</pre>"
        case "rich_text_quote":
            return f'<blockquote class="lines" dir="auto">{inside}</blockquote>'
        case "text":
            return _styled(escape(element["text"]), element)
        case "link":
            return _styled(link(element["url"], escape(element.get("text") or element["url"])), element)
        case "user":
            return mention("@" + person(state, element["user_id"]))
        case "usergroup":
            return mention("@" + element["usergroup_id"])
        case "channel":
            channel = state.channels.get(element["channel_id"])
            return mention("#" + (channel.name if channel else element["channel_id"]))
        case "broadcast":
            return mention("@" + element["range"])
        case "emoji":
            return escape(emoji(element["name"]))
        case _:
            return inside or escape(str(element.get("fallback", "")))


def _styled(html: str, element: JsonObject) -> str:
    for style, on in (element.get("style") or {}).items():
        if on and style in _STYLE_TAGS:
            html = f"<{_STYLE_TAGS[style]}>{html}</{_STYLE_TAGS[style]}>"
    return html
