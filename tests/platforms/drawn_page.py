"""How tests look at a drawn page: by what a reader sees in it, and by what a browser would do with it."""

from __future__ import annotations

import re

from lxml import html as parser
from lxml.html import HtmlElement

FETCHING = ("script", "img", "iframe", "link", "object", "embed", "form", "video", "audio", "base", "use", "image")


def parsed(html: str) -> HtmlElement:
    return parser.fromstring(f"<div>{html}</div>" if "<body" not in html else html)


def seen(html: str, kind: str = "") -> list[str]:
    """Give the words of each element of a class (everything for ""), with the white space of HTML."""
    found = parsed(html).iter() if not kind else parsed(html).find_class(kind)
    texts = [element.text_content() for element in found] if kind else [parsed(html).text_content()]
    return [re.sub(r"[ \t]+", " ", text).strip() for text in texts]


def tags(html: str, name: str) -> list[str]:
    """Give the words of each element of a name."""
    return [element.text_content() for element in parsed(html).iter(name)]


def assert_harmless(html: str) -> None:
    """Nothing in it runs, and nothing is fetched before someone follows a link to the web."""
    for element in parsed(html).iter():
        assert element.tag not in FETCHING, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), f"{name}={value}"
            assert name not in ("src", "srcset", "action", "background", "poster", "xlink:href"), f"{name}={value}"
            assert name != "href" or re.match(r"https?://|mailto:", value), value
            assert name != "style" or re.fullmatch(r"border-left-color:#[0-9a-f]{6}", value), value
