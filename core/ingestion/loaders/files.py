"""Bytes from disk: size limits, unreadable files, and files that are not what their suffix says."""

from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from pathlib import Path

from core.errors import IngestionError

MEGABYTE = 1024 * 1024
TEXT_LIMIT = 20 * MEGABYTE
BINARY_LIMIT = 50 * MEGABYTE

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
# PDF readers accept the header anywhere in the first kilobyte.
_PDF_HEADER_WINDOW = 1024


def read_bytes(path: Path, limit: int) -> bytes:
    """Give the file's bytes, at most `limit` of them; raises IngestionError for everything that stands in the way."""
    try:
        status = path.stat()
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(status.st_mode):
            raise IngestionError("Not a regular file (a folder, pipe or device); remove it from the folder.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except PermissionError as error:
        raise IngestionError("No permission to read the file; let the user who runs Docent read it.") from error
    except FileNotFoundError as error:
        raise IngestionError("The file is gone, or it is a link that points nowhere; restore or remove it.") from error
    except OSError as error:
        raise IngestionError(f"The file can't be read ({error.strerror}); check the disk or the share.") from error
    if len(data) > limit:
        size = max(status.st_size, len(data)) / MEGABYTE
        raise IngestionError(f"The file has {size:.1f} MB, over the limit of {limit // MEGABYTE} MB; split it.")
    if not data.strip():
        raise IngestionError("The file is empty; write something or remove it.")
    return data


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
