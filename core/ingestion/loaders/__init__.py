"""One file in, one LoadedDocument out: picks the loader by suffix and refuses what no loader should see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import IngestionError
from core.ingestion.loaders import delimited, html, markdown, plain
from core.ingestion.loaders.decoding import decode
from core.ingestion.loaders.files import FILE_LIMIT, MEGABYTE, read_bytes, refuse_disguised
from core.models import Block, LoadedDocument

_TEXT_LOADERS: dict[str, Callable[[str, str], LoadedDocument]] = {
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".mdx": markdown.parse,
    ".txt": plain.parse,
    ".text": plain.parse,
    ".rst": plain.parse,
    ".html": html.parse,
    ".htm": html.parse,
    ".csv": delimited.parse,
    ".tsv": delimited.parse,
}


def _parse_pdf(data: bytes, relative: str) -> LoadedDocument:
    # Imported late, as below: such files are read in a child process, and the others need not wait for the library.
    from core.ingestion.loaders import pdf

    return pdf.parse(data, relative)


def _parse_docx(data: bytes, relative: str) -> LoadedDocument:
    from core.ingestion.loaders import docx

    return docx.parse(data, relative)


_BINARY_LOADERS: dict[str, Callable[[bytes, str], LoadedDocument]] = {".pdf": _parse_pdf, ".docx": _parse_docx}

SUPPORTED: frozenset[str] = frozenset(_TEXT_LOADERS) | frozenset(_BINARY_LOADERS)
"""Lower-case suffixes, dot included, that `load` reads."""

# Postgres stores no NUL and UTF-8 has no lone surrogates; PDFs and damaged files hold both.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_WORD = re.compile(r"\w")


def load(path: Path, relative: str, *, max_bytes: int = FILE_LIMIT) -> LoadedDocument:
    """Read one document; `relative` is its path below the ingested folder, used for the title and in messages.

    max_bytes: the most that the file, and its text, may have. This reads in the calling process and takes the time
    that it takes; core.ingestion.loaders.guarded has limits for that too.
    Raises IngestionError with a one-line reason when the file can't be read, is not what its suffix says,
    is too large, is damaged, or holds no text.
    """
    suffix = path.suffix.lower()
    if suffix not in SUPPORTED:
        raise IngestionError(
            f"Files ending in {suffix or 'nothing'} can't be read; supported are {', '.join(sorted(SUPPORTED))}."
        )
    data = read_bytes(path, max_bytes)
    if not data.strip():
        raise IngestionError("The file is empty; write something or remove it.")
    refuse_disguised(data, suffix)
    if suffix in _TEXT_LOADERS:
        document = _TEXT_LOADERS[suffix](decode(data, relative), relative)
    else:
        document = _BINARY_LOADERS[suffix](data, relative)
    blocks = tuple(_storable(block) for block in document.blocks if _WORD.search(block.text))
    if not blocks:
        raise IngestionError("The file holds no text that could be answered from; write some or remove the file.")
    characters = sum(len(block.text) for block in blocks)
    if characters > max_bytes:
        raise IngestionError(
            f"The file holds {characters / MEGABYTE:.1f} MB of text, over the limit of {max_bytes // MEGABYTE} MB; "
            "split it or set MAX_FILE_MB."
        )
    return LoadedDocument(_UNSTORABLE.sub("", document.title).strip(), blocks, document.owners)


def _storable(block: Block) -> Block:
    if _UNSTORABLE.search(block.text) is None:
        return block
    return replace(block, text=_UNSTORABLE.sub("", block.text))
