"""Files that break careless readers, each made by one function that gives its bytes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

import docx
from pypdf import PdfReader, PdfWriter

MEGABYTE = 1024 * 1024
_WORDS = b"These words are found. "


def zipped(members: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def word_document(**parts: bytes) -> bytes:
    """A Word document of one sentence; parts are added or replaced by name ("word/document.xml")."""
    document = docx.Document()
    document.add_paragraph(_WORDS.decode())
    out = BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(members | parts)


def word_body(inner: bytes, declaration: bytes = b"") -> bytes:
    namespace = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return b"%s<w:document %s><w:body>%s</w:body></w:document>" % (declaration, namespace, inner)


def word_paragraph(inner: bytes) -> bytes:
    return b"<w:p><w:r><w:t>%s</w:t></w:r></w:p>" % inner


def entity_bomb() -> bytes:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10))
    declaration = b'<!DOCTYPE x [<!ENTITY e0 "bang">%s]>' % entities
    body = word_body(word_paragraph(_WORDS) + word_paragraph(b"&e9;"), declaration)
    return word_document(**{"word/document.xml": body})


def outside_entity() -> bytes:
    declaration = b'<!DOCTYPE x [<!ENTITY out SYSTEM "file:///etc/passwd">]>'
    body = word_body(word_paragraph(_WORDS) + word_paragraph(b"&out;"), declaration)
    return word_document(**{"word/document.xml": body})


def deep_word_document() -> bytes:
    body = word_body(b"<w:sdt><w:sdtContent>" * 10_000 + word_paragraph(_WORDS) + b"</w:sdtContent></w:sdt>" * 10_000)
    return word_document(**{"word/document.xml": body})


def pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of numbered objects, the first of which is its catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def one_page(content: bytes, resources: bytes = b"", *more: bytes) -> bytes:
    """A PDF of one page; `content` is its stream object, `more` follows from object 6 on."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>"
            % resources,
            content,
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            *more,
        ]
    )


_SHOWN = b"BT /F 12 Tf 50 700 Td (These words are found.) Tj ET "


def pdf_of_pages(count: int) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>"
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    root = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)]
    return pdf([*root, stream(_SHOWN), font, *[page] * count])


def pdf_of_streams(*contents: bytes) -> bytes:
    """A PDF with a page for each stream object."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % number for number in range(4, 4 + count))
    root = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)]
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf([*root, font, *(page % number for number in range(4 + count, 4 + 2 * count)), *contents])


def pdf_in_a_circle() -> bytes:
    """Its tree of pages holds itself."""
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"])


def pdf_that_draws_itself() -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    return one_page(stream(_SHOWN + b"/X Do"), b"/XObject<</X 6 0 R>>", stream(b"/X Do /X Do", form))


def deep_pdf() -> bytes:
    return one_page(stream(_SHOWN), b"/Deep " + b"[" * 100_000 + b"]" * 100_000)


def inflating_stream(megabytes: int) -> bytes:
    return stream(zlib.compress(b" " * megabytes * MEGABYTE, 1), b"/Filter/FlateDecode")


def inflating_pdf() -> bytes:
    return one_page(inflating_stream(200))


def slow_pdf() -> bytes:
    """Small, and work for minutes: a page that draws one form a thousand times, which draws another as often, ..."""
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 5 0 R>>/XObject<</X %d 0 R>>>>"
    forms = [stream(b"/X Do " * 1000, entries % (number + 1)) for number in range(6, 9)]
    return one_page(stream(b"/X Do " * 1000), b"/XObject<</X 6 0 R>>", *forms, stream(_SHOWN, entries % 9))


def locked_pdf() -> bytes:
    writer = PdfWriter(PdfReader(BytesIO(one_page(stream(_SHOWN)))))
    writer.encrypt("a password", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def nested(opening: bytes, closing: bytes, count: int) -> bytes:
    return opening * count + _WORDS + closing * count


def web_page() -> bytes:
    return (
        b"<html><head><style>p { color: red }</style><script>alert('script')</script></head><body>"
        b"<p onclick='run()'>These words are found.</p><p style='display: none'>hidden</p><noscript>none</noscript>"
        b"<svg><text>drawn</text></svg><template>template</template><iframe src='javascript:x'>frame</iframe></body>"
    )


# What each case of the table in README.md is made of: a file's name and its bytes.
FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a zip bomb in a DOCX": (
        "bomb.docx",
        lambda: word_document(**{"word/media/image.bmp": b"\0" * 100 * MEGABYTE}),
    ),
    "a zip bomb of zip bombs named .docx": ("nested.docx", lambda: zipped({"1.zip": zipped({"2": b"\0" * MEGABYTE})})),
    "XML entities that grow to 4 GB in a DOCX": ("entities.docx", entity_bomb),
    "an XML entity of another file in a DOCX": ("outside.docx", outside_entity),
    "20,000 levels of XML in a DOCX": ("deep.docx", deep_word_document),
    "a DOCX that ends in the middle": ("cut-off.docx", lambda: word_document()[:4000]),
    "a PDF of 5,000 pages": ("pages.pdf", lambda: pdf_of_pages(5_000)),
    "a PDF whose pages hold themselves": ("circle.pdf", pdf_in_a_circle),
    "a PDF with a picture that draws itself": ("draws-itself.pdf", pdf_that_draws_itself),
    "a PDF with 100,000 arrays in each other": ("deep.pdf", deep_pdf),
    "a PDF whose page unpacks to 200 MB": ("inflating.pdf", inflating_pdf),
    "a PDF with a password": ("locked.pdf", locked_pdf),
    "a text of 200 MB": ("large.txt", lambda: b""),
    "a CSV with a cell of 100 MB": ("cell.csv", lambda: b""),
    "a CSV with a cell of 1 MB": ("long-cell.csv", lambda: b'a,b\n"' + b"word " * 200_000 + b'",c\n'),
    "a CSV of a million columns": ("columns.csv", lambda: b",".join([b"1"] * 1_000_000)),
    "a picture named .md": ("picture.md", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "a PDF named .docx": ("paper.docx", lambda: one_page(stream(_SHOWN))),
    "a web page named .txt": ("page.txt", lambda: b"<!DOCTYPE html>\n<p>" + _WORDS),
    "invalid UTF-8": ("latin.md", lambda: "Müller fährt für die Größe übers Café.".encode("cp1252")),
    "UTF-16 with a byte order mark": ("utf-16.md", lambda: _WORDS.decode().encode("utf-16")),
    "UTF-16 without a byte order mark": ("utf-16-bare.md", lambda: _WORDS.decode().encode("utf-16-le")),
    "NUL bytes": ("nul.txt", lambda: b"word\0word " * 9),
    "an empty file": ("empty.md", lambda: b""),
    "a file of blank lines": ("blank.md", lambda: b"\n" * 1000),
    "HTML with scripts, styles and hidden text": ("scripts.html", web_page),
    "HTML of 10,000 levels": ("deep.html", lambda: nested(b"<div>", b"</div>", 10_000)),
    "HTML of a million tags": ("tags.html", lambda: b"<b>" * 1_000_000 + _WORDS),
    "100,000 quotes in each other in Markdown": ("quotes.md", lambda: nested(b"> ", b"", 100_000)),
    "100,000 lists in each other in Markdown": ("lists.md", lambda: nested(b"- ", b"", 100_000)),
    "Markdown whose emphasis never ends": ("emphasis.md", lambda: b"**a _b " * 20_000),
    "Markdown whose links never end": ("links.md", lambda: b"[a](![b](" * 20_000),
    "a Markdown line of 2 MB": ("line.md", lambda: b"word " * 400_000),
    "a word of 1 MB": ("word.md", lambda: b"".join(b"%x" % (number**7) for number in range(45_000))),
    "a name with a line end": ("two\nlines.md", lambda: _WORDS + b"1"),
    "a name with emoji": ("🦔 hedgehog.md", lambda: _WORDS + b"2"),
    "a name that would colour a terminal": ("\x1b[31mred.md", lambda: _WORDS + b"3"),
    "a name of 255 bytes": ("n" * 252 + ".md", lambda: _WORDS + b"4"),
    "a name that is no UTF-8": ("caf\udce9.md", lambda: _WORDS + b"5"),
}
SIZES = {"large.txt": 200 * MEGABYTE, "cell.csv": 100 * MEGABYTE}
"""Files that are made by their size alone."""
