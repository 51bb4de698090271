"""Bytes from disk: size limits, unreadable files, and files that are not what their suffix says."""

from __future__ import annotations

import errno
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.errors import IngestionError

MEGABYTE = 1024 * 1024
FILE_LIMIT = 50 * MEGABYTE

# What a file's first bytes say it is, and the suffix it should have where Docent reads that format.
_SIGNATURES: tuple[tuple[bytes, str, str | None], ...] = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a zip archive", None),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file or one with a password", None),
    (b"{\\rtf", "an RTF file", None),
    (b"\x89PNG", "a PNG image", None),
    (b"\xff\xd8\xff", "a JPEG image", None),
    (b"GIF8", "a GIF image", None),
    (b"\x1f\x8b", "a gzip archive", None),
    (b"\x7fELF", "a program", None),
    (b"SQLite format 3", "a SQLite database", None),
)
_ZIP_MEMBERS: tuple[tuple[str, str, str | None], ...] = (
    ("word/document.xml", "a Word document", ".docx"),
    ("xl/workbook.xml", "an Excel workbook", None),
    ("ppt/presentation.xml", "a PowerPoint file", None),
    ("content.xml", "an OpenDocument file", None),
)
# Formats in which a page's tags would be read as words.
_PLAIN = frozenset({".txt", ".text", ".rst", ".csv", ".tsv"})
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:!doctype\s++html|html|head|body)\b", re.IGNORECASE)
# PDF readers accept the header anywhere in the first kilobyte.
_PDF_HEADER_WINDOW = 1024


def check_regular(path: Path, limit: int) -> os.stat_result:
    """Give the file's status without opening it; raises IngestionError for all but files of at most `limit` bytes."""
    with _explained():
        status = path.stat()
        _refuse_other_than_files(status)
    if status.st_size > limit:
        raise _too_large(status.st_size, limit)
    return status


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, never waiting for it; raises IngestionError for everything that stands in the way."""
    with _explained():
        _refuse_other_than_files(path.stat())  # opening a device can do things
        # What took the file's place since then may be a pipe, whose opening would wait for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
            _refuse_other_than_files(os.fstat(file.fileno()))
            yield file


def read_bytes(path: Path, limit: int) -> bytes:
    """Give the file's bytes, at most `limit` of them; raises IngestionError for everything that stands in the way."""
    with open_regular(path) as file:
        data = file.read(limit + 1)
        if len(data) > limit:
            raise _too_large(max(os.fstat(file.fileno()).st_size, len(data)), limit)
    return data


def _refuse_other_than_files(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise IngestionError("Not a regular file (a folder, pipe, socket or device); remove it from the folder.")


def _too_large(size: int, limit: int) -> IngestionError:
    return IngestionError(
        f"The file has {size / MEGABYTE:.1f} MB, over the limit of {limit // MEGABYTE} MB; split it or set MAX_FILE_MB."
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the system refuses into a reason with its remedy."""
    try:
        yield
    except PermissionError as error:
        raise IngestionError("No permission to read the file; let the user who runs Docent read it.") from error
    except FileNotFoundError as error:
        raise IngestionError("The file is gone, or it is a link that points nowhere; restore or remove it.") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise IngestionError("The file is a link that leads back to itself; remove it.") from error
        raise IngestionError(f"The file can't be read ({error.strerror}); check the disk or the share.") from error


def refuse_disguised(data: bytes, suffix: str) -> None:
    """Raise IngestionError when the bytes are of another format than the (lower-case) suffix promises."""
    found, right_suffix = _format_of(data)
    if suffix == ".pdf":
        if b"%PDF-" in data[:_PDF_HEADER_WINDOW]:
            return
        found = found or "no PDF"
    elif suffix == ".docx":
        if right_suffix == ".docx":
            return
        # A damaged archive is the DOCX loader's to explain.
        if found == "a zip archive" and not zipfile.is_zipfile(BytesIO(data)):
            return
        found = found or "no Word document"
    elif suffix in _PLAIN and not found and _HTML.match(data):
        found, right_suffix = "a web page", ".html"
    elif not found:
        return
    remedy = f"rename it to end in {right_suffix}" if right_suffix else "export it again in a supported format"
    raise IngestionError(f"The file ends in {suffix} but is {found} by its content; {remedy}.")


def _format_of(data: bytes) -> tuple[str, str | None]:
    start = data[:_PDF_HEADER_WINDOW].lstrip()
    for signature, name, suffix in _SIGNATURES:
        if start.startswith(signature):
            return _kind_of_zip(data) if signature.startswith(b"PK") else (name, suffix)
    return "", None


def _kind_of_zip(data: bytes) -> tuple[str, str | None]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "a zip archive", None
    for member, name, suffix in _ZIP_MEMBERS:
        if member in members:
            return name, suffix
    return "a zip archive", None
