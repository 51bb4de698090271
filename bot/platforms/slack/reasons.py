"""The question for a reason after a thumb down: a menu, and a form for their own words; and what came of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot import wording
from bot.messages import Action, Press
from bot.platforms.slack.render import Block, mrkdwn_parts, section

CHOSEN = "why"
OWN_WORDS = "why_words"
FORM = "docent_why"
# The names of the form's only field.
_BLOCK, _FIELD = "words", "text"
_WORDS_CHARACTERS = 900


def asking(question_id: int) -> list[Block]:
    """Give the blocks that thank for a thumb down and ask for its reason."""
    options = [
        {"text": _plain(label), "value": f"{question_id}:{reason}"} for reason, label in wording.DOWN_REASONS.items()
    ]
    menu = {
        "type": "static_select",
        "action_id": CHOSEN,
        "placeholder": _plain(wording.WHY_CHOOSE),
        "options": options,
    }
    words = {
        "type": "button",
        "action_id": OWN_WORDS,
        "text": _plain(wording.WHY_OWN_WORDS),
        "value": str(question_id),
    }
    return [
        *map(section, mrkdwn_parts(wording.WHY)),
        {"type": "actions", "elements": [menu, words, _human(question_id)]},
    ]


def thanked(text: str, question_id: int) -> list[Block]:
    """Give what takes the place of the question for a reason: thanks, and the way to a person."""
    return [*map(section, mrkdwn_parts(text)), {"type": "actions", "elements": [_human(question_id)]}]


def chosen_reason(body: Mapping[str, Any]) -> Press | None:
    """Give the reason that someone chose in the menu, as a press; None for any other action."""
    action = (body.get("actions") or [{}])[0]
    if action.get("action_id") != CHOSEN:
        return None
    number, _, reason = ((action.get("selected_option") or {}).get("value") or "").partition(":")
    return _press(number, body, reason)


def wants_form(body: Mapping[str, Any]) -> bool:
    """Tell whether someone wants to give the reason in their own words."""
    return bool((body.get("actions") or [{}])[0].get("action_id") == OWN_WORDS)


def form(body: Mapping[str, Any]) -> dict[str, object]:
    """Give the form for their own words; it carries along where the question for them stands."""
    question_id = body["actions"][0]["value"]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": json.dumps({"question": question_id, "response_url": body["response_url"]}),
        "title": _plain(wording.WHY_OWN_WORDS),
        "submit": _plain(wording.WHY_SEND),
        "blocks": [
            {
                "type": "input",
                "block_id": _BLOCK,
                "label": _plain(wording.WHY_LABEL),
                "element": {
                    "type": "plain_text_input",
                    "action_id": _FIELD,
                    "multiline": True,
                    "max_length": _WORDS_CHARACTERS,
                },
            }
        ],
    }


def written_reason(body: Mapping[str, Any]) -> tuple[Press, str] | None:
    """Give the reason that someone sent by the form, as a press, and the response_url of the question for it.

    None for another form, and for one without words.
    """
    view = body.get("view") or {}
    if view.get("callback_id") != FORM:
        return None
    told = json.loads(view["private_metadata"])
    words = (view["state"]["values"].get(_BLOCK, {}).get(_FIELD, {}).get("value") or "").strip()
    press = _press(str(told["question"]), body, words)
    return (press, told["response_url"]) if press is not None else None


def _press(number: str, body: Mapping[str, Any], reason: str) -> Press | None:
    if not number.isdigit() or not reason:
        return None
    return Press("slack", int(number), "down", body["user"]["id"], reason=reason)


def _human(question_id: int) -> Block:
    action: Action = "human"
    return {"type": "button", "action_id": action, "text": _plain(wording.ASK_A_PERSON), "value": str(question_id)}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text}
