"""Addresses of cited passages: SOURCE_URL, checked at the start and filled in for each chunk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from urllib.parse import quote, urlsplit

from core.errors import ConfigurationError
from core.models import RetrievedChunk

FIELDS = ("path", "first_line", "last_line", "page", "heading", "anchor", "collection")
_FOR_ONE = re.compile(r"([^\s=:/?#]+)=(?=https?:)")
_NO_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Links:
    """Gives the address of a passage. default: the template of collections that have none of their own, "" for none."""

    default: str = ""
    by_collection: Mapping[str, str] = field(default_factory=dict)

    def url(self, chunk: RetrievedChunk) -> str:
        """Give the address of a chunk, "" where there is none.

        What the chunk doesn't have takes its part of the address along: a parameter behind "?", or all behind "#";
        in the path itself, the whole link.
        """
        template = self.by_collection.get(chunk.collection, self.default)
        address, _, fragment = template.partition("#")
        path, _, parameters = address.partition("?")
        values = _values(chunk)
        begun = _filled(path, values)
        if not begun:
            return ""
        wanted = [_filled(parameter, values) for parameter in parameters.split("&")]
        query = "&".join(filter(None, wanted))
        ending = _filled(fragment, values)
        return begun + (f"?{query}" if query else "") + (f"#{ending}" if ending else "")


NO_LINKS = Links()


def parse_links(setting: str) -> Links:
    """Read SOURCE_URL: one template, NAME=TEMPLATE for a collection's own, or several of both between white space.

    Raises ConfigurationError for a template that can't work.
    """
    default, by_collection = "", {}
    for entry in setting.split():
        match = _FOR_ONE.match(entry)
        template = entry[match.end() :] if match else entry
        _check(template)
        if match:
            by_collection[match[1]] = template
        elif default:
            raise ConfigurationError(
                f"SOURCE_URL has two templates for all collections, {default!r} and {template!r}; "
                "write NAME=TEMPLATE for one that is a collection's own."
            )
        else:
            default = template
    return Links(default, by_collection)


def anchor(heading: str) -> str:
    """Give the anchor that GitHub and most wikis make of a heading; of two with the same words, that of the first."""
    return _NO_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")


def _values(chunk: RetrievedChunk) -> dict[str, str]:
    first, last = chunk.chunk.lines or ("", "")
    heading = chunk.chunk.heading.split(" › ")[-1]
    return {
        "path": quote(chunk.document, safe="/"),
        "first_line": str(first),
        "last_line": str(last),
        "page": str(chunk.chunk.page or ""),
        "heading": quote(heading, safe=""),
        "anchor": quote(anchor(heading), safe=""),
        "collection": quote(chunk.collection, safe=""),
    }


def _filled(part: str, values: Mapping[str, str]) -> str:
    """Fill a part of a template in; "" when a value for it is missing."""
    names = [name for _, name, _, _ in Formatter().parse(part) if name]
    return part.format_map(values) if all(values[name] for name in names) else ""


def _check(template: str) -> None:
    """Raise ConfigurationError, with what to write instead, for a template that can't work."""
    try:
        parts = list(Formatter().parse(template))
        host = urlsplit(template).netloc
    except ValueError as error:
        raise ConfigurationError(f"SOURCE_URL has {template!r}, which can't be read: {error}.") from None
    names = [name for _, name, _, _ in parts if name is not None]
    formatted = any(form or conversion for _, _, form, conversion in parts)
    unknown = [name for name in names if name not in FIELDS]
    if unknown or formatted:
        what = f"{{{unknown[0]}}}" if unknown else "a format"
        raise ConfigurationError(
            f"SOURCE_URL has {what} in {template!r}; known are {', '.join(f'{{{name}}}' for name in FIELDS)}."
        )
    if not template.startswith(("http://", "https://")) or not host or "{" in host:
        raise ConfigurationError(
            f"SOURCE_URL has {template!r}; write an address that begins with http:// or https:// and a host, such as "
            "https://github.com/acme/handbook/blob/main/{path}#L{first_line}-L{last_line}."
        )
