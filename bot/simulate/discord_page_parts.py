"""What hangs under a Discord message as HTML: embeds, buttons and menus, files, reactions."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.simulate.discord_errors import Json
from bot.simulate.discord_page_text import markdown
from bot.simulate.discord_state import DiscordState
from bot.simulate.page import link

_BUTTON = 2
_BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"}
_COLOURS = 1 << 24


def embed_html(state: DiscordState, embed: Json) -> str:
    """Give one embed. Its images are left out: they would be fetched from elsewhere."""
    author, footer = (embed.get(part) or {} for part in ("author", "footer"))
    title = escape(embed.get("title") or "")
    parts = (
        ("author", escape(author.get("name") or "")),
        ("headline", link(embed["url"], title) if title and embed.get("url") else title),
        ("description", markdown(state, embed.get("description") or "")),
        ("fields", "".join(_field(state, field) for field in embed.get("fields") or [])),
        ("footnote", escape(footer.get("text") or "")),
    )
    shown = "".join(f'<div class="{name}" dir="auto">{html}</div>' for name, html in parts if html)
    colour = embed.get("color")
    edge = f' style="border-left-color:#{int(colour) % _COLOURS:06x}"' if colour else ""
    return f'<div class="embed"{edge}>{shown}</div>'


def components_html(rows: list[Json]) -> str:
    """Give the rows of buttons and menus."""
    return "".join(f'<div class="row">{"".join(map(_component, row.get("components", [])))}</div>' for row in rows)


def reactions_html(reactions: Mapping[str, set[int]]) -> str:
    """Give the reactions with their numbers."""
    pills = (
        f'<span class="reaction">{escape(emoji.partition(":")[0])} <i>{len(users)}</i></span>'
        for emoji, users in reactions.items()
    )
    return f'<div class="reactions">{"".join(pills)}</div>' if reactions else ""


def _field(state: DiscordState, field: Json) -> str:
    kind = "inline" if field.get("inline") else "wide"
    return f'<div class="{kind}"><b>{escape(field["name"])}</b>{markdown(state, field["value"])}</div>'


def _component(item: Json) -> str:
    emoji = (item.get("emoji") or {}).get("name")
    label = " ".join(part for part in (emoji, item.get("label") or item.get("placeholder")) if part)
    kind = _BUTTON_STYLES.get(item.get("style", 2), "secondary") if item["type"] == _BUTTON else "menu"
    return f'<span class="button {kind}{" disabled" if item.get("disabled") else ""}">{escape(label)}</span>'
