"""PDF files are made here by hand, object by object, so that each test controls what is drawn where."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from structlog.testing import capture_logs

from core.errors import IngestionError
from core.ingestion.loaders import load, pdf
from core.models import Block, LoadedDocument

Drawn = tuple[str, float, float, float, bool]
REGULAR, BOLD = (
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
)


def drawn(text: str, y: float, *, x: float = 50, size: float = 10, bold: bool = False) -> Drawn:
    return text, x, y, size, bold


def prose(start: float, *lines: str, x: float = 50) -> list[Drawn]:
    return [drawn(line, start - 12 * number, x=x) for number, line in enumerate(lines)]


def make_pdf(pages: Sequence[Sequence[Drawn] | bytes], title: str = "") -> bytes:
    """Make a PDF; a page is what is drawn on it, or its raw content stream."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", REGULAR.encode(), BOLD.encode()]
    kids = []
    for page in pages:
        content = page if isinstance(page, bytes) else b"\n".join(_operators(piece) for piece in page)
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    objects.append(b"<</Title(%s)>>" % title.encode())
    return assemble(objects, b"/Root 1 0 R/Info %d 0 R" % len(objects))


def assemble(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = BytesIO(b"%PDF-1.7\n")
    out.seek(0, 2)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def _operators(piece: Drawn) -> bytes:
    text, x, y, size, bold = piece
    escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F%d %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET" % (2 if bold else 1, size, x, y, escaped)


def read(data: bytes, tmp_path: Path) -> LoadedDocument:
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    return load(path, "paper.pdf")


def shapes(document: LoadedDocument) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


LONG = "A train is our usual means of travel and second class is what everybody books on it,"
ALSO = "because it is comfortable enough and costs the cooperative far less than a hired car."


def test_every_block_knows_its_page(tmp_path: Path) -> None:
    document = read(make_pdf([prose(700, "On the first page."), prose(700, "On the second page.")]), tmp_path)
    assert document.blocks == (
        Block("paragraph", "On the first page.", page=1),
        Block("paragraph", "On the second page.", page=2),
    )


def test_wrapped_lines_become_one_paragraph_and_a_wider_gap_starts_the_next(tmp_path: Path) -> None:
    document = read(make_pdf([[*prose(700, LONG, ALSO), *prose(660, LONG, "Short end.")]]), tmp_path)
    assert shapes(document) == [("paragraph", f"{LONG} {ALSO}"), ("paragraph", f"{LONG} Short end.")]


def test_lines_that_were_ended_on_purpose_stay_apart(tmp_path: Path) -> None:
    document = read(make_pdf([[*prose(700, LONG), *prose(600, "Millrace 4", "Harrowby")]]), tmp_path)
    assert shapes(document)[1] == ("paragraph", "Millrace 4\nHarrowby")


def test_a_hyphen_at_the_line_end_is_dropped_unless_the_word_has_one_elsewhere(tmp_path: Path) -> None:
    wide = "Whoever travels has to send the form to the office and to the whole coop-"
    page = [
        *prose(700, wide, "erative in time."),
        *prose(600, wide.replace("coop-", "on-"), "call team, as on-call means."),
    ]
    text = " ".join(block.text for block in read(make_pdf([page]), tmp_path).blocks)
    assert "whole cooperative in time" in text
    assert "whole on-call team" in text


def test_larger_lines_are_headings_whose_level_follows_their_size(tmp_path: Path) -> None:
    page = [
        drawn("Travel policy", 750, size=20, bold=True),
        drawn("Trains", 720, size=14, bold=True),
        *prose(700, LONG, ALSO),
        drawn("Night trains", 660, bold=True),
        *prose(648, LONG, ALSO),
    ]
    document = read(make_pdf([page]), tmp_path)
    headings = [(block.level, block.text) for block in document.blocks if block.kind == "heading"]
    assert headings == [(1, "Travel policy"), (2, "Trains"), (3, "Night trains")]
    assert document.title == "Travel policy"


def test_bold_words_inside_a_paragraph_are_no_heading(tmp_path: Path) -> None:
    page = [
        *prose(712, LONG),
        drawn("Send it within ", 700),
        drawn("14 days", 700, x=115, bold=True),
        drawn(" after the trip.", 700, x=152),
        *prose(688, ALSO),
    ]
    assert shapes(read(make_pdf([page]), tmp_path)) == [
        ("paragraph", f"{LONG} Send it within 14 days after the trip.\n{ALSO}")
    ]


def test_numbered_headings_are_found_without_a_larger_font(tmp_path: Path) -> None:
    page = [*prose(740, LONG, ALSO), *prose(700, "2.1 Night trains"), *prose(676, LONG, ALSO)]
    blocks = read(make_pdf([page]), tmp_path).blocks
    assert [(block.kind, block.level) for block in blocks] == [("paragraph", 0), ("heading", 2), ("paragraph", 0)]


def test_bullets_and_numbers_start_list_items_that_may_wrap(tmp_path: Path) -> None:
    page = [
        *prose(740, "Before you go:"),
        drawn("•", 720, x=50),
        *prose(720, LONG[:70], "and the rest of it.", x=70),
        *prose(690, "2. Save the number."),
    ]
    assert shapes(read(make_pdf([page]), tmp_path)) == [
        ("paragraph", "Before you go:"),
        ("list_item", f"- {LONG[:70].strip()} and the rest of it."),
        ("list_item", "2. Save the number."),
    ]


def test_lines_in_columns_become_a_table(tmp_path: Path) -> None:
    rows = [("Zone", "Places", "Hotel"), ("A", "Capital cities", "140 EUR"), ("B", "Elsewhere", "95 EUR")]
    page = prose(760, LONG, ALSO)
    for number, row in enumerate(rows):
        page += [drawn(cell, 700 - 18 * number, x=50 + 120 * column) for column, cell in enumerate(row)]
    page += prose(630, LONG, ALSO)
    table = (
        "| Zone | Places | Hotel |\n| --- | --- | --- |\n| A | Capital cities | 140 EUR |\n| B | Elsewhere | 95 EUR |"
    )
    assert [kind for kind, _ in shapes(read(make_pdf([page]), tmp_path))] == ["paragraph", "table", "paragraph"]
    assert shapes(read(make_pdf([page]), tmp_path))[1] == ("table", table)


def test_a_table_cell_that_wraps_stays_one_cell(tmp_path: Path) -> None:
    page = [
        *[drawn(text, 700, x=x) for text, x in (("Zone", 50), ("Places", 150))],
        *[drawn("A", 670), drawn("Capital cities and", 670, x=150), drawn("fair cities", 658, x=150)],
        *[drawn("B", 630), drawn("Elsewhere", 630, x=150)],
    ]
    text = read(make_pdf([page]), tmp_path).blocks[0].text
    assert text.splitlines()[2:] == ["| A | Capital cities and fair cities |", "| B | Elsewhere |"]


def test_headers_footers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    pages = [
        [
            drawn("Handbook, version 7", 780, size=8),
            *prose(700, f"Rule number {word} is here."),
            drawn(f"Page {number} of 4", 30, size=8),
        ]
        for number, word in enumerate(("one", "two", "three", "four"), 1)
    ]
    document = read(make_pdf(pages), tmp_path)
    assert [block.text for block in document.blocks] == [
        f"Rule number {word} is here." for word in ("one", "two", "three", "four")
    ]


def test_words_that_repeat_inside_the_pages_stay(tmp_path: Path) -> None:
    pages = [prose(700, f"Unlike line {n}.", "The same rule.", f"Other line {n}.") for n in ("a", "b", "c")]
    assert sum("The same rule." in block.text for block in read(make_pdf(pages), tmp_path).blocks) == 3


@pytest.mark.parametrize("filler", ["", "untitled", "policy-v3.docx", "Microsoft Word - policy"])
def test_a_title_that_a_program_filled_in_is_not_taken(filler: str, tmp_path: Path) -> None:
    page = [drawn("Travel policy", 750, size=20), *prose(700, LONG, ALSO)]
    assert read(make_pdf([page], title=filler), tmp_path).title == "Travel policy"


def test_the_title_of_the_file_comes_first(tmp_path: Path) -> None:
    assert read(make_pdf([prose(700, LONG)], title="How we travel"), tmp_path).title == "How we travel"


def test_a_scan_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(IngestionError, match=r"has 12 pages but no text \(a scan\?\); run OCR on it first"):
        read(make_pdf([b"0 0 100 100 re f"] * 12), tmp_path)


def test_a_file_locked_with_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestionError, match="locked with a password"):
        read(_encrypted("secret"), tmp_path)


def test_a_file_that_anyone_may_open_is_read_although_it_is_encrypted(tmp_path: Path) -> None:
    assert "usual means" in read(_encrypted(""), tmp_path).blocks[0].text


def _encrypted(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(make_pdf([prose(700, LONG)]))))
    writer.encrypt(user_password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\nnothing of any use\n%%EOF",
        make_pdf([prose(700, LONG)])[:200],
        assemble([b"<</Type/Catalog/Pages 1 0 R>>"], b"/Root 1 0 R"),
        assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]>>"], b"/Root 1 0 R"),
        assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"[[[[" * 5_000], b"/Root 1 0 R"),
    ],
    ids=["header only", "no objects", "cut off", "no pages", "pages in a circle", "nested arrays"],
)
def test_broken_files_are_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(IngestionError) as refusal:
        read(data, tmp_path)
    assert "PDF" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb page is then small enough to be refused at once."""
    monkeypatch.setattr(pdf, "_PARSING_LIMIT", 2_000)


@pytest.mark.usefixtures("low_limits")
def test_a_damaged_page_is_left_out_and_logged_while_others_have_text(tmp_path: Path) -> None:
    data = make_pdf([prose(700, "First page."), prose(700, "Second page."), _bomb_page(), prose(700, "Fourth page.")])
    with capture_logs() as logs:
        document = read(data, tmp_path)
    assert [block.page for block in document.blocks] == [1, 2, 4]
    assert [(entry["document"], entry["pages"]) for entry in logs] == [("paper.pdf", [3])]


@pytest.mark.usefixtures("low_limits")
def test_a_file_with_mostly_damaged_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestionError, match="2 of 3 pages can't be read"):
        read(make_pdf([prose(700, "First page."), _bomb_page(), _bomb_page()]), tmp_path)


def _bomb_page() -> bytes:
    """More operators than any page of text has: pypdf stops at the limit that the loader sets."""
    return b"0 0 m " * 2_000


def test_a_compressed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    content = zlib.compress(b"BT (boo) Tj ET\n" * 4_000_000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content),
        REGULAR.encode(),
    ]
    with pytest.raises(IngestionError, match="1 of 1 pages can't be read"):
        read(assemble(objects, b"/Root 1 0 R"), tmp_path)


def test_a_form_that_draws_itself_does_not_hang(tmp_path: Path) -> None:
    form = b"/X1 Do BT /F1 10 Tf 1 0 0 1 50 700 Tm (inside the form) Tj ET"
    resources = b"/Resources<</XObject<</X1 5 0 R>>/Font<</F1 6 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R%s>>" % resources,
        b"<</Length 6>>stream\n/X1 Do\nendstream",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length %d>>stream\n%s\nendstream" % (resources, len(form), form),
        REGULAR.encode(),
    ]
    document = read(assemble(objects, b"/Root 1 0 R"), tmp_path)
    assert document.blocks[0].text == "inside the form"


def test_a_page_that_takes_too_long_counts_as_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_PER_PAGE", -1.0)
    with pytest.raises(IngestionError, match="1 of 1 pages can't be read: a page took over"):
        read(make_pdf([prose(700, LONG)]), tmp_path)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_PER_FILE", -1.0)
    with pytest.raises(IngestionError, match="split it"):
        read(make_pdf([prose(700, LONG)]), tmp_path)


def test_text_at_impossible_places_is_ignored(tmp_path: Path) -> None:
    away = f"{'9' * 40} 0 0 {'9' * 40} {'9' * 40} 0 cm " * 10
    page = f"q {away} BT /F1 10 Tf 50 600 Td (lost) Tj ET Q BT /F1 10 Tf 50 700 Td (found) Tj ET"
    assert [block.text for block in read(make_pdf([page.encode()]), tmp_path).blocks] == ["found"]


def test_too_many_pages_are_refused_before_any_is_read(tmp_path: Path) -> None:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + pdf.PAGE_LIMIT + 1))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pdf.PAGE_LIMIT + 1, kids),
        *[page] * (pdf.PAGE_LIMIT + 1),
    ]
    with pytest.raises(IngestionError, match=r"has 3,001 pages, over the limit of 3,000"):
        read(assemble(objects, b"/Root 1 0 R"), tmp_path)
