"""Every file of the sample handbook through its loader, as a newcomer's first ingest meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.ingestion.loaders import SUPPORTED, load
from core.models import LoadedDocument

HANDBOOK = Path(__file__).parents[2] / "examples" / "handbook"


def loaded(relative: str) -> LoadedDocument:
    return load(HANDBOOK / relative, relative)


def names() -> list[str]:
    return sorted(path.relative_to(HANDBOOK).as_posix() for path in HANDBOOK.rglob("*") if path.is_file())


@pytest.mark.parametrize("relative", names())
def test_each_file_gives_a_title_and_blocks(relative: str) -> None:
    document = loaded(relative)
    assert document.title
    assert len(document.blocks) > 5
    assert all(block.text.strip() for block in document.blocks)


def test_the_handbook_shows_every_family_of_formats() -> None:
    assert {Path(name).suffix for name in names()} == {".md", ".txt", ".html", ".pdf", ".docx", ".csv"}
    assert {Path(name).suffix for name in names()} <= SUPPORTED


def test_lines_point_at_the_source() -> None:
    relative = "people/vacation-and-leave.md"
    source = (HANDBOOK / relative).read_text().split("\n")
    for block in loaded(relative).blocks:
        assert block.lines is not None
        first, last = block.lines
        assert block.text in "\n".join(source[first - 1 : last])


def test_employees_and_contractors_have_their_vacation_under_different_headings() -> None:
    blocks = loaded("people/vacation-and-leave.md").blocks
    headings = [block.text for block in blocks if block.kind == "heading"]
    assert {"Vacation for employees", "Time off for contractors"} <= set(headings)


def test_the_travel_policy_keeps_pages_headings_and_its_table() -> None:
    blocks = loaded("money/travel-policy.pdf").blocks
    assert sorted({block.page for block in blocks if block.page}) == [1, 2, 3, 4]
    assert [block.text for block in blocks if block.kind == "heading" and block.level == 2] == [
        "Approval and booking",
        "Hotels and daily allowances",
        "Trains, cars and planes",
        "Abroad, insurance and afterwards",
    ]
    table = next(block for block in blocks if block.kind == "table")
    assert "| B | Other places in the country | 95 EUR | 28 EUR | 14 EUR |" in table.text.splitlines()
    assert not any("version 7" in block.text or "of 4" in block.text for block in blocks)


def test_the_parental_leave_document_keeps_its_table_and_steps() -> None:
    blocks = loaded("people/parental-leave.docx").blocks
    assert "| Second parent | 10 | 100 percent | within 12 months after the birth |" in next(
        block.text for block in blocks if block.kind == "table"
    )
    assert [block.text[:2] for block in blocks if block.kind == "list_item"] == ["- ", "- ", "- ", "1.", "2.", "3."]


def test_the_faq_has_one_row_a_question() -> None:
    blocks = loaded("it/IT-FAQ.csv").blocks
    assert {block.kind for block in blocks} == {"row"}
    assert blocks[2].text.startswith("**How do I connect to the VPN?**\n\nOpen the VPN app")


def test_the_office_page_comes_without_menu_and_hidden_text() -> None:
    text = "\n".join(block.text for block in loaded("places/office-and-equipment.html").blocks)
    assert "Tomas Reidl" in text
    assert not any(word in text for word in ("intranet", "Money", "18:00", "Summer party", "Search"))
