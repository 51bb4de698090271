from __future__ import annotations

import pytest

from core.errors import IngestionError
from core.ingestion.loaders import html
from core.ingestion.loaders.html import parse
from core.models import Block


def shapes(markup: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in parse(markup, "page.html").blocks]


def test_a_page_becomes_blocks_with_their_source_lines() -> None:
    markup = (
        "<!DOCTYPE html>\n<html><head><title>Site</title></head><body>\n<h1>Office <em>guide</em></h1>\n"
        "<p>First\n  paragraph, &uuml;ber<br>two lines.</p>\nLoose text.\n<h2>More</h2>\n</body></html>"
    )
    document = parse(markup, "page.html")
    assert document.title == "Office guide"
    assert document.blocks == (
        Block("heading", "Office guide", level=1, lines=(3, 3)),
        Block("paragraph", "First paragraph, über\ntwo lines.", lines=(4, 5)),
        Block("paragraph", "Loose text.", lines=(6, 6)),
        Block("heading", "More", level=2, lines=(7, 7)),
    )


@pytest.mark.parametrize(
    "markup",
    [
        "<script>secret()</script>",
        "<style>secret{}</style>",
        "<nav>secret</nav>",
        "<header>secret</header>",
        "<footer>secret</footer>",
        "<aside>secret</aside>",
        "<form>secret <input></form>",
        "<template>secret</template>",
        "<noscript>secret</noscript>",
        "<p hidden>secret</p>",
        "<p aria-hidden='true'>secret</p>",
        "<p style='color: red; display: none'>secret</p>",
        "<!-- secret -->",
        "<select><option>secret</option></select>",
    ],
)
def test_what_is_not_for_readers_is_dropped(markup: str) -> None:
    assert shapes(f"<body>{markup}<p>Kept.</p>") == [("paragraph", "Kept.")]


def test_main_is_preferred_and_its_own_header_is_kept() -> None:
    markup = "<body><div>Menu</div><main><header><h1>Title</h1></header><p>Text.</p></main><div>Legal</div>"
    assert shapes(markup) == [("heading", "Title"), ("paragraph", "Text.")]


def test_a_single_article_is_preferred_but_several_are_all_read() -> None:
    assert shapes("<div>Menu</div><article><p>One.</p></article>") == [("paragraph", "One.")]
    assert len(shapes("<article><p>One.</p></article><article><p>Two.</p></article>")) == 2


def test_an_empty_main_falls_back_to_the_page() -> None:
    assert shapes("<main></main><p>Text.</p>") == [("paragraph", "Text.")]


def test_a_form_round_the_whole_page_is_read() -> None:
    assert shapes("<form><h1>Title</h1><p>Text.</p></form>") == [("heading", "Title"), ("paragraph", "Text.")]


def test_list_items_carry_their_markers_and_nested_lists_their_depth() -> None:
    markup = "<ul><li>One<li>Two<ol start=3><li>Inner</ol></ul><ol><li><p>A</p><p>B</p></ol>"
    assert [(block.text, block.level) for block in parse(markup, "page.html").blocks] == [
        ("- One", 0),
        ("- Two", 0),
        ("3. Inner", 1),
        ("1. A\n   B", 0),
    ]


def test_a_list_right_inside_a_list_is_nested() -> None:
    blocks = parse("<ul><li>One</li><ul><li>Inner</li></ul></ul>", "page.html").blocks
    assert [(block.text, block.level) for block in blocks] == [("- One", 0), ("- Inner", 1)]


def test_text_that_stands_in_a_list_outside_its_items_is_kept() -> None:
    assert shapes("<ul><p>Note.</p><li>One</li></ul>") == [("paragraph", "Note."), ("list_item", "- One")]


def test_a_list_of_cards_keeps_its_headings() -> None:
    assert shapes("<ul><li><h3>Card</h3><p>Text.</p></ul>") == [("heading", "Card"), ("paragraph", "Text.")]


def test_tables_become_pipe_tables_that_can_be_read_row_by_row() -> None:
    markup = (
        "<table><caption>Desks</caption><tr><th>Room<th colspan=2>Seats | chairs"
        "<tr><td rowspan=2>A<td>4<td>x<tr><td>5<td>y</table>"
    )
    table = "| Room | Seats \\| chairs |  |\n| --- | --- | --- |\n| A | 4 | x |\n| A | 5 | y |"
    assert shapes(markup) == [("paragraph", "Desks"), ("table", table)]


def test_a_table_that_only_arranges_the_page_is_read_as_text() -> None:
    assert shapes("<table><tr><td><h2>Title</h2><p>Text.</p><td>Side</table>") == [
        ("heading", "Title"),
        ("paragraph", "Text."),
        ("paragraph", "Side"),
    ]
    assert shapes("<table><tr><td>Just a box</table>") == [("paragraph", "Just a box")]


def test_preformatted_text_becomes_fenced_code() -> None:
    assert shapes("<pre>\n\n  ls\n    -l\n</pre>") == [("code", "```\n  ls\n    -l\n```")]


def test_quotes_definitions_and_images_are_read() -> None:
    markup = "<blockquote><p>A</p><p>B</p></blockquote><dl><dt>SLA<dd>Promise</dl><img alt='A plan'><img src=x>"
    assert shapes(markup) == [("quote", "A\nB"), ("list_item", "SLA: Promise"), ("paragraph", "A plan")]


def test_the_title_falls_back_to_the_pages_title_then_to_a_heading_then_to_the_name() -> None:
    assert parse("<title> Our\n page </title><h2>Part</h2>", "a.html").title == "Our page"
    assert parse("<h2>Part</h2>", "a.html").title == "Part"
    assert parse("<p>Text.", "time-off.html").title == "Time off"


def test_a_declared_encoding_does_not_matter_because_the_text_is_decoded_already() -> None:
    markup = '<?xml version="1.0" encoding="iso-8859-1"?><html><meta charset="latin1"><p>Größe'
    assert shapes(markup) == [("paragraph", "Größe")]


def test_words_in_inline_tags_stay_together() -> None:
    assert shapes("<p>un<b>believ</b>able <a href=x>link</a>.") == [("paragraph", "unbelievable link.")]


@pytest.mark.parametrize("markup", ["<div>" * 5_000 + "deep", "<blockquote>" * 250 + "deep"])
def test_a_page_nested_too_deeply_is_refused_rather_than_cut(markup: str) -> None:
    with pytest.raises(IngestionError, match="nested too deeply"):
        parse(markup, "page.html")


def test_too_many_tags_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "TAG_LIMIT", 10)
    with pytest.raises(IngestionError, match="more than 10 tags"):
        parse("<i>" * 11, "page.html")


@pytest.mark.parametrize("markup", ["", "<!-- -->", "<html></html>", "<table><tr><td colspan=99999 rowspan=99>"])
def test_pages_without_words_have_no_blocks(markup: str) -> None:
    assert parse(markup, "page.html").blocks == ()


def test_a_merged_cell_with_much_text_is_not_repeated() -> None:
    text = (
        parse(f"<table><tr><th>A<th>B<tr><td rowspan=3>{'x' * 500}<td>1<tr><td>2<tr><td>3</table>", "a.html")
        .blocks[0]
        .text
    )
    assert text.splitlines()[3:] == ["|  | 2 |", "|  | 3 |"]


def test_a_very_wide_row_does_not_widen_all_the_others() -> None:
    markup = "<table><tr>" + "<td>a" * 20_000 + "<tr><td>b" * 20_000 + "</table>"
    assert len(parse(markup, "page.html").blocks[0].text) < 500_000


def test_absurd_spans_do_not_grow_the_table() -> None:
    text = parse("<table><tr><td colspan=999>a<td>b<tr><td rowspan=999>c<td>d</table>", "page.html").blocks[0].text
    assert len(text) < 100
