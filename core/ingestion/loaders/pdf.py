"""PDF: text with its positions from each page, within limits of pages, time and damage."""

from __future__ import annotations

import binascii
import math
import re
import struct
import time
import zlib
from io import BytesIO
from typing import Any

import structlog
from pypdf import PageObject, PasswordType, PdfReader, apply_configuration
from pypdf.errors import DependencyError, PyPdfError

from core.errors import IngestionError
from core.ingestion.loaders.pdf_layout import Page, Span, blocks_of_pages
from core.ingestion.loaders.titles import title_from_path
from core.models import Block, LoadedDocument

PAGE_LIMIT = 3_000
SECONDS_PER_PAGE = 20.0
SECONDS_PER_FILE = 300.0

# pypdf raises its own errors for what it foresees and Python's for the rest of what damaged files do to it.
_DAMAGE = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    NotImplementedError,
    TypeError,
    ValueError,
    binascii.Error,
    struct.error,
    zlib.error,
)
# One page's content, unpacked; a page of dense text has about 100 KB.
_PAGE_CONTENT_LIMIT = 30_000_000
_PARSING_LIMIT = 1_000_000
_NO_TITLE = re.compile(
    r"\s*|untitled.*|\(?(?:anonymous|unspecified)\)?|microsoft .*|document\d*|.*\.\w{2,5}", re.IGNORECASE
)
_TITLE_CHARACTERS = 120

_log = structlog.get_logger(__name__)


class _OutOfTimeError(Exception):
    """A page took longer than its share."""


def parse(data: bytes, relative: str) -> LoadedDocument:
    """Read a PDF; every block has its page. The title is the file's own, else its largest first heading, else its
    first line, else made from the file's name. Pages that can't be read are left out while most of them can.

    Raises IngestionError for damaged or locked files, for scans without text and for too many pages.
    """
    with apply_configuration(
        zlib_maximum_output_length=_PAGE_CONTENT_LIMIT,
        lzw_maximum_output_length=_PAGE_CONTENT_LIMIT,
        run_length_maximum_output_length=_PAGE_CONTENT_LIMIT,
        array_based_stream_maximum_output_length=_PAGE_CONTENT_LIMIT,
        stream_parsing_work_maximum_count=_PARSING_LIMIT,
    ):
        try:
            reader = PdfReader(BytesIO(data))
            if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
                raise IngestionError("The PDF is locked with a password; save a copy without one.")
            count = len(reader.pages)
            named = _named_title(reader)
        except DependencyError as error:
            raise IngestionError(f"The PDF is locked in a way that can't be read ({error}); save it anew.") from error
        except _DAMAGE as error:
            raise _damaged(str(error) or type(error).__name__) from error
        if count > PAGE_LIMIT:
            raise IngestionError(f"The PDF has {count:,} pages, over the limit of {PAGE_LIMIT:,}; split it.")
        blocks = blocks_of_pages(_read_pages(reader, count, relative))
    if not blocks:
        pages = "1 page" if count == 1 else f"{count:,} pages"
        raise IngestionError(f"The PDF has {pages} but no text (a scan?); run OCR on it first, then ingest the result.")
    return LoadedDocument(named or _title_of(blocks) or title_from_path(relative), tuple(blocks))


def _damaged(reason: str) -> IngestionError:
    return IngestionError(f"The PDF is damaged ({reason[:120]}); export it again from its source.")


def _read_pages(reader: PdfReader, count: int, relative: str) -> list[Page]:
    """Give the pages that can be read; raises IngestionError when that is fewer than half of them."""
    pages: list[Page] = []
    unread: list[int] = []
    reason = ""
    end = time.monotonic() + SECONDS_PER_FILE
    for number in range(1, count + 1):
        now = time.monotonic()
        if now > end:
            raise IngestionError(
                f"The PDF took over {SECONDS_PER_FILE:.0f} s for its first {number - 1} of {count} pages; split it."
            )
        try:
            pages.append(Page(number, _spans(reader.pages[number - 1], now + SECONDS_PER_PAGE)))
        except (*_DAMAGE, DependencyError, _OutOfTimeError) as error:
            unread.append(number)
            reason = str(error).split("\n", 1)[0] or type(error).__name__
    if len(unread) * 2 > count:
        raise _damaged(f"{len(unread)} of {count} pages can't be read: {reason}")
    if unread:
        _log.warning("pdf_pages_left_out", document=relative, pages=unread, reason=reason)
    return pages


def _spans(page: PageObject, deadline: float) -> tuple[Span, ...]:
    """Give the page's pieces of text with position, size and weight, in the order in which they are drawn."""
    spans: list[Span] = []

    def keep_time(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise _OutOfTimeError(f"a page took over {SECONDS_PER_PAGE:.0f} s")

    def keep_text(text: str, outer: list[float], inner: list[float], font: dict[str, Any] | None, size: float) -> None:
        if not text.strip():
            return
        x = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
        y = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
        height = size * math.hypot(inner[2], inner[3]) * math.hypot(outer[2], outer[3])
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(height)):
            return
        name = str(font.get("/BaseFont", "")) if font else ""
        bold = bool(re.search(r"bold|black|heavy|semibold", name, re.IGNORECASE))
        spans.append(Span(text, x, y, round(abs(height), 1), bold))

    page.extract_text(visitor_operand_before=keep_time, visitor_text=keep_text)
    return tuple(spans)


def _named_title(reader: PdfReader) -> str:
    """Give the title in the file's metadata unless a program put a file name or a filler there."""
    metadata = reader.metadata
    title = " ".join((metadata.title or "").split()) if metadata is not None else ""
    return "" if _NO_TITLE.fullmatch(title) or len(title) > _TITLE_CHARACTERS else title


def _title_of(blocks: list[Block]) -> str:
    first_page = [block for block in blocks if block.page == blocks[0].page]
    headings = sorted((block for block in first_page if block.kind == "heading"), key=lambda block: block.level)
    if headings:
        return headings[0].text
    first_line = blocks[0].text.split("\n", 1)[0]
    return first_line if len(first_line) <= _TITLE_CHARACTERS else ""
