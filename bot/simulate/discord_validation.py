"""Checks the body of a message as Discord does, with Discord's tree of form errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.simulate.discord_errors import ApiError, Json
from bot.simulate.discord_objects import MessageFlag

Path = tuple[str | int, ...]

CONTENT_CHARACTERS = 2000
EMBEDS = 10
EMBED_CHARACTERS_IN_ALL = 6000
EMBED_FIELDS = 25
EMBED_TEXTS: dict[Path, int] = {
    ("title",): 256,
    ("description",): 4096,
    ("footer", "text"): 2048,
    ("author", "name"): 256,
}
FIELD_TEXTS = {"name": 256, "value": 1024}
ROWS = 5
BUTTONS_IN_A_ROW = 5
CUSTOM_ID_CHARACTERS = 100
LABEL_CHARACTERS = 80
FIELD_LABEL_CHARACTERS = 45
URL_CHARACTERS = 512
SELECT_OPTIONS = 25
OPTION_CHARACTERS = 100
PLACEHOLDER_CHARACTERS = 150
CHOICES = 25
CHOICE_CHARACTERS = 100
ROW, BUTTON, STRING_SELECT, LINK_STYLE = 1, 2, 3, 5
SELECTS = (3, 5, 6, 7, 8)
WEB_ADDRESS = re.compile(r"https?://\S+")


class Form:
    """Collects the faults of a request body under the path of the field that has them."""

    def __init__(self) -> None:
        self.errors: Json = {}

    def fault(self, path: Path, code: str, message: str) -> None:
        """Note one fault."""
        node = self.errors
        for part in path:
            node = node.setdefault(str(part), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, path: Path, value: Any, *, most: int, least: int = 0) -> int:
        """Check a text field and give its length; None counts as absent where least is 0."""
        if value is None and not least:
            return 0
        if not isinstance(value, str) or (least and not value):
            self.fault(path, "BASE_TYPE_REQUIRED", "This field is required")
            return 0
        if len(value) > most:
            if least:
                self.fault(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
            else:
                self.fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return len(value)

    def at_most(self, path: Path, items: Sequence[Any], most: int) -> None:
        """Check the length of a list."""
        if len(items) > most:
            self.fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def between(self, path: Path, items: Sequence[Any], least: int, most: int) -> None:
        """Check the length of a list that has a lower limit too."""
        if not least <= len(items) <= most:
            self.fault(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def web_address(self, path: Path, value: Any) -> None:
        """Check a URL, None counts as absent."""
        if value is not None and not (isinstance(value, str) and WEB_ADDRESS.fullmatch(value)):
            self.fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")

    def raise_faults(self) -> None:
        """Raise ApiError 50035 when there is any fault."""
        if self.errors:
            raise ApiError(400, 50035, "Invalid Form Body", self.errors)


def check_message(body: Json, prefix: Path = ()) -> None:
    """Check content, embeds, components and allowed_mentions of a request. Raises ApiError 50035."""
    form = Form()
    form.text((*prefix, "content"), body.get("content"), most=CONTENT_CHARACTERS)
    _check_embeds(form, (*prefix, "embeds"), body.get("embeds") or [])
    _check_rows(form, (*prefix, "components"), body.get("components") or [])
    _check_allowed_mentions(form, (*prefix, "allowed_mentions"), body.get("allowed_mentions") or {})
    if int(body.get("flags") or 0) & MessageFlag.COMPONENTS_V2:
        form.fault((*prefix, "flags"), "NOT_SIMULATED", "Send content, embeds and action rows, not components V2.")
    form.raise_faults()


def check_choices(body: Json) -> list[Json]:
    """Check the choices of an autocomplete answer and give them. Raises ApiError 50035."""
    form = Form()
    choices: list[Json] = body.get("choices") or []
    form.at_most(("data", "choices"), choices, CHOICES)
    for index, choice in enumerate(choices):
        form.text(("data", "choices", index, "name"), choice.get("name"), most=CHOICE_CHARACTERS, least=1)
        if isinstance(choice.get("value"), str):
            form.text(("data", "choices", index, "value"), choice["value"], most=CHOICE_CHARACTERS, least=1)
    form.raise_faults()
    return choices


def check_modal(body: Json) -> Json:
    """Check the frame of a modal and its fields, and give it. Raises ApiError 50035."""
    form = Form()
    form.text(("data", "custom_id"), body.get("custom_id"), most=CUSTOM_ID_CHARACTERS, least=1)
    form.text(("data", "title"), body.get("title"), most=45, least=1)
    rows: list[Json] = body.get("components") or []
    form.between(("data", "components"), rows, 1, ROWS)
    for index, row in enumerate(rows):
        for number, field in enumerate(row.get("components") or []):
            here: Path = ("data", "components", index, "components", number)
            form.text((*here, "custom_id"), field.get("custom_id"), most=CUSTOM_ID_CHARACTERS, least=1)
            form.text((*here, "label"), field.get("label"), most=FIELD_LABEL_CHARACTERS, least=1)
    form.raise_faults()
    return body


def check_name(body: Json, *, most: int = 100) -> str:
    """Check the name of a thread and give it. Raises ApiError 50035."""
    form = Form()
    form.text(("name",), body.get("name"), most=most, least=1)
    form.raise_faults()
    return str(body["name"])


def _check_embeds(form: Form, path: Path, embeds: list[Json]) -> None:
    form.at_most(path, embeds, EMBEDS)
    in_all = 0
    for index, embed in enumerate(embeds):
        here = (*path, index)
        fields: list[Json] = embed.get("fields") or []
        if not any(embed.get(part) for part in ("title", "description", "fields", "footer", "author", "image")):
            form.fault((*here, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        for (part, *inner), most in EMBED_TEXTS.items():
            value = embed.get(str(part))
            if inner:
                value = (value or {}).get(inner[0])
            in_all += form.text((*here, part, *inner), _trimmed(value), most=most)
        form.at_most((*here, "fields"), fields, EMBED_FIELDS)
        for number, field in enumerate(fields):
            for name, most in FIELD_TEXTS.items():
                value = _trimmed(field.get(name))
                in_all += form.text((*here, "fields", number, name), value, most=most, least=1)
        form.web_address((*here, "url"), embed.get("url"))
    if in_all > EMBED_CHARACTERS_IN_ALL:
        form.fault(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_CHARACTERS_IN_ALL}")


def _trimmed(value: Any) -> Any:
    """Discord trims the texts of embeds before it measures them."""
    return value.strip() if isinstance(value, str) else value


def _check_rows(form: Form, path: Path, rows: list[Json]) -> None:
    form.at_most(path, rows, ROWS)
    seen: set[str] = set()
    for index, row in enumerate(rows):
        here = (*path, index)
        if row.get("type") != ROW:
            form.fault((*here, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({ROW},).')
            continue
        items: list[Json] = row.get("components") or []
        form.between((*here, "components"), items, 1, BUTTONS_IN_A_ROW)
        if len(items) > 1 and any(item.get("type") in SELECTS for item in items):
            form.fault(here, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "Components displayed do not fit in the row.")
        for number, item in enumerate(items):
            _check_item(form, (*here, "components", number), item, seen)


def _check_item(form: Form, path: Path, item: Json, seen: set[str]) -> None:
    kind = item.get("type")
    if kind != BUTTON and kind not in SELECTS:
        form.fault((*path, "type"), "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (2, 3, 5, 6, 7, 8).')
        return
    if kind == BUTTON:
        form.text((*path, "label"), item.get("label"), most=LABEL_CHARACTERS)
        if not item.get("label") and not item.get("emoji"):
            form.fault(path, "BUTTON_COMPONENT_REQUIRED_LABEL_OR_EMOJI", "A label or an emoji is required.")
        if item.get("style") not in (1, 2, 3, 4, LINK_STYLE):
            form.fault((*path, "style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")
    if kind == STRING_SELECT:
        options: list[Json] = item.get("options") or []
        form.between((*path, "options"), options, 1, SELECT_OPTIONS)
        for number, option in enumerate(options):
            for name in ("label", "value"):
                form.text((*path, "options", number, name), option.get(name), most=OPTION_CHARACTERS, least=1)
        form.text((*path, "placeholder"), item.get("placeholder"), most=PLACEHOLDER_CHARACTERS)
    if kind == BUTTON and item.get("style") == LINK_STYLE:
        form.text((*path, "url"), item.get("url"), most=URL_CHARACTERS, least=1)
        form.web_address((*path, "url"), item.get("url"))
        return
    form.text((*path, "custom_id"), item.get("custom_id"), most=CUSTOM_ID_CHARACTERS, least=1)
    custom_id = str(item.get("custom_id"))
    if custom_id in seen:
        form.fault((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    seen.add(custom_id)


def _check_allowed_mentions(form: Form, path: Path, allowed: Json) -> None:
    for kind in ("users", "roles"):
        form.at_most((*path, kind), allowed.get(kind) or [], 100)
        if kind in (allowed.get("parse") or ()) and allowed.get(kind):
            form.fault(
                path,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
