"""Which blocks the simulated Slack takes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulate.slack_blocks import check_blocks, chosen, usable_elements, with_ids
from bot.simulate.slack_errors import SlackMethodError


def text(length: int, kind: str = "mrkdwn") -> dict[str, str]:
    return {"type": kind, "text": "x" * length}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "button", "text": text(4, "plain_text"), **fields}


def feedback(**fields: Any) -> dict[str, Any]:
    side = {"text": text(1, "plain_text"), "value": "v"}
    return {"type": "feedback_buttons", "positive_button": side, "negative_button": side, **fields}


def actions(*elements: dict[str, Any], kind: str = "actions") -> dict[str, Any]:
    return {"type": kind, "elements": list(elements)}


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": text(length)}


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "divider"}] * 50,
        [section(3_000), {"type": "section", "fields": [text(2_000)] * 2}],
        [{"type": "markdown", "text": "x" * 12_000}],
        [{"type": "header", "text": text(150, "plain_text")}],
        [{"type": "context", "elements": [text(10)] * 10}],
        [actions(*[button(action_id=str(number), value="v" * 2_000) for number in range(25)])],
        [actions(feedback(), *[{"type": "icon_button", "icon": "trash", "text": text(4, "plain_text")}] * 4,
                 kind="context_actions")],
        [{"type": "section", "text": text(1), "accessory": button()}],
        [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}],
    ],
)  # fmt: skip
def test_blocks_within_the_limits_are_taken(blocks):
    check_blocks(blocks)


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section(3_001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section(0)], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([{"type": "section", "fields": [text(1)] * 11}], "no more than 10 items allowed"),
        ([{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001 characters"),
        ([{"type": "header", "text": text(151, "plain_text")}], "must be less than 151 characters"),
        ([{"type": "header", "text": text(1)}], "must be a text object of type plain_text"),
        ([{"type": "context", "elements": [text(1)] * 11}], "no more than 10 items allowed"),
        ([actions()], "missing required field: elements"),
        ([actions(*[button()] * 26)], "no more than 25 items allowed"),
        ([actions(button(value="v" * 2_001))], "must be less than 2001 characters"),
        ([actions(button(text=text(76, "plain_text")))], "must be less than 76 characters"),
        ([actions(button(style="loud"))], "must be a valid enum value"),
        ([actions(button(action_id="a"), button(action_id="a"))], "already exists in this block"),
        ([actions(feedback())], "unsupported type: feedback_buttons"),
        ([{**section(1), "accessory": feedback()}], "unsupported type: feedback_buttons"),
        ([actions(button(), kind="context_actions")], "unsupported type: button"),
        ([actions(*[feedback()] * 6, kind="context_actions")], "no more than 5 items allowed"),
        ([actions(feedback(negative_button={"value": "v"}), kind="context_actions")], "negative_button/text"),
        ([{"type": "divider", "block_id": "a"}] * 2, "`block_id` must be unique"),
        ([{"type": "divider", "block_id": "a" * 256}], "must be less than 256 characters"),
        ([{"type": "image", "image_url": "https://example.com/a.png"}], "/alt_text"),
        ([{"type": "hologram"}], "unsupported type: hologram"),
        ([{"type": "actions", "elements": ["button"]}], "must be an object with a type"),
    ],
)
def test_blocks_beyond_the_limits_are_refused(blocks, problem):
    with pytest.raises(SlackMethodError, match="invalid_blocks") as caught:
        check_blocks(blocks)
    assert problem in caught.value.details["errors"][0]


def test_all_blocks_together_may_hold_so_much():
    check_blocks([section(3_000)] * 4)
    with pytest.raises(SlackMethodError, match="msg_blocks_too_long"):
        check_blocks([section(3_000)] * 5)


def test_slack_names_what_was_left_nameless():
    block, element = next(usable_elements(with_ids([actions(button())])))
    assert block["block_id"]
    assert element["action_id"]


def test_menus_send_the_chosen_option():
    option = {"text": text(3, "plain_text"), "value": "hr"}
    menu = {"type": "static_select", "action_id": "folder", "options": [option]}
    assert chosen(menu, "hr") == {"selected_option": option}
    with pytest.raises(LookupError):
        chosen(menu, "it")
