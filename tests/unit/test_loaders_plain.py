from __future__ import annotations

from core.ingestion.loaders.plain import parse
from core.models import Block


def blocks(source: str) -> tuple[Block, ...]:
    return parse(source, "notes.txt").blocks


def test_paragraphs_are_parted_by_blank_lines_and_keep_theirs() -> None:
    assert blocks("\nOne line\nand another.\n\n\n  Second.  \n") == (
        Block("paragraph", "One line\nand another.", lines=(2, 3)),
        Block("paragraph", "  Second.", lines=(6, 6)),
    )


def test_underlined_lines_are_headings_in_order_of_their_style() -> None:
    source = "=====\nTitle\n=====\n\nPart\n----\nText.\n\nDetail\n~~~~~~\nMore.\n\nOther part\n----------\n"
    found = blocks(source)
    assert [(block.level, block.text, block.lines) for block in found if block.kind == "heading"] == [
        (1, "Title", (2, 2)),
        (2, "Part", (5, 5)),
        (3, "Detail", (9, 9)),
        (2, "Other part", (13, 13)),
    ]
    assert [block.text for block in found if block.kind == "paragraph"] == ["Text.", "More."]


def test_a_line_in_capitals_on_its_own_is_a_heading() -> None:
    assert [(block.kind, block.text) for block in blocks("OPENING HOURS\nMonday to Friday\n\nSee you.")] == [
        ("heading", "OPENING HOURS"),
        ("paragraph", "Monday to Friday"),
        ("paragraph", "See you."),
    ]


def test_shouted_sentences_codes_and_table_heads_are_no_headings() -> None:
    for line in ("STOP NOW!", "FW-20417", "VAT", "DO NOT\nTOUCH THIS", "Name    Phone\n-------------", "1234 5678"):
        assert {block.kind for block in blocks(f"{line}\n\nText.")} == {"paragraph"}, line


def test_list_items_are_blocks_with_their_depth() -> None:
    source = "Bring:\n- a pen\n  and paper\n  * blue\n1) first\n10. tenth\n"
    assert [(block.kind, block.text, block.level) for block in blocks(source)] == [
        ("paragraph", "Bring:", 0),
        ("list_item", "- a pen\n  and paper", 0),
        ("list_item", "  * blue", 1),
        ("list_item", "1) first", 0),
        ("list_item", "10. tenth", 0),
    ]


def test_the_title_is_the_first_heading_or_the_files_name() -> None:
    assert parse("Text.\n\nPart\n----\n", "notes.txt").title == "Part"
    assert parse("Text.", "my_notes.txt").title == "My notes"


def test_rules_alone_are_no_text() -> None:
    assert blocks("-----\n\n=====\n") == ()
