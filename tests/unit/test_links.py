"""Addresses of passages: each part of SOURCE_URL, what is missing, what is refused."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bot.answer_json import answer_json
from bot.delivery import final_reply
from bot.links import Links, anchor, parse_links
from bot.terminal import rendered
from core.errors import ConfigurationError
from core.models import Answer, Chunk, Citation, RetrievedChunk

GITHUB = "https://github.com/acme/handbook/blob/main/{path}?plain=1#L{first_line}-L{last_line}"
MARKDOWN = RetrievedChunk(
    1,
    1,
    "people",
    "it/what's new #1.md",
    "News",
    Chunk(0, "t", "News › In Zürich, C++ & co", "s", "h", None, (3, 9)),
    0,
    1,
)
PDF = replace(MARKDOWN, document="travel.pdf", chunk=Chunk(0, "t", "", "s", "h", 4))


@pytest.mark.parametrize(
    ("template", "chunk", "url"),
    [
        (GITHUB, MARKDOWN, "https://github.com/acme/handbook/blob/main/it/what%27s%20new%20%231.md?plain=1#L3-L9"),
        (GITHUB, PDF, "https://github.com/acme/handbook/blob/main/travel.pdf?plain=1"),
        ("https://w.example/{path}#page={page}", PDF, "https://w.example/travel.pdf#page=4"),
        ("https://w.example/{path}#page={page}", MARKDOWN, "https://w.example/it/what%27s%20new%20%231.md"),
        ("https://w.example/?p={page}&c={collection}", MARKDOWN, "https://w.example/?c=people"),
        ("https://w.example/{collection}#{anchor}", MARKDOWN, "https://w.example/people#in-z%C3%BCrich-c--co"),
        (
            "https://w.example/#:~:text={heading}",
            MARKDOWN,
            "https://w.example/#:~:text=In%20Z%C3%BCrich%2C%20C%2B%2B%20%26%20co",
        ),
        ("https://w.example/#{anchor}", PDF, "https://w.example/"),
        ("https://w.example/{page}/{path}", MARKDOWN, ""),
        ("https://w.example/{path} people=http://wiki.local/{path}", PDF, "http://wiki.local/travel.pdf"),
        ("other=http://wiki.local/{path} https://w.example/?u=http://x/{page}", PDF, "https://w.example/?u=http://x/4"),
        ("other=http://wiki.local/{path}", PDF, ""),
        ("", MARKDOWN, ""),
    ],
)
def test_a_passage_has_its_address(template: str, chunk: RetrievedChunk, url: str) -> None:
    assert parse_links(template).url(chunk) == url


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("https://w.example/{file}", r"has \{file\} in .*; known are \{path\}"),
        ("https://w.example/{}", r"has \{\} in"),
        ("https://w.example/{path.real}", r"has \{path\.real\} in"),
        ("https://w.example/{path!r}", "has a format"),
        ("https://w.example/{page:>9}", "has a format"),
        ("https://w.example/{path", "can't be read"),
        ("https://[w.example/", "can't be read"),
        ("ftp://w.example/{path}", "begins with http:// or https://"),
        ("javascript:alert({path})", "begins with http:// or https://"),
        ("{path}", "begins with http:// or https://"),
        ("https://{path}/", "and a host"),
        ("https:///{path}", "and a host"),
        ("people=wiki/{path}", "begins with http:// or https://"),
        ("https://a.example https://b.example", "two templates"),
    ],
)
def test_a_template_that_cannot_work_is_refused_in_one_line(setting: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^SOURCE_URL .*{why}") as raised:
        parse_links(setting)
    assert "\n" not in str(raised.value)


def test_an_anchor_is_what_github_makes_of_a_heading() -> None:
    assert anchor("  What's New in `v2.0`? (a_b - c)") == "whats-new-in-v20-a_b---c"


LINKS = Links("https://w.example/{path}#L{first_line}")
ANSWER = Answer("q", "News [1].", "quoted", (Citation(1, MARKDOWN, "e"), Citation(2, PDF, "e")), (PDF,))


def test_footnotes_in_chats_carry_the_address() -> None:
    urls = [footnote.url for footnote in final_reply(ANSWER, 7, LINKS).footnotes]
    assert urls == ["https://w.example/it/what%27s%20new%20%231.md#L3", "https://w.example/travel.pdf"]
    assert [footnote.url for footnote in final_reply(ANSWER, 7).footnotes] == ["", ""]


def test_json_tells_the_address_only_where_there_is_one() -> None:
    told = answer_json(ANSWER, links=LINKS)
    assert [entry["url"] for entry in told["citations"] + told["passages"]] == [
        "https://w.example/it/what%27s%20new%20%231.md#L3",
        "https://w.example/travel.pdf",
        "https://w.example/travel.pdf",
    ]
    told = answer_json(ANSWER)
    assert not any("url" in entry for entry in told["citations"] + told["passages"])


def test_on_a_terminal_the_footnote_is_a_link_and_shows_its_address() -> None:
    screen = io.StringIO()
    Console(file=screen, force_terminal=True, width=60).print(rendered(ANSWER, LINKS))
    assert ";https://w.example/travel.pdf\x1b\\" in screen.getvalue()
    assert "    https://w.example/travel.pdf" in screen.getvalue()


def test_in_a_file_the_address_stands_below_the_footnote() -> None:
    page = io.StringIO()
    Console(file=page, width=80).print(rendered(ANSWER, LINKS))
    assert "[2] travel.pdf, page 4\n    https://w.example/travel.pdf\n" in page.getvalue()
    page = io.StringIO()
    Console(file=page, width=80).print(rendered(ANSWER))
    assert "https://" not in page.getvalue()
