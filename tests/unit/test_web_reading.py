"""Markdown that can do nothing, and the evidence found and marked in it."""

from __future__ import annotations

import pytest
from lxml import html

from bot.platforms.web.highlighting import highlight
from bot.platforms.web.markdown import answer_html, markdown_tokens, plain_tokens, tokens_html
from bot.platforms.web.reading import reading
from core.models import Chunk, RetrievedChunk

HOSTILE = """
<script>alert(1)</script>

<img src="https://evil.example/x.png" onerror="alert(2)">

<style>body { background: url(https://evil.example) }</style>

[click](javascript:alert(3)) [data](data:text/html;base64,PHNjcmlwdD4=) [file](file:///etc/passwd) [rel](../x "t")
![picture](https://evil.example/tracker.png) [![nested](https://evil.example/y.png)](https://fine.example)
[quoted](https://fine.example/"onmouseover="alert(4)) <https://auto.example> `<b onclick=x>`

| a | b |
| :-- | --: |
| <iframe src=//evil.example> | **bold** |

[1]: https://evil.example/definition
"""


def parsed(text: str) -> html.HtmlElement:
    return html.fragment_fromstring(text, create_parent="div")


def marked(source: str, evidence: str, *, plain: bool = False) -> list[str]:
    tokens = (plain_tokens if plain else markdown_tokens)(source)
    highlight(tokens, evidence)
    return [element.text_content() for element in parsed(tokens_html(tokens)).iter("mark")]


def chunk(ordinal: int, text: str, heading: str = "Guide", document: str = "guide.md", page: int | None = None):
    return RetrievedChunk(
        ordinal, 1, "default", document, "Guide", Chunk(ordinal, text, heading, text, f"hash{ordinal}", page), 0.0, 0.0
    )


@pytest.mark.parametrize(
    "shown", [tokens_html(markdown_tokens(HOSTILE)), tokens_html(plain_tokens(HOSTILE)), answer_html(HOSTILE, {})]
)
def test_no_document_brings_html_pictures_styles_or_scripts(shown: str) -> None:
    page = parsed(shown)
    tags = {element.tag for element in page.iter()}
    assert tags <= {"div", "p", "a", "code", "table", "thead", "tbody", "tr", "th", "td", "strong", "br", "pre"}
    for element in page.iter():
        assert set(element.attrib) <= {"href", "rel", "class", "tabindex", "role", "aria-label"}
        assert element.get("href", "https://fine.example").startswith(("https://fine.example", "https://auto.example"))


def test_links_lead_outside_only_and_tell_nobody_where_from() -> None:
    page = parsed(tokens_html(markdown_tokens(HOSTILE)))
    links = list(page.iter("a"))
    assert {link.get("rel") for link in links} == {"noopener noreferrer nofollow"}
    assert "picture" in page.text_content()
    assert "nested" in page.text_content()


def test_the_markers_of_an_answer_become_links_to_its_footnotes_and_others_stay_text() -> None:
    page = parsed(
        answer_html("30 days [1]. See `[1]` and [7].\n\n[1]: https://evil.example", {1: ("/documents/5/1", 'a "b"')})
    )
    links = list(page.iter("a"))
    assert [(link.text, link.get("href"), link.get("aria-label")) for link in links[:1]] == [
        ("1", "/documents/5/1", 'Footnote 1: a "b"')
    ]
    assert all(link.get("href") == "/documents/5/1" for link in links)
    assert "[7]" in page.text_content()
    assert page.xpath("//code")[0].text == "[1]"


@pytest.mark.parametrize(
    ("source", "evidence", "expected"),
    [
        ("Hotels may cost 120 EUR. Taxis too.", "Hotels may cost 120 EUR.", "Hotels may cost 120 EUR."),
        ("Ask **your lead** two weeks before. More.", "Ask **your lead** two weeks before.",
         "Ask |your lead| two weeks before."),
        ("One sentence\nin two lines. More.", "One sentence\nin two lines.", "One sentence|in two lines."),
        ("- one thing\n- two things\n- three", "one thing\ntwo things", "one thing|two things"),
        ("| Item | Limit |\n| --- | --- |\n| Taxi | 40 EUR |\n| Meals | 35 EUR |", "| Taxi | 40 EUR |",
         "Taxi|40 EUR"),
        ("See [the *form*](https://x.example/a), `code_x`!", "See [the *form*](https://x.example/a), `code_x`!",
         "See |the |form|, |code_x"),
        ("```\nmake run\nmake test\n```", "```\nmake run\nmake test\n```", "make run\nmake test"),
        ("Costs 5 &amp; 6 \\* 7.", "Costs 5 &amp; 6 \\* 7.", "Costs 5 & 6 * 7."),
        ("A<br>line <b>bold</b> here. And more.", "A<br>line <b>bold</b> here.", "A<br>line <b>bold</b> here."),
        ("one. two. one.", "two.\none.", "two. one."),
        ("nothing of it", "other words", ""),
    ],
)  # fmt: skip
def test_the_evidence_is_marked_as_it_stands(source: str, evidence: str, expected: str) -> None:
    assert "|".join(marked(source, evidence)) == expected


def test_a_mark_never_breaks_the_html_around_it() -> None:
    tokens = markdown_tokens("- **one** two\n\n  three\n- four `five` six\n\n| a | b |\n|---|---|\n| seven | eight |")
    highlight(tokens, "**one** two\n\n  three\nfour `five` six\n| seven | eight |")
    shown = tokens_html(tokens)
    parser = html.etree.XMLParser()
    html.etree.fromstring(f"<div>{shown}</div>".replace("<br>", "<br/>"), parser)
    assert shown.count("<mark>") == 8


def test_plain_documents_keep_their_signs() -> None:
    shown = tokens_html(plain_tokens("2 * 3 * 4 = 24\n# not a heading\n**not bold** https://x.example\n\n- an item"))
    page = parsed(shown)
    assert "2 * 3 * 4 = 24\n# not a heading\n**not bold** https://x.example" in page.text_content()
    assert not list(page.iter("a", "strong", "h1", "h3"))
    assert marked("a line\nanother line here", "another line here", plain=True) == ["another line here"]


def test_a_document_is_read_in_order_under_its_headings_with_one_passage_cited() -> None:
    chunks = [
        chunk(0, "First words.", "Guide"),
        chunk(1, "Cited words. Other words.", "Guide › Leave"),
        chunk(2, "Last words.", "Guide › Leave › Abroad"),
        chunk(3, "End.", "Other"),
    ]
    read = reading(chunks, "hash1", "Cited words.")
    assert [passage.headings for passage in read.passages] == [
        ((1, "Guide"),),
        ((2, "Leave"),),
        ((3, "Abroad"),),
        ((1, "Other"),),
    ]
    assert [passage.is_cited for passage in read.passages] == [False, True, False, False]
    assert "<mark>Cited words.</mark>" in read.passages[1].html
    assert read.is_marked


def test_what_a_chunk_repeats_of_the_one_before_is_shown_once_unless_it_is_cited() -> None:
    chunks = [chunk(0, "You need:\n\n- a pass"), chunk(1, "You need:\n\n- a coat")]
    assert "You need" not in reading(chunks, "none", "").passages[1].html
    assert "You need" in reading(chunks, "hash1", "a coat").passages[1].html


def test_code_that_was_cut_goes_on_as_code() -> None:
    chunks = [chunk(0, "```sh\nmake one"), chunk(1, "make *two*\n```\n\nWords.")]
    second = parsed(reading(chunks, "none", "").passages[1].html)
    assert second.xpath("//pre/code")[0].text_content() == "make *two*\n"
    assert second.xpath("//p")[0].text_content() == "Words."


def test_the_pages_of_a_document_are_numbered_where_they_begin() -> None:
    chunks = [chunk(0, "a", "", "x.pdf", 1), chunk(1, "b", "", "x.pdf", 1), chunk(2, "c", "", "x.pdf", 3)]
    read = reading(chunks, "hash1", "b")
    assert [passage.page for passage in read.passages if passage.begins_page] == [1, 3]
    assert read.is_plain


def test_nested_items_that_begin_a_chunk_are_no_code() -> None:
    assert "<pre" not in reading([chunk(0, "    - deep\n    - deeper")], "none", "").passages[0].html
