from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from core.errors import IngestionError
from core.ingestion.loaders.docx import parse
from core.models import Block, LoadedDocument


def read(write: Callable[[docx.document.Document], object], name: str = "paper.docx") -> LoadedDocument:
    document = docx.Document()
    write(document)
    return parse(saved(document), name)


def saved(document: docx.document.Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """Replace or add one part of the package."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return out.getvalue()


def test_headings_paragraphs_lists_and_tables_come_in_document_order() -> None:
    def write(document: docx.document.Document) -> None:
        document.add_heading("Leave", 1)
        document.add_paragraph("How much you get.")
        table = document.add_table(rows=0, cols=2)
        for row in (("Who", "Weeks"), ("Parent", "20")):
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
        document.add_heading("Steps", 2)
        document.add_paragraph("Ask.", style="List Number")
        document.add_paragraph("In person.", style="List Bullet 2")
        document.add_paragraph("Wait.", style="List Number")
        document.add_paragraph("So they say.", style="Quote")

    assert read(write).blocks == (
        Block("heading", "Leave", level=1),
        Block("paragraph", "How much you get."),
        Block("table", "| Who | Weeks |\n| --- | --- |\n| Parent | 20 |"),
        Block("heading", "Steps", level=2),
        Block("list_item", "1. Ask."),
        Block("list_item", "- In person.", level=1),
        Block("list_item", "2. Wait."),
        Block("quote", "So they say."),
    )


def test_a_paragraph_numbered_without_a_list_style_is_an_item() -> None:
    def write(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph("Deeper item")
        properties = paragraph._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>'))

    assert (read(write).blocks[0].kind, read(write).blocks[0].level) == ("list_item", 1)


def test_a_style_of_ones_own_with_an_outline_level_is_a_heading() -> None:
    def write(document: docx.document.Document) -> None:
        style = document.styles.add_style("House head", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
        style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
        document.add_paragraph("Our part", style="House head")

    assert read(write).blocks == (Block("heading", "Our part", level=3),)


def test_the_title_paragraph_comes_before_headings_properties_and_the_name() -> None:
    def write(document: docx.document.Document, title: bool = True, heading: bool = True, named: str = "Named") -> None:
        document.core_properties.title = named
        document.add_paragraph("Text.")
        if heading:
            document.add_heading("First part", 1)
        if title:
            document.add_heading("The title", 0)

    assert read(write).title == "The title"
    assert read(lambda document: write(document, title=False)).title == "First part"
    assert read(lambda document: write(document, title=False, heading=False)).title == "Named"
    assert read(lambda document: write(document, False, False, ""), "time-off.docx").title == "Time off"


def test_tracked_insertions_count_and_deletions_do_not() -> None:
    def write(document: docx.document.Document) -> None:
        body = (
            f"<w:p {nsdecls('w')}><w:r><w:t>Employees get </w:t></w:r>"
            "<w:del><w:r><w:delText>25</w:delText></w:r></w:del><w:ins><w:r><w:t>28</w:t></w:r></w:ins>"
            "<w:r><w:t xml:space='preserve'> days</w:t><w:br/><w:t>a</w:t><w:tab/><w:t>year.</w:t></w:r></w:p>"
        )
        document.element.body.insert(0, parse_xml(body))

    assert read(write).blocks[0].text == "Employees get 28 days\na year."


def test_content_controls_links_and_text_boxes_are_read_once() -> None:
    def write(document: docx.document.Document) -> None:
        w = nsdecls("w")
        document.element.body.insert(
            0,
            parse_xml(
                f"<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
        document.element.body.insert(
            1,
            parse_xml(
                f"<w:p {w}><w:hyperlink><w:r><w:t>Linked</w:t></w:r></w:hyperlink><w:r><w:pict><w:txbxContent>"
                "<w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"
            ),
        )

    assert [block.text for block in read(write).blocks] == ["In a control.", "Linked", "In a box."]


def test_a_table_of_contents_is_left_out() -> None:
    def write(document: docx.document.Document) -> None:
        document.styles.add_style("toc 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
        document.add_paragraph("Leave ..... 3", style="toc 1")
        document.add_paragraph("Text.")

    assert [block.text for block in read(write).blocks] == ["Text."]


def test_merged_cells_repeat_downwards_and_not_sideways() -> None:
    def write(document: docx.document.Document) -> None:
        table = document.add_table(rows=3, cols=3)
        for number, cell in enumerate(table._cells):
            cell.text = f"c{number}"
        table.cell(1, 0).merge(table.cell(2, 0)).text = "both"
        table.cell(0, 1).merge(table.cell(0, 2)).text = "wide"

    assert read(write).blocks[0].text == (
        "| c0 | wide |  |\n| --- | --- | --- |\n| both | c4 | c5 |\n| both | c7 | c8 |"
    )


def test_a_box_of_one_cell_is_read_as_text() -> None:
    def write(document: docx.document.Document) -> None:
        document.add_table(rows=1, cols=1).cell(0, 0).text = "Please note."

    assert read(write).blocks == (Block("paragraph", "Please note."),)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: with_part(data, "word/document.xml", b"<w:document"),
        lambda data: with_part(data, "word/document.xml", b"not xml at all"),
        lambda data: with_part(data, "[Content_Types].xml", b"<Types/>"),
        lambda data: with_part(data, "_rels/.rels", b"<Relationships/>"),
        lambda data: with_part(data, "word/numbering.xml", b"<w:numbering"),
    ],
    ids=["cut off", "open tag", "no XML", "no types", "no relationships", "bad numbering"],
)
def test_a_damaged_package_is_refused_in_one_line(spoil: Callable[[bytes], bytes]) -> None:
    document = docx.Document()
    document.add_paragraph("Text.")
    with pytest.raises(IngestionError, match="The Word file is damaged") as refusal:
        parse(spoil(saved(document)), "paper.docx")
    assert "\n" not in str(refusal.value)


def test_entities_are_not_expanded() -> None:
    document = docx.Document()
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        b"<w:t>text &b;</w:t></w:r></w:p></w:body></w:document>"
    )
    loaded = parse(with_part(saved(document), "word/document.xml", bomb), "paper.docx")
    assert loaded.blocks[0].text == "text"


@pytest.mark.parametrize(
    "bomb",
    [("word/media/image.bin", b"\0" * 30_000_000), ("word/document.xml", b"<a>" + b"x " * 33_000_000)],
    ids=["dense part", "large XML"],
)
def test_a_package_that_unpacks_to_far_more_is_refused_before_it_is_opened(bomb: tuple[str, bytes]) -> None:
    with pytest.raises(IngestionError, match=r"would unpack from \d+\.\d MB to \d+ MB"):
        parse(with_part(saved(docx.Document()), *bomb), "paper.docx")
