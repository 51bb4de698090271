"""One file in, one LoadedDocument out: picks the loader by suffix and refuses what no loader should see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import IngestionError
from core.ingestion.loaders import delimited, docx, html, markdown, pdf, plain
from core.ingestion.loaders.decoding import decode
from core.ingestion.loaders.files import BINARY_LIMIT, TEXT_LIMIT, read_bytes, refuse_disguised
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
_BINARY_LOADERS: dict[str, Callable[[bytes, str], LoadedDocument]] = {
    ".pdf": pdf.parse,
    ".docx": docx.parse,
}

SUPPORTED: frozenset[str] = frozenset(_TEXT_LOADERS) | frozenset(_BINARY_LOADERS)
"""Lower-case suffixes, dot included, that `load` reads."""

# Postgres stores no NUL and UTF-8 has no lone surrogates; PDFs and damaged files hold both.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_WORD = re.compile(r"\w")


def load(path: Path, relative: str) -> LoadedDocument:
    """Read one document; `relative` is its path below the ingested folder, used for the title and in messages.

    Raises IngestionError with a one-line reason when the file can't be read, is not what its suffix says,
    is too large, is damaged, or holds no text.
    """
    suffix = path.suffix.lower()
    if suffix in _TEXT_LOADERS:
        data = read_bytes(path, TEXT_LIMIT)
        refuse_disguised(data, suffix)
        document = _TEXT_LOADERS[suffix](decode(data, relative), relative)
    elif suffix in _BINARY_LOADERS:
        data = read_bytes(path, BINARY_LIMIT)
        refuse_disguised(data, suffix)
        document = _BINARY_LOADERS[suffix](data, relative)
    else:
        raise IngestionError(
            f"Files ending in {suffix or 'nothing'} can't be read; supported are {', '.join(sorted(SUPPORTED))}."
        )
    blocks = tuple(_storable(block) for block in document.blocks if _WORD.search(block.text))
    if not blocks:
        raise IngestionError("The file holds no text that could be answered from; write some or remove the file.")
    return LoadedDocument(_UNSTORABLE.sub("", document.title).strip(), blocks)


def _storable(block: Block) -> Block:
    if _UNSTORABLE.search(block.text) is None:
        return block
    return replace(block, text=_UNSTORABLE.sub("", block.text))
