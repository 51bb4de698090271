"""The question for a reason after a thumb down: a menu, and a form for their own words; and what came of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord

from bot import wording
from bot.messages import Press
from bot.platforms.discord.normalise import PLATFORM, Place
from bot.platforms.discord.render import Json, custom_id, render_text

_ROW, _BUTTON, _SELECT, _SECONDARY = 1, 2, 3, 2
_WORDS_CHARACTERS = 900
_OURS = re.compile(r"docent:(why|words):(\d+)")


def asking(question_id: int) -> list[Json]:
    """Give the messages that thank for a thumb down and ask for its reason."""
    options = [{"label": label, "value": reason} for reason, label in wording.DOWN_REASONS.items()]
    menu = {
        "type": _SELECT,
        "custom_id": f"docent:why:{question_id}",
        "placeholder": wording.WHY_CHOOSE,
        "options": options,
    }
    words = {
        "type": _BUTTON,
        "style": _SECONDARY,
        "custom_id": f"docent:words:{question_id}",
        "label": wording.WHY_OWN_WORDS,
    }
    *first, last = render_text(wording.WHY)
    return [
        *first,
        last | {"components": [_row(menu), _row(words, _human(question_id))]},
    ]


def answered(text: str, question_id: int) -> Json:
    """Give what takes the place of the question for a reason: thanks, and the way to a person."""
    return render_text(text)[0] | {"components": [_row(_human(question_id))]}


def _row(*components: Json) -> Json:
    return {"type": _ROW, "components": list(components)}


def _human(question_id: int) -> Json:
    return {
        "type": _BUTTON,
        "style": _SECONDARY,
        "custom_id": custom_id("human", question_id),
        "label": wording.ASK_A_PERSON,
    }


def wants_form(custom_id: str) -> int | None:
    """Give the question whose answer someone wants to judge in their own words, None for any other press."""
    match = _OURS.fullmatch(custom_id)
    return int(match[2]) if match and match[1] == "words" else None


def form(question_id: int) -> discord.ui.Modal:
    """Give the form for their own words; whichever process is there takes what is sent."""
    modal = discord.ui.Modal(title=wording.WHY_OWN_WORDS, custom_id=f"docent:words:{question_id}")
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        label=wording.WHY_LABEL, custom_id="words", style=discord.TextStyle.long, max_length=_WORDS_CHARACTERS
    )
    modal.add_item(words)
    modal.stop()  # the library need not wait for it: what is sent comes as an interaction like any other
    return modal


def reason_press(data: Mapping[str, Any], user: int, place: Place) -> Press | None:
    """Give the reason that someone chose or wrote, as a press; None for anything else. data: the interaction's."""
    match = _OURS.fullmatch(str(data.get("custom_id")))
    if match is None:
        return None
    chosen = [str(value) for value in data.get("values") or ()]
    reason = chosen[0] if chosen else _written(data.get("components") or ())
    if not reason:
        return None
    return Press(PLATFORM, int(match[2]), "down", str(user), audience=place.audience, reason=reason)


def _written(components: Any) -> str:
    """Give the text of a form, whether its field stands in a row or under a label."""
    for component in components:
        inner = component.get("components") or ([component["component"]] if "component" in component else [])
        text = str(component.get("value") or "") or _written(inner)
        if text.strip():
            return text.strip()
    return ""
