"""What a request body makes of a message: a new one's content, or the changes of an edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.simulate.discord_errors import Json, refusal
from bot.simulate.discord_objects import Message, MessageFlag
from bot.simulate.discord_state import DiscordState
from bot.simulate.discord_world import World

SHOWN = ("content", "embeds", "components", "attachments")


def new_content(state: DiscordState, body: Json, files: list[Json]) -> dict[str, Any]:
    """Give what a body says a new message shows. Raises ApiError 50006 when that is nothing."""
    shown = _content(state, body, files, [])
    if not any(shown.values()):
        raise refusal(50006)
    return shown


def apply_edit(world: World, message: Message, body: Json, files: list[Json], parsed: Sequence[str]) -> None:
    """Edit a message by a request body. Raises ApiError 50006 when nothing would be left to show."""
    changes = _content(world.state, body, files, message.attachments)
    if not any(changes.get(part, getattr(message, part)) for part in SHOWN):
        raise refusal(50006)
    if "flags" in body:
        kept = message.flags & ~(MessageFlag.SUPPRESS_EMBEDS | MessageFlag.LOADING)
        changes["flags"] = kept | (MessageFlag(int(body["flags"] or 0)) & MessageFlag.SUPPRESS_EMBEDS)
    world.edit(message, changes, allowed_mentions=body.get("allowed_mentions"), parsed=parsed)


def _content(state: DiscordState, body: Json, files: list[Json], attached: list[Json]) -> dict[str, Any]:
    """Give the parts of a message that a body sets; null empties a part, a part that is missing stays as it is."""
    parts: dict[str, Any] = {}
    if "content" in body:
        parts["content"] = str(body["content"] or "").strip()
    if "embeds" in body:
        parts["embeds"] = [{"type": "rich"} | embed for embed in body["embeds"] or []]
    if "components" in body:
        parts["components"] = body["components"] or []
    if "attachments" in body or files:
        listed = {str(item.get("id")) for item in body.get("attachments") or []}
        kept = [item for item in attached if "attachments" not in body or item["id"] in listed]
        parts["attachments"] = kept + [
            {"id": str(state.snowflakes.next()), "url": "", "proxy_url": ""} | file for file in files
        ]
    return parts
