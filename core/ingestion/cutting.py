"""Reads one file into the chunks that will be stored, with what tells this version of the file from any other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import IngestionError
from core.ingestion.chunking import CountTokens, chunk_document
from core.ingestion.loaders.files import check_regular
from core.ingestion.plan import Work, clock, fingerprint, trusted_clock
from core.models import Chunk, LoadedDocument

Load = Callable[[Path, str], LoadedDocument]
"""Makes a document of a file and its path below the folder; raises IngestionError."""


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A file that was loaded and cut. file_hash "" and modified_ns 0: it changed meanwhile, so look again next time."""

    work: Work
    title: str
    file_hash: str
    size: int
    modified_ns: int
    chunks: tuple[Chunk, ...]
    owners: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """About what its texts take in memory."""
        return sum(len(chunk.text) + len(chunk.search_text) for chunk in self.chunks)


def cut_file(
    folder: Path, work: Work, load: Load, count_tokens: CountTokens, max_tokens: int, seconds: float
) -> CutDocument:
    """Load and cut a file of the folder; seconds: the limit of the cutting, `load` has its own.

    Raises IngestionError with the reason when that can't be done.
    """
    file = folder / work.path
    before = check_regular(file, sys.maxsize)
    document = load(file, work.path)
    file_hash = fingerprint(file)
    after = check_regular(file, sys.maxsize)
    chunks = tuple(chunk_document(document, _in_time(count_tokens, seconds), max_tokens=max_tokens))
    if not chunks:
        raise IngestionError("has no text under its headings; write some, or take the file out")
    is_whole = (before.st_size, clock(before)) == (after.st_size, clock(after))
    return CutDocument(
        work=work,
        title=document.title,
        file_hash=file_hash if is_whole else "",
        size=after.st_size,
        modified_ns=trusted_clock(after) if is_whole else 0,
        chunks=chunks,
        owners=document.owners,
    )


def _in_time(count_tokens: CountTokens, seconds: float) -> CountTokens:
    """Count tokens until the time is over: cutting does little between two counts."""
    end = time.monotonic() + seconds

    def counted(texts: Sequence[str]) -> list[int]:
        if time.monotonic() > end:
            raise IngestionError(f"Cutting the file takes more than {seconds:g} s; split it, or raise FILE_SECONDS.")
        return count_tokens(texts)

    return counted
