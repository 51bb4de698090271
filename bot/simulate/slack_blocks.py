"""Block Kit as Slack checks it: which blocks and elements it takes, how much they may hold, what can be clicked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.simulate.slack_errors import SlackMethodError
from bot.simulate.slack_rules import ALL_BLOCKS_TEXT, MARKDOWN_TEXT, MESSAGE_BLOCKS

JsonObject = dict[str, Any]

# Blocks that are taken as they are: Docent doesn't build them, or they hold what was checked elsewhere.
UNCHECKED_BLOCKS = {"divider", "rich_text", "table", "video", "file", "plan", "task_card", "card", "carousel"}
ELEMENTS_AT_MOST = {"actions": 25, "context": 10, "context_actions": 5}
ONLY_IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}


def check_blocks(blocks: list[JsonObject], *, at_most: int = MESSAGE_BLOCKS, pointer: str = "/blocks") -> None:
    """Raise SlackMethodError ("invalid_blocks", "msg_blocks_too_long") for blocks that Slack refuses."""
    found = list(_problems(blocks, at_most, pointer))
    if found:
        raise SlackMethodError(
            "invalid_blocks",
            errors=found,
            response_metadata={"messages": [f"[ERROR] {problem}" for problem in found]},
        )
    if pointer == "/blocks" and sum(map(len, _texts(blocks))) > ALL_BLOCKS_TEXT:
        raise SlackMethodError("msg_blocks_too_long")


def with_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    """Give the blocks as Slack keeps them: each with a block_id, each element that can be used with an action_id."""
    kept = []
    for number, block in enumerate(blocks, start=1):
        block = {"block_id": f"block{number}", **block}
        if block["type"] in ("actions", "context_actions"):
            block["elements"] = [
                {"action_id": f"{block['block_id']}.{position}", **element}
                for position, element in enumerate(block["elements"], start=1)
            ]
        elif "accessory" in block:
            block["accessory"] = {"action_id": f"{block['block_id']}.1", **block["accessory"]}
        kept.append(block)
    return kept


def usable_elements(blocks: list[JsonObject]) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Give each element that a person can use, with its block."""
    for block in blocks:
        elements = block.get("elements")
        several = elements if isinstance(elements, list) else []
        for element in (block.get("accessory"), block.get("element"), *several):
            if isinstance(element, dict) and element.get("action_id"):
                yield block, element


def labels(element: JsonObject) -> list[str]:
    """Give what a person reads on an element; feedback buttons are two."""
    if element["type"] == "feedback_buttons":
        return [element[side]["text"]["text"] for side in ("positive_button", "negative_button")]
    text = element.get("text") or element.get("placeholder") or {"text": element["type"]}
    return [str(text["text"])]


def chosen(element: JsonObject, choice: str | None) -> JsonObject:
    """Give the fields of an action for what a person chose.

    choice: the value or the label, for elements that offer several; None for the first.
    Raises LookupError when the element offers no such choice.
    """
    if element["type"] == "feedback_buttons":
        option = _option([element["positive_button"], element["negative_button"]], choice)
        return {"text": option["text"], "value": option["value"]}
    if "options" in element:
        return {"selected_option": _option(element["options"], choice)}
    return {name: element[name] for name in ("text", "value", "style", "url") if name in element}


def _option(options: list[JsonObject], choice: str | None) -> JsonObject:
    for option in options:
        if choice is None or choice in (option["value"], option["text"]["text"]):
            return option
    raise LookupError(f"No choice {choice!r}; there are {[option['value'] for option in options]}.")


def _problems(blocks: list[JsonObject], at_most: int, pointer: str) -> Iterator[str]:
    if len(blocks) > at_most:
        yield f"no more than {at_most} items allowed [json-pointer:{pointer}]"
    block_ids: set[str] = set()
    for number, block in enumerate(blocks):
        here = f"{pointer}/{number}"
        block_id = block.get("block_id", "")
        yield from _too_long(block_id, 255, f"{here}/block_id")
        if block_id and block_id in block_ids:
            yield f"`block_id` must be unique [json-pointer:{here}/block_id]"
        block_ids.add(block_id)
        yield from _block_problems(block, here)
        yield from _doubled_action_ids(block, here)


def _block_problems(block: JsonObject, here: str) -> Iterator[str]:
    kind = block.get("type")
    if kind == "section":
        yield from _section_problems(block, here)
    elif kind == "header":
        yield from _text_problems(block.get("text"), 150, f"{here}/text", plain=True)
    elif kind == "markdown":
        yield from _string_problems(block.get("text"), MARKDOWN_TEXT, f"{here}/text")
    elif kind == "image":
        yield from _image_problems(block, here)
    elif kind == "input":
        yield from _text_problems(block.get("label"), 2000, f"{here}/label", plain=True)
        yield from _element_problems(block.get("element"), f"{here}/element")
    elif kind in ELEMENTS_AT_MOST:
        yield from _elements_problems(block, kind, here)
    elif kind not in UNCHECKED_BLOCKS:
        yield f"unsupported type: {kind} [json-pointer:{here}/type]"


def _section_problems(block: JsonObject, here: str) -> Iterator[str]:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        yield f"missing required field: text [json-pointer:{here}]"
    if block.get("text") is not None:
        yield from _text_problems(block["text"], 3000, f"{here}/text")
    if fields and len(fields) > 10:
        yield f"no more than 10 items allowed [json-pointer:{here}/fields]"
    for number, text in enumerate(fields or ()):
        yield from _text_problems(text, 2000, f"{here}/fields/{number}")
    if "accessory" in block:
        yield from _element_problems(block["accessory"], f"{here}/accessory")


def _elements_problems(block: JsonObject, kind: str, here: str) -> Iterator[str]:
    elements = block.get("elements")
    if not elements:
        yield f"missing required field: elements [json-pointer:{here}]"
        return
    if len(elements) > ELEMENTS_AT_MOST[kind]:
        yield f"no more than {ELEMENTS_AT_MOST[kind]} items allowed [json-pointer:{here}/elements]"
    for number, element in enumerate(elements):
        there = f"{here}/elements/{number}"
        if kind == "context" and isinstance(element, dict) and element.get("type") != "image":
            yield from _text_problems(element, 3000, there)
        elif kind == "context_actions" and _type(element) not in ONLY_IN_CONTEXT_ACTIONS:
            yield f"unsupported type: {_type(element)} [json-pointer:{there}/type]"
        else:
            yield from _element_problems(element, there, context_actions=kind == "context_actions")


def _element_problems(element: Any, here: str, *, context_actions: bool = False) -> Iterator[str]:
    kind = _type(element)
    if not kind:
        yield f"must be an object with a type [json-pointer:{here}]"
        return
    if kind in ONLY_IN_CONTEXT_ACTIONS and not context_actions:
        yield f"unsupported type: {kind} [json-pointer:{here}/type]"
    yield from _too_long(element.get("action_id", ""), 255, f"{here}/action_id")
    if kind == "button":
        yield from _text_problems(element.get("text"), 75, f"{here}/text", plain=True)
        yield from _too_long(element.get("value", ""), 2000, f"{here}/value")
        yield from _too_long(element.get("url", ""), 3000, f"{here}/url")
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"must be a valid enum value [json-pointer:{here}/style]"
    elif kind == "image":
        yield from _image_problems(element, here)
    elif kind == "static_select":
        yield from _select_problems(element, here)
    elif kind == "plain_text_input" and element.get("max_length", 1) not in range(1, 3001):
        yield f"must be between 1 and 3000 [json-pointer:{here}/max_length]"
    elif kind == "icon_button":
        yield from _text_problems(element.get("text"), 75, f"{here}/text", plain=True)
        yield from _too_long(element.get("value", ""), 2000, f"{here}/value")
    elif kind == "feedback_buttons":
        for side in ("positive_button", "negative_button"):
            button = element.get(side)
            if not isinstance(button, dict):
                yield f"missing required field: {side} [json-pointer:{here}]"
                continue
            yield from _text_problems(button.get("text"), 75, f"{here}/{side}/text", plain=True)
            yield from _string_problems(button.get("value"), 2000, f"{here}/{side}/value")


def _select_problems(element: JsonObject, here: str) -> Iterator[str]:
    if "placeholder" in element:
        yield from _text_problems(element["placeholder"], 150, f"{here}/placeholder", plain=True)
    options = element.get("options") or []
    if len(options) not in range(1, 101):
        yield f"must have 1 to 100 options [json-pointer:{here}/options]"
    for number, option in enumerate(options):
        yield from _text_problems(option.get("text"), 75, f"{here}/options/{number}/text", plain=True)
        yield from _string_problems(option.get("value"), 150, f"{here}/options/{number}/value")


def _doubled_action_ids(block: JsonObject, here: str) -> Iterator[str]:
    seen: set[str] = set()
    for _, element in usable_elements([block]):
        if element["action_id"] in seen:
            yield f"`action_id` {element['action_id']!r} already exists in this block [json-pointer:{here}]"
        seen.add(element["action_id"])


def _image_problems(image: JsonObject, here: str) -> Iterator[str]:
    if "slack_file" not in image:
        yield from _string_problems(image.get("image_url"), 3000, f"{here}/image_url")
    yield from _string_problems(image.get("alt_text"), 2000, f"{here}/alt_text")


def _text_problems(value: Any, at_most: int, here: str, *, plain: bool = False) -> Iterator[str]:
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if _type(value) not in allowed:
        yield f"must be a text object of type {' or '.join(allowed)} [json-pointer:{here}]"
        return
    yield from _string_problems(value.get("text"), at_most, f"{here}/text")


def _string_problems(value: Any, at_most: int, here: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"must be a string [json-pointer:{here}]"
    elif not value:
        yield f"must be more than 0 characters [json-pointer:{here}]"
    else:
        yield from _too_long(value, at_most, here)


def _too_long(value: Any, at_most: int, here: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"must be a string [json-pointer:{here}]"
    elif len(value) > at_most:
        yield f"must be less than {at_most + 1} characters [json-pointer:{here}]"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "text" and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)


def _type(value: Any) -> str:
    return str(value.get("type", "")) if isinstance(value, dict) else ""
